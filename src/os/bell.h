// Bell: wakes a poll set from another thread.
//
//   Bell bell = TRY(Bell::make());
//   bell.ring();                                 // any thread, any number of times
//   set.add(bell.fd(), os::Interest::read); ...  bell.silence();   // the thread that waits; before it looks
#pragma once

#include "base/result.h"
#include "os/fd.h"

namespace belljar::os {

class Bell {
 public:
  static Result<Bell> make();
  int fd() const { return fd_.get(); }
  void ring() const;
  void silence() const;

 private:
  explicit Bell(Fd fd) : fd_{std::move(fd)} {}
  Fd fd_;
};

}  // namespace belljar::os
