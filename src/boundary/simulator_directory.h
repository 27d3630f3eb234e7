// SimulatedDirectory: a folder of the host served over HTTP, read-only, as the registries that clients expect.
//
//   auto site = TRY(SimulatedDirectory::make(spec, "/home/me/site", seed));
//
// index "":     files as they are; a folder answers with its index.html or a list
// index "pip":  wheels and source archives lying in the folder, as a simple index (PEP 503) below /simple/
// index "npm":  .tgz files lying in the folder (`npm pack`), as a registry: /NAME and /NAME/-/FILE
// index "git":  folders NAME.git (bare repositories), for cloning over plain HTTP ("dumb" protocol)
//
// Packages are listed once, when the service is made; files are read beneath the folder's descriptor and no link is
// followed. Other methods than GET and HEAD are 405. Files of more than kFileBytesMax are not served (507). Git's
// info/refs and objects/info/packs are made from the repository, so that nothing need be written into it.
// Files that the service's `canaries` name are made up and listed among the others. Any thread after make().
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "boundary/path_and_query.h"
#include "boundary/service.h"
#include "boundary/service_faults.h"
#include "boundary/service_file.h"
#include "boundary/simulator_http.h"
#include "os/fd.h"

namespace belljar::boundary {

class SimulatedDirectory final : public HttpService {
 public:
  static constexpr std::uint64_t kFileBytesMax = 256ULL << 20;

  // The error names the package that could not be read.
  static Result<std::shared_ptr<SimulatedDirectory>> make(const ServiceSpec& spec, const std::string& folder,
                                                          const SimulatorSeed& seed);

  void answer(const HttpAsk& ask, std::shared_ptr<Reply> reply) override;

 private:
  struct Package {
    std::string file;
    std::string version;
    std::string sha256_hex;
    codec::Json manifest;  // npm: package.json
  };

  SimulatedDirectory(const ServiceSpec& spec, os::Fd folder)
      : index_{spec.index}, latency_ns_{spec.latency_ns}, faults_{spec.faults}, folder_{std::move(folder)} {}

  Result<void> list_pip(const std::string& folder);
  Result<void> list_npm(const std::string& folder);
  bool answer_pip(const PathAndQuery& target, Reply& reply) const;
  bool answer_npm(const HttpAsk& ask, const PathAndQuery& target, Reply& reply) const;
  bool answer_git(const PathAndQuery& target, Reply& reply) const;
  void answer_file(const PathAndQuery& target, Reply& reply) const;
  Result<std::string> read(const std::string& relative) const;

  std::string index_;
  std::int64_t latency_ns_;
  ServiceFaults faults_;
  os::Fd folder_;
  std::map<std::string, std::vector<Package>> packages_;  // by normalised name
  std::map<std::string, std::string> canaries_;           // by path: made up, whatever the folder has there
};

}  // namespace belljar::boundary
