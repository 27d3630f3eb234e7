// What files tell about the run: when they were written, on which device they lie, in which order a directory lists
// them.

#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <algorithm>
#include <cstring>
#include <ctime>

#include "sandbox/native/init/steward.h"

namespace belljar::sandbox::native {

namespace {

constexpr std::size_t kDirectoryBytes = 1U << 20;
constexpr std::size_t kEntriesMost = kDirectoryBytes / 24;
constexpr unsigned kUnknownDevice = 255;

// Seconds of the host's clock; what is younger was made by this sandbox.
std::int64_t beginning = 0;  // NOLINT: set once by the launcher, inherited by every pid 1

// A file of the image keeps its times. The moments of the run are the host's; all of them become one.
std::int64_t stable_second(std::int64_t second) { return second >= beginning ? kEpochSeconds : second; }

struct Moment {
  std::int64_t second;
  std::int64_t nanosecond;
};

Moment stable_moment(Moment moment) { return moment.second >= beginning ? Moment{kEpochSeconds, 0} : moment; }

// Devices without hardware get their numbers as they come; here they are numbered in the plan's order.
unsigned stable_minor(const Steward& steward, std::uint64_t device) {
  for (std::uint32_t at = 0; at < steward.device_count; ++at) {
    if (steward.devices[at] == device) return at + 1;
  }
  return kUnknownDevice;
}

// Pipes and sockets are numbered as they are made anywhere on the host.
bool is_numbered_by_host(std::uint32_t mode) { return S_ISFIFO(mode) || S_ISSOCK(mode) || (mode & S_IFMT) == 0; }

void make_stable(const Steward& steward, struct stat& info) {
  if (major(info.st_dev) == 0) {
    const unsigned number = stable_minor(steward, info.st_dev);
    if (number == kUnknownDevice && is_numbered_by_host(info.st_mode)) info.st_ino = 1;
    // The links of /proc count the host's processes.
    if (info.st_dev == steward.proc_device && S_ISDIR(info.st_mode)) info.st_nlink = 2;
    info.st_dev = makedev(0, number);
  }
  const bool device = S_ISCHR(info.st_mode);
  const auto settle = [&](timespec& time) {
    const Moment moment = device ? Moment{kEpochSeconds, 0} : stable_moment({time.tv_sec, time.tv_nsec});
    time.tv_sec = moment.second;
    time.tv_nsec = moment.nanosecond;
  };
  settle(info.st_mtim);
  settle(info.st_ctim);
  info.st_atim = info.st_mtim;  // reading a shared file on the host moves its own
}

void mend_stat(StoppedCall& call) {
  const user_regs_struct& entry = call.task.pending.entry;
  const std::uint64_t at = entry.orig_rax == SYS_newfstatat ? entry.rdx : entry.rsi;
  struct stat info {};
  if (call.result() != 0) return;
  if (!read_value(call.task.tid, at, info)) return call.replace(-EFAULT);
  make_stable(call.steward, info);
  if (!write_value(call.task.tid, at, info)) call.replace(-EFAULT);
}

void settle_statx_time(struct statx_timestamp& time, bool device) {
  if (!device && stable_second(time.tv_sec) == time.tv_sec) return;
  time.tv_sec = kEpochSeconds;
  time.tv_nsec = 0;
}

void mend_statx(StoppedCall& call) {
  const std::uint64_t at = call.task.pending.entry.r8;
  struct statx info {};
  if (call.result() != 0) return;
  if (!read_value(call.task.tid, at, info)) return call.replace(-EFAULT);
  if (info.stx_dev_major == 0) {
    const unsigned number = stable_minor(call.steward, makedev(0, info.stx_dev_minor));
    if (number == kUnknownDevice && is_numbered_by_host(info.stx_mode)) info.stx_ino = 1;
    const bool proc = makedev(0, info.stx_dev_minor) == call.steward.proc_device;
    if (proc && S_ISDIR(info.stx_mode)) info.stx_nlink = 2;
    info.stx_dev_minor = number;
  }
  constexpr std::uint32_t kMountNumber = 0x1000 | 0x4000;  // STATX_MNT_ID, STATX_MNT_ID_UNIQUE
  info.stx_mask &= ~kMountNumber;
  std::memset(reinterpret_cast<char*>(&info) + 0x90, 0, 8);  // stx_mnt_id
  const bool device = S_ISCHR(info.stx_mode);
  settle_statx_time(info.stx_mtime, device);
  settle_statx_time(info.stx_ctime, device);
  settle_statx_time(info.stx_btime, device);
  info.stx_atime = info.stx_mtime;
  if (!write_value(call.task.tid, at, info)) call.replace(-EFAULT);
}

// Sizes are those of the sandbox's quotas or of the image's disk; what is free on a disk is the host's affair.
void mend_statfs(StoppedCall& call) {
  constexpr long kTmpfs = 0x01021994;
  const std::uint64_t at = call.task.pending.entry.rsi;
  struct statfs info {};
  if (call.result() != 0) return;
  if (!read_value(call.task.tid, at, info)) return call.replace(-EFAULT);
  info.f_fsid = {};
  if (info.f_type != kTmpfs) {
    info.f_bfree = 0;
    info.f_bavail = 0;
    info.f_ffree = 0;
  }
  if (!write_value(call.task.tid, at, info)) call.replace(-EFAULT);
}

// linux_dirent64: ino 8, off 8, reclen 2, type 1, name.
constexpr std::size_t kOffsetAt = 8;
constexpr std::size_t kLengthAt = 16;
constexpr std::size_t kNameAt = 19;

char directory[kDirectoryBytes];         // NOLINT: pid 1 has one thread; untouched pages cost nothing
char sorted_directory[kDirectoryBytes];  // NOLINT
std::uint32_t entries[kEntriesMost];     // NOLINT

std::uint16_t length_of(std::uint32_t entry) {
  std::uint16_t length = 0;
  std::memcpy(&length, directory + entry + kLengthAt, sizeof length);
  return length;
}

// The number of entries, or 0 where the bytes are not a list of them: another thread may have written there.
std::size_t find_entries(std::size_t bytes) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < bytes;) {
    if (bytes - at < kNameAt + 1 || count == kEntriesMost) return 0;
    const std::size_t length = length_of(static_cast<std::uint32_t>(at));
    if (length < kNameAt + 1 || length > bytes - at) return 0;
    directory[at + length - 1] = '\0';
    entries[count++] = static_cast<std::uint32_t>(at);
    at += length;
  }
  return count;
}

