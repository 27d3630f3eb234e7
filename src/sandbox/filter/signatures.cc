// The arguments of the calls that profiles set conditions on or that a refusal should show in words. Calls that are
// not here are shown with their plain numbers.
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "sandbox/filter/calls.h"

namespace belljar::sandbox {

namespace {

#define NAMED(constant) \
  Constant { #constant, static_cast < std::uint64_t>(constant) }

constexpr std::uint64_t kEverything = ~std::uint64_t{0};

constexpr std::array kDomains = {
    NAMED(AF_UNSPEC), NAMED(AF_UNIX), NAMED(AF_INET),    NAMED(AF_INET6), NAMED(AF_NETLINK),   NAMED(AF_PACKET),
    NAMED(AF_KEY),    NAMED(AF_RDS),  NAMED(AF_CAN),     NAMED(AF_TIPC),  NAMED(AF_BLUETOOTH), NAMED(AF_ALG),
    NAMED(AF_VSOCK),  NAMED(AF_KCM),  NAMED(AF_QIPCRTR), NAMED(AF_SMC),   NAMED(AF_XDP),       NAMED(AF_NFC),
    NAMED(AF_AX25),   NAMED(AF_X25),  NAMED(AF_PPPOX),   NAMED(AF_LLC),   NAMED(AF_IB)};
constexpr Family kDomain = {"domain", Width::low32, kEverything, kDomains};

constexpr std::array kSocketTypes = {NAMED(SOCK_STREAM), NAMED(SOCK_DGRAM),     NAMED(SOCK_RAW),
                                     NAMED(SOCK_RDM),    NAMED(SOCK_SEQPACKET), NAMED(SOCK_DCCP),
                                     NAMED(SOCK_PACKET), NAMED(SOCK_CLOEXEC),   NAMED(SOCK_NONBLOCK)};
constexpr Family kSocketType = {"socket type", Width::low32, 0xf, kSocketTypes};

// The low byte is the signal the parent gets.
constexpr std::array kCloneFlags = {NAMED(SIGCHLD),
                                    NAMED(CLONE_VM),
                                    NAMED(CLONE_FS),
                                    NAMED(CLONE_FILES),
                                    NAMED(CLONE_SIGHAND),
                                    NAMED(CLONE_PIDFD),
                                    NAMED(CLONE_PTRACE),
                                    NAMED(CLONE_VFORK),
                                    NAMED(CLONE_PARENT),
                                    NAMED(CLONE_THREAD),
                                    NAMED(CLONE_NEWNS),
                                    NAMED(CLONE_SYSVSEM),
                                    NAMED(CLONE_SETTLS),
                                    NAMED(CLONE_PARENT_SETTID),
                                    NAMED(CLONE_CHILD_CLEARTID),
                                    NAMED(CLONE_DETACHED),
                                    NAMED(CLONE_UNTRACED),
                                    NAMED(CLONE_CHILD_SETTID),
                                    NAMED(CLONE_NEWCGROUP),
                                    NAMED(CLONE_NEWUTS),
                                    NAMED(CLONE_NEWIPC),
                                    NAMED(CLONE_NEWUSER),
                                    NAMED(CLONE_NEWPID),
                                    NAMED(CLONE_NEWNET),
                                    NAMED(CLONE_IO)};
constexpr Family kClone = {"clone flags", Width::full64, 0xff, kCloneFlags};

constexpr std::array kNamespaceFlags = {
    NAMED(CLONE_NEWNS),   NAMED(CLONE_NEWCGROUP), NAMED(CLONE_NEWUTS), NAMED(CLONE_NEWIPC),
    NAMED(CLONE_NEWUSER), NAMED(CLONE_NEWPID),    NAMED(CLONE_NEWNET), Constant{"CLONE_NEWTIME", 0x80},
    NAMED(CLONE_FS),      NAMED(CLONE_FILES),     NAMED(CLONE_SYSVSEM)};
constexpr Family kNamespace = {"namespace flags", Width::full64, 0, kNamespaceFlags};

constexpr std::array kOpenFlags = {
    NAMED(O_RDONLY),  NAMED(O_WRONLY), NAMED(O_RDWR),     NAMED(O_CREAT),   NAMED(O_EXCL),      NAMED(O_NOCTTY),
    NAMED(O_TRUNC),   NAMED(O_APPEND), NAMED(O_NONBLOCK), NAMED(O_TMPFILE), NAMED(O_DIRECTORY), NAMED(O_NOFOLLOW),
    NAMED(O_CLOEXEC), NAMED(O_PATH),   NAMED(O_SYNC),     NAMED(O_DIRECT),  NAMED(O_NOATIME)};
constexpr Family kOpen = {"open flags", Width::low32, 0x3, kOpenFlags};

constexpr std::array kProtections = {NAMED(PROT_NONE), NAMED(PROT_READ),      NAMED(PROT_WRITE),
                                     NAMED(PROT_EXEC), NAMED(PROT_GROWSDOWN), NAMED(PROT_GROWSUP)};
constexpr Family kProtection = {"protection", Width::full64, 0, kProtections};

constexpr std::array kMapFlags = {NAMED(MAP_SHARED),   NAMED(MAP_PRIVATE),         NAMED(MAP_SHARED_VALIDATE),
                                  NAMED(MAP_FIXED),    NAMED(MAP_ANONYMOUS),       NAMED(MAP_GROWSDOWN),
                                  NAMED(MAP_LOCKED),   NAMED(MAP_NORESERVE),       NAMED(MAP_POPULATE),
                                  NAMED(MAP_NONBLOCK), NAMED(MAP_STACK),           NAMED(MAP_HUGETLB),
                                  NAMED(MAP_SYNC),     NAMED(MAP_FIXED_NOREPLACE), NAMED(MAP_32BIT)};
constexpr Family kMap = {"map flags", Width::full64, 0x3, kMapFlags};

constexpr std::array kMountFlags = {
    NAMED(MS_RDONLY),      NAMED(MS_NOSUID),  NAMED(MS_NODEV), NAMED(MS_NOEXEC), NAMED(MS_SYNCHRONOUS),
    NAMED(MS_REMOUNT),     NAMED(MS_BIND),    NAMED(MS_MOVE),  NAMED(MS_REC),    NAMED(MS_SILENT),
    NAMED(MS_UNBINDABLE),  NAMED(MS_PRIVATE), NAMED(MS_SLAVE), NAMED(MS_SHARED), NAMED(MS_RELATIME),
    NAMED(MS_STRICTATIME), NAMED(MS_LAZYTIME)};
constexpr Family kMount = {"mount flags", Width::full64, 0, kMountFlags};

constexpr std::array kUnmountFlags = {NAMED(MNT_FORCE), NAMED(MNT_DETACH), NAMED(MNT_EXPIRE), NAMED(UMOUNT_NOFOLLOW)};
constexpr Family kUnmount = {"unmount flags", Width::low32, 0, kUnmountFlags};

constexpr std::array kProcessOptions = {NAMED(PR_SET_PDEATHSIG),
                                        NAMED(PR_GET_PDEATHSIG),
                                        NAMED(PR_GET_DUMPABLE),
                                        NAMED(PR_SET_DUMPABLE),
                                        NAMED(PR_GET_KEEPCAPS),
                                        NAMED(PR_SET_KEEPCAPS),
                                        NAMED(PR_SET_NAME),
                                        NAMED(PR_GET_NAME),
                                        NAMED(PR_GET_SECCOMP),
                                        NAMED(PR_SET_SECCOMP),
                                        NAMED(PR_CAPBSET_READ),
                                        NAMED(PR_CAPBSET_DROP),
                                        NAMED(PR_GET_TSC),
                                        NAMED(PR_SET_TSC),
                                        NAMED(PR_GET_SECUREBITS),
                                        NAMED(PR_SET_SECUREBITS),
                                        NAMED(PR_SET_TIMERSLACK),
                                        NAMED(PR_GET_TIMERSLACK),
                                        NAMED(PR_TASK_PERF_EVENTS_DISABLE),
                                        NAMED(PR_TASK_PERF_EVENTS_ENABLE),
                                        NAMED(PR_MCE_KILL),
                                        NAMED(PR_SET_MM),
                                        NAMED(PR_SET_PTRACER),
                                        NAMED(PR_SET_CHILD_SUBREAPER),
                                        NAMED(PR_GET_CHILD_SUBREAPER),
                                        NAMED(PR_SET_NO_NEW_PRIVS),
                                        NAMED(PR_GET_NO_NEW_PRIVS),
                                        NAMED(PR_GET_TID_ADDRESS),
                                        NAMED(PR_SET_THP_DISABLE),
                                        NAMED(PR_GET_THP_DISABLE),
                                        NAMED(PR_CAP_AMBIENT),
                                        NAMED(PR_GET_SPECULATION_CTRL),
                                        NAMED(PR_SET_SPECULATION_CTRL),
                                        NAMED(PR_SET_IO_FLUSHER),
                                        NAMED(PR_SET_SYSCALL_USER_DISPATCH),
                                        NAMED(PR_SCHED_CORE),
                                        NAMED(PR_SET_VMA),
                                        Constant{"PR_SET_MDWE", 65},
                                        Constant{"PR_GET_MDWE", 66}};
constexpr Family kProcessOption = {"prctl option", Width::low32, kEverything, kProcessOptions};

// Numbers of asm-generic/ioctls.h and linux/fs.h, whose headers cannot be included together with glibc's.
constexpr std::array kTerminalRequests = std::to_array<Constant>({
    {"TCGETS", 0x5401},
    {"TCSETS", 0x5402},
    {"TCSETSW", 0x5403},
    {"TCSETSF", 0x5404},
    {"TCSBRK", 0x5409},
    {"TCXONC", 0x540a},
    {"TCFLSH", 0x540b},
    {"TIOCSCTTY", 0x540e},
    {"TIOCGPGRP", 0x540f},
    {"TIOCSPGRP", 0x5410},
    {"TIOCOUTQ", 0x5411},
    {"TIOCSTI", 0x5412},
    {"TIOCGWINSZ", 0x5413},
    {"TIOCSWINSZ", 0x5414},
    {"FIONREAD", 0x541b},
    {"TIOCLINUX", 0x541c},
    {"TIOCCONS", 0x541d},
    {"FIONBIO", 0x5421},
    {"TIOCNOTTY", 0x5422},
    {"TIOCSETD", 0x5423},
    {"TIOCGETD", 0x5424},
    {"TIOCGSID", 0x5429},
    {"TCGETS2", 0x802c542a},
    {"TCSETS2", 0x402c542b},
    {"TCSETSW2", 0x402c542c},
    {"TCSETSF2", 0x402c542d},
    {"TIOCGPTN", 0x80045430},
    {"TIOCSPTLCK", 0x40045431},
    {"TIOCGPTPEER", 0x5441},
    {"TIOCVHANGUP", 0x5437},
    {"FIONCLEX", 0x5450},
    {"FIOCLEX", 0x5451},
    {"FIOASYNC", 0x5452},
    {"FICLONE", 0x40049409},
    {"FICLONERANGE", 0x4020940d},
    {"FIDEDUPERANGE", 0xc0189436},
    {"FS_IOC_GETFLAGS", 0x80086601},
    {"FS_IOC_SETFLAGS", 0x40086602},
    {"FS_IOC_FIEMAP", 0xc020660b},
    {"FIFREEZE", 0xc0045877},
    {"BLKGETSIZE64", 0x80081272},
    {"TUNSETIFF", 0x400454ca},
    {"SIOCGIFCONF", 0x8912},
    {"SIOCGIFADDR", 0x8915},
    {"SIOCETHTOOL", 0x8946},
    {"KVM_CREATE_VM", 0xae01},
    {"LOOP_SET_FD", 0x4c00},
    {"LOOP_CTL_GET_FREE", 0x4c82},
});
constexpr Family kTerminalRequest = {"ioctl request", Width::low32, kEverything, kTerminalRequests};

constexpr std::array kFileCommands = {
    NAMED(F_DUPFD),         NAMED(F_GETFD),      NAMED(F_SETFD),      NAMED(F_GETFL),     NAMED(F_SETFL),
    NAMED(F_GETLK),         NAMED(F_SETLK),      NAMED(F_SETLKW),     NAMED(F_SETOWN),    NAMED(F_GETOWN),
    NAMED(F_SETSIG),        NAMED(F_GETSIG),     NAMED(F_SETOWN_EX),  NAMED(F_GETOWN_EX), NAMED(F_OFD_GETLK),
    NAMED(F_OFD_SETLK),     NAMED(F_OFD_SETLKW), NAMED(F_SETLEASE),   NAMED(F_GETLEASE),  NAMED(F_NOTIFY),
    NAMED(F_DUPFD_CLOEXEC), NAMED(F_SETPIPE_SZ), NAMED(F_GETPIPE_SZ), NAMED(F_ADD_SEALS), NAMED(F_GET_SEALS),
    NAMED(F_GET_RW_HINT),   NAMED(F_SET_RW_HINT)};
constexpr Family kFileCommand = {"fcntl command", Width::low32, kEverything, kFileCommands};

constexpr std::array kPersonas = {Constant{"PER_LINUX", 0},
                                  Constant{"PERSONALITY_QUERY", 0xffffffff},
                                  NAMED(ADDR_NO_RANDOMIZE),
                                  NAMED(READ_IMPLIES_EXEC),
                                  NAMED(ADDR_COMPAT_LAYOUT),
                                  NAMED(MMAP_PAGE_ZERO),
                                  NAMED(UNAME26)};
constexpr Family kPersona = {"personality", Width::low32, 0, kPersonas};

constexpr std::array kSchedulers = {NAMED(SCHED_OTHER),        NAMED(SCHED_FIFO), NAMED(SCHED_RR),
                                    NAMED(SCHED_BATCH),        NAMED(SCHED_IDLE), Constant{"SCHED_DEADLINE", 6},
                                    NAMED(SCHED_RESET_ON_FORK)};
constexpr Family kScheduler = {"scheduler", Width::low32, 0xff, kSchedulers};

constexpr std::array kThreadStates = std::to_array<Constant>({
    {"ARCH_SET_GS", 0x1001},
    {"ARCH_SET_FS", 0x1002},
    {"ARCH_GET_FS", 0x1003},
    {"ARCH_GET_GS", 0x1004},
    {"ARCH_GET_CPUID", 0x1011},
    {"ARCH_SET_CPUID", 0x1012},
    {"ARCH_GET_XCOMP_SUPP", 0x1021},
    {"ARCH_GET_XCOMP_PERM", 0x1022},
    {"ARCH_REQ_XCOMP_PERM", 0x1023},
    {"ARCH_MAP_VDSO_64", 0x2003},
    {"ARCH_CET_STATUS", 0x3001},
    {"ARCH_SHSTK_ENABLE", 0x5001},
    {"ARCH_SHSTK_DISABLE", 0x5002},
    {"ARCH_SHSTK_LOCK", 0x5003},
    {"ARCH_SHSTK_STATUS", 0x5005},
});
constexpr Family kThreadState = {"arch_prctl code", Width::low32, kEverything, kThreadStates};

constexpr std::array kFileTypes = {NAMED(S_IFMT),  NAMED(S_IFREG), NAMED(S_IFIFO), NAMED(S_IFSOCK),
                                   NAMED(S_IFCHR), NAMED(S_IFBLK), NAMED(S_IFDIR)};
constexpr Family kFileType = {"file mode", Width::low32, S_IFMT, kFileTypes};

constexpr std::array kTraceRequests = {Constant{"PTRACE_TRACEME", 0},    Constant{"PTRACE_PEEKDATA", 2},
                                       Constant{"PTRACE_POKEDATA", 5},   Constant{"PTRACE_ATTACH", 16},
                                       Constant{"PTRACE_SEIZE", 0x4206}, Constant{"PTRACE_SECCOMP_GET_FILTER", 0x420c}};
constexpr Family kTraceRequest = {"ptrace request", Width::full64, kEverything, kTraceRequests};

constexpr std::array kBpfCommands = {NAMED(BPF_MAP_CREATE),  NAMED(BPF_PROG_LOAD), NAMED(BPF_OBJ_GET),
                                     NAMED(BPF_PROG_ATTACH), NAMED(BPF_BTF_LOAD),  NAMED(BPF_LINK_CREATE)};
constexpr Family kBpfCommand = {"bpf command", Width::low32, kEverything, kBpfCommands};

constexpr std::array kKeyCommands = {NAMED(KEYCTL_GET_KEYRING_ID), NAMED(KEYCTL_JOIN_SESSION_KEYRING),
                                     NAMED(KEYCTL_UPDATE),         NAMED(KEYCTL_REVOKE),
                                     NAMED(KEYCTL_DESCRIBE),       NAMED(KEYCTL_LINK),
                                     NAMED(KEYCTL_SEARCH),         NAMED(KEYCTL_READ),
                                     NAMED(KEYCTL_INSTANTIATE)};
constexpr Family kKeyCommand = {"keyctl command", Width::low32, kEverything, kKeyCommands};

constexpr std::array kFilterOperations = {NAMED(SECCOMP_SET_MODE_STRICT), NAMED(SECCOMP_SET_MODE_FILTER),
                                          NAMED(SECCOMP_GET_ACTION_AVAIL), NAMED(SECCOMP_GET_NOTIF_SIZES)};
constexpr Family kFilterOperation = {"seccomp operation", Width::low32, kEverything, kFilterOperations};

constexpr std::array kMemoryFileFlags = std::to_array<Constant>(
    {{"MFD_CLOEXEC", 1}, {"MFD_ALLOW_SEALING", 2}, {"MFD_HUGETLB", 4}, {"MFD_NOEXEC_SEAL", 8}, {"MFD_EXEC", 16}});
constexpr Family kMemoryFile = {"memfd flags", Width::low32, 0, kMemoryFileFlags};

#undef NAMED

constexpr Argument number(std::string_view name) { return {name, Show::integer, nullptr}; }
constexpr Argument size(std::string_view name) { return {name, Show::size, nullptr}; }
constexpr Argument octal(std::string_view name) { return {name, Show::octal, nullptr}; }
constexpr Argument pointer(std::string_view name) { return {name, Show::pointer, nullptr}; }
constexpr Argument path(std::string_view name) { return {name, Show::path, nullptr}; }
constexpr Argument named(std::string_view name, const Family& family) { return {name, Show::named, &family}; }

constexpr std::array kSignatures = std::to_array<Signature>({
    {"accept", {number("fd"), pointer("address"), pointer("length")}},
    {"accept4", {number("fd"), pointer("address"), pointer("length"), named("flags", kSocketType)}},
    {"acct", {path("file")}},
    {"add_key", {path("type"), path("description"), pointer("payload"), size("length"), number("keyring")}},
    {"adjtimex", {pointer("values")}},
    {"arch_prctl", {named("code", kThreadState), pointer("address")}},
    {"bind", {number("fd"), pointer("address"), size("length")}},
    {"bpf", {named("command", kBpfCommand), pointer("attributes"), size("length")}},
    {"capset", {pointer("header"), pointer("data")}},
    {"chown", {path("path"), number("user"), number("group")}},
    {"chroot", {path("path")}},
    {"clock_settime", {number("clock"), pointer("time")}},
    {"clone", {named("flags", kClone), pointer("stack"), pointer("parent_tid"), pointer("child_tid"), pointer("tls")}},
    {"connect", {number("fd"), pointer("address"), size("length")}},
    {"delete_module", {path("name"), number("flags")}},
    {"fanotify_init", {number("flags"), number("event_flags")}},
    {"fchown", {number("fd"), number("user"), number("group")}},
    {"fchownat", {number("folder"), path("path"), number("user"), number("group"), number("flags")}},
    {"fcntl", {number("fd"), named("command", kFileCommand), size("argument")}},
    {"finit_module", {number("fd"), path("parameters"), number("flags")}},
    {"fsconfig", {number("fd"), number("command"), path("key"), pointer("value"), number("aux")}},
    {"fsmount", {number("fd"), number("flags"), number("attributes")}},
    {"fsopen", {path("type"), number("flags")}},
    {"fspick", {number("folder"), path("path"), number("flags")}},
    {"init_module", {pointer("image"), size("length"), path("parameters")}},
    {"inotify_add_watch", {number("fd"), path("path"), number("mask")}},
    {"inotify_init1", {number("flags")}},
    {"io_uring_enter", {number("fd"), number("submit"), number("complete"), number("flags")}},
    {"io_uring_register", {number("fd"), number("operation"), pointer("argument"), number("count")}},
    {"io_uring_setup", {number("entries"), pointer("parameters")}},
    {"ioctl", {number("fd"), named("request", kTerminalRequest), pointer("argument")}},
    {"ioperm", {size("from"), size("count"), number("turn_on")}},
    {"iopl", {number("level")}},
    {"kcmp", {number("pid1"), number("pid2"), number("type"), size("index1"), size("index2")}},
    {"kexec_file_load", {number("kernel"), number("initrd"), size("length"), path("command_line"), size("flags")}},
    {"kexec_load", {pointer("entry"), size("segments"), pointer("list"), size("flags")}},
    {"keyctl", {named("command", kKeyCommand), size("a"), size("b"), size("c"), size("d")}},
    {"kill", {number("pid"), number("signal")}},
    {"landlock_create_ruleset", {pointer("attributes"), size("length"), number("flags")}},
    {"lchown", {path("path"), number("user"), number("group")}},
    {"lookup_dcookie", {size("cookie"), pointer("buffer"), size("length")}},
    {"mbind", {pointer("address"), size("length"), number("mode")}},
    {"memfd_create", {path("name"), named("flags", kMemoryFile)}},
    {"memfd_secret", {number("flags")}},
    {"mknod", {path("path"), named("mode", kFileType), size("device")}},
    {"mknodat", {number("folder"), path("path"), named("mode", kFileType), size("device")}},
    {"mmap",
     {pointer("address"), size("length"), named("prot", kProtection), named("flags", kMap), number("fd"),
      size("offset")}},
    {"modify_ldt", {number("function"), pointer("data"), size("length")}},
    {"mount", {path("source"), path("target"), path("type"), named("flags", kMount), pointer("data")}},
    {"mount_setattr", {number("folder"), path("path"), number("flags"), pointer("attributes"), size("length")}},
    {"move_mount", {number("from_folder"), path("from"), number("to_folder"), path("to"), number("flags")}},
    {"mprotect", {pointer("address"), size("length"), named("prot", kProtection)}},
    {"name_to_handle_at", {number("folder"), path("path"), pointer("handle"), pointer("mount"), number("flags")}},
    {"open", {path("path"), named("flags", kOpen), octal("mode")}},
    {"open_by_handle_at", {number("mount"), pointer("handle"), named("flags", kOpen)}},
    {"open_tree", {number("folder"), path("path"), number("flags")}},
    {"openat", {number("folder"), path("path"), named("flags", kOpen), octal("mode")}},
    {"openat2", {number("folder"), path("path"), pointer("how"), size("length")}},
    {"perf_event_open", {pointer("attributes"), number("pid"), number("cpu"), number("group"), size("flags")}},
    {"personality", {named("persona", kPersona)}},
    {"pidfd_getfd", {number("pidfd"), number("fd"), number("flags")}},
    {"pidfd_open", {number("pid"), number("flags")}},
    {"pivot_root", {path("new_root"), path("put_old")}},
    {"pkey_mprotect", {pointer("address"), size("length"), named("prot", kProtection), number("key")}},
    {"prctl", {named("option", kProcessOption), size("a"), size("b"), size("c"), size("d")}},
    {"prlimit64", {number("pid"), number("resource"), pointer("new_limit"), pointer("old_limit")}},
    {"process_madvise", {number("pidfd"), pointer("list"), size("count"), number("advice"), number("flags")}},
    {"process_vm_readv", {number("pid"), pointer("local"), size("local_count"), pointer("remote"), size("count")}},
    {"process_vm_writev", {number("pid"), pointer("local"), size("local_count"), pointer("remote"), size("count")}},
    {"ptrace", {named("request", kTraceRequest), number("pid"), pointer("address"), pointer("data")}},
    {"quotactl", {number("command"), path("device"), number("id"), pointer("address")}},
    {"reboot", {number("magic1"), number("magic2"), number("command"), pointer("argument")}},
    {"request_key", {path("type"), path("description"), path("callout"), number("keyring")}},
    {"sched_setattr", {number("pid"), pointer("attributes"), number("flags")}},
    {"sched_setparam", {number("pid"), pointer("parameters")}},
    {"sched_setscheduler", {number("pid"), named("policy", kScheduler), pointer("parameters")}},
    {"seccomp", {named("operation", kFilterOperation), number("flags"), pointer("argument")}},
    {"setdomainname", {path("name"), size("length")}},
    {"setgid", {number("group")}},
    {"setgroups", {size("count"), pointer("groups")}},
    {"sethostname", {path("name"), size("length")}},
    {"setns", {number("fd"), named("type", kNamespace)}},
    {"setresgid", {number("real"), number("effective"), number("saved")}},
    {"setresuid", {number("real"), number("effective"), number("saved")}},
    {"settimeofday", {pointer("time"), pointer("zone")}},
    {"setuid", {number("user")}},
    {"shmget", {number("key"), size("length"), octal("flags")}},
    {"socket", {named("domain", kDomain), named("type", kSocketType), number("protocol")}},
    {"socketpair", {named("domain", kDomain), named("type", kSocketType), number("protocol"), pointer("pair")}},
    {"splice",
     {number("in"), pointer("in_offset"), number("out"), pointer("out_offset"), size("length"), number("flags")}},
    {"swapoff", {path("file")}},
    {"swapon", {path("file"), number("flags")}},
    {"symlink", {path("target"), path("path")}},
    {"syslog", {number("type"), pointer("buffer"), number("length")}},
    {"umount2", {path("target"), named("flags", kUnmount)}},
    {"unshare", {named("flags", kNamespace)}},
    {"userfaultfd", {number("flags")}},
    {"vmsplice", {number("fd"), pointer("list"), size("count"), number("flags")}},
});

constexpr bool sorted() {
  for (std::size_t i = 1; i < kSignatures.size(); ++i) {
    if (!(kSignatures[i - 1].call < kSignatures[i].call)) return false;
  }
  return true;
}
static_assert(sorted(), "find_signature() searches by halves");

}  // namespace

std::span<const Signature> detail::signatures() { return kSignatures; }

}  // namespace belljar::sandbox
