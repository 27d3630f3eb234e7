// File: whole files and folders, named on the host. Anything inside a sandbox's reach goes through open_beneath().
//
//   std::string text = TRY(read_file("scenario.yaml", 1 << 20));
//   TRY(write_file_atomic(dir + "/verdict.json", text, 0644));
//
// Safe from any thread; errors name the path.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace belljar::os {

// A larger file is Errc::exhausted.
Result<std::string> read_file(const std::string& path, std::uint64_t bytes_max);
Result<std::string> read_all(int fd, std::uint64_t bytes_max, std::string_view name_for_errors);
// As read_all() for files of /proc and /sys/fs/cgroup, where size is unknown: small, one read.
Result<std::string> read_small(int directory_fd, const std::string& path);

Result<void> write_all(int fd, std::string_view bytes, std::string_view name_for_errors);
// Writes beside, syncs, renames over: readers see the old file or the new one, also after a power cut.
Result<void> write_file_atomic(const std::string& path, std::string_view bytes, mode_t mode);

bool exists(const std::string& path);
Result<bool> is_directory(const std::string& path);
Result<std::string> absolute_path(const std::string& path);  // canonical; the path must exist
Result<void> make_directories(const std::string& path, mode_t mode);

struct DirectoryEntry {
  std::string name;
  unsigned char type = 0;  // DT_REG, DT_DIR, DT_LNK ...
};
// Sorted by name, without "." and "..".
Result<std::vector<DirectoryEntry>> list_directory(const std::string& path);
Result<std::vector<DirectoryEntry>> list_directory_at(int directory_fd, std::string_view name_for_errors);

// A folder, for what is opened beneath it.
Result<Fd> open_directory(const std::string& path);

// openat2(2) that stays below `directory_fd` and follows no link at all, magic or symbolic.
Result<Fd> open_beneath(int directory_fd, const std::string& relative, int flags, mode_t mode = 0);

// Iterative and by descriptor, so that depth and links cannot hurt; a path that is gone already is no error.
Result<void> remove_tree(const std::string& path);

// For caches and state: $XDG_CACHE_HOME/belljar, $XDG_STATE_HOME/belljar, $XDG_CONFIG_HOME/belljar with their
// defaults; root without HOME uses /var/cache/belljar and /var/lib/belljar. Created with mode 0700.
Result<std::string> cache_directory();
Result<std::string> state_directory();
Result<std::string> config_directory();

}  // namespace belljar::os
