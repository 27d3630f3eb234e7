#include "sandbox/image/tree.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <span>
#include <vector>

#include "base/text.h"
#include "codec/crypto.h"

namespace belljar::sandbox {

namespace {

namespace fs = std::filesystem;

// The manifest, one line per entry, sorted by path as bytes:
//
//     f 0644 1234 <64 hex> usr/bin/x      a regular file: mode, size, SHA-256
//     d 0755 usr/bin                      a folder
//     l usr/bin -> target                 a symbolic link, bin -> usr/bin
//     o 0600 dev/x                        anything else
//
// In names, control characters, backslashes and bytes beyond ASCII are written \xNN, so that no name can forge a line.
std::string quoted(const std::string& name) {
  std::string text;
  for (const char c : name) {
    const bool plain = c > 0x20 && c < 0x7f && c != '\\';
    text += plain ? std::string{c} : "\\x" + to_hex(std::string_view{&c, 1});
  }
  return text;
}

std::string octal(fs::perms mode) {
  std::string text(4, '0');
  auto bits = static_cast<unsigned>(mode & fs::perms::mask);
  for (std::size_t at = 4; at-- > 0; bits >>= 3U) text[at] = static_cast<char>('0' + (bits & 7U));
  return text;
}

Error failed(std::string_view doing, const fs::path& path, const std::error_code& error) {
  return Error{Errc::internal, std::string{doing} + " " + printable(path.string()) + ": " + error.message()};
}

// `buffer` is the tree's: one a file would cost more than most files.
Result<Digest> file_digest(const fs::path& path, std::span<char> buffer) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return Error{Errc::denied, "open " + printable(path.string()) + ": cannot be read"};
  codec::Sha256 sum;
  while (file) {
    file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    sum.update({buffer.data(), static_cast<std::size_t>(file.gcount())});
  }
  if (file.bad()) return Error{Errc::internal, "read " + printable(path.string())};
  return sum.finish();
}

// Every path below `root`, relative, sorted. A folder comes before what it holds.
Result<std::vector<std::string>> paths_below(const fs::path& root) {
  std::vector<std::string> paths;
  std::error_code error;
  fs::recursive_directory_iterator at{root, error};
  const std::size_t prefix = root.string().size() + 1;
  for (; !error && at != fs::recursive_directory_iterator{}; at.increment(error)) {
    paths.push_back(at->path().string().substr(prefix));
  }
  if (error) return failed("list", root, error);
  std::sort(paths.begin(), paths.end());
  return paths;
}

Result<std::string> manifest_line(const fs::path& path, const std::string& relative, std::span<char> buffer,
                                  TreeContent& content) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (error) return failed("look at", path, error);
  const std::string mode = octal(status.permissions());
  switch (status.type()) {
    case fs::file_type::directory:
      return "d " + mode + " " + quoted(relative);
    case fs::file_type::symlink: {
      const fs::path target = fs::read_symlink(path, error);
      if (error) return failed("read link", path, error);
      return "l " + quoted(relative) + " -> " + quoted(target.string());
    }
    case fs::file_type::regular: {
      const std::uintmax_t size = fs::file_size(path, error);
      if (error) return failed("look at", path, error);
      content.bytes += size;
      const Digest digest = TRY(file_digest(path, buffer));
      return "f " + mode + " " + std::to_string(size) + " " + digest.hex() + " " + quoted(relative);
    }
    default:
      return "o " + mode + " " + quoted(relative);
  }
}

// Folders that stay and lose everything in them.
constexpr std::array<std::string_view, 12> kEmptied{"dev",       "proc",        "sys",         "run",
                                                    "tmp",       "root",        "var/tmp",     "var/log",
                                                    "var/cache", "var/backups", "var/lib/apt", "etc/apt"};

// Single files that name the host or the moment, or hold secrets.
constexpr std::array<std::string_view, 9> kRemoved{"etc/hostname", "etc/resolv.conf", "etc/machine-id",
                                                   "etc/shadow",   "etc/shadow-",     "etc/gshadow",
                                                   "etc/gshadow-", "etc/passwd-",     "etc/group-"};

bool is_below(std::string_view path, std::string_view folder) {
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

bool goes(const std::string& relative, fs::file_type type, const std::vector<std::string>& patterns) {
  const bool plain =
      type == fs::file_type::regular || type == fs::file_type::directory || type == fs::file_type::symlink;
  return !plain || std::find(kRemoved.begin(), kRemoved.end(), relative) != kRemoved.end() ||
         std::any_of(kEmptied.begin(), kEmptied.end(),
                     [&](std::string_view folder) { return is_below(relative, folder); }) ||
         std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
           return ::fnmatch(pattern.c_str(), ("/" + relative).c_str(), 0) == 0;
         });
}

}  // namespace

Result<TreeContent> read_tree(const std::string& root) {
  TreeContent content;
  std::vector<char> buffer(256U << 10);
  for (const std::string& relative : TRY(paths_below(root))) {
    content.manifest += TRY(manifest_line(fs::path{root} / relative, relative, buffer, content)) + "\n";
    ++content.entries;
  }
  content.digest = codec::sha256(content.manifest);
  return content;
}

Result<void> strip_root(const std::string& root, const std::vector<std::string>& patterns) {
  // Backwards, so that a folder is empty by the time it goes. No path leads through a link: the walk follows none.
  std::vector<std::string> paths = TRY(paths_below(root));
  constexpr fs::perms kSetId = fs::perms::set_uid | fs::perms::set_gid;
  std::error_code error;
  for (auto relative = paths.rbegin(); relative != paths.rend(); ++relative) {
    const fs::path path = fs::path{root} / *relative;
    const fs::file_status status = fs::symlink_status(path, error);
    if (error) return failed("look at", path, error);
    if (goes(*relative, status.type(), patterns)) {
      fs::remove(path, error);
      if (error) return failed("remove", path, error);
    } else if (status.type() != fs::file_type::symlink && (status.permissions() & kSetId) != fs::perms::none) {
      fs::permissions(path, kSetId, fs::perm_options::remove, error);
      if (error) return failed("clear the setuid bit of", path, error);
    }
  }
  // Builders differ in whether they leave a /dev; what mounts go onto is always there.
  for (const std::string_view folder : {"dev", "proc", "sys", "tmp"}) {
    fs::create_directory(fs::path{root} / folder, error);
    if (error) return failed("make folder", folder, error);
  }
  return {};
}

Result<Digest> tree_fingerprint(const std::string& root) {
  std::vector<std::string> seen;
  std::error_code error;
  fs::recursive_directory_iterator at{root, error};
  for (; !error && at != fs::recursive_directory_iterator{}; at.increment(error)) {
    if (at.depth() >= 1) at.disable_recursion_pending();
    std::string line = quoted(at->path().string().substr(root.size()));
    if (at->is_directory(error) && !at->is_symlink(error)) {
      line += " " + std::to_string(at->last_write_time(error).time_since_epoch().count());
    }
    seen.push_back(std::move(line));
  }
  if (error) return failed("list", root, error);
  std::sort(seen.begin(), seen.end());
  std::string all;
  for (const std::string& line : seen) all += line + "\n";
  return codec::sha256(all);
}

}  // namespace belljar::sandbox
