#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <cstddef>

#include "sandbox/native/init/box.h"

namespace belljar::sandbox::native {

namespace {

// Everything pid 1 still does once the sandbox is sealed; anything else is the mark of a pid 1 that is no longer ours.
// A wait that the freezer broke off is taken up again by restart_syscall.
constexpr std::uint32_t kAllowed[] = {SYS_recvmsg, SYS_sendmsg, SYS_wait4,      SYS_kill,         SYS_ppoll,
                                      SYS_poll,    SYS_read,    SYS_exit_group, SYS_rt_sigreturn, SYS_restart_syscall,
                                      SYS_prctl};
constexpr std::size_t kAllowedCount = sizeof kAllowed / sizeof kAllowed[0];

// What the steward of a deterministic sandbox does besides: it traces, asks what a descriptor is, reads the clock.
constexpr std::uint32_t kSteward[] = {
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_pidfd_open, SYS_pidfd_getfd, SYS_fstat, SYS_close,
    SYS_lseek,  SYS_clock_gettime};
constexpr std::size_t kStewardCount = sizeof kSteward / sizeof kSteward[0];

}  // namespace

Outcome install_init_filter(bool traced) {
  sock_filter code[kAllowedCount + kStewardCount + 6] = {};
  const std::size_t count = kAllowedCount + (traced ? kStewardCount : 0);
  std::size_t at = 0;
  code[at++] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
  code[at++] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
  code[at++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  code[at++] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
  for (std::size_t item = 0; item < count; ++item) {
    const std::uint32_t number = item < kAllowedCount ? kAllowed[item] : kSteward[item - kAllowedCount];
    const auto distance = static_cast<std::uint8_t>(count - item);
    code[at++] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, distance, 0);
  }
  code[at++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  code[at++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const sock_fprog program{static_cast<unsigned short>(at), code};
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) return failed(Step::seccomp);
  return done();
}

}  // namespace belljar::sandbox::native
