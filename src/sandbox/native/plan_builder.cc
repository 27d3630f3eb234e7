#include "sandbox/native/plan_builder.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>
#include <set>
#include <vector>

#include "os/error.h"
#include "os/file.h"
#include "sandbox/native/plan.h"
#include "sandbox/native/redirection.h"
#include "sandbox/native/subordinate_ids.h"
#include "sandbox/native/walls.h"

namespace belljar::sandbox::native {

namespace {

constexpr std::uint32_t kLandlockAbiKnown = 7;

// Lays out the plan: the header, then every list and text, each aligned for its type.
class PlanWriter {
 public:
  PlanWriter() : tail_(sizeof(Plan), '\0') {}

  Plan plan;
  std::vector<PlanStep> root;
  std::vector<PlanStep> box;
  std::vector<PlanLandlockRule> landlock;

  Text text(std::string_view value) {
    const Text at{static_cast<std::uint32_t>(tail_.size()), static_cast<std::uint32_t>(value.size())};
    tail_.append(value);
    tail_.push_back('\0');
    return at;
  }

  template <class T>
  Slice list(std::span<const T> items) {
    tail_.resize((tail_.size() + 15) & ~std::size_t{15});
    const Slice at{static_cast<std::uint32_t>(tail_.size()), static_cast<std::uint32_t>(items.size())};
    tail_.append(reinterpret_cast<const char*>(items.data()), items.size_bytes());
    return at;
  }

  std::string finish(std::span<const PlanLimit> limits, std::span<const sock_filter> filter) {
    plan.root_steps = list(std::span<const PlanStep>{root});
    plan.box_steps = list(std::span<const PlanStep>{box});
    plan.landlock_rules = list(std::span<const PlanLandlockRule>{landlock});
    plan.limits = list(limits);
    plan.filter = list(filter);
    plan.size = static_cast<std::uint32_t>(tail_.size());
    std::memcpy(tail_.data(), &plan, sizeof plan);
    return std::move(tail_);
  }

 private:
  std::string tail_;
};

std::string_view relative(std::string_view inside) {
  while (inside.starts_with('/')) inside.remove_prefix(1);
  return inside;
}

// The shared root: a small read-only tree of mount points, with the image's folders bound into it.
class RootBuilder {
 public:
  explicit RootBuilder(PlanWriter& writer) : writer_{writer} {}

  void directory(std::string_view path, std::uint32_t mode = 0755) {
    if (!made_.insert(std::string{path}).second) return;
    writer_.root.push_back({StepKind::directory, writer_.text(path), {}, {}, mode, 0, 0});
  }
  void parents(std::string_view path) {
    for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
      directory(path.substr(0, slash));
    }
  }
  void link(std::string_view path, std::string_view to) {
    writer_.root.push_back({StepKind::symlink, writer_.text(path), writer_.text(to), {}, 0, 0, 0});
  }
  void file(std::string_view path, std::string_view content) {
    writer_.root.push_back({StepKind::file, writer_.text(path), writer_.text(content), {}, 0444, 0, 0});
  }
  void bind(StepKind kind, std::string_view path, std::string_view source, std::string_view cover = {}) {
    const Text above = cover.empty() ? Text{} : writer_.text(cover);
    writer_.root.push_back({kind, writer_.text(path), writer_.text(source), above, 0, 0, 0});
    bound_.emplace_back(path);
  }
  // The bound folder `path` lies in, if any: nothing can be created there any more.
  const std::string* bound_above(std::string_view path) const {
    for (const std::string& above : bound_) {
      if (path == above || (path.starts_with(above) && path[above.size()] == '/')) return &above;
    }
    return nullptr;
  }
  const std::vector<std::string>& bound() const { return bound_; }

