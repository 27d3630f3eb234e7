// Chance: random bytes from the seed, by getrandom(2) and from /dev/random and /dev/urandom, and the one processor.
// What a descriptor is, is asked of the descriptor, so that no name, link or inherited copy goes round this.

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

#include "sandbox/native/init/steward.h"

namespace belljar::sandbox::native {

namespace {

constexpr std::size_t kPiece = 4096;
constexpr std::uint64_t kRandomMost = 32U << 20;  // as the kernel, for one call
constexpr unsigned kMemoryDevices = 1;            // major number; 8 is random, 9 is urandom

enum class FileKind { other, random, proc };

FileKind kind_of(StoppedCall& call, std::uint64_t descriptor) {
  const int copy = borrow_descriptor(call, descriptor);
  if (copy < 0) return FileKind::other;
  struct stat info {};
  const bool known = ::syscall(SYS_fstat, copy, &info) == 0;
  (void)::close(copy);
  if (!known) return FileKind::other;
  if (S_ISCHR(info.st_mode) && major(info.st_rdev) == kMemoryDevices) {
    const unsigned which = minor(info.st_rdev);
    return which == 8 || which == 9 ? FileKind::random : FileKind::other;
  }
  return S_ISREG(info.st_mode) && info.st_dev == call.steward.proc_device ? FileKind::proc : FileKind::other;
}

// As far as the caller's memory goes; a buffer that is not there at all is EFAULT.
std::int64_t give_random(StoppedCall& call, std::uint64_t at, std::uint64_t bytes) {
  char piece[kPiece];
  std::uint64_t given = 0;
  if (bytes > kRandomMost) bytes = kRandomMost;
  while (given < bytes) {
    const std::size_t now = bytes - given < kPiece ? static_cast<std::size_t>(bytes - given) : kPiece;
    call.task.stream.fill(piece, now);
    if (!write_memory(call.task.tid, at + given, piece, now))
      return given > 0 ? static_cast<std::int64_t>(given) : -EFAULT;
    given += now;
  }
  return static_cast<std::int64_t>(given);
}

Turn on_getrandom(StoppedCall& call) {
  constexpr std::uint64_t kFlags = 7;
  const bool sane = (static_cast<std::uint32_t>(call.regs.rdx) & ~kFlags) == 0;
  call.answer(sane ? give_random(call, call.regs.rdi, call.regs.rsi) : -EINVAL);
  return Turn::answered;
}

Turn on_read(StoppedCall& call) {
  const FileKind kind = kind_of(call, call.regs.rdi);
  if (kind == FileKind::proc) call.steward.tell(Unfixed::proc_files);
  if (kind != FileKind::random) return Turn::passed;
  call.answer(give_random(call, call.regs.rsi, call.regs.rdx));
  return Turn::answered;
}

// The first part alone: a short read is one every caller of a device has to expect.
Turn on_readv(StoppedCall& call) {
  const FileKind kind = kind_of(call, call.regs.rdi);
  if (kind == FileKind::proc) call.steward.tell(Unfixed::proc_files);
  if (kind != FileKind::random) return Turn::passed;
  iovec first{};
  const bool known = call.regs.rdx > 0 && read_value(call.task.tid, call.regs.rsi, first);
  call.answer(known ? give_random(call, reinterpret_cast<std::uint64_t>(first.iov_base), first.iov_len) : -EFAULT);
  return Turn::answered;
}

// Copying inside the kernel would take the device's own bytes; tools go on with read(2).
Turn refuse_random(StoppedCall& call, std::uint64_t descriptor) {
  if (kind_of(call, descriptor) != FileKind::random) return Turn::passed;
  call.answer(-EINVAL);
  return Turn::answered;
}

Turn on_sendfile(StoppedCall& call) { return refuse_random(call, call.regs.rsi); }
Turn on_copy(StoppedCall& call) { return refuse_random(call, call.regs.rdi); }

// There is one processor, and its number is 0, whichever the kernel uses.
Turn on_getaffinity(StoppedCall& call) {
  const std::uint64_t mask = 1;
  if (call.regs.rsi < sizeof mask || call.regs.rsi % sizeof mask != 0) {
    call.answer(-EINVAL);
  } else {
    call.answer(write_value(call.task.tid, call.regs.rdx, mask) ? static_cast<std::int64_t>(sizeof mask) : -EFAULT);
  }
  return Turn::answered;
}

Turn on_setaffinity(StoppedCall& call) {
  std::uint8_t mask = 0;
  if (call.regs.rsi == 0 || !read_value(call.task.tid, call.regs.rdx, mask)) {
    call.answer(call.regs.rsi == 0 ? -EINVAL : -EFAULT);
  } else {
    call.answer((mask & 1U) != 0 ? 0 : -EINVAL);
  }
  return Turn::answered;
}

Turn on_getcpu(StoppedCall& call) {
  const std::uint32_t first = 0;
  bool written = true;
  if (call.regs.rdi != 0) written = write_value(call.task.tid, call.regs.rdi, first);
  if (call.regs.rsi != 0) written = write_value(call.task.tid, call.regs.rsi, first) && written;
  call.answer(written ? 0 : -EFAULT);
  return Turn::answered;
}

}  // namespace

int borrow_descriptor(StoppedCall& call, std::uint64_t descriptor) {
  Task& process = call.steward.process_of(call.task);
  if (process.pidfd < 0) process.pidfd = static_cast<int>(::syscall(SYS_pidfd_open, process.tid, 0));
  if (process.pidfd < 0) return -1;
  return static_cast<int>(::syscall(SYS_pidfd_getfd, process.pidfd, static_cast<int>(descriptor), 0));
}

Handler chance_handler(std::uint64_t number) {
  switch (number) {
    case SYS_getrandom:
      return on_getrandom;
    case SYS_read:
    case SYS_pread64:
      return on_read;
    case SYS_readv:
    case SYS_preadv:
    case SYS_preadv2:
      return on_readv;
    case SYS_sendfile:
      return on_sendfile;
    case SYS_splice:
    case SYS_copy_file_range:
      return on_copy;
    case SYS_sched_getaffinity:
      return on_getaffinity;
    case SYS_sched_setaffinity:
      return on_setaffinity;
    case SYS_getcpu:
      return on_getcpu;
    default:
      return nullptr;
  }
}

}  // namespace belljar::sandbox::native
