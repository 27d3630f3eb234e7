// Tree: the content of a root file system as one digest, and what is taken out of a freshly built one.
//
//   TRY(strip_root(root, {"/usr/lib/gcc/*"}));
//   TreeContent content = TRY(read_tree(root));
//
// The digest covers, of every entry and in order of path: type, permission bits, size and SHA-256 of a file, target of
// a link. It leaves out owners and times, which differ between a root's build and a user's, and change nothing that a
// program inside can read. Links are never followed. The tree must not change meanwhile.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace belljar::sandbox {

struct TreeContent {
  Digest digest;         // SHA-256 of `manifest`
  std::string manifest;  // a line per entry; see tree.cc
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;  // summed over regular files
};

Result<TreeContent> read_tree(const std::string& root);

// Takes out what no model should find: device nodes, sockets and pipes, setuid and setgid bits, logs, caches, package
// indexes, the host's mirror and proxy addresses, password hashes and whatever else differs from build to build; and
// every path that one of the patterns matches, as fnmatch(3) without flags.
Result<void> strip_root(const std::string& root, const std::vector<std::string>& patterns);

// Names and times of the top two levels, in milliseconds to read: a tree that was half deleted, replaced or restored
// from elsewhere gets another one. It proves nothing about the content of files; read_tree() does.
Result<Digest> tree_fingerprint(const std::string& root);

}  // namespace belljar::sandbox
