#include "boundary/simulator_http.h"

#include <algorithm>
#include <array>

#include "base/mix.h"
#include "base/text.h"
#include "boundary/service_canaries.h"
#include "content/generate.h"
#include "content/map_template.h"
#include "spec/quantity.h"

namespace belljar::boundary {

namespace {

using codec::Json;

// The named steps of a path that fits, or nothing.
std::optional<Json::Object> fit(const RouteSpec& route, const PathAndQuery& target) {
  Json::Object named;
  for (std::size_t at = 0; at < route.steps.size(); ++at) {
    const RouteStep& step = route.steps[at];
    if (at >= target.steps.size()) return std::nullopt;
    if (step.rest) {
      std::string rest = target.steps[at];
      for (std::size_t next = at + 1; next < target.steps.size(); ++next) rest += "/" + target.steps[next];
      named.emplace_back(step.text, std::move(rest));
      return named;
    }
    if (step.named) {
      if (target.steps[at].empty()) return std::nullopt;
      named.emplace_back(step.text, target.steps[at]);
    } else if (step.text != target.steps[at]) {
      return std::nullopt;
    }
  }
  if (target.steps.size() != route.steps.size()) return std::nullopt;
  return named;
}

Result<std::string> fill_text(const std::string& text, const Json& source) {
  const Json filled = TRY(content::fill_template(Json{text}, source, SimulatedHttp::kAnswerBytesMax));
  return filled.is_string() ? filled.as_string() : codec::to_json(filled);
}

std::string problems_of(const std::vector<content::SchemaError>& errors) {
  std::string out;
  for (const content::SchemaError& error : errors) {
    if (!out.empty()) out += "; ";
    out += (error.where.empty() ? std::string{"the body"} : error.where) + ": " + error.what;
  }
  return out;
}

// A header's value must not be able to end its line.
bool is_field_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

SimulatedHttp::SimulatedHttp(ServiceSpec spec, const SimulatorSeed& seed)
    : name_{spec.name},
      latency_ns_{spec.latency_ns},
      faults_{std::move(spec.faults)},
      canaries_{canary_texts(spec, seed.canary_key)},
      seed_{seed.seed} {
  for (const char c : name_) seed_ = mix(seed_ ^ static_cast<unsigned char>(c));
  for (RouteSpec& route : spec.routes) routes_.push_back({std::move(route), 0});
}

Json SimulatedHttp::random() {
  const std::array<std::uint64_t, 2> drawn{mix(seed_ + 2 * drawn_), mix(seed_ + 2 * drawn_ + 1)};
  ++drawn_;
  std::string hex;
  for (const std::uint64_t word : drawn) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      const char byte = static_cast<char>(word >> static_cast<unsigned>(shift));
      hex += to_hex({&byte, 1});
    }
  }
  std::string uuid = hex;
  uuid[12] = '4';
  uuid[16] = "89ab"[drawn[1] % 4];
  for (const std::size_t at : {20U, 16U, 12U, 8U}) uuid.insert(at, "-");
  return Json::Object{{"hex", hex}, {"uuid", uuid}, {"number", drawn[0] % 1'000'000'000}};
}

SimulatedHttp::Route* SimulatedHttp::choose(const HttpAsk& ask, const PathAndQuery& target, Json& source,
                                            bool& path_fits) {
  const std::string_view method = ask.method == "HEAD" ? "GET" : std::string_view{ask.method};
  for (Route& route : routes_) {
    std::optional<Json::Object> named = fit(route.spec, target);
    if (!named) continue;
    path_fits = true;
    if (route.spec.method != method && route.spec.method != ask.method) continue;
    source.set("path", std::move(*named));
    if (content::all_hold(route.spec.when, source)) return &route;
  }
  return nullptr;
}

std::string SimulatedHttp::nearest(const std::string& path) const {
  std::vector<std::string_view> paths;
  for (const Route& route : routes_)
    paths.push_back(std::string_view{route.spec.on}.substr(route.spec.method.size() + 1));
  const std::string_view near = spec::nearest(path, paths);
  if (!near.empty()) return "; did you mean " + std::string{near} + "?";
  std::string all;
  for (std::size_t at = 0; at < routes_.size() && at < 8; ++at) all += (at == 0 ? "" : ", ") + routes_[at].spec.on;
  return "; it has " + all + (routes_.size() > 8 ? " and more" : "");
}

Result<void> SimulatedHttp::keep(const std::string& key, const Json& value) {
  const std::size_t bytes = key.size() + codec::to_json(value).size();
  const auto old = store_.find(key);
  const std::size_t freed = old == store_.end() ? 0 : key.size() + codec::to_json(old->second).size();
  if (store_bytes_ - freed + bytes > kStoreBytesMax || (old == store_.end() && store_.size() >= kStoreMax)) {
    return Error{Errc::exhausted, "the store of this service is full"};
  }
  store_bytes_ = store_bytes_ - freed + bytes;
  store_[key] = value;
  return {};
}

Result<void> SimulatedHttp::use_store(const RouteSpec& spec, Json& source) {
  if (!spec.keep.empty()) {
    const Json* body = source.find("body");
    TRY(keep(TRY(fill_text(spec.keep, source)), *body));
    source.set("found", *body);
  }
  if (!spec.find.empty() || !spec.drop.empty()) {
    const std::string key = TRY(fill_text(spec.find.empty() ? spec.drop : spec.find, source));
    const auto found = store_.find(key);
    if (found == store_.end()) return Error{Errc::not_found, "nothing is kept at " + printable(key)};
    source.set("found", found->second);
    if (!spec.drop.empty()) {
      store_bytes_ -= key.size() + codec::to_json(found->second).size();
      store_.erase(found);
    }
  }
  if (!spec.list.empty()) {
    const std::string prefix = TRY(fill_text(spec.list, source));
    Json::Array items;
    for (auto at = store_.lower_bound(prefix); at != store_.end() && at->first.starts_with(prefix); ++at) {
      items.push_back(at->second);
    }
    source.set("found", std::move(items));
  }
  return {};
}

Result<SimulatedHttp::Made> SimulatedHttp::make(Route& route, Json& source) {
  const RouteSpec& spec = route.spec;
  TRY(use_store(spec, source));
  Made made;
  made.status = spec.status;
  made.latency_ns = spec.latency_ns;
  if (spec.text) {
    made.type = "text/plain; charset=utf-8";
    made.body = TRY(fill_text(*spec.text, source));
  } else if (spec.body || spec.generate) {
    Json body;
    if (spec.body) {
      body = TRY(content::fill_template(*spec.body, source, kAnswerBytesMax));
    } else {
      body = TRY(content::valid_message(*spec.generate, mix(seed_ ^ route.count)));
    }
    if (spec.answer) {
      const auto wrong = content::validate(*spec.answer, body);
      if (!wrong.empty()) return Error{Errc::internal, "the answer breaks its own schema: " + problems_of(wrong)};
    }
    made.type = "application/json";
    made.body = codec::to_json(body);
  }
  for (const auto& [name, text] : spec.headers) {
    std::string value = TRY(fill_text(text, source));
    if (!is_field_value(value)) return Error{Errc::internal, "the header " + name + " would not be one line"};
    if (name == "content-type") {
      made.type = std::move(value);
    } else {
      made.headers.emplace_back(name, std::move(value));
    }
  }
  return made;
}

void SimulatedHttp::answer(const HttpAsk& ask, std::shared_ptr<Reply> reply) {
  ++total_;
  if (latency_ns_ > 0) reply->wait(latency_ns_);
  const Result<PathAndQuery> target = parse_path_and_query(ask.target);
  if (!target) return send_problem(*reply, 400, "bad_request", target.error().message());
  Json source = ask_source(ask, target.value());
  if (faults_.strike(source, *reply)) return;
  bool path_fits = false;
  Route* route = choose(ask, target.value(), source, path_fits);
  if (route == nullptr) {
    const std::string what = "service " + name_ + " has no " + printable(ask.method + " " + target.value().path(), 120);
    return send_problem(*reply, path_fits ? 405 : 404, path_fits ? "no_such_method" : "not_found",
                        what + nearest(target.value().path()));
  }
  ++route->count;
  if (route->spec.decoy) {
    reply->ring(name_ + "/" + route->spec.on);
    return send_problem(*reply, 404, "not_found", "a decoy answers nothing");
  }
  if (route->spec.request) {
    const auto wrong = content::validate(*route->spec.request, *source.find("body"));
    if (!wrong.empty()) return send_problem(*reply, 422, "invalid_body", problems_of(wrong));
  }
  source.set("count", route->count);
  source.set("total", total_);
  source.set("random", random());
  source.set("canary", canaries_);
  Result<Made> made = make(*route, source);
  if (!made) {
    const Errc code = made.error().code();
    const int status = code == Errc::not_found ? 404 : code == Errc::exhausted ? 507 : 500;
    return send_problem(*reply, status, status == 404 ? "not_found" : "simulator", made.error().message());
  }
  if (made.value().latency_ns > 0) reply->wait(made.value().latency_ns);
  send(*reply, made.value().status, made.value().type, made.value().body, std::move(made.value().headers));
}

}  // namespace belljar::boundary
