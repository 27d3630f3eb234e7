#include "boundary/service_file.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "boundary/service_canaries.h"
#include "content/map_template.h"
#include "spec/fields.h"
#include "spec/quantity.h"
#include "spec/scenario_parts.h"

namespace belljar::boundary {

namespace {

using codec::Json;
using codec::Yaml;
using spec::Field;
using spec::Need;
using spec::Problems;

constexpr std::size_t kServicesMax = 64;
constexpr std::size_t kRoutesMax = 1024;

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  std::size_t label = 0;
  for (std::size_t at = 0; at < host.size(); ++at) {
    const char c = host[at];
    if (c == '.') {
      if (label == 0 || host[at - 1] == '-') return false;
      label = 0;
      continue;
    }
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!letter && (c != '-' || label == 0)) return false;
    if (++label > 63) return false;
  }
  return label > 0 && host.back() != '-';
}

void read_schema(Problems& problems, const Yaml& value, std::optional<content::Schema>& out) {
  Result<content::Schema> schema = content::compile_schema(spec::read_json_value(value));
  if (schema) {
    out = std::move(schema).value();
  } else {
    problems.add(value.mark, "the schema: " + schema.error().message());
  }
}

std::optional<Json> read_template(Problems& problems, const Yaml& value) {
  Json made = spec::read_json_value(value);
  if (const Result<void> sound = content::check_template(made); !sound) {
    problems.add(value.mark, sound.error().message());
    return std::nullopt;
  }
  return made;
}

std::string read_text_template(Problems& problems, const Yaml& value) {
  const auto text = spec::read_text(problems, value, "text, in which ${/path/id} stands for a part of the request");
  if (!text) return {};
  if (const Result<void> sound = content::check_template(Json{*text}); !sound) {
    problems.add(value.mark, sound.error().message());
  }
  return *text;
}

void read_status(Problems& problems, const Yaml& value, int& out) {
  if (const auto status = spec::read_count(problems, value, "a status from 200 to 599", {200, 599})) {
    out = static_cast<int>(*status);
  }
}

void read_headers(Problems& problems, const Yaml& value, RouteSpec& route) {
  if (!spec::require_map(problems, value, "headers")) return;
  constexpr std::array<std::string_view, 5> kFraming{"content-length", "transfer-encoding", "connection", "upgrade",
                                                     "trailer"};
  for (const Yaml::Entry& entry : value.entries) {
    const bool lower = spec::is_name(entry.key, "-", 64) &&
                       std::none_of(entry.key.begin(), entry.key.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!lower || std::find(kFraming.begin(), kFraming.end(), entry.key) != kFraming.end()) {
      problems.add(entry.key_mark, "the header " + spec::quote(entry.key),
                   "a lower-case name that has nothing to do with framing");
      continue;
    }
    route.headers.emplace_back(entry.key, read_text_template(problems, entry.value));
  }
}

template <class T>
void read_decoy(Problems& problems, const Yaml& value, T& out) {
  constexpr std::array<std::string_view, 2> kBool{"true", "false"};
  if (const auto choice = spec::read_choice(problems, value, kBool, {})) out.decoy = *choice == "true";
}

void read_on(Problems& problems, const Yaml& value, RouteSpec& route) {
  const auto text = spec::read_text(problems, value, "a method and a path such as GET /orders/{id}");
  if (!text) return;
  std::optional<RouteSpec> parsed = parse_route(*text);
  if (!parsed) {
    problems.add(value.mark, spec::describe(value), "a method and a path such as GET /orders/{id}");
    return;
  }
  route.on = std::move(parsed->on);
  route.method = std::move(parsed->method);
  route.steps = std::move(parsed->steps);
}

