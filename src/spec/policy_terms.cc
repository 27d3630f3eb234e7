// `terms` of a permit, and the check that a child's permit is no wider than its parent's.

#include <algorithm>
#include <array>

#include "spec/glob.h"
#include "spec/policy_parts.h"
#include "spec/quantity.h"
#include "spec/quotas.h"

namespace belljar::spec {

namespace {

using codec::Mark;
using codec::Yaml;

constexpr std::uint64_t kCountMost = 1'000'000'000'000;
constexpr std::uint64_t kDelayMostMs = 60'000;

void read_size(Problems& problems, const Yaml& value, std::optional<std::uint64_t>& size) {
  const Result<std::uint64_t> bytes = parse_bytes(value.scalar);
  if (value.kind == Yaml::Kind::scalar && bytes) {
    size = bytes.value();
  } else {
    problems.add(value.mark, describe(value), kBytesExpected);
  }
}

void read_number(Problems& problems, const Yaml& value, std::optional<std::uint64_t>& number) {
  if (const auto count = read_count(problems, value, "a whole number", {0, kCountMost})) number = *count;
}

void read_delay(Problems& problems, const Yaml& value, std::chrono::milliseconds& delay) {
  const Result<std::chrono::milliseconds> time = parse_duration(value.scalar);
  if (value.kind == Yaml::Kind::scalar && time && time.value().count() <= static_cast<std::int64_t>(kDelayMostMs)) {
    delay = time.value();
  } else {
    problems.add(value.mark, describe(value), std::string{kDurationExpected} + " up to 60s");
  }
}

void read_resets(Problems& problems, const Yaml& value, NetworkConditions& conditions) {
  const Result<double> share = parse_decimal(value.scalar, "");
  if (value.kind == Yaml::Kind::scalar && share && share.value() >= 0 && share.value() <= 1) {
    conditions.resets = share.value();
  } else {
    problems.add(value.mark, describe(value), "a share of connections from 0 to 1");
  }
}

void read_bandwidth(Problems& problems, const Yaml& value, NetworkConditions& conditions) {
  std::optional<std::uint64_t> size;
  read_size(problems, value, size);
  if (size && *size < 1024) return problems.add(value.mark, describe(value), "at least 1KiB each second");
  if (size) conditions.bytes_per_second = *size;
}

constexpr std::array<Field<NetworkBudget>, 6> kBudget{{
    {"requests", Need::optional, [](Problems& p, const Yaml& v, NetworkBudget& b) { read_number(p, v, b.requests); }},
    {"connections", Need::optional,
     [](Problems& p, const Yaml& v, NetworkBudget& b) { read_number(p, v, b.connections); }},
    {"bytes-up", Need::optional, [](Problems& p, const Yaml& v, NetworkBudget& b) { read_size(p, v, b.bytes_up); }},
    {"bytes-down", Need::optional, [](Problems& p, const Yaml& v, NetworkBudget& b) { read_size(p, v, b.bytes_down); }},
    {"requests-per-second", Need::optional,
     [](Problems& p, const Yaml& v, NetworkBudget& b) { read_number(p, v, b.requests_per_second); }},
    {"names", Need::optional, [](Problems& p, const Yaml& v, NetworkBudget& b) { read_number(p, v, b.names); }},
}};

constexpr std::array<Field<NetworkConditions>, 4> kConditions{{
    {"latency", Need::optional, [](Problems& p, const Yaml& v, NetworkConditions& c) { read_delay(p, v, c.latency); }},
    {"jitter", Need::optional, [](Problems& p, const Yaml& v, NetworkConditions& c) { read_delay(p, v, c.jitter); }},
    {"bandwidth", Need::optional, read_bandwidth},
    {"resets", Need::optional, read_resets},
}};

void read_tls(Problems& problems, const Yaml& value, Terms& terms) {
  constexpr std::array<std::string_view, 2> kTls{"tunnel", "intercept"};
  const auto tls = read_choice(problems, value, kTls, {});
  if (tls) terms.tls = *tls == "intercept" ? Tls::intercept : Tls::tunnel;
}

void read_credential(Problems& problems, const Yaml& value, Terms& terms) {
  if (auto name = read_name(problems, value, "-_.", 64)) terms.credential = *name;
}

void read_filters(Problems& problems, const Yaml& value, Terms& terms) {
  terms.filters = read_texts(problems, value, "a list of filter sets");
}

void read_arguments(Problems& problems, const Yaml& value, Terms& terms) {
  if (auto path = read_path(problems, value, "the path of a JSON Schema")) terms.arguments = *path;
}

constexpr std::array<Field<Terms>, 8> kTerms{{
    {"tls", Need::optional, read_tls},
    {"budget", Need::optional,
     [](Problems& p, const Yaml& v, Terms& t) {
       read_fields<NetworkBudget>(p, v, "\"budget\"", kBudget, {}, t.budget);
     }},
    {"conditions", Need::optional,
     [](Problems& p, const Yaml& v, Terms& t) {
       read_fields<NetworkConditions>(p, v, "\"conditions\"", kConditions, {}, t.conditions);
     }},
    {"request-size", Need::optional,
     [](Problems& p, const Yaml& v, Terms& t) { read_size(p, v, t.request_bytes_max); }},
    {"answer-size", Need::optional, [](Problems& p, const Yaml& v, Terms& t) { read_size(p, v, t.answer_bytes_max); }},
    {"credential", Need::optional, read_credential},
    {"filters", Need::optional, read_filters},
    {"arguments", Need::optional, read_arguments},
}};

// Compares one permit with the one it narrows and reports, at the rule, what is wider.
class Narrowing {
 public:
  Narrowing(Problems& problems, Mark mark, const PolicyRule& rule, const PolicyRule& parent)
      : problems_{problems}, mark_{mark}, rule_{rule}, parent_{parent} {}

