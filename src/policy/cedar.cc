#include "policy/cedar.h"

#include <algorithm>
#include <array>

#include "spec/fields.h"

namespace belljar::policy {

namespace {

using spec::Action;
using spec::Condition;
using spec::Effect;
using spec::PolicyRule;
using Op = Condition::Op;

constexpr char kWord = '\0';  // `*` crosses everything

// In double quotes, as a Cedar string; `*` stays what it is in a pattern and is plain text elsewhere.
std::string text(std::string_view plain) {
  std::string out = "\"";
  for (const char c : plain) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string joined(const std::vector<std::string>& parts, std::string_view with) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : std::string{with}) + part;
  return out;
}

Error beyond(const PolicyRule& rule, std::string_view pattern) {
  return Error{Errc::unavailable, rule.file + ":" + std::to_string(rule.mark.line) + ":" +
                                      std::to_string(rule.mark.column) + ": found pattern " + spec::quote(pattern) +
                                      " in rule " + spec::quote(rule.id) +
                                      ", expected one with at most one *, which Cedar can say"};
}

// Cedar's `like` crosses separators: a star that must not is excluded with a separator in its place.
Result<std::string> matches(const PolicyRule& rule, const std::string& what, const std::string& pattern,
                            char separator) {
  const std::string deep_front = std::string{"**"} + separator;
  if (separator != kWord && pattern == "**") return std::string{"true"};
  const std::size_t stars = static_cast<std::size_t>(std::count(pattern.begin(), pattern.end(), '*'));
  if (stars == 0) return what + " == " + text(pattern);
  if (separator == kWord) return what + " like " + text(pattern);
  const bool deep = stars == 2 && (pattern.starts_with(deep_front) || pattern.ends_with(std::string{separator} + "**"));
  const std::size_t star = pattern.find('*');
  const std::string before = pattern.substr(0, star);
  const std::string after = pattern.substr(star + (deep ? 2 : 1));
  if (deep) return what + " like " + text(before + "*" + after);
  if (stars > 1) return beyond(rule, pattern);
  return "(" + what + " like " + text(before + "*" + after) + " && !(" + what + " like " +
         text(before + "*" + separator + "*" + after) + "))";
}

// One of the patterns; an attribute that is missing fails a permit and cannot rule out a forbid.
Result<std::string> one_of(const PolicyRule& rule, const std::string& attribute,
                           const std::vector<std::string>& patterns, char separator) {
  const std::string what = "context." + attribute;
  std::vector<std::string> parts;
  for (const std::string& pattern : patterns) parts.push_back(TRY(matches(rule, what, pattern, separator)));
  const std::string any = "(" + joined(parts, " || ") + ")";
  if (attribute == "resource" || attribute == "subject") return any;
  return rule.effect == Effect::permit ? "(context has " + attribute + " && " + any + ")"
                                       : "(!(context has " + attribute + ") || " + any + ")";
}

Result<std::vector<std::string>> selectors(const PolicyRule& rule, const spec::Selectors& what, Action action) {
  std::vector<std::string> all;
  const auto add = [&](const std::string& attribute, const std::vector<std::string>& list,
                       char separator) -> Result<void> {
    if (!list.empty()) all.push_back(TRY(one_of(rule, attribute, list, separator)));
    return {};
  };
  if (action == Action::use_data) TRY(add("resource", what.data, '.'));
  if (action == Action::send) TRY(add("resource", what.models, kWord));
  if (action == Action::read || action == Action::write) TRY(add("resource", what.paths, '/'));
  if (action == Action::call && (!what.tools.empty() || !what.models.empty())) {
    // A resource with a slash is a tool, one without a model.
    std::vector<std::string> kinds;
    if (!what.tools.empty()) kinds.push_back(TRY(one_of(rule, "resource", what.tools, '/')));
    if (!what.models.empty()) {
      kinds.push_back("(!(context.resource like \"*/*\") && " + TRY(one_of(rule, "resource", what.models, kWord)) +
                      ")");
    }
    all.push_back("(" + joined(kinds, " || ") + ")");
  }
  if (action != Action::connect) return all;
  TRY(add("resource", what.hosts, '.'));
  std::vector<std::string> ports;
  for (const std::uint16_t port : what.ports) ports.push_back(std::to_string(port));
  if (!ports.empty()) {
    const std::string any = "[" + joined(ports, ", ") + "].contains(context.port)";
    all.push_back(rule.effect == Effect::permit ? "(context has port && " + any + ")"
                                                : "(!(context has port) || " + any + ")");
  }
  TRY(add("scheme", what.schemes, kWord));
  TRY(add("method", what.methods, kWord));
  TRY(add("path", what.paths, '/'));
  return all;
}

std::string literal(const spec::Literal& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  return text(std::get<std::string>(value));
}

std::string condition(const Condition& one) {
  if (one.op == Op::negate) return "!(" + condition(one.parts[0]) + ")";
  if (one.op == Op::all || one.op == Op::any) {
    std::vector<std::string> parts;
    for (const Condition& part : one.parts) parts.push_back("(" + condition(part) + ")");
    return joined(parts, one.op == Op::all ? " && " : " || ");
  }
  const std::string left = "context." + one.attribute;
  if (one.op == Op::has) return "context has " + one.attribute;
  if (one.op == Op::is) return left;
  if (one.op == Op::in) {
    std::vector<std::string> values;
    for (const spec::Literal& value : one.values) values.push_back(literal(value));
    return "[" + joined(values, ", ") + "].contains(" + left + ")";
  }
  constexpr std::array<std::pair<Op, std::string_view>, 7> kSigns{{{Op::equal, "=="},
                                                                   {Op::unequal, "!="},
                                                                   {Op::less, "<"},
                                                                   {Op::at_most, "<="},
                                                                   {Op::more, ">"},
                                                                   {Op::at_least, ">="},
                                                                   {Op::like, "like"}}};
  const auto* const sign =
      std::find_if(kSigns.begin(), kSigns.end(), [&](const auto& each) { return each.first == one.op; });
  const std::string right = one.other.empty() ? literal(one.values[0]) : "context." + one.other;
  return left + " " + std::string{sign->second} + " " + right;
}

}  // namespace

Result<std::string> to_cedar(const spec::PolicySpec& spec) {
  std::string out;
  for (const PolicyRule& rule : spec.rules) {
    for (const Action action : rule.actions) {
      std::vector<std::string> all;
      for (const auto& who : rule.who) all.push_back(TRY(one_of(rule, "subject", who, kWord)));
      for (const spec::Selectors& what : rule.what) {
        for (std::string& part : TRY(selectors(rule, what, action))) all.push_back(std::move(part));
      }
      for (const Condition& one : rule.when) all.push_back("(" + condition(one) + ")");
      out += "@id(" + text(rule.id) + ")\n" + (rule.effect == Effect::permit ? "permit" : "forbid") +
             " (principal, action == Action::" + text(spec::action_name(action)) + ", resource)\n  when { " +
             joined(all, " && ") + " };\n";
    }
  }
  return out;
}

}  // namespace belljar::policy
