#include <algorithm>

#include "base/text.h"
#include "codec/json_pointer.h"
#include "content/number.h"
#include "content/schema_validator.h"

namespace belljar::content {

using codec::Json;

namespace {

constexpr std::array<Group, 7> kGroupOf{Group::any,    Group::any,   Group::number, Group::number,
                                        Group::string, Group::array, Group::object};

int compare(double a, double b) { return static_cast<int>(a > b) - static_cast<int>(a < b); }

std::string shown(const Json& value) {
  if (value.is_array() || value.is_object()) return std::string{value.kind()};
  return printable(codec::to_json(value), 60);
}

}  // namespace

const std::array<Validator::Run, static_cast<std::size_t>(Code::unevaluated_properties) + 1> Validator::kRuns{
    &Validator::constant,
    &Validator::one_of_values,
    &Validator::bound,
    &Validator::multiple,
    &Validator::length,
    &Validator::format,
    &Validator::pattern,
    &Validator::item_count,
    &Validator::unique,
    &Validator::items,
    &Validator::contains,
    &Validator::member_count,
    &Validator::dependent_required,
    &Validator::members,
    &Validator::property_names,
    &Validator::dependent_schemas,
    &Validator::ref,
    &Validator::dynamic_ref,
    &Validator::all_of,
    &Validator::any_of,
    &Validator::exactly_one,
    &Validator::negation,
    &Validator::condition,
    &Validator::unevaluated_items,
    &Validator::unevaluated_properties};

bool Validator::check(NodeId id, const Json& value, const Where* where, Marks* marks) {
  if (nesting_ == kNestingMax) exhausted_ = true;
  if (!spend(1)) return false;
  const Node& node = program_.nodes[id];
  ++nesting_;
  const bool plain = !scoped_ && !node.marks_items && !node.marks_members;
  const bool ok = plain ? run_ops({id, value, where, marks}) : check_scoped(id, value, where, marks);
  --nesting_;
  return ok;
}

bool Validator::check_scoped(NodeId id, const Json& value, const Where* where, Marks* marks) {
  const Node& node = program_.nodes[id];
  if (scoped_) scope_.push_back(node.resource);
  const bool ok = node.marks_items || node.marks_members ? check_marking(id, value, where, marks)
                                                         : run_ops({id, value, where, marks});
  if (scoped_) scope_.pop_back();
  return ok;
}

bool Validator::check_marking(NodeId id, const Json& value, const Where* where, Marks* marks) {
  const Node& node = program_.nodes[id];
  const bool marks_own = (node.marks_items && value.is_array()) || (node.marks_members && value.is_object());
  if (!marks_own) return run_ops({id, value, where, marks});
  Marks own(value.is_array() ? value.as_array().size() : value.as_object().size());
  const bool ok = run_ops({id, value, where, &own});
  if (marks == nullptr || !ok) return ok;
  for (std::size_t at = 0; at < own.size(); ++at) {
    if (own[at]) (*marks)[at] = true;
  }
  return spend(own.size() / 64);
}

bool Validator::run_ops(const At& at) {
  const Node& node = program_.nodes[at.id];
  const Json::Type type = at.value.type();
  bool ok = true;
  if ((node.types & bit(type)) == 0) {
    const bool whole = type == Json::Type::number && (node.types & bit(Json::Type::integer)) != 0 && is_whole(at.value);
    if (!whole) {
      if (!going_on()) return false;
      ok = report_type(at);
      if (!going_on()) return false;
    }
  }
  const auto group = static_cast<std::size_t>(kGroupOf[static_cast<std::size_t>(type)]);
  const Op* const end = program_.ops.data() + node.ops[group + 1];
  for (const Op* op = program_.ops.data() + node.ops[group]; op != end; ++op) {
    if ((this->*kRuns[static_cast<std::size_t>(op->code)])(at, op->row)) continue;
    ok = false;
    if (!going_on()) return false;
  }
  return ok;
}

bool Validator::silent(NodeId id, const Json& value, const Where* where, Marks* marks) {
  std::vector<SchemaError>* const sink = std::exchange(sink_, nullptr);
  const bool ok = check(id, value, where, marks);
  sink_ = sink;
  return ok;
}

// A branch that fails leaves no marks.
bool Validator::branch(NodeId id, const At& at) {
  if (at.marks == nullptr) return silent(id, at.value, at.where, nullptr);
  Marks marks(at.marks->size());
  if (!spend(marks.size() / 64) || !silent(id, at.value, at.where, &marks)) return false;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (marks[i]) (*at.marks)[i] = true;
  }
  return true;
}

std::string Validator::path_to(const Where* where) {
  std::vector<const Where*> steps;
  for (; where != nullptr; where = where->parent) steps.push_back(where);
  std::string path;
  for (std::size_t at = steps.size(); at-- > 0 && path.size() <= kPathBytesMax;) {
    const Where& step = *steps[at];
    path += step.is_index ? "/" + std::to_string(step.index) : codec::pointer_step(step.key.substr(0, kPathBytesMax));
  }
  return printable(path, kPathBytesMax);
}

