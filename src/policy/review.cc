#include "policy/review.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "spec/fields.h"
#include "spec/glob.h"

namespace belljar::policy {

namespace {

using spec::Condition;
using spec::Effect;
using spec::PolicyRule;
using Op = Condition::Op;

constexpr char kWord = '\0';

// Whether the patterns of `outer` match all that those of `inner` match; an empty list matches everything.
bool covers(const std::vector<std::string>& outer, const std::vector<std::string>& inner, char separator) {
  if (outer.empty()) return true;
  if (inner.empty()) return false;
  return std::all_of(inner.begin(), inner.end(), [&](const std::string& pattern) {
    return std::any_of(outer.begin(), outer.end(), [&](const std::string& wide) {
      return separator == kWord ? spec::glob_matches(wide, pattern) : spec::segments_cover(wide, pattern, separator);
    });
  });
}

// A resource's patterns: a list that the outer rule lacks covers nothing of it.
bool covers_resource(const std::vector<std::string>& outer, const std::vector<std::string>& inner, char separator) {
  return inner.empty() || (!outer.empty() && covers(outer, inner, separator));
}

bool is_subset(const std::vector<std::uint16_t>& outer, const std::vector<std::uint16_t>& inner) {
  if (outer.empty()) return true;
  return !inner.empty() && std::all_of(inner.begin(), inner.end(), [&](std::uint16_t port) {
    return std::find(outer.begin(), outer.end(), port) != outer.end();
  });
}

bool covers(const spec::Selectors& outer, const spec::Selectors& inner) {
  return covers_resource(outer.hosts, inner.hosts, '.') && covers_resource(outer.tools, inner.tools, '/') &&
         covers_resource(outer.models, inner.models, kWord) && covers_resource(outer.data, inner.data, '.') &&
         is_subset(outer.ports, inner.ports) && covers(outer.schemes, inner.schemes, kWord) &&
         covers(outer.methods, inner.methods, kWord) && covers(outer.paths, inner.paths, '/');
}

// Every request that `inner` applies to, `outer` applies to as well. Narrowed rules are compared by their own parts.
bool covers(const PolicyRule& outer, const PolicyRule& inner) {
  const bool actions = std::all_of(inner.actions.begin(), inner.actions.end(), [&](spec::Action action) {
    return std::find(outer.actions.begin(), outer.actions.end(), action) != outer.actions.end();
  });
  if (!actions || outer.what.size() != 1 || inner.what.empty() || outer.who.size() > 1) return false;
  if (!outer.who.empty() && (inner.who.empty() || !covers(outer.who.front(), inner.who.front(), kWord))) return false;
  const bool conditions = std::all_of(outer.when.begin(), outer.when.end(), [&](const Condition& condition) {
    return std::find(inner.when.begin(), inner.when.end(), condition) != inner.when.end();
  });
  return conditions && covers(outer.what.front(), inner.what.front());
}

// What a conjunction leaves of one attribute.
struct Range {
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::optional<std::set<spec::Literal>> one_of;
  std::set<spec::Literal> none_of;

  bool is_empty() const {
    if (least > most) return true;
    if (!one_of) return false;
    return std::none_of(one_of->begin(), one_of->end(), [&](const spec::Literal& value) {
      const auto* number = std::get_if<std::int64_t>(&value);
      return !none_of.contains(value) && (number == nullptr || (*number >= least && *number <= most));
    });
  }
};

using Ranges = std::map<std::string, Range>;

void keep(Range& range, const std::vector<spec::Literal>& values) {
  std::set<spec::Literal> kept{values.begin(), values.end()};
  if (range.one_of) std::erase_if(kept, [&](const spec::Literal& value) { return !range.one_of->contains(value); });
  range.one_of = std::move(kept);
}

void narrow(Ranges& ranges, const Condition& condition) {
  if (condition.op == Op::all) {
    for (const Condition& part : condition.parts) narrow(ranges, part);
    return;
  }
  if (condition.op == Op::negate && condition.parts[0].op == Op::in) {
    Range& range = ranges[condition.parts[0].attribute];
    range.none_of.insert(condition.parts[0].values.begin(), condition.parts[0].values.end());
    return;
  }
  if (condition.values.empty() || condition.op == Op::like) return;
  Range& range = ranges[condition.attribute];
  const auto* number = std::get_if<std::int64_t>(&condition.values[0]);
  if (condition.op == Op::equal || condition.op == Op::in) return keep(range, condition.values);
  if (condition.op == Op::unequal) {
    range.none_of.insert(condition.values[0]);
    return;
  }
  if (number == nullptr) return;
  if (*number == std::numeric_limits<std::int64_t>::max() || *number == std::numeric_limits<std::int64_t>::min())
    return;
  if (condition.op == Op::less) range.most = std::min(range.most, *number - 1);
  if (condition.op == Op::at_most) range.most = std::min(range.most, *number);
  if (condition.op == Op::at_least) range.least = std::max(range.least, *number);
  if (condition.op == Op::more) range.least = std::max(range.least, *number + 1);
}

// The attribute that no value can satisfy, if there is one.
std::optional<std::string> contradiction(const PolicyRule& rule) {
  Ranges ranges;
  for (const Condition& condition : rule.when) narrow(ranges, condition);
  for (const spec::Selectors& what : rule.what) {
    if (!what.ports.empty()) {
      std::vector<spec::Literal> ports;
      for (const std::uint16_t port : what.ports) ports.emplace_back(std::int64_t{port});
      keep(ranges["port"], ports);
    }
    const auto texts = [&](const std::string& attribute, const std::vector<std::string>& list) {
      if (!list.empty()) keep(ranges[attribute], {list.begin(), list.end()});
    };
    texts("method", what.methods);
    texts("scheme", what.schemes);
  }
  for (const auto& [attribute, range] : ranges) {
    if (range.is_empty()) return attribute;
  }
  return std::nullopt;
}

std::string name_of(const PolicyRule& rule) {
  return std::string{rule.effect == Effect::permit ? "permit" : "forbid"} + " " + spec::quote(rule.id);
}

std::optional<std::string> never_decides(const spec::PolicySpec& spec, std::size_t at) {
  const PolicyRule& rule = spec.rules[at];
  if (const auto attribute = contradiction(rule)) {
    return name_of(rule) + " never applies: nothing it asks of \"" + *attribute + "\" can be true at once";
  }
  for (std::size_t other = 0; other < spec.rules.size(); ++other) {
    const PolicyRule& above = spec.rules[other];
    if (other == at || !covers(above, rule)) continue;
    if (above.effect == Effect::forbid && rule.effect == Effect::permit) {
      return name_of(rule) + " contradicts " + name_of(above) + ", which forbids all of it";
    }
    if (above.effect == rule.effect && other < at) {
      return name_of(rule) + " never decides: " + name_of(above) + " above covers it";
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<Remark> review(const spec::PolicySpec& spec) {
  std::vector<Remark> remarks;
  for (std::size_t at = 0; at < spec.rules.size(); ++at) {
    const PolicyRule& rule = spec.rules[at];
    if (auto what = never_decides(spec, at)) {
      remarks.push_back({rule.file + ":" + std::to_string(rule.mark.line) + ":" + std::to_string(rule.mark.column),
                         std::move(*what)});
    }
  }
  return remarks;
}

}  // namespace belljar::policy
