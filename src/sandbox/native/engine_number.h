// EngineNumber: which of 256 engines on this host we are. The number is a locked byte of one file, so it is ours
// exactly as long as we or a launcher of ours live (it inherits the descriptor), however we die. It picks our range of
// user ids and names our cgroups.
//
//   EngineNumber number = TRY(EngineNumber::take());
//   bool gone = !number.is_held_by_another(17);
#pragma once

#include <cstdint>

#include "base/result.h"
#include "os/fd.h"

namespace belljar::sandbox::native {

class EngineNumber {
 public:
  static Result<EngineNumber> take();
  std::uint32_t value() const { return value_; }
  int fd() const { return file_.get(); }
  bool is_held_by_another(std::uint32_t number) const;

 private:
  EngineNumber(os::Fd file, std::uint32_t value) : file_{std::move(file)}, value_{value} {}
  os::Fd file_;
  std::uint32_t value_;
};

}  // namespace belljar::sandbox::native