  void check() {
    for (const Action action : rule_.actions) {
      const auto& known = parent_.actions;
      if (std::find(known.begin(), known.end(), action) == known.end()) wider("action", action_name(action));
    }
    if (!rule_.what.empty()) {
      for (const Selectors& what : parent_.what) check_what(rule_.what.front(), what);
    }
    if (!rule_.who.empty()) {
      for (const auto& who : parent_.who) patterns("who", rule_.who.front(), who, kWord);
    }
    check_terms(rule_.terms, parent_.terms);
  }

 private:
  static constexpr char kWord = '\0';  // no segments

  void wider(std::string_view key, std::string_view found) {
    problems_.add(mark_, std::string{key} + " " + quote(found) + " in permit " + quote(rule_.id),
                  "no more than permit " + quote(parent_.id) + " of the parent has");
  }

  void patterns(std::string_view key, const std::vector<std::string>& own, const std::vector<std::string>& parent,
                char separator) {
    if (parent.empty()) return;
    for (const std::string& pattern : own) {
      const bool covered = std::any_of(parent.begin(), parent.end(), [&](const std::string& outer) {
        return separator == kWord ? glob_matches(outer, pattern) : segments_cover(outer, pattern, separator);
      });
      if (!covered) wider(key, pattern);
    }
  }

  void check_what(const Selectors& own, const Selectors& parent) {
    patterns("host", own.hosts, parent.hosts, '.');
    patterns("scheme", own.schemes, parent.schemes, kWord);
    patterns("method", own.methods, parent.methods, kWord);
    patterns("path", own.paths, parent.paths, '/');
    patterns("tool", own.tools, parent.tools, '/');
    patterns("model", own.models, parent.models, kWord);
    patterns("data", own.data, parent.data, '.');
    for (const std::uint16_t port : own.ports) {
      const bool known = std::find(parent.ports.begin(), parent.ports.end(), port) != parent.ports.end();
      if (!parent.ports.empty() && !known) wider("port", std::to_string(port));
    }
  }

