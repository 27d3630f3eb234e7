#include "os/error.h"

#include <cstring>

namespace belljar::os {

namespace {

Errc code_of(int error) {
  switch (error) {
    case ENOENT:
    case ESRCH:
      return Errc::not_found;
    case EACCES:
    case EPERM:
    case EROFS:
      return Errc::denied;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
      return Errc::exhausted;
    case ENOSYS:
    case EOPNOTSUPP:
      return Errc::unavailable;
    case EINVAL:
      return Errc::invalid_argument;
    case ETIMEDOUT:
      return Errc::timeout;
    default:
      return Errc::internal;
  }
}

}  // namespace

Error os_error(std::string_view doing, int error) {
  const char* description = ::strerrordesc_np(error);
  return {code_of(error), std::string{doing} + ": " + (description != nullptr ? description : errno_name(error))};
}

std::string errno_name(int error) {
  const char* name = ::strerrorname_np(error);
  return name != nullptr ? name : "errno " + std::to_string(error);
}

}  // namespace belljar::os