constexpr std::array<Field<RouteSpec>, 15> kRoute{{
    {"on", Need::required, read_on},
    {"when", Need::optional,
     [](Problems& p, const Yaml& v, RouteSpec& route) { content::read_conditions(p, v, route.when); }},
    {"request", Need::optional, [](Problems& p, const Yaml& v, RouteSpec& route) { read_schema(p, v, route.request); }},
    {"answer", Need::optional, [](Problems& p, const Yaml& v, RouteSpec& route) { read_schema(p, v, route.answer); }},
    {"generate", Need::optional,
     [](Problems& p, const Yaml& v, RouteSpec& route) { read_schema(p, v, route.generate); }},
    {"status", Need::optional, [](Problems& p, const Yaml& v, RouteSpec& route) { read_status(p, v, route.status); }},
    {"headers", Need::optional, read_headers},
    {"body", Need::optional, [](Problems& p, const Yaml& v, RouteSpec& route) { route.body = read_template(p, v); }},
    {"text", Need::optional,
     [](Problems& p, const Yaml& v, RouteSpec& route) { route.text = read_text_template(p, v); }},
    {"keep", Need::optional,
     [](Problems& p, const Yaml& v, RouteSpec& route) { route.keep = read_text_template(p, v); }},
    {"find", Need::optional,
     [](Problems& p, const Yaml& v, RouteSpec& route) { route.find = read_text_template(p, v); }},
    {"list", Need::optional,
     [](Problems& p, const Yaml& v, RouteSpec& route) { route.list = read_text_template(p, v); }},
    {"drop", Need::optional,
     [](Problems& p, const Yaml& v, RouteSpec& route) { route.drop = read_text_template(p, v); }},
    {"latency", Need::optional,
     [](Problems& p, const Yaml& v, RouteSpec& route) { spec::read_nanoseconds(p, v, route.latency_ns); }},
    {"decoy", Need::optional, read_decoy<RouteSpec>},
}};

void read_routes(Problems& problems, const Yaml& value, ServiceSpec& service) {
  if (!spec::require_list(problems, value, "a list of routes")) return;
  if (value.items.size() > kRoutesMax) {
    problems.add(value.mark, std::to_string(value.items.size()) + " routes", "at most 1024");
    return;
  }
  for (const Yaml& item : value.items) {
    RouteSpec route;
    spec::read_fields<RouteSpec>(problems, item, "a route", kRoute, {}, route);
    const int bodies = (route.body ? 1 : 0) + (route.text ? 1 : 0) + (route.generate ? 1 : 0);
    if (route.decoy && (bodies > 0 || item.entries.size() > (route.when.empty() ? 2U : 3U))) {
      problems.add(item.mark, "a decoy that answers", "\"on\" and \"when\" alone: whoever asks it gets no answer");
    }
    if (bodies > 1) problems.add(item.mark, "more than one of body, text and generate", "at most one");
    service.routes.push_back(std::move(route));
  }
}

