// FileLock: one process at a time, by flock(2) on a file that stays.
//
//   FileLock lock = TRY(FileLock::take("/cache/x.lock", [] { say("waiting"); }));
//
// The kernel releases it when the holder dies, whatever way. Move-only.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "os/fd.h"

namespace belljar::os {

class FileLock {
 public:
  // Waits for as long as another process holds it; calls `waiting` once before it begins to wait.
  static Result<FileLock> take(const std::string& path, const std::function<void()>& waiting);

 private:
  explicit FileLock(Fd file) : file_{std::move(file)} {}

  Fd file_;
};

}  // namespace belljar::os