 private:
  PlanWriter& writer_;
  std::set<std::string, std::less<>> made_;
  std::vector<std::string> bound_;
};

constexpr std::array<std::string_view, 12> kOurs{"proc", "sys",  "dev", "tmp",   "run",        "work",
                                                 "out",  "boot", "mnt", "media", "lost+found", "artifacts"};

constexpr std::string_view kPasswd =
    "root:x:0:0:belljar-init:/:/nonexistent\nmodel:x:1000:1000:the program:/work:/bin/sh\n"
    "nobody:x:65534:65534:everything outside:/nonexistent:/nonexistent\n";
constexpr std::string_view kGroup = "root:x:0:\nmodel:x:1000:\nnogroup:x:65534:\n";
constexpr std::string_view kHosts = "127.0.0.1 localhost\n::1 localhost\n";
constexpr std::string_view kNameServices = "passwd: files\ngroup: files\nhosts: files\n";
constexpr std::string_view kNameServicesOnline = "passwd: files\ngroup: files\nhosts: files dns\n";
// Every name is asked for as it is written, and the gateway answers at once or refuses.
constexpr std::string_view kResolver = "nameserver 127.0.0.1\noptions ndots:0 timeout:5 attempts:2\n";
constexpr std::string_view kCover = ".gateway-etc";  // lies on the /etc of an image
constexpr std::uint64_t kTrustBytesMax = 1U << 20;

Result<void> add_host_etc(RootBuilder& root, bool online) {
  root.directory("etc");
  root.file("etc/passwd", kPasswd);
  root.file("etc/group", kGroup);
  if (!online) root.file("etc/hosts", kHosts);
  if (!online) root.file("etc/nsswitch.conf", kNameServices);
  // What the dynamic loader and Debian's alternatives (libblas.so.3, awk) need; nothing else of the host's /etc.
  if (os::exists("/etc/ld.so.cache")) {
    root.file("etc/ld.so.cache", "");
    root.bind(StepKind::bind, "etc/ld.so.cache", "/etc/ld.so.cache");
  }
  if (os::exists("/etc/alternatives")) {
    root.directory("etc/alternatives");
    root.bind(StepKind::folder, "etc/alternatives", "/etc/alternatives");
  }
  return {};
}

Result<std::string> link_target(const std::string& path) {
  std::array<char, PATH_MAX> buffer{};
  const ssize_t length = ::readlink(path.c_str(), buffer.data(), buffer.size());
  if (length < 0) return os::os_error("read link " + path);
  return std::string{buffer.data(), static_cast<std::size_t>(length)};
}

bool wanted_of_host(const std::string& name) {
  return name == "usr" || name == "bin" || name == "sbin" || name.starts_with("lib");
}

// What /etc has to say in a sandbox with a gateway: `etc` is the folder itself, or the one that covers it.
Result<void> add_gateway_etc(RootBuilder& root, const std::string& etc, const spec::SandboxSpec& spec) {
  root.directory(etc);
  root.file(etc + "/hosts", kHosts);
  root.file(etc + "/nsswitch.conf", kNameServicesOnline);
  root.file(etc + "/resolv.conf", kResolver);
  const std::string& trust = spec.gateway->trust_pem;
  const std::string top = spec.image.kind == spec::ImageKind::host ? "" : spec.image.root;
  std::string bundle;
  if (os::exists(top + spec::kTrustBundle)) {
    bundle = TRY_CTX(os::read_file(top + spec::kTrustBundle, kTrustBytesMax), "read whom the image trusts");
  }
  if (bundle.empty() && trust.empty()) return {};
  if (!bundle.empty() && !bundle.ends_with('\n')) bundle += '\n';
  const auto place = [&](std::string_view inside, std::string_view content) {
    const std::string path = etc + std::string{inside.substr(std::strlen("/etc"))};
    root.parents(path);
    root.file(path, content);
  };
  place(spec::kTrustBundle, bundle + trust);
  if (!trust.empty()) place(spec::kTrustOfGateway, trust);
  return {};
}

// Folders are bound, links repeated as they are (they resolve inside), loose files left out.
Result<void> add_image(RootBuilder& root, const spec::SandboxSpec& spec) {
  const spec::Image& image = spec.image;
  const bool online = spec.gateway.has_value();
  const bool host = image.kind == spec::ImageKind::host;
  const std::string top = host ? "/" : image.root;
  for (const os::DirectoryEntry& entry : TRY_CTX(os::list_directory(top), "read the image")) {
    const std::string path = top + (top.ends_with('/') ? "" : "/") + entry.name;
    if (std::find(kOurs.begin(), kOurs.end(), entry.name) != kOurs.end()) continue;
    if (host && !wanted_of_host(entry.name)) continue;
    if (entry.type == DT_LNK) {
      root.link(entry.name, TRY(link_target(path)));
    } else if (entry.type == DT_DIR) {
      root.directory(entry.name);
      const bool covered = online && entry.name == "etc";
      if (covered) TRY(add_gateway_etc(root, std::string{kCover}, spec));
      root.bind(StepKind::folder, entry.name, path, covered ? kCover : std::string_view{});
    }
  }
  if (host) TRY(add_host_etc(root, online));
  if (host && online) TRY(add_gateway_etc(root, "etc", spec));
  return {};
}

void add_devices(RootBuilder& root) {
  root.directory("dev");
  for (const std::string_view name : {"null", "zero", "full", "random", "urandom"}) {
    root.file("dev/" + std::string{name}, "");
    root.bind(StepKind::device, "dev/" + std::string{name}, "/dev/" + std::string{name});
  }
  root.link("dev/fd", "/proc/self/fd");
  root.link("dev/stdin", "/proc/self/fd/0");
  root.link("dev/stdout", "/proc/self/fd/1");
  root.link("dev/stderr", "/proc/self/fd/2");
  root.link("dev/ptmx", "pts/ptmx");
  root.directory("dev/pts");
  root.directory("dev/shm");
}

Result<void> add_files(RootBuilder& root, const std::vector<spec::ReadOnlyBind>& files) {
  for (const spec::ReadOnlyBind& bind : files) {
    const std::string_view inside = relative(bind.inside);
    if (inside.empty() || inside.find("..") != std::string_view::npos || root.bound_above(inside) != nullptr) {
      return Error{Errc::invalid_argument,
                   "place " + bind.host_path + " at " + bind.inside +
                       ": not a free place in the image; choose a new top folder such as /model"};
    }
    root.parents(inside);
    const bool folder = TRY_CTX(os::is_directory(bind.host_path), "place it at " + bind.inside);
    if (folder) {
      root.directory(inside);
    } else {
      root.file(inside, "");
    }
    root.bind(folder ? StepKind::folder : StepKind::bind, inside, bind.host_path);
  }
  return {};
}

constexpr std::array<std::string_view, 4> kWritable{"tmp", "work", "out", "dev/shm"};

void add_tmpfs(PlanWriter& writer, std::string_view path, const spec::Quotas& quotas, bool own) {
  const std::string options = "size=" + std::to_string(quotas.disk_bytes) +
                              ",nr_inodes=" + std::to_string(quotas.inodes) + ",mode=" + (own ? "0755" : "1777");
  writer.box.push_back(
      {StepKind::tmpfs, writer.text(path), writer.text(options), {}, 0, own ? 1U : 0U, MS_NOSUID | MS_NODEV});
}

Result<void> add_planted(PlanWriter& writer, const std::vector<spec::PlantedFile>& planted) {
  std::set<std::string, std::less<>> made;
  for (const spec::PlantedFile& file : planted) {
    const std::string_view inside = relative(file.inside);
    const std::size_t first = inside.find('/');
    const std::string_view top = inside.substr(0, first);
    if (first == std::string_view::npos || (top != "work" && top != "tmp") ||
        inside.find("..") != std::string_view::npos) {
      return Error{Errc::invalid_argument, "plant " + file.inside + ": planted files lie below /work or /tmp"};
    }
    for (std::size_t slash = inside.find('/', first + 1); slash != std::string_view::npos;
         slash = inside.find('/', slash + 1)) {
      const std::string folder{inside.substr(0, slash)};
      if (!made.insert(folder).second) continue;
      writer.box.push_back({StepKind::directory, writer.text(folder), {}, {}, 0755, 1, 0});
    }
    writer.box.push_back({StepKind::file, writer.text(inside), writer.text(file.content), {}, 0600, 1, 0});
  }
  return {};
}

// A writable view of each bound folder, kept in a tmpfs that ends with the sandbox.
void add_overlays(PlanWriter& writer, const std::vector<std::string>& folders, const spec::Quotas& quotas,
                  const HostPowers& powers) {
  const std::string size =
      "size=" + std::to_string(quotas.disk_bytes) + ",nr_inodes=" + std::to_string(quotas.inodes) + ",mode=0700";
  writer.box.push_back({StepKind::tmpfs, writer.text(".writable"), writer.text(size), {}, 0, 0, MS_NOSUID | MS_NODEV});
  for (const std::string& folder : folders) {
    const std::string above = ".writable/" + folder;
    writer.box.push_back({StepKind::directory, writer.text(above), {}, {}, 0755, 0, 0});
    writer.box.push_back({StepKind::directory, writer.text(above + "/up"), {}, {}, 0755, 1, 0});
    writer.box.push_back({StepKind::directory, writer.text(above + "/wip"), {}, {}, 0700, 0, 0});
    const std::string options = "lowerdir=/" + folder + ",upperdir=/" + above + "/up,workdir=/" + above + "/wip" +
                                (powers.rootless ? ",userxattr" : "");
    writer.box.push_back(
        {StepKind::overlay, writer.text(folder), writer.text(options), {}, 0, 0, MS_NOSUID | MS_NODEV});
  }
}

Result<void> add_own_parts(PlanWriter& writer, const spec::SandboxSpec& spec, const HostPowers& powers,
                           const std::vector<std::string>& overlaid) {
  writer.box.push_back({StepKind::proc,
                        writer.text("proc"),
                        writer.text("hidepid=invisible,subset=pid"),
                        {},
                        0,
                        0,
                        MS_NOSUID | MS_NODEV | MS_NOEXEC});
  writer.box.push_back({StepKind::devpts,
                        writer.text("dev/pts"),
                        writer.text("newinstance,ptmxmode=0666,mode=0620"),
                        {},
                        0,
                        0,
                        MS_NOSUID | MS_NOEXEC});
  for (const std::string_view path : kWritable) add_tmpfs(writer, path, spec.quotas, path == "work" || path == "out");
  TRY(add_planted(writer, spec.planted));
  if (!overlaid.empty()) add_overlays(writer, overlaid, spec.quotas, powers);
  return {};
}

void add_landlock(PlanWriter& writer, const HostPowers& powers, const std::vector<std::string>& overlaid, bool online) {
  LandlockRights rights = landlock_rights(powers.landlock_abi);
  // Ports are no wall where every address leads to the gateway or to the program itself.
  if (online) rights.handled_net = 0;
  writer.plan.landlock_abi = powers.landlock_abi;
  writer.plan.landlock_fs = rights.handled_fs;
  writer.plan.landlock_net = rights.handled_net;
  writer.plan.landlock_scopes = rights.scopes;
  const auto allow = [&](std::string_view path, std::uint64_t access) {
    writer.landlock.push_back({writer.text(path), access});
  };
  allow("/", rights.read);
  for (const std::string_view path : kWritable) allow("/" + std::string{path}, rights.write);
  for (const std::string& path : overlaid) allow("/" + path, rights.write);
  for (const std::string_view name : {"null", "zero", "full", "random", "urandom"}) {
    allow("/dev/" + std::string{name}, rights.device);
  }
  allow("/dev/pts", rights.terminal);
}

std::vector<PlanLimit> limits_of(const spec::SandboxSpec& spec) {
  const spec::Quotas& quotas = spec.quotas;
  const auto cpu_seconds = static_cast<std::uint64_t>(quotas.cpu_time.count() / 1000 + 2);
  std::vector<PlanLimit> limits{{RLIMIT_NOFILE, quotas.open_files},
                                {RLIMIT_FSIZE, quotas.file_bytes},
                                {RLIMIT_CORE, 0},
                                {RLIMIT_MEMLOCK, 64U << 10},
                                {RLIMIT_MSGQUEUE, 0},
                                {RLIMIT_NICE, 0},
                                {RLIMIT_RTPRIO, 0},
                                {RLIMIT_SIGPENDING, 512},
                                {RLIMIT_CPU, cpu_seconds},
                                {RLIMIT_STACK, 8U << 20}};
  // With a pids cgroup this limit would answer first and hide the kernel's count of refused forks.
  const auto& degraded = spec.allow_degraded;
  if (std::find(degraded.begin(), degraded.end(), "cgroup-processes") != degraded.end()) {
    limits.push_back({RLIMIT_NPROC, quotas.processes});
  }
  return limits;
}

}  // namespace

