// The steward's loop: every stop of every task, and what follows from it.

#include "sandbox/native/init/steward.h"

#include <poll.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <csignal>
#include <cstring>

#include "sandbox/native/init/box.h"
#include "sandbox/native/init/orders.h"

namespace belljar::sandbox::native {

namespace {

constexpr int kStopEvent = 128;               // PTRACE_EVENT_STOP
constexpr int kCallStop = SIGTRAP | 0x80;     // by PTRACE_O_TRACESYSGOOD
constexpr std::int64_t kRestartBlock = -516;  // ERESTART_RESTARTBLOCK: the kernel goes on with the wait by itself

Steward the_steward;  // NOLINT: of pid 1, which has one thread; untouched pages of its table cost nothing

void resume(Task& task, int request, int signal = 0) {
  // A task that is gone meanwhile says so by its end.
  (void)::ptrace(static_cast<__ptrace_request>(request), task.tid, nullptr,
                 reinterpret_cast<void*>(static_cast<long>(signal)));
}

void go_on(Task& task, int signal = 0) { resume(task, PTRACE_CONT, signal); }

bool get_registers(const Task& task, user_regs_struct& regs) {
  return ::ptrace(PTRACE_GETREGS, task.tid, nullptr, &regs) == 0;
}

void set_registers(const Task& task, const user_regs_struct& regs) {
  (void)::ptrace(PTRACE_SETREGS, task.tid, nullptr, &regs);
}

unsigned long event_message(const Task& task) {
  unsigned long message = 0;
  (void)::ptrace(PTRACE_GETEVENTMSG, task.tid, nullptr, &message);
  return message;
}

void adopt(Steward& steward, Task& child, Task& parent, bool thread) {
  Task& family = steward.process_of(parent);
  child.known = true;
  child.stream = parent.stream.child(parent.children++);
  if (thread) {
    child.process = parent.process;
    child.parent = family.parent;
    child.questions = parent.questions;
    ++family.threads;
    steward.tell(Unfixed::threads);
  } else {
    child.process = child.tid;
    child.parent = parent.process;
    child.slept_ns = clock_of(steward, parent);
    child.threads = 1;
    if (++family.processes > 1) steward.tell(Unfixed::processes);
  }
  if (!child.held) return;
  child.held = false;
  go_on(child);
}

void on_new_task(Steward& steward, Task& parent, int event) {
  const auto tid = static_cast<pid_t>(event_message(parent));
  user_regs_struct regs{};
  const bool thread = event == PTRACE_EVENT_CLONE && get_registers(parent, regs) && (regs.rdi & CLONE_THREAD) != 0;
  Task* child = steward.find(tid);
  if (child == nullptr) child = steward.take(tid);
  // With a full table the task runs untraced: what would stop for us is answered with ENOSYS.
  if (child == nullptr) {
    (void)::ptrace(PTRACE_DETACH, tid, nullptr, nullptr);
  } else if (!child->known) {
    adopt(steward, *child, parent, thread);
  }
  go_on(parent);
}

void forget_process(Steward& steward, Task& process) {
  if (process.pidfd >= 0) (void)::close(process.pidfd);
  const pid_t pid = process.process;
  process = Task{};
  for (std::size_t at = 0; at < steward.tasks_used; ++at) {
    Task& other = steward.tasks[at];
    if (other.tid == 0 || other.parent != pid) continue;
    other.parent = 1;
    if (other.ended) other = Task{};
  }
}

// A thread, or with its last thread a process. Its clock stays until its parent has waited for it.
void on_gone(Steward& steward, pid_t tid, int status) {
  if (tid == steward.program) {
    steward.program_ended = true;
    steward.program_status = status;
  }
  Task* task = steward.find(tid);
  if (task == nullptr) return;
  Task& process = steward.process_of(*task);
  if (task->tid != task->process) {
    if (process.threads > 0) --process.threads;
    *task = Task{};
    return;
  }
  Task* parent = steward.find(task->parent);
  const std::int64_t clock = clock_of(steward, *task);
  if (parent != nullptr && parent->processes > 0) --parent->processes;
  const pid_t parent_process = task->parent;
  forget_process(steward, *task);
  if (parent == nullptr) return;
  if (Task* kept = steward.take(tid)) {
    kept->ended = true;
    kept->parent = parent_process;
    kept->process = tid;
    kept->slept_ns = clock;
  }
}

// When a thread that is not the first executes a program, it takes the number of the first, and all others end.
void on_exec(Steward& steward, Task& task) {
  const auto former = static_cast<pid_t>(event_message(task));
  Task* caller = former == task.tid ? nullptr : steward.find(former);
  if (caller != nullptr && caller->process == task.process) {
    task.stream = caller->stream;
    task.questions = caller->questions;
    task.children = caller->children;
  }
  for (std::size_t at = 0; at < steward.tasks_used; ++at) {
    Task& other = steward.tasks[at];
    if (&other != &task && other.tid != 0 && !other.ended && other.process == task.process) other = Task{};
  }
  task.threads = 1;
  task.pending = {};
  if (!prepare_new_program(task)) {
    steward.tell(Unfixed::unreachable);
    (void)::kill(task.tid, SIGKILL);
  }
  go_on(task);
}

void on_call(Steward& steward, Task& task) {
  StoppedCall call{steward, task, {}};
  if (!get_registers(task, call.regs)) return;
  const std::uint64_t number = call.regs.orig_rax;
  if (number != SYS_restart_syscall) task.pending = {};
  Handler handler = time_handler(number);
  if (handler == nullptr) handler = chance_handler(number);
  if (handler == nullptr) handler = file_handler(number);
  if (handler == nullptr) handler = wait_handler(number);
  const user_regs_struct entry = call.regs;
  const Turn turn = handler == nullptr ? Turn::passed : handler(call);
  if (call.changed) set_registers(task, call.regs);
  if (turn == Turn::mended) {
    if (number != SYS_restart_syscall) task.pending.entry = entry;
    resume(task, PTRACE_SYSCALL);
  } else {
    go_on(task);
  }
}

void on_return(Steward& steward, Task& task) {
  StoppedCall call{steward, task, {}};
  if (task.pending.mend != nullptr && get_registers(task, call.regs)) {
    const user_regs_struct& entry = task.pending.entry;
    // Registers that carried a converted time carry the caller's again. A restart does not look at them.
    const bool moved = entry.rdi != call.regs.rdi || entry.rsi != call.regs.rsi || entry.rdx != call.regs.rdx ||
                       entry.r10 != call.regs.r10 || entry.r8 != call.regs.r8;
    if (moved) {
      call.regs.rdi = entry.rdi;
      call.regs.rsi = entry.rsi;
      call.regs.rdx = entry.rdx;
      call.regs.r10 = entry.r10;
      call.regs.r8 = entry.r8;
      call.changed = true;
    }
    task.pending.mend(call);
    if (call.changed) set_registers(task, call.regs);
    if (call.result() != kRestartBlock) task.pending.mend = nullptr;
  }
  go_on(task);
}

void on_stop(Steward& steward, pid_t tid, int status) {
  Task* task = steward.find(tid);
  if (task == nullptr) task = steward.take(tid);
  if (task == nullptr) {
    (void)::ptrace(PTRACE_DETACH, tid, nullptr, nullptr);
    return;
  }
  const int signal = WSTOPSIG(status);
  const int event = status >> 16;
  if (event == kStopEvent) {
    if (signal != SIGTRAP) return resume(*task, PTRACE_LISTEN);  // stopped by a signal: stays stopped, as it should
    if (!task->known) {
      task->held = true;
      return;
    }
    return go_on(*task);
  }
  if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
    return on_new_task(steward, *task, event);
  }
  if (event == PTRACE_EVENT_EXEC) return on_exec(steward, *task);
  if (event == PTRACE_EVENT_SECCOMP) return on_call(steward, *task);
  if (event != 0) return go_on(*task);
  if (signal == kCallStop) return on_return(steward, *task);
  if (signal == SIGSEGV && answer_counter(steward, *task)) return go_on(*task);
  go_on(*task, signal);
}

// Every stop and end that waits. True once the program itself has ended.
bool serve(Steward& steward) {
  for (;;) {
    int status = 0;
    const long tid = ::syscall(SYS_wait4, -1, &status, WNOHANG | __WALL, nullptr);
    if (tid <= 0) return steward.program_ended;
    if (WIFSTOPPED(status)) {
      on_stop(steward, static_cast<pid_t>(tid), status);
    } else {
      on_gone(steward, static_cast<pid_t>(tid), status);
    }
  }
}

}  // namespace