// Positions stay in their places: the last one is where the next piece of the directory begins.
void lay_out_sorted(std::size_t count) {
  std::uint64_t positions_at = 0;
  std::size_t to = 0;
  for (std::size_t item = 0; item < count; ++item) {
    const std::size_t length = length_of(entries[item]);
    std::memcpy(sorted_directory + to, directory + entries[item], length);
    std::memcpy(sorted_directory + to + kOffsetAt, directory + positions_at + kOffsetAt, 8);
    positions_at += length_of(static_cast<std::uint32_t>(positions_at));
    to += length;
  }
}

void mend_getdents(StoppedCall& call) {
  const std::uint64_t at = call.task.pending.entry.rsi;
  if (call.result() <= 0) return;
  const auto bytes = static_cast<std::size_t>(call.result());
  if (bytes > kDirectoryBytes) return call.steward.tell(Unfixed::large_directory);
  if (!read_memory(call.task.tid, at, directory, bytes)) return call.replace(-EFAULT);
  const std::size_t count = find_entries(bytes);
  const auto name_less = [](std::uint32_t left, std::uint32_t right) {
    return std::strcmp(directory + left + kNameAt, directory + right + kNameAt) < 0;
  };
  std::sort(entries, entries + count, name_less);
  if (call.task.pending.position != 0) call.steward.tell(Unfixed::large_directory);
  lay_out_sorted(count);
  if (count > 0 && !write_memory(call.task.tid, at, sorted_directory, bytes)) call.replace(-EFAULT);
}

Turn on_getdents(StoppedCall& call) {
  const int copy = borrow_descriptor(call, call.regs.rdi);
  if (copy >= 0) {
    call.task.pending.position = ::lseek(copy, 0, SEEK_CUR);
    (void)::close(copy);
  }
  call.task.pending.mend = mend_getdents;
  return Turn::mended;
}

template <Mend mend>
Turn mend_later(StoppedCall& call) {
  call.task.pending.mend = mend;
  return Turn::mended;
}

}  // namespace

void remember_beginning() {
  timespec now{};
  (void)::clock_gettime(CLOCK_REALTIME, &now);
  beginning = now.tv_sec;
}

void learn_devices(Steward& steward, const PlanView& view) {
  const auto learn = [&](const char* path) {
    struct stat info {};
    if (::stat(path, &info) != 0 || major(info.st_dev) != 0) return;
    if (std::strcmp(path, "/proc") == 0) steward.proc_device = info.st_dev;
    if (stable_minor(steward, info.st_dev) == kUnknownDevice && steward.device_count < kDevicesMax) {
      steward.devices[steward.device_count++] = info.st_dev;
    }
  };
  learn("/");
  for (const Slice slice : {view.plan().root_steps, view.plan().box_steps}) {
    const auto* steps = view.slice<PlanStep>(slice);
    for (std::uint32_t item = 0; item < slice.count; ++item) {
      char path[4096] = "/";
      const Text target = steps[item].target;
      const bool mounted = steps[item].kind != StepKind::directory && steps[item].kind != StepKind::symlink &&
                           steps[item].kind != StepKind::file;
      if (!mounted || target.length + 2 > sizeof path) continue;
      std::memcpy(path + 1, view.text(target), target.length + 1);
      learn(path);
    }
  }
}

Handler file_handler(std::uint64_t number) {
  switch (number) {
    case SYS_stat:
    case SYS_lstat:
    case SYS_fstat:
    case SYS_newfstatat:
      return mend_later<mend_stat>;
    case SYS_statx:
      return mend_later<mend_statx>;
    case SYS_statfs:
    case SYS_fstatfs:
      return mend_later<mend_statfs>;
    case SYS_getdents64:
      return on_getdents;
    default:
      return nullptr;
  }
}

}  // namespace belljar::sandbox::native
