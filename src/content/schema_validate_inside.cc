// Rules that apply other schemas: to items, to members, in place.
#include <algorithm>

#include "base/text.h"
#include "content/number.h"
#include "content/schema_validator.h"

namespace belljar::content {

using codec::Json;

bool Validator::item_count(const At& at, std::uint32_t row) {
  return counted(at, {"minItems", "maxItems", " items"}, at.value.as_array().size(), program_.counts[row]);
}

bool Validator::member_count(const At& at, std::uint32_t row) {
  return counted(at, {"minProperties", "maxProperties", " members"}, at.value.as_object().size(), program_.counts[row]);
}

bool Validator::twice(const At& at, std::size_t first, std::size_t second) {
  return report(at, "uniqueItems", "items " + std::to_string(first) + " and " + std::to_string(second) + " equal",
                "each item once");
}

// By hash, so that only equal or colliding items are compared; colliding on purpose costs steps.
bool Validator::unique(const At& at, std::uint32_t) {
  constexpr std::size_t kFew = 6;  // compared as they are
  const Json::Array& array = at.value.as_array();
  std::vector<std::pair<std::uint64_t, std::size_t>> hashes;
  if (array.size() <= kFew) {
    for (std::size_t j = 1; j < array.size(); ++j) {
      for (std::size_t i = 0; i < j; ++i) {
        if (same(array[i], array[j])) return twice(at, i, j);
      }
    }
    return true;
  }
  hashes.reserve(array.size());
  for (std::size_t i = 0; i < array.size(); ++i) hashes.emplace_back(hash_of(array[i]), i);
  std::sort(hashes.begin(), hashes.end());
  if (!spend(array.size())) return false;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    for (std::size_t j = i + 1; j < hashes.size() && hashes[j].first == hashes[i].first; ++j) {
      if (!spend(8)) return false;
      const std::size_t first = hashes[i].second;
      const std::size_t second = hashes[j].second;
      if (same(array[first], array[second])) return twice(at, first, second);
    }
  }
  return true;
}

bool Validator::items(const At& at, std::uint32_t row) {
  const Items& items = program_.items[row];
  const Json::Array& array = at.value.as_array();
  bool ok = true;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const NodeId node = i < items.prefix.size() ? items.prefix[i] : items.rest;
    if (node == kNoNode) return ok;
    const Where where{at.where, {}, i, true};
    if (!check(node, array[i], &where, nullptr)) ok = false;
    if (!ok && !going_on()) return false;
    if (at.marks != nullptr) (*at.marks)[i] = true;
  }
  return ok;
}

bool Validator::contains(const At& at, std::uint32_t row) {
  const Contains& contains = program_.contains[row];
  const Json::Array& array = at.value.as_array();
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const Where where{at.where, {}, i, true};
    if (!silent(contains.node, array[i], &where, nullptr)) continue;
    ++count;
    if (at.marks != nullptr) (*at.marks)[i] = true;
    const bool decided = contains.most == kNoLimit ? count >= contains.least : count > contains.most;
    if (decided && at.marks == nullptr) break;
  }
  if (exhausted_) return false;
  return counted(at, {contains.has_least ? "minContains" : "contains", "maxContains", " items that match"}, count,
                 {contains.least, contains.most});
}

bool Validator::dependent_required(const At& at, std::uint32_t row) {
  bool ok = true;
  for (const Dependency& dependency : program_.dependencies[row]) {
    if (!spend(at.value.as_object().size() / 8)) return false;
    if (at.value.find(dependency.name) == nullptr) continue;
    for (const std::string& name : dependency.required) {
      if (!spend(at.value.as_object().size() / 8)) return false;
      if (at.value.find(name) != nullptr) continue;
      ok = report(at, "dependentRequired", "no member \"" + printable(name, 60) + "\"",
                  "it beside \"" + printable(dependency.name, 60) + "\"");
      if (!going_on()) return false;
    }
  }
  return ok;
}

bool Validator::members(const At& at, std::uint32_t row) {
  const Members& members = program_.members[row];
  const std::size_t count = at.value.as_object().size();
  std::uint32_t required_seen = 0;
  bool ok = true;
  for (std::size_t i = 0; i < count; ++i) {
    if (member(at, members, i, required_seen)) continue;
    ok = false;
    if (!going_on()) return false;
  }
  if (required_seen >= members.required) return ok;
  return missing(at, members);
}

bool Validator::member(const At& at, const Members& members, std::size_t index, std::uint32_t& required_seen) {
  const auto& [name, value] = at.value.as_object()[index];
  const Where where{at.where, name, 0, false};
  bool ok = true;
  bool known = false;
  const std::size_t mask = members.buckets.size() - 1;
  for (std::size_t bucket = name_hash(name) & mask; members.buckets[bucket] != 0; bucket = (bucket + 1) & mask) {
    const Members::Property& property = members.properties[members.buckets[bucket] - 1];
    if (property.name != name) continue;
    if (property.required) ++required_seen;
    if (property.node == kNoNode) break;
    known = true;
    ok = check(property.node, value, &where, nullptr);
    break;
  }
  for (const Members::Matching& matching : members.matching) {
    if (!ok && !going_on()) return false;
    if (!spend(1 + name.size() / 64) || !matching.pattern.matches(name)) continue;
    known = true;
    if (!check(matching.node, value, &where, nullptr)) ok = false;
  }
  if (!known && members.additional != kNoNode) {
    known = true;
    ok = check(members.additional, value, &where, nullptr) && ok;
  }
  if (known && at.marks != nullptr) (*at.marks)[index] = true;
  return ok && !exhausted_;
}