Task* Steward::find(pid_t tid) {
  for (std::size_t at = 0; at < tasks_used; ++at) {
    if (tid > 0 && tasks[at].tid == tid && !tasks[at].ended) return &tasks[at];
  }
  return nullptr;
}

Task* Steward::find_ended(pid_t tid) {
  for (std::size_t at = 0; at < tasks_used; ++at) {
    if (tasks[at].tid == tid && tasks[at].ended) return &tasks[at];
  }
  return nullptr;
}

Task& Steward::process_of(Task& task) {
  Task* process = task.tid == task.process ? &task : find(task.process);
  return process != nullptr ? *process : task;
}

// A number in use again has no ended owner any more; and a parent that never waits costs others no record.
Task* Steward::take(pid_t tid) {
  if (Task* former = find_ended(tid)) *former = Task{};
  Task* spare = nullptr;
  for (std::size_t at = 0; at < kTasksMax; ++at) {
    Task& one = tasks[at];
    if (one.tid != 0 && !one.ended) continue;
    if (one.tid == 0) {
      spare = &one;
      if (at >= tasks_used) tasks_used = at + 1;
      break;
    }
    if (spare == nullptr) spare = &one;
  }
  if (spare == nullptr) return nullptr;
  *spare = Task{};
  spare->tid = tid;
  spare->process = tid;
  return spare;
}

