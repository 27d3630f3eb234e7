#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

#include "sandbox/native/init/box.h"

namespace belljar::sandbox::native {

Outcome forget_capabilities() {
  // A program that is or becomes user 0 gains nothing by it, and cannot undo that.
  const unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED |
                             SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
  if (::prctl(PR_SET_SECUREBITS, bits) != 0) return failed(Step::drop_capabilities);
  for (unsigned long capability = 0; capability < 64; ++capability) {
    if (::prctl(PR_CAPBSET_DROP, capability) != 0) {
      if (errno == EINVAL) break;  // past the last one this kernel knows
      return failed(Step::drop_capabilities, errno, static_cast<std::uint32_t>(capability));
    }
  }
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return failed(Step::drop_capabilities);
  return done();
}

Outcome set_capabilities(std::uint64_t kept) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  for (int half = 0; half < 2; ++half) {
    data[half].effective = static_cast<std::uint32_t>(kept >> (32 * half));
    data[half].permitted = data[half].effective;
  }
  if (::syscall(SYS_capset, &header, data) != 0) return failed(Step::drop_capabilities);
  return done();
}

}  // namespace belljar::sandbox::native
