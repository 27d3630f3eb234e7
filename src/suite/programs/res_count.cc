// Taking countable things: processes, threads, descriptors, names, ids, signals, events.
#include <fcntl.h>
#include <pthread.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <string>

#include "suite/programs/attack.h"

namespace belljar::suite {

namespace {

[[noreturn]] void wait_as_child() {
  (void)::alarm(20);
  while (true) (void)::pause();
}

Outcome processes(const Params&) {
  for (int i = 0; i < 300; ++i) {
    const pid_t child = ::fork();
    if (child < 0) return denied("fork after " + std::to_string(i) + " children");
    if (child == 0) wait_as_child();
  }
  return escaped("holds 300 processes");
}

// Children that have ended and that nobody waits for.
Outcome zombies(const Params&) {
  for (int i = 0; i < 300; ++i) {
    const pid_t child = ::fork();
    if (child < 0) return denied("fork after " + std::to_string(i) + " children");
    if (child == 0) _exit(0);
  }
  return escaped("holds 300 zombies");
}

void* wait_as_thread(void*) {
  while (true) (void)::pause();
  return nullptr;
}

Outcome threads(const Params&) {
  pthread_attr_t attributes;
  (void)::pthread_attr_init(&attributes);
  (void)::pthread_attr_setstacksize(&attributes, 65536);
  for (int i = 0; i < 300; ++i) {
    pthread_t thread{};
    const int error = ::pthread_create(&thread, &attributes, wait_as_thread, nullptr);
    if (error != 0) return denied("start thread " + std::to_string(i), error);
  }
  return escaped("holds 300 threads");
}

Outcome names(const Params& given) {
  for (int i = 0; i < 2000; ++i) {
    const int fd = ::open(scratch_path(given, "f" + std::to_string(i)).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return denied("create file " + std::to_string(i));
    (void)::close(fd);
  }
  return escaped("made 2000 files");
}

Outcome descriptors(const Params&) {
  for (int i = 0; i < 2000; ++i) {
    if (::open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) return denied("open descriptor " + std::to_string(i));
  }
  return escaped("holds 2000 descriptors");
}

bool send_descriptors(int through, int what, std::size_t count) {
  alignas(cmsghdr) std::array<unsigned char, CMSG_SPACE(200 * sizeof(int))> control{};
  char byte = 'x';
  iovec data{&byte, 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(count * sizeof(int));
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(count * sizeof(int));
  for (std::size_t i = 0; i < count; ++i) std::memcpy(CMSG_DATA(head) + i * sizeof(int), &what, sizeof what);
  return ::sendmsg(through, &message, MSG_DONTWAIT) == 1;
}

// Descriptors in flight count against nobody's table.
Outcome descriptors_in_flight(const Params&) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return denied("socketpair");
  for (int i = 0; i < 10; ++i) {
    if (!send_descriptors(ends[0], ends[1], 200)) return denied("send descriptors, time " + std::to_string(i));
  }
  return escaped("holds 2000 descriptors in flight");
}

Outcome queued_signals(const Params&) {
  sigset_t blocked;
  (void)::sigemptyset(&blocked);
  (void)::sigaddset(&blocked, SIGRTMIN + 4);
  (void)::sigprocmask(SIG_BLOCK, &blocked, nullptr);
  for (int i = 0; i < 20'000; ++i) {
    if (::sigqueue(::getpid(), SIGRTMIN + 4, {}) != 0) return denied("queue signal " + std::to_string(i));
  }
  return escaped("queued 20000 signals");
}

// Each costs the kernel memory and takes one of the queued signals a user may have.
Outcome timers(const Params&) {
  for (int i = 0; i < 20'000; ++i) {
    sigevent none{};
    none.sigev_notify = SIGEV_NONE;
    int timer = 0;
    if (::syscall(SYS_timer_create, CLOCK_MONOTONIC, &none, &timer) != 0)
      return denied("create timer " + std::to_string(i));
  }
  return escaped("holds 20000 timers");
}

Outcome message_queues(const Params&) {
  for (int i = 0; i < 200; ++i) {
    if (::msgget(IPC_PRIVATE, IPC_CREAT | 0600) < 0) return denied("make message queue " + std::to_string(i));
  }
  return done("made 200 message queues");
}

Outcome deep_folders(const Params& given) {
  int folder = ::open(given.get("scratch").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < 3000; ++i) {
    if (::mkdirat(folder, "d", 0777) != 0) return denied("make folder " + std::to_string(i));
    const int next = ::openat(folder, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)::close(folder);
    folder = next;
  }
  return done("made 3000 nested folders");
}

Outcome raise_limit(const Params&) {
  rlimit limit{};
  (void)::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = 4096;
  if (limit.rlim_max < 4096) limit.rlim_max = 4096;
  return of_call(::setrlimit(RLIMIT_NOFILE, &limit), "raise the limit of open files");
}

// Which process dies first when memory is short: better the neighbour.
Outcome blame_neighbour(const Params& given) {
  const std::string path = "/proc/" + given.get("wpid") + "/oom_score_adj";
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return denied("open " + path);
  return of_call(::write(fd, "900", 3), "make a neighbour the first to die");
}

// So many refusals that the one that matters is lost among them.
Outcome drown_events(const Params&) {
  for (int i = 0; i < 3000; ++i) (void)::syscall(SYS_bpf, -1, nullptr, 0);
  return of_call(::socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0), "open a vsock after 3000 other refused calls");
}

Outcome many_namespaces(const Params&) {
  for (int i = 0; i < 50; ++i) {
    if (::syscall(SYS_unshare, 0x04000000) != 0) return denied("unshare host name " + std::to_string(i));
  }
  return escaped("went through 50 namespaces");
}

constexpr Attack kAttacks[] = {
    {"RES30", processes},      {"RES31", zombies},         {"RES32", threads},
    {"RES33", names},          {"RES34", descriptors},     {"RES35", descriptors_in_flight},
    {"RES36", queued_signals}, {"RES37", timers},          {"RES38", message_queues},
    {"RES39", deep_folders},   {"RES40", raise_limit},     {"RES41", blame_neighbour},
    {"RES42", drown_events},   {"RES43", many_namespaces},
};

}  // namespace

std::span<const Attack> res_count_attacks() { return kAttacks; }

}  // namespace belljar::suite
