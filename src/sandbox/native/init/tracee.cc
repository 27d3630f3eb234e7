#include "sandbox/native/init/tracee.h"

#include <sys/uio.h>

namespace belljar::sandbox::native {

void StoppedCall::answer(std::int64_t value) {
  regs.orig_rax = ~0ULL;
  regs.rax = static_cast<std::uint64_t>(value);
  changed = true;
}

void StoppedCall::replace(std::int64_t value) {
  regs.rax = static_cast<std::uint64_t>(value);
  changed = true;
}

bool read_memory(pid_t tid, std::uint64_t at, void* into, std::size_t bytes) {
  const iovec local{into, bytes};
  const iovec remote{reinterpret_cast<void*>(at), bytes};
  return ::process_vm_readv(tid, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(bytes);
}

bool write_memory(pid_t tid, std::uint64_t at, const void* from, std::size_t bytes) {
  const iovec local{const_cast<void*>(from), bytes};
  const iovec remote{reinterpret_cast<void*>(at), bytes};
  return ::process_vm_writev(tid, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(bytes);
}

}  // namespace belljar::sandbox::native
