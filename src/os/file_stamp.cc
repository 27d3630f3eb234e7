#include "os/file_stamp.h"

#include <sys/stat.h>

#include <cstdint>

#include "os/error.h"

namespace belljar::os {

Result<std::string> file_stamp(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return os_error("look at " + path);
  std::string text = path;
  for (const std::uint64_t part :
       {static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino),
        static_cast<std::uint64_t>(info.st_size), static_cast<std::uint64_t>(info.st_mtim.tv_sec),
        static_cast<std::uint64_t>(info.st_mtim.tv_nsec), static_cast<std::uint64_t>(info.st_ctim.tv_sec),
        static_cast<std::uint64_t>(info.st_ctim.tv_nsec)}) {
    text += " " + std::to_string(part);
  }
  return text + "\n";
}

Result<std::string> file_identity(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return os_error("look at " + path);
  return path + " " + std::to_string(info.st_dev) + " " + std::to_string(info.st_ino) + "\n";
}

}  // namespace belljar::os
