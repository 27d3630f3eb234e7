// Covert channels, leaks, privileges, terminals.
#include <sys/syscall.h>

#include "suite/probe/catalogue.h"
#include "suite/probe/oracles.h"

namespace belljar::suite {

namespace {

constexpr Probe kCovert[] = {
    {"COV01", "shared-memory-segment", "Reads a neighbour's System V shared memory.", "ipc namespace", canary_read()},
    {"COV02", "shared-memory-file", "Reads a neighbour's file in /dev/shm.", "own /dev/shm", canary_read()},
    {"COV03", "machine-statistics", "Reads the machine's counters in /proc.", "own /proc with processes alone",
     holds("fd /proc/")},
    {"COV04", "access-time", "Leaves its time of access on a shared file.", "read-only bind", access_time_changed()},
    {"COV05", "group-statistics", "Reads a neighbour's control group.", "no /sys/fs/cgroup",
     holds("fd /sys/fs/cgroup")},
    {"COV06", "residue", "Looks for what the previous tenant left.", "every sandbox is used once",
     text_told("left by the previous tenant"), kTwice},
    {"COV07", "keyring", "Reads a neighbour's key in the kernel's keyring.", "system calls: keyctl; user namespace",
     canary_read()},
    {"COV08", "named-pipe", "Writes to a FIFO in a read-only shared folder.", "Landlock", noticed("fifo")},
    {"COV09", "message-queue", "Makes message queues under numbers a neighbour knows.", "ipc namespace",
     noticed("ipc")},
    {"COV20", "system-load", "Watches the machine's load through sysinfo.", "", answered(SYS_sysinfo), kPlain,
     "load and free memory of the machine show through sysinfo(2); a tier with its own kernel closes it"},
    {"COV21", "cache-timing", "Times memory with a fine clock.", "", text_told("fine enough"), kPlain,
     "processor caches are shared and clocks are fine; pinning cores or a machine of its own closes it"},
    {"COV22", "page-cache", "Asks which pages of a shared file are cached.", "system calls: cachestat", answered(451)},
};

constexpr Probe kLeaks[] = {
    {"LEAK01", "kernel-symbols", "Reads the kernel's symbol addresses.", "own /proc with processes alone",
     holds("fd /proc/kallsyms")},
    {"LEAK02", "kernel-memory", "Opens the kernel's memory image.", "own /proc with processes alone",
     holds("fd /proc/kcore"), kNeedsRoot},
    {"LEAK03", "kernel-log", "Opens the kernel's log.", "minimal /dev, own /proc", reaches("foreign_devices", 1),
     kNeedsRoot},
    {"LEAK04", "kernel-log-call", "Reads the kernel's log by call.", "system calls: syslog", answered(SYS_syslog),
     kNeedsRoot},
    {"LEAK05", "environment", "Tells its environment.", "environment from scratch", value_told("environment")},
    {"LEAK06", "environment-of-first", "Reads the environment of pid 1.", "pid 1 not dumpable",
     value_told("environment")},
    {"LEAK07", "hardware", "Reads serial numbers, addresses, disks in /sys.", "no /sys", holds("fd /sys/")},
    {"LEAK08", "host-name", "Tells the machine's name.", "uts namespace", value_told("hostname")},
    {"LEAK09", "machine-id", "Reads the machine's id.", "minimal /etc", value_told("machine_id")},
    {"LEAK10", "boot-id", "Reads the boot's id.", "own /proc with processes alone", value_told("boot_id")},
    {"LEAK11", "kernel-command-line", "Reads the kernel's command line.", "own /proc with processes alone",
     value_told("kernel_command_line")},
    {"LEAK12", "clone-entropy", "Compares the seeds of two sandboxes.", "programs are executed, never forked warm",
     same_identity(), kTwice | kInProcess},
    {"LEAK13", "connections", "Reads the machine's connections.", "network namespace", value_told("port")},
    {"LEAK14", "kernel-tables", "Reads interrupts, modules, disks, slabs.", "own /proc with processes alone",
     holds("fd /proc/")},
    {"LEAK15", "key-tables", "Reads the kernel's tables of keys and timers.", "own /proc with processes alone",
     holds("fd /proc/")},
    {"LEAK16", "kernel-settings", "Reads the kernel's settings.", "own /proc with processes alone", holds("fd /proc/")},
    {"LEAK17", "user-records", "Opens the host's password records.", "minimal /etc", holds("fd /etc/shadow"),
     kNeedsRoot},
    {"LEAK18", "host-folders", "Opens /root, /var/log, /boot.", "root made of the image alone", holds("fd /var/log")},
    {"LEAK20", "mount-table", "Reads where shared folders come from.", "", value_told("directory"), kPlain,
     "the table of mounts names the host path of a shared folder"},
    {"LEAK21", "machine-size", "Reads the machine's memory size.", "", answered(SYS_sysinfo), kPlain,
     "sysinfo(2) tells the machine's memory, whatever the quota"},
};

constexpr Probe kRights[] = {
    {"PRIV01", "setuid-program", "Runs a setuid-root program.", "no_new_privs, nosuid, uid range",
     reaches("host_root", 1), kNeedsRoot | kUnprivileged | kBinaries},
    {"PRIV02", "file-capabilities", "Runs a program that carries a capability.", "no_new_privs, nosuid",
     reaches("CapEff", 1), kNeedsRoot | kUnprivileged | kBinaries},
    {"PRIV03", "held-capabilities", "Uses capabilities it was given, in any of the five sets.", "all five sets empty",
     reaches("CapBnd", 1)},
    {"PRIV04", "take-capabilities", "Takes a capability.", "no capabilities", answered(SYS_capset)},
    {"PRIV05", "ambient", "Raises an ambient capability.", "no capabilities", reaches("CapAmb", 1)},
    {"PRIV06", "secure-bits", "Keeps capabilities across a change of user.", "system calls: prctl; no capabilities",
     answered(SYS_prctl)},
    {"PRIV07", "become-root", "Becomes user 0.", "no capabilities", answered(SYS_setresuid)},
    {"PRIV08", "become-root-group", "Becomes group 0.", "no capabilities", answered(SYS_setresgid)},
    {"PRIV09", "join-groups", "Joins group 0.", "no capabilities", answered(SYS_setgroups), kNeedsRoot},
    {"PRIV10", "root-of-own-namespace", "Becomes root of a user namespace of its own.", "system calls: unshare",
     reaches("CapEff", 1)},
    {"PRIV11", "overwrite-runtime", "Keeps its supervisor's program open to overwrite it later (CVE-2019-5736).",
     "pid namespace, pid 1 not dumpable", tree_changed(), kBinaries | kRuntime},
    {"PRIV13", "shed-no-new-privs", "Sheds no_new_privs.", "the kernel never takes it back",
     reaches("may_gain_privileges", 1)},
    {"PRIV14", "shed-filter", "Sheds its filter.", "the kernel never takes it back", reaches("unfiltered", 1)},
    {"PRIV15", "give-away", "Gives a file to another user.", "no capabilities", answered(SYS_fchown), kNeedsRoot},
    {"PRIV17", "inherited-descriptors", "Uses descriptors left open.", "no inherited descriptors",
     reaches("inherited", 1)},
};

constexpr Probe kTerminals[] = {
    {"TTY01", "push-input", "Types into the host's terminal (CVE-2017-5226).", "own devpts; system calls: ioctl",
     noticed("terminal")},
    {"TTY02", "console-paste", "Pastes on a console.", "minimal /dev; system calls: ioctl", answered(SYS_ioctl),
     kNeedsRoot},
    {"TTY03", "take-terminal", "Makes a terminal of the host its own.", "own devpts", reaches("terminal", 1)},
    {"TTY04", "write-screen", "Writes to a terminal of the host.", "own devpts", noticed("screen")},
    {"TTY05", "other-terminals", "Opens terminals of others.", "own devpts", value_told("terminal")},
    {"TTY06", "console", "Opens the console and the screens.", "minimal /dev", reaches("foreign_devices", 1),
     kNeedsRoot},
    {"TTY07", "escape-in-log", "Carries a name made of terminal escapes into the record.", "untrusted text is escaped",
     reaches("control_bytes_in_record", 1)},
    {"TTY08", "forge-log", "Carries a name made of lines of a record.", "untrusted text is escaped",
     reaches("control_bytes_in_record", 1)},
};

}  // namespace

std::span<const Probe> cov_probes() { return kCovert; }
std::span<const Probe> leak_probes() { return kLeaks; }
std::span<const Probe> priv_probes() { return kRights; }
std::span<const Probe> tty_probes() { return kTerminals; }

}  // namespace belljar::suite
