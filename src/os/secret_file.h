// A file that nobody else may read: where a person keeps a secret.
//
//   std::string secret = TRY(read_secret_file("keys/openai", 8192));
//
// The error says what is wrong and what to do: it is missing, no plain file, another user's (root's will do), or the
// group or others have a right to it (Errc::denied). What is looked at is what is read. Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace belljar::os {

Result<std::string> read_secret_file(const std::string& path, std::uint64_t bytes_max);

}  // namespace belljar::os
