// os_error(): errno as an Error that says what was being done and to what.
//
//   if (fd < 0) return os_error("open " + path);     // "open /x: No such file or directory"
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

#include "base/result.h"

namespace belljar::os {

Error os_error(std::string_view doing, int error = errno);
// "EPERM"; "errno 4095" for a number without a name.
std::string errno_name(int error);

}  // namespace belljar::os
