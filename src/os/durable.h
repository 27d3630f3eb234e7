// Durable: the few file operations a crash-safe record is made of, and a look at files nobody vouches for.
//
//   TRY(write_file(dir + "/tile/0/000", bytes, 0644));   // in the page cache: survives our death, not a power cut
//   TRY(sync_path(dir + "/tile/0/000"));                  // on the disk
//
//   Fd file = TRY(open_regular_beneath(run_fd, "metrics.jsonl"));   // never a link, a pipe or a device
//   FileFacts facts = TRY(facts_of(file.get(), "metrics.jsonl"));
//
// Errors name the path. Safe from any thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "os/fd.h"

namespace belljar::os {

// Creates or replaces the file's bytes, unsynced; on failure nothing of it is left. Follows no link.
Result<void> write_file(const std::string& path, std::string_view bytes, mode_t mode);
// As write_file() for a name that must be new: false when it exists already, which is then left as it is.
Result<bool> write_new_file(const std::string& path, std::string_view bytes, mode_t mode);
// Appears whole and synced, or not at all; false when another process has made it first.
Result<bool> publish_file(const std::string& path, std::string_view bytes, mode_t mode);

Result<void> sync_path(const std::string& path);         // a file or a folder
Result<void> sync_file_system(const std::string& path);  // everything on the file system that holds `path`

// What is gone already is no error.
Result<void> remove_file(const std::string& path);
Result<void> remove_empty_folder(const std::string& path);
// Fails when `to` exists and is not an empty folder.
Result<void> rename_folder(const std::string& from, const std::string& to);

enum class FileKind { regular, folder, link, other };

struct FileFacts {
  FileKind kind = FileKind::other;
  mode_t permissions = 0;
  uid_t owner = 0;
  std::uint64_t size = 0;
  std::uint64_t allocated = 0;  // bytes of disk behind it: less than `size` when it has holes
  std::uint64_t names = 1;      // hard links
};

Result<FileFacts> facts_of(int fd, std::string_view name_for_errors);
// Of the name itself, a link not followed; below `directory_fd`, through no link.
Result<FileFacts> facts_beneath(int directory_fd, const std::string& relative);
uid_t current_user();

// For the calls that work below a folder; links in `path` are followed.
Result<Fd> open_folder(const std::string& path);
// A regular file below `directory_fd`, for reading. Anything else is refused unopened: opening a pipe or a device can
// block or do things.
Result<Fd> open_regular_beneath(int directory_fd, const std::string& relative);

// At most `buffer.size()` bytes; 0 at the end.
Result<std::size_t> read_some(int fd, char* buffer, std::size_t size, std::string_view name_for_errors);

// Calls `visit` for each name in a folder, in the folder's own order and in constant memory, until it returns false.
Result<void> visit_folder(int directory_fd, std::string_view name_for_errors,
                          const std::function<bool(std::string_view name)>& visit);

}  // namespace belljar::os
