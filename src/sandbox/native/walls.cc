#include "sandbox/native/walls.h"

#include <array>
#include <cerrno>

namespace belljar::sandbox::native {

namespace {

// Bits of linux/landlock.h; Debian 12's copy stops at ABI 2.
constexpr std::uint64_t kExecute = 1U << 0;
constexpr std::uint64_t kWriteFile = 1U << 1;
constexpr std::uint64_t kReadFile = 1U << 2;
constexpr std::uint64_t kReadDirectory = 1U << 3;
constexpr std::uint64_t kMakeCharacter = 1U << 6;
constexpr std::uint64_t kMakeBlock = 1U << 11;
constexpr std::uint64_t kAbi1 = (1U << 13) - 1;
constexpr std::uint64_t kRefer = 1U << 13;
constexpr std::uint64_t kTruncate = 1U << 14;
constexpr std::uint64_t kIoctlDevice = 1U << 15;
constexpr std::uint64_t kBindAndConnectTcp = 3;
constexpr std::uint64_t kAbstractSocketsAndSignals = 3;

constexpr std::array<std::string_view, static_cast<std::size_t>(Step::last)> kStepNames{
    "nothing",
    "read the plan (belljar and belljar-init are of different builds?)",
    "make the mounts private",
    "enter a user namespace",
    "build the root file system",
    "step into the root file system",
    "clone into new namespaces",
    "map user ids",
    "tie the sandbox's life to the launcher's",
    "join its cgroups",
    "set the host name",
    "mount its own file systems",
    "write its planted files",
    "shift the clocks",
    "bring its loopback up",
    "bound the memory of its sockets",
    "lay the route to its gateway",
    "redirect its connections to its gateway",
    "open the doors of its gateway",
    "become pid 1's user",
    "fork the program",
    "hand over its lines",
    "trace the program",
    "drop capabilities",
    "set resource limits",
    "become the program's user",
    "give up new privileges",
    "put up Landlock",
    "install the seccomp filter",
    "enter the working folder",
    "execute the program",
};

}  // namespace

LandlockRights landlock_rights(std::uint32_t abi) {
  LandlockRights rights;
  if (abi == 0) return rights;
  rights.handled_fs = kAbi1;
  if (abi >= 2) rights.handled_fs |= kRefer;
  if (abi >= 3) rights.handled_fs |= kTruncate;
  if (abi >= 5) rights.handled_fs |= kIoctlDevice;
  if (abi >= 4) rights.handled_net = kBindAndConnectTcp;
  if (abi >= 6) rights.scopes = kAbstractSocketsAndSignals;
  rights.read = kExecute | kReadFile | kReadDirectory;
  rights.write = rights.handled_fs & ~(kMakeCharacter | kMakeBlock | kIoctlDevice);
  rights.device = (kReadFile | kWriteFile | kTruncate) & rights.handled_fs;
  rights.terminal = rights.read | rights.device | (rights.handled_fs & kIoctlDevice);
  rights.terminal &= ~kExecute;
  return rights;
}

std::string_view step_name(Step step) {
  const auto at = static_cast<std::size_t>(step);
  return at < kStepNames.size() ? kStepNames[at] : "an unknown step";
}

std::string_view step_remedy(Step step, int error) {
  if (step == Step::user_namespace || (step == Step::clone && error == EPERM)) {
    return "unprivileged user namespaces are off: sysctl kernel.unprivileged_userns_clone=1, and on Ubuntu "
           "kernel.apparmor_restrict_unprivileged_userns=0";
  }
  if (step == Step::clone && (error == ENOSPC || error == EUSERS)) {
    return "too many namespaces: raise user.max_*_namespaces";
  }
  if (step == Step::trace) {
    return "a deterministic sandbox is traced by its pid 1: sysctl kernel.yama.ptrace_scope may be at most 2";
  }
  if (step == Step::redirection) {
    return "a gateway needs nftables with NAT: a kernel with CONFIG_NF_TABLES_INET, NFT_NAT, NFT_REDIR, NFT_REJECT, "
           "NFT_CT "
           "(modprobe nf_tables nft_redir nft_reject_inet)";
  }
  if (step == Step::enter_root || step == Step::build_root) return "belljar doctor tells what this host lacks";
  if (step == Step::seccomp || step == Step::landlock) return "belljar doctor tells which kernel option is missing";
  return "";
}

}  // namespace belljar::sandbox::native
