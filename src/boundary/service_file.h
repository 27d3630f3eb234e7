// Service file: the stand-ins of a run, as a person writes them; docs/formats/services.md describes the format.
//
//     belljar-services: 1
//     services:
//       - name: shop
//         kind: http                       # http, directory, postgres, smtp, s3, model, mirror
//         hosts: [api.example.com]
//         openapi: shop.openapi.yaml
//         routes:
//           - on: GET /orders/{id}
//             find: "orders/${/path/id}"
//             body: "${/found}"
//
// Every error of the file at once, each "file:line:column: found X, expected Y"; Errc::invalid_argument. Paths are as
// written, relative to the file's folder. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "codec/json.h"
#include "codec/yaml.h"
#include "content/schema.h"
#include "content/scripted_rules.h"

namespace belljar::boundary {

enum class ServiceKind { http, directory, postgres, smtp, s3, model, mirror };

// One step of a route's path: literal text, or a name for whatever stands there; `rest` takes all further steps.
struct RouteStep {
  std::string text;
  bool named = false;
  bool rest = false;
};

struct RouteSpec {
  std::string on;  // "GET /orders/{id}", as written
  std::string method;
  std::vector<RouteStep> steps;
  std::vector<content::ScriptedCondition> when;
  std::optional<content::Schema> request;   // of the JSON body: another body is answered 422
  std::optional<content::Schema> answer;    // of what `body` makes: another is a fault of the file, answered 500
  std::optional<content::Schema> generate;  // without `body`: answers are made from it
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<codec::Json> body;     // template
  std::optional<std::string> text;     // template; instead of `body`
  std::string keep, find, list, drop;  // templates of keys in the service's store
  std::int64_t latency_ns = 0;
  bool decoy = false;  // whoever asks it has touched it: a finding, never an answer
};

// What goes wrong on purpose; the first that strikes does.
struct ServiceFault {
  std::vector<content::ScriptedCondition> when;
  std::uint64_t every = 1;  // of the requests whose conditions hold, the last of each so many
  int status = 0;
  bool reset = false;
  std::int64_t delay_ns = 0;
};

// Rows of a table: as written, and `count` more made from `schema`.
struct RowsSpec {
  std::string table;
  std::vector<codec::Json> rows;  // objects; text may hold ${/canary/NAME}
  std::uint64_t count = 0;
  std::optional<content::Schema> schema;
};

struct ServiceSpec {
  std::string name;
  ServiceKind kind = ServiceKind::http;
  std::vector<std::string> hosts;
  std::vector<std::uint16_t> ports;  // empty: those of the kind
  std::optional<bool> tls;           // absent: at ports 443 and 8443
  std::int64_t latency_ns = 0;
  bool decoy = false;  // a place where nobody has business: nothing answers, and a connection is a finding
  std::vector<ServiceFault> faults;
  std::string openapi;                // http
  std::vector<RouteSpec> routes;      // http
  std::string files;                  // directory, s3: a folder; mirror: what `mirror record` wrote
  std::string index;                  // directory: "", "pip", "npm", "git"
  std::vector<std::string> sql;       // postgres: files
  std::vector<RowsSpec> rows;         // postgres
  std::vector<std::string> buckets;   // s3
  std::vector<std::string> canaries;  // s3: "bucket/key", directory: a path; made up for the run (service_canaries.h)
  std::string rules;                  // model: a file of scripted rules
  std::vector<std::string> models;    // model: the names it answers to
  std::string writes = "refuse";      // mirror: "refuse" or "accept"
  codec::Mark mark;
};

struct ServiceFile {
  std::string file;
  std::vector<ServiceSpec> services;
};

Result<ServiceFile> parse_services(std::string_view text, std::string_view file);

// "GET /a/{id}/{rest...}"; nothing where it is none. Shared with OpenAPI documents.
std::optional<RouteSpec> parse_route(std::string_view on);

}  // namespace belljar::boundary
