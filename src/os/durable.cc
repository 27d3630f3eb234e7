#include "os/durable.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "os/error.h"
#include "os/file.h"

namespace belljar::os {

namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { (void)::closedir(folder); }
};

FileFacts facts_from(const struct stat& info) {
  FileFacts facts;
  if (S_ISREG(info.st_mode)) facts.kind = FileKind::regular;
  if (S_ISDIR(info.st_mode)) facts.kind = FileKind::folder;
  if (S_ISLNK(info.st_mode)) facts.kind = FileKind::link;
  facts.permissions = info.st_mode & 07777;
  facts.owner = info.st_uid;
  facts.size = static_cast<std::uint64_t>(info.st_size);
  facts.allocated = static_cast<std::uint64_t>(info.st_blocks) * 512;
  facts.names = info.st_nlink;
  return facts;
}

Result<void> write_and_close(Fd fd, const std::string& path, std::string_view bytes) {
  Result<void> written = write_all(fd.get(), bytes, path);
  // Quota and network file systems report a full disk no earlier than here.
  if (written && ::close(fd.release()) != 0) written = os_error("close " + path);
  if (!written) (void)::unlink(path.c_str());
  return written;
}

}  // namespace

Result<void> write_file(const std::string& path, std::string_view bytes, mode_t mode) {
  Fd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)};
  if (!fd) return os_error("create " + path);
  return write_and_close(std::move(fd), path, bytes);
}

Result<bool> write_new_file(const std::string& path, std::string_view bytes, mode_t mode) {
  Fd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)};
  if (!fd && errno == EEXIST) return false;
  if (!fd) return os_error("create " + path);
  TRY(write_and_close(std::move(fd), path, bytes));
  return true;
}

Result<bool> publish_file(const std::string& path, std::string_view bytes, mode_t mode) {
  const std::string beside = path + "." + std::to_string(::getpid()) + ".new";
  TRY(remove_file(beside));
  if (!TRY(write_new_file(beside, bytes, mode))) {
    return Error{Errc::denied, "create " + beside + ": another process made it: remove it"};
  }
  TRY(sync_path(beside));
  // link(2), unlike rename(2), never replaces: of two first runs one key wins and both use it.
  const int linked = ::link(beside.c_str(), path.c_str());
  const int error = errno;
  (void)::unlink(beside.c_str());
  if (linked != 0 && error != EEXIST) return os_error("create " + path, error);
  return linked == 0;
}

Result<void> sync_path(const std::string& path) {
  const Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (!fd) return os_error("open " + path);
  if (::fsync(fd.get()) != 0) return os_error("sync " + path);
  return {};
}

Result<void> sync_file_system(const std::string& path) {
  const Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) return os_error("open " + path);
  if (::syncfs(fd.get()) != 0) return os_error("sync the file system of " + path);
  return {};
}

Result<void> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return os_error("remove " + path);
  return {};
}

Result<void> remove_empty_folder(const std::string& path) {
  if (::rmdir(path.c_str()) != 0 && errno != ENOENT) return os_error("remove folder " + path);
  return {};
}

Result<void> rename_folder(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return os_error("rename " + from + " to " + to);
  return {};
}

Result<FileFacts> facts_of(int fd, std::string_view name_for_errors) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return os_error("look at " + std::string{name_for_errors});
  return facts_from(info);
}

Result<FileFacts> facts_beneath(int directory_fd, const std::string& relative) {
  const std::size_t slash = relative.find_last_of('/');
  Fd parent;
  if (slash != std::string::npos) {
    parent = TRY(open_beneath(directory_fd, relative.substr(0, slash), O_PATH | O_DIRECTORY));
  }
  const std::string name = slash == std::string::npos ? relative : relative.substr(slash + 1);
  struct stat info {};
  if (::fstatat(parent ? parent.get() : directory_fd, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return os_error("look at " + relative);
  }
  return facts_from(info);
}

uid_t current_user() { return ::geteuid(); }

Result<Fd> open_folder(const std::string& path) {
  Fd fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd) return os_error("open folder " + path);
  return fd;
}

Result<Fd> open_regular_beneath(int directory_fd, const std::string& relative) {
  const auto refused = [&relative] { return Error{Errc::corrupt, "open " + relative + ": not a regular file"}; };
  if (TRY(facts_beneath(directory_fd, relative)).kind != FileKind::regular) return refused();
  // O_NONBLOCK for the name that became a pipe since.
  Fd fd = TRY(open_beneath(directory_fd, relative, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (TRY(facts_of(fd.get(), relative)).kind != FileKind::regular) return refused();
  return fd;
}

Result<std::size_t> read_some(int fd, char* buffer, std::size_t size, std::string_view name_for_errors) {
  for (;;) {
    const ssize_t got = ::read(fd, buffer, size);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return os_error("read " + std::string{name_for_errors});
  }
}

Result<void> visit_folder(int directory_fd, std::string_view name_for_errors,
                          const std::function<bool(std::string_view name)>& visit) {
  Fd copy{::openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!copy) return os_error("open folder " + std::string{name_for_errors});
  const std::unique_ptr<DIR, CloseFolder> folder{::fdopendir(copy.get())};
  if (!folder) return os_error("open folder " + std::string{name_for_errors});
  (void)copy.release();  // the DIR owns it now
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(folder.get());  // NOLINT(concurrency-mt-unsafe): the stream is our own
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && !visit(name)) return {};
  }
  if (errno != 0) return os_error("list folder " + std::string{name_for_errors});
  return {};
}

}  // namespace belljar::os