HostPowers host_powers() {
  HostPowers powers;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  const bool known = ::syscall(SYS_capget, &header, data.data()) == 0;
  const auto held = [&](unsigned capability) {
    return (data[capability / 32].effective >> (capability % 32) & 1U) != 0;
  };
  powers.rootless = !known || !held(CAP_SYS_ADMIN) || !held(CAP_SETUID) || !held(CAP_SETGID) || !held(CAP_CHOWN);
  powers.id_range = !powers.rootless || has_subordinate_ids();
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  powers.landlock_abi = abi > 0 ? std::min(static_cast<std::uint32_t>(abi), kLandlockAbiKnown) : 0;
  return powers;
}

Result<std::string> build_plan(const spec::SandboxSpec& spec, const HostPowers& powers,
                               std::span<const sock_filter> filter) {
  PlanWriter writer;
  writer.plan.rootless = powers.rootless ? 1 : 0;
  writer.plan.separate_ids = powers.id_range ? 1 : 0;
  writer.plan.own_time = spec.time == spec::TimeNamespace::own && !spec.deterministic ? 1 : 0;
  writer.plan.deterministic = spec.deterministic ? 1 : 0;
  writer.plan.seed = spec.deterministic ? spec.deterministic->seed : 0;
  writer.plan.notify = 1;
  writer.plan.serve_port = spec.serve_port;
  if (spec.gateway) writer.plan.redirection = writer.text(redirection_batch());
  writer.plan.host_name = writer.text("belljar");
  RootBuilder root{writer};
  TRY(add_image(root, spec));
  std::vector<std::string> overlaid;
  if (spec.writable_root) {
    for (const std::string& folder : root.bound()) {
      if (folder.find('/') == std::string::npos) overlaid.push_back(folder);
    }
    root.directory(".writable", 0700);
  }
  add_devices(root);
  root.directory("proc", 0555);
  root.directory("tmp");
  root.directory("work");
  root.directory("out");
  TRY(add_files(root, spec.files));
  TRY(add_own_parts(writer, spec, powers, overlaid));
  if (powers.landlock_abi > 0) add_landlock(writer, powers, overlaid, spec.gateway.has_value());
  return writer.finish(limits_of(spec), filter);
}

}  // namespace belljar::sandbox::native
