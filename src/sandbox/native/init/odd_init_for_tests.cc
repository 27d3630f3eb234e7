// For the tests: a belljar-init under one system-call filter more than the engine expects. It lets everything pass, so
// all walls still go up; only the look from outside can tell. Everything else is the real belljar-init beside it.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <cstring>

int main(int /*argc*/, char** argv) {
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path - sizeof "belljar-init");
  if (length <= 0) return 125;
  path[length] = '\0';
  std::strcpy(std::strrchr(path, '/') + 1, "belljar-init");
  sock_filter allow_all[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{1, allow_all};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 125;
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) return 125;
  char* environment[] = {nullptr};
  (void)::execve(path, argv, environment);
  return 125;
}
