#include "sandbox/pool/likeness.h"

#include <unistd.h>

#include <cstdlib>

#include "codec/json.h"
#include "os/file.h"
#include "os/file_stamp.h"
#include "os/share.h"
#include "sandbox/native/locations.h"

namespace belljar::sandbox {

namespace {

using codec::Json;

Result<std::string> folder_text(const std::string& folder) {
  std::string text;
  for (const os::DirectoryEntry& entry : TRY(os::list_directory(folder))) {
    text += TRY(os::file_stamp(folder + "/" + entry.name));
  }
  return text;
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
    text += os::exists(program) ? TRY(os::file_stamp(program)) : program + "\n";
  }
  text += TRY(os::file_stamp(init));
  text += TRY(folder_text(profiles));
  for (const char* one : {"mnt", "pid", "user", "net", "ipc", "uts"}) {
    text += TRY(os::file_identity(std::string{"/proc/self/ns/"} + one));
  }
  return text + TRY(os::file_identity("/"));
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
