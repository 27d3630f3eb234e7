#include <sys/syscall.h>

#include <cerrno>

#include "suite/probe/catalogue.h"
#include "suite/probe/oracles.h"

namespace belljar::suite {

namespace {

constexpr std::string_view kFilter = "system calls: not in the profile";
constexpr long kMemfdSecret = 447;
constexpr long kListMount = 458;

constexpr Probe kCalls[] = {
    {"KRN01", "bpf-program", "Loads a BPF program.", kFilter, holds("fd anon_inode:bpf-prog"), kNeedsRoot},
    {"KRN02", "bpf-map", "Creates a BPF map.", kFilter, holds("fd anon_inode:bpf-map"), kNeedsRoot},
    {"KRN03", "io-uring", "Sets up io_uring.", kFilter, holds("fd anon_inode:[io_uring]")},
    {"KRN04", "userfaultfd", "Takes over page faults.", kFilter, holds("fd anon_inode:[userfaultfd]")},
    {"KRN05", "perf-event", "Opens a performance counter.", kFilter, holds("fd anon_inode:[perf_event]")},
    {"KRN06", "add-key", "Adds a key to the kernel's keyring.", kFilter, answered(SYS_add_key)},
    {"KRN07", "request-key", "Asks for a key, which may start a helper on the host.", kFilter,
     answered(SYS_request_key, ENOKEY)},
    {"KRN08", "keyring-session", "Joins a keyring session.", kFilter, answered(SYS_keyctl)},
    {"KRN09", "kexec", "Loads another kernel.", kFilter, answered(SYS_kexec_load, EINVAL), kNeedsRoot},
    {"KRN10", "kexec-file", "Loads another kernel from a file.", kFilter, answered(SYS_kexec_file_load, EINVAL, EBADF),
     kNeedsRoot},
    {"KRN11", "init-module", "Loads a kernel module.", kFilter, answered(SYS_init_module, ENOEXEC), kNeedsRoot},
    {"KRN12", "finit-module", "Loads a kernel module from a file.", kFilter, answered(SYS_finit_module, EINVAL, EBADF),
     kNeedsRoot},
    {"KRN13", "delete-module", "Removes a kernel module.", kFilter, answered(SYS_delete_module, ENOENT), kNeedsRoot},
    {"KRN14", "reboot", "Reboots the machine.", kFilter, answered(SYS_reboot, EINVAL)},
    {"KRN15", "swapon", "Adds swap.", kFilter, answered(SYS_swapon, ENOENT), kNeedsRoot},
    {"KRN16", "swapoff", "Removes swap.", kFilter, answered(SYS_swapoff, ENOENT), kNeedsRoot},
    {"KRN17", "accounting", "Turns process accounting on.", kFilter, answered(SYS_acct, ENOENT), kNeedsRoot},
    {"KRN18", "set-time", "Sets the clock.", kFilter, answered(SYS_settimeofday, EINVAL), kNeedsRoot},
    {"KRN19", "adjust-clock", "Adjusts the clock.", kFilter, answered(SYS_clock_adjtime, EINVAL), kNeedsRoot},
    {"KRN20", "host-name", "Renames the machine.", "system calls; uts namespace", noticed("hostname")},
    {"KRN21", "modify-ldt", "Writes its segment table.", kFilter, answered(SYS_modify_ldt)},
    {"KRN22", "ioperm", "Takes a hardware port.", kFilter, answered(SYS_ioperm), kNeedsRoot},
    {"KRN23", "iopl", "Takes all hardware ports.", kFilter, answered(SYS_iopl), kNeedsRoot},
    {"KRN24", "i386-gate", "Calls through the 32-bit gate, whose numbers mean other calls.",
     "filter: foreign ABI is killed", answered32()},
    {"KRN25", "x32", "Calls by an x32 number.", "filter: foreign ABI is killed", answered(0x40000000L | SYS_getpid)},
    {"KRN26", "unshare-user", "Makes a user namespace.", kFilter, answered(SYS_unshare)},
    {"KRN27", "clone-user", "Clones with a user namespace.", "filter: clone flags", reaches("user_namespaces", 2)},
    {"KRN28", "clone3-user", "The same with flags in memory, where no filter can look.", "filter: clone3 unknown",
     reaches("user_namespaces", 2)},
    {"KRN29", "unshare-others", "Makes mount, net, pid, ipc, uts, cgroup and time namespaces.", kFilter,
     answered(SYS_unshare)},
    {"KRN30", "filter-stack", "Puts a permissive filter of its own over the one it has.", "filters only add up",
     answered(SYS_unshare)},
    {"KRN31", "filter-listener", "Installs a filter with a listener of its own.", kFilter,
     holds("fd anon_inode:seccomp notify")},
    {"KRN32", "fanotify", "Watches file systems.", kFilter, holds("fd anon_inode:[fanotify]"), kNeedsRoot},
    {"KRN33", "personality", "Makes all its memory executable.", "system calls: personality",
     reaches("personality_executable", 1)},
    {"KRN34", "memory-policy", "Sets a memory policy.", kFilter, answered(SYS_set_mempolicy)},
    {"KRN35", "secret-memory", "Takes memory that even the kernel cannot read.", kFilter, answered(kMemfdSecret)},
    {"KRN36", "legacy-calls", "Calls ustat and sysfs.", kFilter, answered(SYS_ustat)},
    {"KRN37", "vhangup", "Hangs up the terminal.", kFilter, answered(SYS_vhangup), kNeedsRoot},
    {"KRN38", "trace-child", "Traces a child, to change its calls after they were checked.", kFilter,
     answered(SYS_ptrace)},
};

// Switches are opened for writing and never written; what the host sees is the open descriptor.
constexpr std::string_view kOwnProc = "own /proc with processes alone; no /sys";

constexpr Probe kFiles[] = {
    {"KRN50", "core-pattern", "Opens the name of the core dump handler for writing.", kOwnProc,
     holds("fdw /proc/sys/kernel/core_pattern"), kNeedsRoot},
    {"KRN51", "modprobe-path", "Opens the name of the module loader for writing.", kOwnProc,
     holds("fdw /proc/sys/kernel/"), kNeedsRoot},
    {"KRN52", "kernel-switches", "Opens switches that namespaces have for writing.", kOwnProc, holds("fdw /proc/sys/")},
    {"KRN53", "memory-switches", "Opens switches of memory and files for writing.", kOwnProc, holds("fdw /proc/sys/"),
     kNeedsRoot},
    {"KRN54", "sysrq", "Opens the magic key for writing.", kOwnProc, holds("fdw /proc/sysrq-trigger"), kNeedsRoot},
    {"KRN55", "sys-switches", "Opens the device event helper, the power state, huge pages for writing.", kOwnProc,
     holds("fdw /sys/"), kNeedsRoot},
    {"KRN56", "binary-formats", "Opens the registry of program formats for writing.", kOwnProc,
     holds("fdw /proc/sys/fs/binfmt_misc"), kNeedsRoot},
    {"KRN57", "cgroup-members", "Opens a control group's list of members for writing.", "no /sys/fs/cgroup",
     holds("fdw /sys/fs/cgroup"), kNeedsRoot},
    {"KRN58", "cgroup-limits", "Opens a control group's devices and limits for writing (CVE-2022-0492).",
     "no /sys/fs/cgroup", holds("fdw /sys/fs/cgroup"), kNeedsRoot},
    {"KRN59", "cgroup-mount", "Mounts a control group hierarchy.", "system calls: mount", answered(SYS_mount)},
    {"KRN60", "packet-ring", "Sets up a packet receive ring (CVE-2020-14386).", "system calls: socket",
     answered(SYS_setsockopt)},
    {"KRN61", "fsconfig", "Configures a file system (CVE-2022-0185).", kFilter, answered(SYS_fsconfig)},
    {"KRN62", "fspick", "Picks a mounted file system to reconfigure.", kFilter, answered(SYS_fspick)},
    {"KRN63", "quotactl", "Turns disk quotas on.", kFilter, answered(SYS_quotactl, ENOENT, ENOTBLK, ENODEV)},
    {"KRN64", "name-to-handle", "Asks for a file's handle.", kFilter, answered(SYS_name_to_handle_at)},
    {"KRN65", "listmount", "Lists mounts by the new call.", kFilter, answered(kListMount)},
};

}  // namespace

std::span<const Probe> krn_probes() { return kCalls; }
std::span<const Probe> krn_file_probes() { return kFiles; }

}  // namespace belljar::suite
