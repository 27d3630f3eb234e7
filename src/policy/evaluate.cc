#include "policy/evaluate.h"

#include <algorithm>

#include "spec/glob.h"
#include "spec/host_name.h"

namespace belljar::policy {

namespace {

using Op = spec::Condition::Op;

struct SlotType {
  std::string_view name;
  spec::ValueType type;
};

constexpr std::array<SlotType, kSlots> kSlotTypes{{{"subject", spec::ValueType::text},
                                                   {"resource", spec::ValueType::text},
                                                   {"scheme", spec::ValueType::text},
                                                   {"port", spec::ValueType::number},
                                                   {"method", spec::ValueType::text},
                                                   {"path", spec::ValueType::text},
                                                   {"host_kind", spec::ValueType::text},
                                                   {"bytes", spec::ValueType::number},
                                                   {"stream", spec::ValueType::boolean},
                                                   {"direction", spec::ValueType::text},
                                                   {"tokens", spec::ValueType::number}}};

Truth truth(bool value) { return value ? Truth::yes : Truth::no; }

bool same(const Value& left, const spec::Literal& right) {
  if (const auto* text = std::get_if<std::string_view>(&left)) {
    const auto* other = std::get_if<std::string>(&right);
    return other != nullptr && *text == *other;
  }
  if (const auto* number = std::get_if<std::int64_t>(&left)) {
    const auto* other = std::get_if<std::int64_t>(&right);
    return other != nullptr && *number == *other;
  }
  const auto* flag = std::get_if<bool>(&right);
  return flag != nullptr && std::get<bool>(left) == *flag;
}

bool compare(Op op, std::int64_t left, std::int64_t right) {
  switch (op) {
    case Op::less:
      return left < right;
    case Op::at_most:
      return left <= right;
    case Op::more:
      return left > right;
    default:
      return left >= right;
  }
}

bool holds(const Test& test, const Known& known) {
  const Value& left = known.value(test.left);
  switch (test.op) {
    case Op::is:
      return std::get<bool>(left);
    case Op::like:
      return spec::glob_matches(std::get<std::string>(test.values[0]), std::get<std::string_view>(left));
    case Op::in:
      return std::any_of(test.values.begin(), test.values.end(), [&](const auto& value) { return same(left, value); });
    case Op::equal:
    case Op::unequal: {
      const bool equal = test.right ? left == known.value(*test.right) : same(left, test.values[0]);
      return equal == (test.op == Op::equal);
    }
    default:
      return compare(
          test.op, std::get<std::int64_t>(left),
          test.right ? std::get<std::int64_t>(known.value(*test.right)) : std::get<std::int64_t>(test.values[0]));
  }
}

Truth leaf(const Test& test, const Known& known, const std::string*& trouble) {
  const auto state = [&](Slot slot) { return known.state(slot); };
  if (test.op == Op::has) {
    if (state(test.left) != Known::State::absent) return Truth::yes;
    return known.partial ? Truth::unknown : Truth::no;
  }
  bool absent = false;
  for (const std::optional<Slot>& slot : {std::optional{test.left}, test.right}) {
    if (!slot || state(*slot) == Known::State::usable) continue;
    if (state(*slot) == Known::State::unusable || !known.partial) {
      trouble = &test.trouble;
      return Truth::error;
    }
    absent = true;
  }
  return absent ? Truth::unknown : truth(holds(test, known));
}

Truth evaluate(const Test& test, const Known& known, const std::string*& trouble);

// `decides` ends an `and` (no) or an `or` (yes). After an unknown, an error may turn out never to be reached.
Truth chain(const std::vector<Test>& parts, Truth decides, const Known& known, const std::string*& trouble) {
  bool open = false;
  for (const Test& part : parts) {
    const Truth one = evaluate(part, known, trouble);
    if (one == decides) return one;
    if (one == Truth::error) return open ? Truth::unknown : one;
    open = open || one == Truth::unknown;
  }
  if (open) return Truth::unknown;
  return decides == Truth::no ? Truth::yes : Truth::no;
}

Truth evaluate(const Test& test, const Known& known, const std::string*& trouble) {
  switch (test.op) {
    case Op::all:
      return chain(test.parts, Truth::no, known, trouble);
    case Op::any:
      return chain(test.parts, Truth::yes, known, trouble);
    case Op::negate: {
      const Truth inner = evaluate(test.parts[0], known, trouble);
      if (inner == Truth::yes) return Truth::no;
      return inner == Truth::no ? Truth::yes : inner;
    }
    default:
      return leaf(test, known, trouble);
  }
}

// What a rule asks of an attribute it cannot see: a permit does not match, a forbid cannot be ruled out.
Truth unseen(const Known& known, Slot slot, spec::Effect effect) {
  if (known.partial && known.state(slot) == Known::State::absent) return Truth::unknown;
  return truth(effect == spec::Effect::forbid);
}

template <class List, class Match>
Truth selects(const List& list, Slot slot, const Known& known, spec::Effect effect, const Match& match) {
  if (list.empty()) return Truth::yes;
  if (known.state(slot) != Known::State::usable) return unseen(known, slot, effect);
  return truth(std::any_of(list.begin(), list.end(), match));
}

bool host_matches(const std::string& pattern, std::string_view host, spec::Effect effect) {
  if (pattern == host) return true;
  // An address is named as such, but for a forbid of everything.
  if (spec::is_address(host)) return effect == spec::Effect::forbid && pattern == "**";
  return pattern.front() == '*' && spec::segments_match(pattern, host, '.');
}

bool names(const spec::Selectors& what, std::string_view resource, Action action, spec::Effect effect) {
  const auto any = [](const auto& list, const auto& match) {
    return list.empty() || std::any_of(list.begin(), list.end(), match);
  };
  const auto segments = [&](char separator) {
    return [&, separator](const std::string& pattern) { return spec::segments_match(pattern, resource, separator); };
  };
  const auto word = [&](const std::string& pattern) { return spec::glob_matches(pattern, resource); };
  switch (action) {
    case Action::connect:
      return any(what.hosts, [&](const std::string& pattern) { return host_matches(pattern, resource, effect); });
    case Action::call: {
      if (what.tools.empty() && what.models.empty()) return true;
      const bool tool = resource.find('/') != std::string_view::npos;
      const auto& list = tool ? what.tools : what.models;
      return !list.empty() && (tool ? any(list, segments('/')) : any(list, word));
    }
    case Action::send:
      return any(what.models, word);
    case Action::read:
    case Action::write:
      return any(what.paths, segments('/'));
    case Action::use_data:
      return any(what.data, segments('.'));
  }
  return false;
}

Truth selects(const spec::Selectors& what, const Known& known, Action action, spec::Effect effect) {
  const std::string_view resource = std::get<std::string_view>(known.value(Slot::resource));
  if (!names(what, resource, action, effect)) return Truth::no;
  if (action != Action::connect) return Truth::yes;
  const auto text = [&](Slot slot) { return std::get<std::string_view>(known.value(slot)); };
  Truth all = Truth::yes;
  const auto add = [&](Truth one) {
    if (all == Truth::no || one == Truth::no) {
      all = Truth::no;
    } else if (one == Truth::unknown) {
      all = one;
    }
  };
  add(selects(what.ports, Slot::port, known, effect,
              [&](std::uint16_t port) { return port == std::get<std::int64_t>(known.value(Slot::port)); }));
  add(selects(what.schemes, Slot::scheme, known, effect, [&](const auto& one) { return one == text(Slot::scheme); }));
  add(selects(what.methods, Slot::method, known, effect, [&](const auto& one) { return one == text(Slot::method); }));
  add(selects(what.paths, Slot::path, known, effect,
              [&](const auto& one) { return spec::segments_match(one, text(Slot::path), '/'); }));
  return all;
}

}  // namespace

std::optional<Slot> find_slot(std::string_view name) {
  for (std::size_t at = 0; at < kSlots; ++at) {
    if (kSlotTypes[at].name == name) return static_cast<Slot>(at);
  }
  return std::nullopt;
}

bool is_meant(const spec::PolicyRule& rule, std::string_view subject) {
  return std::all_of(rule.who.begin(), rule.who.end(), [&](const std::vector<std::string>& list) {
    return std::any_of(list.begin(), list.end(),
                       [&](const std::string& pattern) { return spec::glob_matches(pattern, subject); });
  });
}

Known place(const Request& request) {
  Known known;
  known.partial = request.partial;
  for (const Attribute& attribute : request.attributes) {
    const std::optional<Slot> slot = find_slot(attribute.name);
    if (!slot) continue;
    Value value = attribute.value;
    bool usable = value.index() == static_cast<std::size_t>(kSlotTypes[static_cast<std::size_t>(*slot)].type);
    if (usable && *slot == Slot::path) {
      std::string_view path = std::get<std::string_view>(value);
      path = path.substr(0, path.find('?'));
      usable = spec::is_plain_path(path);
      value = path;
    }
    known.set(*slot, value, usable ? Known::State::usable : Known::State::unusable);
  }
  known.set(Slot::subject, request.subject);
  known.set(Slot::resource, request.resource);
  return known;
}

Test make_test(const spec::Condition& condition, std::string_view rule) {
  Test test;
  test.op = condition.op;
  for (const spec::Condition& part : condition.parts) test.parts.push_back(make_test(part, rule));
  if (!test.parts.empty()) return test;
  test.left = find_slot(condition.attribute).value_or(Slot::subject);
  if (!condition.other.empty()) test.right = find_slot(condition.other);
  test.values = condition.values;
  test.trouble = "rule \"" + std::string{rule} + "\" cannot be evaluated: \"" + condition.attribute + "\"" +
                 (condition.other.empty() ? "" : " or \"" + condition.other + "\"") +
                 " is missing, of another type or not in its normal form";
  return test;
}

Truth evaluate(const Rule& rule, const Known& known, Action action, const std::string*& trouble) {
  if (!is_meant(*rule.source, std::get<std::string_view>(known.value(Slot::subject)))) return Truth::no;
  bool open = false;
  for (const spec::Selectors& what : rule.source->what) {
    const Truth one = selects(what, known, action, rule.source->effect);
    if (one == Truth::no) return one;
    open = open || one == Truth::unknown;
  }
  const Truth conditions = chain(rule.when, Truth::no, known, trouble);
  if (conditions == Truth::no || !open) return conditions;
  return Truth::unknown;  // an error behind what is not yet known may never be reached
}

}  // namespace belljar::policy