// Names are looked up in a sorted list: neither side may make the other pay its product.
bool Validator::missing(const At& at, const Members& members) {
  if (sink_ == nullptr) return false;
  std::vector<std::string_view> present;
  for (const Json::Member& member : at.value.as_object()) present.emplace_back(member.first);
  std::sort(present.begin(), present.end());
  for (const std::string& name : members.required_names) {
    if (std::binary_search(present.begin(), present.end(), name)) continue;
    (void)report(at, "required", "no member \"" + printable(name, 60) + "\"", "it");
  }
  return false;
}

bool Validator::property_names(const At& at, std::uint32_t row) {
  bool ok = true;
  for (const Json::Member& member : at.value.as_object()) {
    const Where where{at.where, member.first, 0, false};
    if (check(row, Json{member.first}, &where, nullptr)) continue;
    ok = false;
    if (!going_on()) return false;
  }
  return ok;
}

bool Validator::dependent_schemas(const At& at, std::uint32_t row) {
  bool ok = true;
  for (const Dependency& dependency : program_.dependencies[row]) {
    if (!spend(at.value.as_object().size() / 8)) return false;
    if (at.value.find(dependency.name) == nullptr) continue;
    if (check(dependency.node, at.value, at.where, at.marks)) continue;
    ok = false;
    if (!going_on()) return false;
  }
  return ok;
}

bool Validator::ref(const At& at, std::uint32_t row) { return check(row, at.value, at.where, at.marks); }

// The outermost resource on the way here that has the anchor decides.
bool Validator::dynamic_ref(const At& at, std::uint32_t row) {
  const DynamicRef& reference = program_.dynamic_refs[row];
  if (!reference.anchors.empty()) {
    for (const std::uint32_t resource : scope_) {
      const auto anchor = reference.anchors.find(resource);
      if (anchor != reference.anchors.end()) return check(anchor->second, at.value, at.where, at.marks);
    }
  }
  return check(reference.first, at.value, at.where, at.marks);
}

bool Validator::all_of(const At& at, std::uint32_t row) {
  bool ok = true;
  for (const NodeId branch : program_.branches[row]) {
    if (check(branch, at.value, at.where, at.marks)) continue;
    ok = false;
    if (!going_on()) return false;
  }
  return ok;
}

bool Validator::any_of(const At& at, std::uint32_t row) {
  bool ok = false;
  for (const NodeId id : program_.branches[row]) {
    if (branch(id, at)) ok = true;
    if (ok && at.marks == nullptr) return true;
  }
  return ok || explain(at, "anyOf", program_.branches[row]);
}

bool Validator::exactly_one(const At& at, std::uint32_t row) {
  const std::vector<NodeId>& branches = program_.branches[row];
  std::size_t taken = branches.size();
  for (std::size_t i = 0; i < branches.size(); ++i) {
    if (!branch(branches[i], at)) continue;
    if (taken < branches.size()) {
      return report(at, "oneOf", "a value that both " + std::to_string(taken) + " and " + std::to_string(i) + " take",
                    "exactly one of " + std::to_string(branches.size()));
    }
    taken = i;
  }
  if (exhausted_) return false;
  return taken < branches.size() || explain(at, "oneOf", branches);
}

// What the branch says that came furthest into the value, beside the fact that none takes it.
bool Validator::explain(const At& at, std::string_view keyword, const std::vector<NodeId>& branches) {
  if (!going_on()) return false;
  std::vector<SchemaError>* const sink = sink_;
  std::vector<SchemaError> nearest;
  std::size_t which = 0;
  for (std::size_t i = 0; i < branches.size() && !exhausted_; ++i) {
    std::vector<SchemaError> errors;
    sink_ = &errors;
    (void)check(branches[i], at.value, at.where, nullptr);
    if (errors.empty() || (!nearest.empty() && errors[0].where.size() <= nearest[0].where.size())) continue;
    nearest = std::move(errors);
    which = i;
  }
  sink_ = sink;
  (void)report(
      at, keyword, std::string{at.value.kind()},
      "one of " + std::to_string(branches.size()) + " shapes, of which " + std::to_string(which) + " is nearest");
  for (SchemaError& error : nearest) {
    if (going_on()) sink_->push_back(std::move(error));
  }
  return false;
}

bool Validator::negation(const At& at, std::uint32_t row) {
  const bool taken = silent(row, at.value, at.where, nullptr);
  if (exhausted_) return false;
  return !taken || report(at, "not", std::string{at.value.kind()}, "a value that \"not\" does not take");
}

bool Validator::condition(const At& at, std::uint32_t row) {
  const Condition& condition = program_.conditions[row];
  const NodeId next = branch(condition.when, at) ? condition.then : condition.otherwise;
  return next == kNoNode || check(next, at.value, at.where, at.marks);
}

bool Validator::unevaluated_items(const At& at, std::uint32_t row) {
  const Json::Array& array = at.value.as_array();
  bool ok = true;
  for (std::size_t i = 0; i < array.size(); ++i) {
    if ((*at.marks)[i]) continue;
    const Where where{at.where, {}, i, true};
    (*at.marks)[i] = true;
    if (check(row, array[i], &where, nullptr)) continue;
    ok = false;
    if (!going_on()) return false;
  }
  return ok;
}

bool Validator::unevaluated_properties(const At& at, std::uint32_t row) {
  const Json::Object& object = at.value.as_object();
  bool ok = true;
  for (std::size_t i = 0; i < object.size(); ++i) {
    if ((*at.marks)[i]) continue;
    const Where where{at.where, object[i].first, 0, false};
    (*at.marks)[i] = true;
    if (check(row, object[i].second, &where, nullptr)) continue;
    ok = false;
    if (!going_on()) return false;
  }
  return ok;
}

}  // namespace belljar::content
