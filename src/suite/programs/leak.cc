// Learning about the machine and whoever runs it.
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/klog.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "suite/programs/attack.h"

extern char** environ;  // NOLINT: POSIX names it

namespace belljar::suite {

namespace {

Outcome kernel_symbols(const Params&) { return read_and_tell("/proc/kallsyms"); }
Outcome kernel_memory(const Params&) {
  const int fd = ::open("/proc/kcore", O_RDONLY | O_CLOEXEC);
  return fd < 0 ? denied("open /proc/kcore") : escaped("opened /proc/kcore");
}
Outcome kernel_log(const Params&) {
  const int fd = ::open("/proc/kmsg", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const int device = ::open("/dev/kmsg", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  return fd < 0 && device < 0 ? denied("open the kernel's log") : escaped("opened the kernel's log");
}
Outcome kernel_log_call(const Params&) {
  constexpr int kSizeOfBuffer = 10;
  constexpr int kReadAll = 3;
  std::array<char, 4096> buffer{};
  (void)kSizeOfBuffer;
  return of_call(::klogctl(kReadAll, buffer.data(), static_cast<int>(buffer.size())), "syslog");
}

Outcome environment(const Params&) {
  Outcome last = denied("no variable", ENOENT);
  for (char** variable = environ; *variable != nullptr; ++variable) {
    tell(std::string{"variable "} + *variable + "\n");
    last = done("told every variable");
  }
  return last;
}

Outcome environment_of_first(const Params& given) {
  return any_of({read_and_tell("/proc/1/environ"), read_and_tell("/proc/" + given.get("boss") + "/environ")});
}

Outcome hardware(const Params&) {
  return any_of({read_and_tell("/sys/class/dmi/id/product_serial"), read_and_tell("/sys/class/dmi/id/sys_vendor"),
                 read_and_tell("/sys/class/net/lo/address"), read_and_tell("/sys/devices/system/cpu/online"),
                 read_and_tell("/sys/block/vda/size")});
}

Outcome host_name(const Params&) {
  utsname names{};
  (void)::uname(&names);
  tell(std::string{"told hostname="} + names.nodename + ";\n");
  return done("told the name of the machine");
}

Outcome machine_id(const Params&) {
  return any_of({read_and_tell("/etc/machine-id"), read_and_tell("/var/lib/dbus/machine-id")});
}
Outcome boot_id(const Params&) { return read_and_tell("/proc/sys/kernel/random/boot_id"); }
Outcome kernel_command_line(const Params&) { return read_and_tell("/proc/cmdline"); }

Outcome identity(const Params&) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(::getauxval(AT_RANDOM));
  std::string text;
  for (int i = 0; i < 16; ++i) text += "0123456789abcdef"[bytes[i] >> 4], text += "0123456789abcdef"[bytes[i] & 15];
  tell("identity " + text + "\n");
  return done("told the bytes that seed this process");
}

// Every process may read the table of its own network: whose connections are in it is for the host to say.
Outcome connections(const Params&) {
  const Outcome read =
      any_of({read_and_tell("/proc/self/net/tcp"), read_and_tell("/proc/net/tcp"), read_and_tell("/proc/1/net/tcp")});
  return read.kind == Outcome::Kind::escaped ? done(read.detail) : read;
}

Outcome kernel_tables(const Params&) {
  return any_of({read_and_tell("/proc/interrupts"), read_and_tell("/proc/modules"), read_and_tell("/proc/diskstats"),
                 read_and_tell("/proc/slabinfo"), read_and_tell("/proc/partitions"), read_and_tell("/proc/iomem")});
}
Outcome key_tables(const Params&) {
  return any_of({read_and_tell("/proc/keys"), read_and_tell("/proc/key-users"), read_and_tell("/proc/timer_list")});
}
Outcome kernel_settings(const Params&) {
  return any_of({read_and_tell("/proc/sys/kernel/version"), read_and_tell("/proc/sys/kernel/pid_max"),
                 read_and_tell("/proc/config.gz")});
}
Outcome user_records(const Params&) {
  const int fd = ::open("/etc/shadow", O_RDONLY | O_CLOEXEC);
  const int backup = ::open("/etc/shadow-", O_RDONLY | O_CLOEXEC);
  return fd < 0 && backup < 0 ? denied("open /etc/shadow") : escaped("opened /etc/shadow");
}
Outcome home_folders(const Params&) {
  const int root = ::open("/root/.", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int log = ::open("/var/log/.", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int boot = ::open("/boot/.", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return root < 0 && log < 0 && boot < 0 ? denied("open /root, /var/log, /boot")
                                         : escaped("opened a folder of the host");
}

Outcome mount_table(const Params&) {
  const int fd = ::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return denied("open the table of mounts");
  Outcome last = denied("nothing in the table of mounts", ENODATA);
  std::array<char, 4096> buffer{};
  ssize_t got = 0;
  while ((got = ::read(fd, buffer.data(), buffer.size())) > 0) {
    tell({buffer.data(), static_cast<std::size_t>(got)});
    last = done("told the table of mounts");
  }
  return last;
}

Outcome machine_size(const Params&) {
  struct sysinfo info {};
  if (::sysinfo(&info) != 0) return denied("sysinfo");
  return escaped("sees the machine's memory: " + std::to_string(info.totalram >> 20) + " MiB");
}

constexpr Attack kAttacks[] = {
    {"LEAK01", kernel_symbols},  {"LEAK02", kernel_memory},       {"LEAK03", kernel_log},
    {"LEAK04", kernel_log_call}, {"LEAK05", environment},         {"LEAK06", environment_of_first},
    {"LEAK07", hardware},        {"LEAK08", host_name},           {"LEAK09", machine_id},
    {"LEAK10", boot_id},         {"LEAK11", kernel_command_line}, {"LEAK12", identity},
    {"LEAK13", connections},     {"LEAK14", kernel_tables},       {"LEAK15", key_tables},
    {"LEAK16", kernel_settings}, {"LEAK17", user_records},        {"LEAK18", home_folders},
    {"LEAK20", mount_table},     {"LEAK21", machine_size},
};

}  // namespace

std::span<const Attack> leak_attacks() { return kAttacks; }

}  // namespace belljar::suite