constexpr std::array<Field<ServiceFault>, 5> kFault{{
    {"when", Need::optional,
     [](Problems& p, const Yaml& v, ServiceFault& fault) { content::read_conditions(p, v, fault.when); }},
    {"every", Need::optional,
     [](Problems& p, const Yaml& v, ServiceFault& fault) {
       if (const auto n = spec::read_count(p, v, "a whole number", {1, 1'000'000'000})) fault.every = *n;
     }},
    {"status", Need::optional,
     [](Problems& p, const Yaml& v, ServiceFault& fault) { read_status(p, v, fault.status); }},
    {"reset", Need::optional,
     [](Problems& p, const Yaml& v, ServiceFault& fault) {
       constexpr std::array<std::string_view, 1> kTrue{"true"};
       fault.reset = spec::read_choice(p, v, kTrue, {}).has_value();
     }},
    {"delay", Need::optional,
     [](Problems& p, const Yaml& v, ServiceFault& fault) { spec::read_nanoseconds(p, v, fault.delay_ns); }},
}};

void read_faults(Problems& problems, const Yaml& value, ServiceSpec& service) {
  if (!spec::require_list(problems, value, "a list of faults")) return;
  for (const Yaml& item : value.items) {
    ServiceFault fault;
    spec::read_fields<ServiceFault>(problems, item, "a fault", kFault, {}, fault);
    if (fault.status == 0 && !fault.reset && fault.delay_ns == 0) {
      problems.add(item.mark, "a fault that does nothing", "status, reset or delay");
    }
    service.faults.push_back(std::move(fault));
  }
}

void read_row_list(Problems& problems, const Yaml& value, RowsSpec& rows) {
  if (!spec::require_list(problems, value, "a list of rows")) return;
  for (const Yaml& item : value.items) {
    if (!spec::require_map(problems, item, "a row")) continue;
    if (auto row = read_template(problems, item)) rows.rows.push_back(std::move(*row));
  }
}

constexpr std::array<Field<RowsSpec>, 4> kRows{{
    {"table", Need::required,
     [](Problems& p, const Yaml& v, RowsSpec& rows) { rows.table = spec::read_name(p, v, "_", 63).value_or(""); }},
    {"rows", Need::optional, read_row_list},
    {"count", Need::optional,
     [](Problems& p, const Yaml& v, RowsSpec& rows) {
       if (const auto n = spec::read_count(p, v, "a whole number", {0, 1'000'000})) rows.count = *n;
     }},
    {"schema", Need::optional, [](Problems& p, const Yaml& v, RowsSpec& rows) { read_schema(p, v, rows.schema); }},
}};

void read_rows(Problems& problems, const Yaml& value, ServiceSpec& service) {
  if (!spec::require_list(problems, value, "a list of tables with rows")) return;
  for (const Yaml& item : value.items) {
    RowsSpec rows;
    spec::read_fields<RowsSpec>(problems, item, "rows", kRows, {}, rows);
    if (rows.count > 0 && !rows.schema) problems.add(item.mark, "\"count\" without \"schema\"", "a schema of the rows");
    service.rows.push_back(std::move(rows));
  }
}

constexpr std::array<std::string_view, 7> kKinds{"http", "directory", "postgres", "smtp", "s3", "model", "mirror"};

void read_kind(Problems& problems, const Yaml& value, ServiceSpec& service) {
  if (const auto kind = spec::read_choice(problems, value, kKinds, {})) {
    service.kind = static_cast<ServiceKind>(std::find(kKinds.begin(), kKinds.end(), *kind) - kKinds.begin());
  }
}

void read_hosts(Problems& problems, const Yaml& value, ServiceSpec& service) {
  if (!spec::require_list(problems, value, "a list of host names")) return;
  for (const Yaml& item : value.items) {
    constexpr std::string_view kExpected = "a host name in lower case, such as api.example.com";
    auto host = spec::read_text(problems, item, kExpected);
    if (!host) continue;
    if (!is_host(*host)) {
      problems.add(item.mark, spec::describe(item), kExpected);
    } else {
      service.hosts.push_back(std::move(*host));
    }
  }
}

void read_ports(Problems& problems, const Yaml& value, ServiceSpec& service) {
  if (!spec::require_list(problems, value, "a list of ports")) return;
  for (const Yaml& item : value.items) {
    if (const auto port = spec::read_count(problems, item, "a port", {1, 65535})) {
      service.ports.push_back(static_cast<std::uint16_t>(*port));
    }
  }
}

void read_tls(Problems& problems, const Yaml& value, ServiceSpec& service) {
  constexpr std::array<std::string_view, 2> kBool{"true", "false"};
  if (const auto choice = spec::read_choice(problems, value, kBool, {})) service.tls = *choice == "true";
}

template <std::string ServiceSpec::*member>
void read_file_path(Problems& problems, const Yaml& value, ServiceSpec& service) {
  if (auto path = spec::read_path(problems, value, "a path, relative to this file")) service.*member = std::move(*path);
}

template <std::vector<std::string> ServiceSpec::*member>
void read_list(Problems& problems, const Yaml& value, ServiceSpec& service) {
  if (spec::require_list(problems, value, "a list of names"))
    service.*member = spec::read_texts(problems, value, "text");
}

// Names in templates are steps of a pointer: one that another step follows leads nowhere when the answer is made.
void check_canary_names(Problems& problems, const Yaml& item, const ServiceSpec& service) {
  for (const std::string& place : canary_places(service)) {
    const std::string name = place.substr(canary_home(service.name).size());
    const bool listed = std::find(service.canaries.begin(), service.canaries.end(), name) != service.canaries.end();
    if (listed || spec::is_name(name, "-_.", 64)) continue;
    problems.add(item.mark, "the canary " + spec::quote(name), spec::name_expected("-_.", 64));
  }
}

void read_canary_paths(Problems& problems, const Yaml& value, ServiceSpec& service) {
  if (!spec::require_list(problems, value, "a list of paths")) return;
  for (const Yaml& item : value.items) {
    constexpr std::string_view kExpected = "a path of letters, digits and -_./, such as backups/.aws/credentials";
    const auto path = spec::read_text(problems, item, kExpected);
    if (!path) continue;
    const bool plain = std::all_of(path->begin(), path->end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             std::string_view{"-_./"}.find(c) != std::string_view::npos;
    });
    const std::string framed = "/" + *path + "/";
    const bool steps = framed.find("//") == std::string::npos && framed.find("/./") == std::string::npos &&
                       framed.find("/../") == std::string::npos;
    const bool bucket = service.kind != ServiceKind::s3 || path->find('/') != std::string::npos;
    if (!plain || !steps || path->size() > 512) {
      problems.add(item.mark, spec::describe(item), kExpected);
    } else if (!bucket) {
      problems.add(item.mark, spec::describe(item), "a bucket and a key, such as backups/credentials");
    } else {
      service.canaries.push_back(*path);
    }
  }
}

void read_index(Problems& problems, const Yaml& value, ServiceSpec& service) {
  constexpr std::array<std::string_view, 3> kIndex{"pip", "npm", "git"};
  if (auto index = spec::read_choice(problems, value, kIndex, {})) service.index = std::move(*index);
}

void read_writes(Problems& problems, const Yaml& value, ServiceSpec& service) {
  constexpr std::array<std::string_view, 2> kWrites{"refuse", "accept"};
  if (auto writes = spec::read_choice(problems, value, kWrites, {})) service.writes = std::move(*writes);
}

constexpr std::array<Field<ServiceSpec>, 19> kService{{
    {"name", Need::required,
     [](Problems& p, const Yaml& v, ServiceSpec& s) { s.name = spec::read_name(p, v, "-_", 63).value_or(""); }},
    {"kind", Need::required, read_kind},
    {"hosts", Need::required, read_hosts},
    {"ports", Need::optional, read_ports},
    {"tls", Need::optional, read_tls},
    {"latency", Need::optional,
     [](Problems& p, const Yaml& v, ServiceSpec& s) { spec::read_nanoseconds(p, v, s.latency_ns); }},
    {"decoy", Need::optional, read_decoy<ServiceSpec>},
    {"faults", Need::optional, read_faults},
    {"openapi", Need::optional, read_file_path<&ServiceSpec::openapi>},
    {"routes", Need::optional, read_routes},
    {"files", Need::optional, read_file_path<&ServiceSpec::files>},
    {"index", Need::optional, read_index},
    {"sql", Need::optional, read_list<&ServiceSpec::sql>},
    {"rows", Need::optional, read_rows},
    {"buckets", Need::optional, read_list<&ServiceSpec::buckets>},
    {"canaries", Need::optional, read_canary_paths},
    {"rules", Need::optional, read_file_path<&ServiceSpec::rules>},
    {"models", Need::optional, read_list<&ServiceSpec::models>},
    {"writes", Need::optional, read_writes},
}};

// Which keys beside the common ones each kind has, and which one it cannot do without.
struct KindKeys {
  std::string_view own;  // each between spaces
  std::string_view needs;
};
constexpr std::array<KindKeys, 7> kKindKeys{{
    {" openapi routes faults ", ""},
    {" files index faults canaries ", "files"},
    {" sql rows ", ""},
    {" ", ""},
    {" files buckets faults canaries ", ""},
    {" rules models faults ", "rules"},
    {" files writes faults ", "files"},
}};
constexpr std::string_view kCommon = " name kind hosts ports tls latency decoy ";

void check_decoy(Problems& problems, const Yaml& item) {
  constexpr std::string_view kKnown = " name kind hosts ports decoy ";
  for (const Yaml::Entry& entry : item.entries) {
    if (kKnown.find(" " + entry.key + " ") != std::string_view::npos) continue;
    problems.add(entry.key_mark, "\"" + entry.key + "\" in a decoy", "none: it answers nothing");
  }
}

void check_kind(Problems& problems, const Yaml& item, const ServiceSpec& service) {
  const Yaml* kind_given = item.kind == Yaml::Kind::map ? item.find("kind") : nullptr;
  if (kind_given == nullptr || std::find(kKinds.begin(), kKinds.end(), kind_given->scalar) == kKinds.end()) return;
  const auto at = static_cast<std::size_t>(service.kind);
  const KindKeys& keys = kKindKeys[at];
  const std::string kind{kKinds[at]};
  for (const Yaml::Entry& entry : item.entries) {
    const std::string key = " " + entry.key + " ";
    const bool known = std::any_of(kService.begin(), kService.end(), [&](const auto& f) { return f.key == entry.key; });
    if (!known || kCommon.find(key) != std::string_view::npos || keys.own.find(key) != std::string_view::npos) continue;
    problems.add(entry.key_mark, "\"" + entry.key + "\" in a service of kind " + kind, "keys of that kind alone");
  }
  if (service.decoy) return check_decoy(problems, item);
  if (!keys.needs.empty() && item.find(keys.needs) == nullptr) {
    problems.add(item.mark, "a service of kind " + kind + " without \"" + std::string{keys.needs} + "\"",
                 "\"" + std::string{keys.needs} + "\" to be given");
  }
  if (service.kind == ServiceKind::http && service.routes.empty() && service.openapi.empty()) {
    problems.add(item.mark, "a service of kind http without routes", "\"routes\" or \"openapi\"");
  }
  const bool talks = service.kind == ServiceKind::postgres || service.kind == ServiceKind::smtp;
  if (talks && service.tls == true) {
    problems.add(item.mark, "\"tls\" in a service of kind " + kind, "none: it is answered in clear");
  }
}

void read_services(Problems& problems, const Yaml& value, ServiceFile& file) {
  if (!spec::require_list(problems, value, "a list of services")) return;
  if (value.items.size() > kServicesMax) {
    problems.add(value.mark, std::to_string(value.items.size()) + " services", "at most 64");
    return;
  }
  std::set<std::string, std::less<>> names;
  for (const Yaml& item : value.items) {
    ServiceSpec service;
    service.mark = item.mark;
    spec::read_fields<ServiceSpec>(problems, item, "a service", kService, {}, service);
    check_kind(problems, item, service);
    check_canary_names(problems, item, service);
    if (!service.name.empty() && !names.insert(service.name).second) {
      problems.add(item.mark, "a second service \"" + service.name + "\"", "a name of its own");
    }
    file.services.push_back(std::move(service));
  }
}

constexpr std::array<Field<ServiceFile>, 2> kFile{{
    {"belljar-services", Need::required,
     [](Problems& p, const Yaml& v, ServiceFile&) {
       if (v.kind != Yaml::Kind::scalar || v.scalar != "1") p.add(v.mark, spec::describe(v), "1");
     }},
    {"services", Need::required, read_services},
}};

}  // namespace

std::optional<RouteSpec> parse_route(std::string_view on) {
  const std::size_t space = on.find(' ');
  if (space == 0 || space == std::string_view::npos) return std::nullopt;
  RouteSpec route;
  route.on = on;
  route.method = on.substr(0, space);
  const bool upper =
      std::all_of(route.method.begin(), route.method.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
  std::string_view path = on.substr(space + 1);
  if (!upper || !path.starts_with("/") || path.find_first_of(" ?#") != std::string_view::npos) return std::nullopt;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    std::string_view text = path.substr(0, end);
    path.remove_prefix(end);
    RouteStep step;
    if (text.starts_with("{") && text.ends_with("}") && text.size() > 2) {
      text = text.substr(1, text.size() - 2);
      step.named = true;
      step.rest = text.ends_with("...");
      if (step.rest) text.remove_suffix(3);
      if (!spec::is_name(text, "_-.", 64) || (step.rest && !path.empty())) return std::nullopt;
    } else if (text.find_first_of("{}") != std::string_view::npos) {
      return std::nullopt;
    }
    step.text = text;
    route.steps.push_back(std::move(step));
  }
  return route;
}

Result<ServiceFile> parse_services(std::string_view text, std::string_view file) {
  const Yaml root = TRY(codec::parse_yaml(text, printable(file, 4096)));
  Problems problems{printable(file, 4096)};
  ServiceFile out;
  out.file = file;
  spec::read_fields<ServiceFile>(problems, root, "a file of services", kFile, {}, out);
  TRY(problems.result());
  return out;
}

}  // namespace belljar::boundary
