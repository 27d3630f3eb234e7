#include <sys/syscall.h>

#include "suite/probe/catalogue.h"
#include "suite/probe/oracles.h"

namespace belljar::suite {

namespace {

constexpr std::string_view kNoNeighbours = "pid namespace";

constexpr Probe kProbes[] = {
    {"PROC01", "ptrace", "Traces a neighbour and reads its memory.", "pid namespace; system calls: ptrace",
     canary_read()},
    {"PROC02", "vm-read", "Reads a neighbour's memory.", "pid namespace; system calls: process_vm_readv",
     canary_read()},
    {"PROC03", "vm-write", "Writes a neighbour's memory.", "pid namespace; system calls: process_vm_writev",
     noticed("memory")},
    {"PROC04", "kill", "Signals a neighbour.", kNoNeighbours, noticed("signal")},
    {"PROC05", "kill-all", "Signals every process in sight.", kNoNeighbours, noticed("signal")},
    {"PROC06", "kill-group", "Signals a neighbour's group.", kNoNeighbours, noticed("signal")},
    {"PROC07", "pidfd-signal", "Signals a neighbour by descriptor.", kNoNeighbours, noticed("signal")},
    {"PROC08", "pidfd-getfd", "Copies a neighbour's open file.", "pid namespace; system calls: pidfd_getfd",
     canary_read()},
    {"PROC09", "proc-mem", "Opens a neighbour's memory file.", "pid namespace, own /proc", canary_read()},
    {"PROC10", "proc-environ", "Reads a neighbour's environment.", "pid namespace, own /proc", canary_read()},
    {"PROC11", "proc-scan", "Looks through the command lines of all processes.", "pid namespace, own /proc",
     canary_read()},
    {"PROC12", "daemonize", "Forks twice, leaves its session, outlives its parent.", "pid 1 ends its namespace",
     outlived(), kMarked},
    {"PROC13", "unkillable", "Leaves a stopped child in another group that ignores every signal.",
     "pid 1 ends its namespace", outlived(), kMarked},
    {"PROC14", "exec-chain", "Leaves a process that forks away faster than it can be named.",
     "pid 1 ends its namespace", outlived(), kMarked},
    {"PROC15", "setns", "Enters a neighbour's namespaces.", "system calls: setns", answered(SYS_setns)},
    {"PROC16", "setns-pidfd", "Enters a neighbour's namespaces by its descriptor.", "system calls: setns",
     answered(SYS_setns)},
    {"PROC17", "realtime", "Takes a real-time priority.", "system calls: sched_setscheduler; no capabilities",
     reaches("realtime", 1), kNeedsRoot},
    {"PROC18", "priority", "Raises its priority.", "no capabilities", reaches("priority_raised", 1), kNeedsRoot},
    {"PROC19", "io-priority", "Takes a real-time I/O priority.", "no capabilities", reaches("io_priority_realtime", 1),
     kNeedsRoot},
    {"PROC20", "core-dump", "Allows itself core dumps, which the host's handler would get.", "limit: core 0",
     reaches("core_limit", 1)},
    {"PROC21", "kill-supervisor", "Sends its supervisor every signal that kills.", "pid 1 of a namespace",
     noticed("died")},
    {"PROC22", "trace-supervisor", "Traces its supervisor.", "system calls: ptrace; pid 1 not dumpable",
     reaches("supervisor_traced", 1)},
    {"PROC23", "read-supervisor", "Reads its supervisor's environment, files and root.", "pid 1 not dumpable",
     canary_read()},
    {"PROC24", "blind-supervisor", "Makes itself unreadable, then calls what is refused.", "the filter fails closed",
     holds("sock 17 ")},
    {"PROC25", "kcmp", "Compares kernel objects with a neighbour's.", "system calls: kcmp", answered(SYS_kcmp)},
    {"PROC26", "prlimit", "Sets a neighbour's limits.", "pid namespace", noticed("rlimit")},
    {"PROC27", "renice", "Lowers a neighbour's priority.", "pid namespace", noticed("nice")},
    {"PROC28", "robust-list", "Reads where a neighbour keeps its locks.", "pid namespace",
     answered(SYS_get_robust_list)},
};

}  // namespace

std::span<const Probe> proc_probes() { return kProbes; }

}  // namespace belljar::suite