bool Validator::report(const At& at, std::string_view keyword, const std::string& found, const std::string& expected) {
  if (!going_on()) return false;
  std::string schema_path = program_.paths[at.id];
  if (!keyword.empty()) schema_path.append("/").append(keyword);
  sink_->push_back(
      {path_to(at.where), "found " + found + ", expected " + expected, printable(schema_path, kPathBytesMax)});
  return false;
}

bool Validator::report_bound(const At& at, const Bound& bound) {
  return report(at, bound.keyword, shown(at.value), std::string{bound.relation} + codec::to_json(bound.limit));
}

bool Validator::report_type(const At& at) {
  if (program_.nodes[at.id].types == 0 && program_.type_words[at.id] == "nothing here") return report_nothing_here(at);
  return report(at, "type", std::string{at.value.kind()}, program_.type_words[at.id]);
}

bool Validator::report_nothing_here(const At& at) { return report(at, "", shown(at.value), "nothing here"); }

bool Validator::constant(const At& at, std::uint32_t row) {
  const Json& wanted = program_.values[row];
  if (same(wanted, at.value)) return true;
  return sink_ == nullptr ? false : report(at, "const", shown(at.value), shown(wanted));
}

bool Validator::one_of_values(const At& at, std::uint32_t row) {
  constexpr std::size_t kShown = 8;
  const std::vector<Json>& options = program_.value_lists[row];
  if (!spend(options.size() / 8)) return false;
  for (const Json& option : options) {
    if (same(option, at.value)) return true;
  }
  if (sink_ == nullptr) return false;
  std::string text = "one of ";
  for (std::size_t i = 0; i < options.size() && i < kShown; ++i) {
    text.append(i == 0 ? "" : ", ").append(shown(options[i]));
  }
  return report(at, "enum", shown(at.value), options.size() > kShown ? text + " ..." : text);
}

bool Validator::bound(const At& at, std::uint32_t row) {
  const Bound& bound = program_.bounds[row];
  const int order = bound.exact && at.value.type() == Json::Type::number ? compare(at.value.as_number(), bound.number)
                                                                         : compare_numbers(at.value, bound.limit);
  if (order == 0 ? !bound.exclusive : bound.lower == (order > 0)) return true;
  return sink_ == nullptr ? false : report_bound(at, bound);
}

bool Validator::multiple(const At& at, std::uint32_t row) {
  const Json& step = program_.values[row];
  if (is_multiple(at.value, step)) return true;
  return sink_ == nullptr ? false : report(at, "multipleOf", shown(at.value), "a multiple of " + codec::to_json(step));
}

bool Validator::counted(const At& at, const CountWords& words, std::uint64_t count, const Counts& counts) {
  if (count >= counts.least && count <= counts.most) return true;
  if (sink_ == nullptr) return false;
  const std::string found = std::to_string(count) + std::string{words.things};
  if (count < counts.least) return report(at, words.least, found, "at least " + std::to_string(counts.least));
  return report(at, words.most, found, "at most " + std::to_string(counts.most));
}

// A text of n bytes has from n/4 to n characters, which mostly settles it.
bool Validator::length(const At& at, std::uint32_t row) {
  const std::string& text = at.value.as_string();
  const Counts& counts = program_.counts[row];
  if (text.size() <= counts.most && (text.size() + 3) / 4 >= counts.least) return true;
  const auto count =
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  return spend(text.size() / 64) &&
         counted(at, {"minLength", "maxLength", " characters"}, static_cast<std::uint64_t>(count), counts);
}

bool Validator::format(const At& at, std::uint32_t row) {
  const Format& format = *program_.formats[row];
  if (!spend(at.value.as_string().size() / 64)) return false;
  if (format.holds(at.value.as_string())) return true;
  return sink_ == nullptr ? false : report(at, "format", shown(at.value), "a " + std::string{format.name});
}

bool Validator::pattern(const At& at, std::uint32_t row) {
  const Pattern& pattern = program_.patterns[row];
  if (!spend(at.value.as_string().size() / 64)) return false;
  if (pattern.matches(at.value.as_string())) return true;
  return sink_ == nullptr
             ? false
             : report(at, "pattern", shown(at.value), "text that matches " + printable(pattern.text(), 100));
}

std::vector<SchemaError> validate(const Schema& schema, const Json& value) {
  std::vector<SchemaError> errors;
  if (is_valid(schema, value)) return errors;
  Validator validator{schema.program(), &errors};
  const bool ok = validator.run(value);
  if (validator.exhausted() && errors.empty()) {
    errors.push_back({"",
                      "found a message that takes more steps or nesting to validate than " + std::to_string(kStepsMax) +
                          " and " + std::to_string(kNestingMax) + ", expected fewer",
                      ""});
  } else if (!ok && errors.empty()) {
    errors.push_back({"", "found " + shown(value) + ", expected what the schema says", ""});
  }
  return errors;
}

bool is_valid(const Schema& schema, const Json& value) { return Validator{schema.program(), nullptr}.run(value); }

}  // namespace belljar::content
