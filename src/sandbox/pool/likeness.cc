#include "sandbox/pool/likeness.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "codec/json.h"
#include "os/error.h"
#include "os/file.h"
#include "os/share.h"
#include "sandbox/native/locations.h"

namespace belljar::sandbox {

namespace {

using codec::Json;

// A file that was replaced or edited differs in one of these; ctime is the kernel's own.
Result<std::string> status_text(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return os::os_error("look at " + path);
  std::string text = path;
  for (const std::uint64_t part :
       {static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino),
        static_cast<std::uint64_t>(info.st_size), static_cast<std::uint64_t>(info.st_mtim.tv_sec),
        static_cast<std::uint64_t>(info.st_mtim.tv_nsec), static_cast<std::uint64_t>(info.st_ctim.tv_sec),
        static_cast<std::uint64_t>(info.st_ctim.tv_nsec)}) {
    text += " " + std::to_string(part);
  }
  return text + "\n";
}

Result<std::string> folder_text(const std::string& folder) {
  std::string text;
  for (const os::DirectoryEntry& entry : TRY(os::list_directory(folder))) {
    text += TRY(status_text(folder + "/" + entry.name));
  }
  return text;
}

// Of things that change without being another: namespaces, the root folder.
Result<std::string> identity_text(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return os::os_error("look at " + path);
  return path + " " + std::to_string(info.st_dev) + " " + std::to_string(info.st_ino) + "\n";
}

}  // namespace

Result<std::string> likeness(const EngineOptions& options) {
  const std::string init =
      options.init_program.empty() ? TRY(native::find_own_program("belljar-init")) : options.init_program;
  const std::string profiles =
      options.profile_directory.empty() ? TRY(native::find_profiles()) : options.profile_directory;
  std::string text = "ids " + std::to_string(::geteuid()) + " " + std::to_string(::getegid()) + "\n";
  // Of which a guest and a pool run different ones.
  for (const std::string& program :
       {TRY(os::program_directory()) + "/belljar", TRY(os::program_directory()) + "/belljar-core"}) {
    text += os::exists(program) ? TRY(status_text(program)) : program + "\n";
  }
  text += TRY(status_text(init));
  text += TRY(folder_text(profiles));
  for (const char* one : {"mnt", "pid", "user", "net", "ipc", "uts"}) {
    text += TRY(identity_text(std::string{"/proc/self/ns/"} + one));
  }
  return text + TRY(identity_text("/"));
}

bool may_be_pooled(const spec::SandboxSpec& spec) {
  return spec.files.empty() && spec.planted.empty() && !spec.gateway && spec.serve_port == 0 && !spec.deterministic;
}

std::string spec_text(const spec::SandboxSpec& spec) {
  Json::Array degraded;
  for (const std::string& name : spec.allow_degraded) degraded.emplace_back(name);
  return codec::canonical_json(Json::Object{{"image", spec.image.kind == spec::ImageKind::host ? "host" : "directory"},
                                            {"root", spec.image.root},
                                            {"digest", spec.image.digest},
                                            {"profile", spec.profile},
                                            {"quotas", spec::quotas_json(spec.quotas)},
                                            {"own_time", spec.time == spec::TimeNamespace::own},
                                            {"writable_root", spec.writable_root},
                                            {"allow_degraded", std::move(degraded)}});
}

Result<std::string> pool_socket_path() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here sets it
  if (const char* named = std::getenv("BELLJAR_POOL"); named != nullptr && *named != '\0') return std::string{named};
  return TRY(native::runtime_directory()) + "/pool";
}

}  // namespace belljar::sandbox
