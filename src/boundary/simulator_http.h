// SimulatedHttp: an HTTP API that does not exist: routes out of a service file, answers out of templates, a small
// store.
//
//   auto shop = std::make_shared<SimulatedHttp>(std::move(spec), SimulatorSeed{seed, run_key});
//   shop->answer(ask, reply);
//
// The first route whose method, path and conditions fit answers. Templates (content/map_template.h) look into
//   {"method", "host", "path": {name: text}, "query": {name: text}, "header": {name: text}, "body": JSON or text,
//    "count": requests to this route so far, "total": ... to the service, "found": what `find` or `list` found,
//    "random": {"hex": 32 digits, "uuid", "number": 0 to 999999999}, "canary": {name: text}, "subject": the sandbox}
// and conditions look into the same. The store maps keys to JSON values, at most kStoreMax of them and kStoreBytesMax
// of text in all; it is full: 507. Unknown paths are 404 and name the routes that come nearest, other methods 405,
// bodies that break the route's schema 422 with what is wrong. Same requests in the same order, same answers. One
// thread at a time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "boundary/path_and_query.h"
#include "boundary/service.h"
#include "boundary/service_faults.h"
#include "boundary/service_file.h"

namespace belljar::boundary {

// What all simulators of a run draw from.
struct SimulatorSeed {
  std::uint64_t seed = 0;
  std::string canary_key = {};  // of the run; a service that holds canaries (service_canaries.h) is not made without
};

class SimulatedHttp final : public HttpService {
 public:
  static constexpr std::size_t kStoreMax = 10'000;
  static constexpr std::size_t kStoreBytesMax = 16U << 20;
  static constexpr std::size_t kAnswerBytesMax = 4U << 20;

  SimulatedHttp(ServiceSpec spec, const SimulatorSeed& seed);
  void answer(const HttpAsk& ask, std::shared_ptr<Reply> reply) override;

 private:
  struct Route {
    RouteSpec spec;
    std::uint64_t count = 0;
  };
  struct Made {
    int status = 200;
    std::string type;
    std::string body;
    Headers headers;
    std::int64_t latency_ns = 0;
  };

  Route* choose(const HttpAsk& ask, const PathAndQuery& target, codec::Json& source, bool& path_fits);
  Result<Made> make(Route& route, codec::Json& source);
  Result<void> use_store(const RouteSpec& spec, codec::Json& source);
  Result<void> keep(const std::string& key, const codec::Json& value);
  codec::Json random();
  std::string nearest(const std::string& path) const;

  std::string name_;
  std::int64_t latency_ns_;
  std::vector<Route> routes_;
  ServiceFaults faults_;
  codec::Json canaries_;
  std::uint64_t seed_;
  std::uint64_t drawn_ = 0;
  std::uint64_t total_ = 0;
  std::map<std::string, codec::Json> store_;
  std::size_t store_bytes_ = 0;
};

}  // namespace belljar::boundary