void Steward::tell(Unfixed what) {
  const std::uint32_t bit = 1U << static_cast<unsigned>(what);
  if ((told & bit) != 0) return;
  told |= bit;
  BoxReport report{};
  report.event = BoxEvent::unfixed;
  report.item = static_cast<std::uint32_t>(what);
  (void)send_message(control, &report, sizeof report);
}

Outcome take_up_program(const PlanView& view, pid_t program) {
  constexpr long kOptions = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK |
                            PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACESECCOMP;
  if (::ptrace(PTRACE_SEIZE, program, nullptr, reinterpret_cast<void*>(kOptions)) != 0) return failed(Step::trace);
  the_steward.program = program;
  learn_devices(the_steward, view);
  Task* first = the_steward.take(program);
  first->known = true;
  first->parent = 1;
  first->threads = 1;
  first->stream = SeededStream::from_seed(view.plan().seed);
  return done();
}

[[noreturn]] void tend_traced(int control, int signals) {
  Steward& steward = the_steward;
  steward.control = control;
  for (;;) {
    if (serve(steward)) {
      BoxReport report{};
      report.event = BoxEvent::exited;
      report.status = steward.program_status;
      (void)send_message(control, &report, sizeof report);
      ::_exit(0);
    }
    pollfd polled[2] = {{control, POLLIN, 0}, {signals, POLLIN, 0}};
    if (::poll(polled, 2, -1) < 0 && errno != EINTR) ::_exit(125);
    if ((polled[1].revents & POLLIN) != 0) pass_on_signal(signals);
    if (polled[0].revents != 0) obey_order(control);
  }
}

}  // namespace belljar::sandbox::native
