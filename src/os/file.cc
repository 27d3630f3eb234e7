#include "os/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <memory>

#include "os/error.h"

namespace belljar::os {

namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { (void)::closedir(directory); }
};

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<std::string> user_directory(const char* variable, const std::string& below_home, const std::string& system) {
  std::string base;
  const char* chosen = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  const char* home = std::getenv("HOME");      // NOLINT(concurrency-mt-unsafe)
  if (chosen != nullptr && chosen[0] == '/') {
    base = chosen;
  } else if (home != nullptr && home[0] == '/') {
    base = std::string{home} + "/" + below_home;
  } else {
    base = system;
  }
  const std::string path = base + "/belljar";
  TRY(make_directories(path, 0700));
  return path;
}

}  // namespace

Result<std::string> read_all(int fd, std::uint64_t bytes_max, std::string_view name_for_errors) {
  std::string out;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_error("read " + std::string{name_for_errors});
    if (got == 0) return out;
    out.append(buffer.data(), static_cast<std::size_t>(got));
    if (out.size() > bytes_max) {
      return Error{Errc::exhausted,
                   "read " + std::string{name_for_errors} + ": larger than " + std::to_string(bytes_max) + " bytes"};
    }
  }
}

Result<std::string> read_file(const std::string& path, std::uint64_t bytes_max) {
  const Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
  if (!fd) return os_error("open " + path);
  return read_all(fd.get(), bytes_max, path);
}

Result<std::string> read_small(int directory_fd, const std::string& path) {
  const Fd fd{::openat(directory_fd, path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) return os_error("open " + path);
  std::array<char, 16384> buffer{};
  const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
  if (got < 0) return os_error("read " + path);
  return std::string{buffer.data(), static_cast<std::size_t>(got)};
}

Result<void> write_all(int fd, std::string_view bytes, std::string_view name_for_errors) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return os_error("write " + std::string{name_for_errors});
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Result<void> write_file_atomic(const std::string& path, std::string_view bytes, mode_t mode) {
  const std::string beside = path + ".new";
  {
    const Fd fd{::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)};
    if (!fd) return os_error("create " + beside);
    Result<void> written = write_all(fd.get(), bytes, beside);
    if (written && ::fsync(fd.get()) != 0) written = os_error("sync " + beside);
    if (!written) {
      (void)::unlink(beside.c_str());
      return written;
    }
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) {
    Error error = os_error("rename " + beside + " to " + path);
    (void)::unlink(beside.c_str());
    return error;
  }
  return {};
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

Result<bool> is_directory(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return os_error("look at " + path);
  return S_ISDIR(info.st_mode);
}

Result<std::string> absolute_path(const std::string& path) {
  std::array<char, PATH_MAX> buffer{};
  if (::realpath(path.c_str(), buffer.data()) == nullptr) return os_error("resolve " + path);
  return std::string{buffer.data()};
}

Result<void> make_directories(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) return {};
  if (errno == EEXIST) {
    if (TRY(is_directory(path))) return {};
    return Error{Errc::invalid_argument, "create folder " + path + ": a file of that name is in the way"};
  }
  const std::string parent = parent_of(path);
  if (errno != ENOENT || parent == path) return os_error("create folder " + path);
  TRY(make_directories(parent, mode));
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return os_error("create folder " + path);
  return {};
}

Result<std::vector<DirectoryEntry>> list_directory_at(int directory_fd, std::string_view name_for_errors) {
  Fd copy{::openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!copy) return os_error("open folder " + std::string{name_for_errors});
  const std::unique_ptr<DIR, CloseDirectory> directory{::fdopendir(copy.get())};
  if (!directory) return os_error("open folder " + std::string{name_for_errors});
  (void)copy.release();  // the DIR owns it now
  std::vector<DirectoryEntry> entries;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());  // NOLINT(concurrency-mt-unsafe): the stream is our own
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") entries.push_back({std::string{name}, entry->d_type});
  }
  if (errno != 0) return os_error("list folder " + std::string{name_for_errors});
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

Result<std::vector<DirectoryEntry>> list_directory(const std::string& path) {
  const Fd fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd) return os_error("open folder " + path);
  return list_directory_at(fd.get(), path);
}

Result<Fd> open_directory(const std::string& path) {
  Fd folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!folder) return os_error("open the folder " + path);
  return folder;
}

Result<Fd> open_beneath(int directory_fd, const std::string& relative, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, directory_fd, relative.c_str(), &how, sizeof how);
  if (fd < 0) return os_error("open " + relative);
  return Fd{static_cast<int>(fd)};
}

Result<void> remove_tree(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return os_error("remove " + path);
  // The open folders from `path` down to where we are; names are removed from the innermost.
  std::vector<std::pair<Fd, std::string>> stack;
  stack.emplace_back(Fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)}, path);
  if (!stack.back().first) return os_error("open folder " + path);
  while (!stack.empty()) {
    const int here = stack.back().first.get();
    bool descended = false;
    for (const DirectoryEntry& entry : TRY(list_directory_at(here, path))) {
      if (::unlinkat(here, entry.name.c_str(), 0) == 0) continue;
      if (errno != EISDIR && errno != EPERM) return os_error("remove " + entry.name + " in " + path);
      if (::unlinkat(here, entry.name.c_str(), AT_REMOVEDIR) == 0) continue;
      Fd below{::openat(here, entry.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
      if (!below) return os_error("open folder " + entry.name + " in " + path);
      stack.emplace_back(std::move(below), entry.name);
      descended = true;
      break;
    }
    if (descended) continue;
    const std::string name = stack.back().second;
    stack.pop_back();
    const int removed =
        stack.empty() ? ::rmdir(path.c_str()) : ::unlinkat(stack.back().first.get(), name.c_str(), AT_REMOVEDIR);
    if (removed != 0) return os_error("remove folder " + name);
  }
  return {};
}

Result<std::string> cache_directory() { return user_directory("XDG_CACHE_HOME", ".cache", "/var/cache"); }
Result<std::string> state_directory() { return user_directory("XDG_STATE_HOME", ".local/state", "/var/lib"); }
Result<std::string> config_directory() { return user_directory("XDG_CONFIG_HOME", ".config", "/etc"); }

}  // namespace belljar::os