  void at_most(std::string_view key, std::optional<std::uint64_t> own, std::optional<std::uint64_t> parent) {
    if (parent && (!own || *own > *parent)) wider(key, own ? std::to_string(*own) : "without a bound");
  }

  void check_terms(const Terms& own, const Terms& parent) {
    if (parent.tls == Tls::intercept && own.tls == Tls::tunnel) wider("tls", "tunnel");
    at_most("requests", own.budget.requests, parent.budget.requests);
    at_most("connections", own.budget.connections, parent.budget.connections);
    at_most("bytes-up", own.budget.bytes_up, parent.budget.bytes_up);
    at_most("bytes-down", own.budget.bytes_down, parent.budget.bytes_down);
    at_most("requests-per-second", own.budget.requests_per_second, parent.budget.requests_per_second);
    at_most("names", own.budget.names, parent.budget.names);
    at_most("request-size", own.request_bytes_max, parent.request_bytes_max);
    at_most("answer-size", own.answer_bytes_max, parent.answer_bytes_max);
    if (!own.credential.empty() && own.credential != parent.credential) wider("credential", own.credential);
    if (!parent.arguments.empty() && own.arguments != parent.arguments) wider("arguments", own.arguments);
    for (const std::string& filter : parent.filters) {
      const bool kept = std::find(own.filters.begin(), own.filters.end(), filter) != own.filters.end();
      if (!kept) wider("filters without", filter);
    }
  }

  Problems& problems_;
  Mark mark_;
  const PolicyRule& rule_;
  const PolicyRule& parent_;
};

}  // namespace

void read_terms(Problems& problems, const Yaml& value, const std::string& file, Terms& terms) {
  read_fields<Terms>(problems, value, "\"terms\"", kTerms, {}, terms);
  const Yaml* arguments = value.kind == Yaml::Kind::map ? value.find("arguments") : nullptr;
  if (arguments == nullptr || terms.arguments.starts_with('/')) return;
  const std::size_t slash = file.rfind('/');
  if (slash != std::string::npos) terms.arguments.insert(0, file, 0, slash + 1);
}

// What nothing would hold would only look as if it were.
void check_terms(Problems& problems, const Yaml& terms, const PolicyRule& rule) {
  constexpr std::array<std::string_view, 5> kOfCalls{"budget", "request-size", "requests", "requests-per-second",
                                                     "bytes-up"};
  const auto has = [&](Action action) {
    return std::find(rule.actions.begin(), rule.actions.end(), action) != rule.actions.end();
  };
  const auto refuse = [&](const Yaml::Entry& entry, std::string_view expected) {
    problems.add(entry.key_mark, quote(entry.key) + " in the terms of permit " + quote(rule.id), expected);
  };
  const auto check = [&](const Yaml::Entry& entry) {
    const bool of_calls = std::find(kOfCalls.begin(), kOfCalls.end(), entry.key) != kOfCalls.end();
    if (entry.key == "arguments") {
      const bool names_tools = !rule.what.empty() && !rule.what.front().tools.empty();
      if (!has(Action::call) || !names_tools) refuse(entry, "it in a permit to call tools: nothing else has arguments");
    } else if (!has(Action::connect) && !(of_calls && has(Action::call))) {
      refuse(entry, of_calls ? "it in a permit to connect or to call: nothing else is held to it"
                             : "it in a permit to connect: nothing else is held to it");
    }
  };
  if (terms.kind != Yaml::Kind::map) return;
  for (const Yaml::Entry& entry : terms.entries) {
    check(entry);
    if (entry.key != "budget" || entry.value.kind != Yaml::Kind::map) continue;
    for (const Yaml::Entry& part : entry.value.entries) check(part);
  }
}

void check_narrower(Problems& problems, Mark mark, const PolicyRule& rule, const PolicyRule& parent) {
  Narrowing{problems, mark, rule, parent}.check();
}

}  // namespace belljar::spec
