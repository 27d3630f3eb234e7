// A file's name and what tells it from others, as a line of text to compare.
//
//   std::string before = TRY(file_stamp("profiles/agent.yaml"));
//   if (TRY(file_stamp("profiles/agent.yaml")) != before) ...      // replaced or edited since
//
// Any thread.
#pragma once

#include <string>

#include "base/result.h"

namespace belljar::os {

// Inode, size and times: one that was replaced or edited differs in one of these; the last is the kernel's own.
Result<std::string> file_stamp(const std::string& path);
// Inode alone, for what changes without being another: a folder, a namespace.
Result<std::string> file_identity(const std::string& path);

}  // namespace belljar::os
