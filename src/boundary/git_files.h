// Git files: what `git update-server-info` would write into a bare repository, made from it instead.
//
//   std::string refs = TRY(git_refs(folder, "project.git"));     // "<id>\trefs/heads/main\n..."
//   std::string packs = TRY(git_packs(folder, "project.git"));   // "P pack-....pack\n\n"
//
// The repository is a path beneath `folder_fd`; links are not followed. At most kRefsMax references.
// Format: gitformat-pack and gitprotocol-http(5), "Dumb Clients".
#pragma once

#include <string>

#include "base/result.h"

namespace belljar::boundary {

constexpr std::size_t kGitRefsMax = 100'000;

Result<std::string> git_refs(int folder_fd, const std::string& repository);
Result<std::string> git_packs(int folder_fd, const std::string& repository);

}  // namespace belljar::boundary
