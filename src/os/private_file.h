// read_private_file(): a file that only this user, or root, could have written: for caches that are trusted on reading.
//
//   Result<std::string> entry = read_private_file(directory + "/agent.filter", 1 << 20);
//
// Refuses (Errc::denied) links, anything not a regular file, other owners, and files that a group or others may write.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace belljar::os {

Result<std::string> read_private_file(const std::string& path, std::uint64_t bytes_max);

}  // namespace belljar::os
