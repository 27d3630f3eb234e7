#include "boundary/simulators.h"

#include <algorithm>

#include "boundary/mirror.h"
#include "boundary/service_canaries.h"
#include "boundary/simulator_directory.h"
#include "boundary/simulator_model.h"
#include "boundary/simulator_openapi.h"
#include "boundary/simulator_postgres.h"
#include "boundary/simulator_s3.h"
#include "boundary/simulator_smtp.h"
#include "codec/yaml.h"
#include "os/file.h"
#include "spec/scenario_parts.h"

namespace belljar::boundary {

namespace {

constexpr std::uint64_t kFileBytesMax = 16U << 20;

std::string path_from(const std::string& directory, const std::string& path) {
  return path.empty() || path.starts_with("/") ? path : directory + "/" + path;
}

Result<std::vector<RouteSpec>> read_openapi(const std::string& path) {
  const std::string text = TRY(os::read_file(path, kFileBytesMax));
  if (path.ends_with(".json")) return openapi_routes(TRY_CTX(codec::parse_json(text), "read " + path), path);
  const codec::Yaml yaml = TRY(codec::parse_yaml(text, path, {.bytes_max = kFileBytesMax, .nodes_max = 1U << 20}));
  return openapi_routes(spec::read_json_value(yaml), path);
}

std::vector<std::uint16_t> ports_of(const ServiceSpec& spec) {
  if (!spec.ports.empty()) return spec.ports;
  switch (spec.kind) {
    case ServiceKind::postgres:
      return {5432};
    case ServiceKind::smtp:
      return {25, 587};
    default:
      return {80, 443};
  }
}

struct Made {
  std::shared_ptr<HttpService> http;
  std::shared_ptr<TalkService> talk;
};

Result<Made> make_one(ServiceSpec& spec, const std::string& directory, const SimulatorSeed& seed,
                      const std::shared_ptr<ServiceNotes>& notes) {
  const std::string files = path_from(directory, spec.files);
  if (seed.canary_key.empty() && !canary_places(spec).empty()) {
    return Error{Errc::invalid_argument, "its canaries cannot be made: the run has no key for them"};
  }
  Made made;
  switch (spec.kind) {
    case ServiceKind::http: {
      if (!spec.openapi.empty()) {
        std::vector<RouteSpec> routes = TRY(read_openapi(path_from(directory, spec.openapi)));
        std::move(routes.begin(), routes.end(), std::back_inserter(spec.routes));  // the file's own come first
      }
      made.http = std::make_shared<SimulatedHttp>(std::move(spec), seed);
      break;
    }
    case ServiceKind::directory:
      made.http = TRY(SimulatedDirectory::make(spec, files, seed));
      break;
    case ServiceKind::postgres:
      made.talk = TRY(SimulatedPostgres::make(spec, directory, seed, notes));
      break;
    case ServiceKind::smtp:
      made.talk = std::make_shared<SimulatedSmtp>(spec.name, spec.latency_ns, notes);
      break;
    case ServiceKind::s3:
      made.http = TRY(SimulatedS3::make(spec, files, seed, notes));
      break;
    case ServiceKind::model: {
      const std::string path = path_from(directory, spec.rules);
      const std::string text = TRY(os::read_file(path, kFileBytesMax));
      made.http = std::make_shared<SimulatedModel>(spec, TRY(content::parse_scripted_rules(text, path)));
      break;
    }
    case ServiceKind::mirror:
      made.http = TRY(Mirror::make(spec, files, notes));
      break;
  }
  return made;
}

}  // namespace

Result<Services> make_simulators(ServiceFile file, const std::string& directory, const SimulatorSeed& seed,
                                 const std::shared_ptr<ServiceNotes>& notes) {
  Services services;
  for (ServiceSpec& spec : file.services) {
    const std::vector<std::string> hosts = spec.hosts;
    const std::vector<std::uint16_t> ports = ports_of(spec);
    const std::optional<bool> tls = spec.tls;
    const std::string name = spec.name;
    const bool decoy = spec.decoy;
    Made made;
    if (!decoy) made = TRY_CTX(make_one(spec, directory, seed, notes), file.file + ": service " + name);
    for (const std::string& host : hosts) {
      for (const std::uint16_t port : ports) {
        const bool secure = tls.value_or(port == 443 || port == 8443);
        TRY(services.add({host, port},
                         {name, secure && made.http ? Transport::tls : Transport::plain, made.http, made.talk, decoy}));
      }
    }
  }
  return services;
}

}  // namespace belljar::boundary
