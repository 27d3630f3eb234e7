// parse_profile(): profiles/NAME.yaml to a Profile. Every mistake of every file is reported in one pass; a name that is
// not known is a mistake, never a guess.
#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>
#include <set>

#include "base/text.h"
#include "codec/crypto.h"
#include "codec/yaml.h"
#include "os/error.h"
#include "sandbox/filter/profile.h"

namespace belljar::sandbox {

namespace {

using codec::Mark;
using codec::Yaml;

constexpr codec::YamlLimits kLimits = {64U << 10, 8, 8000};
constexpr std::size_t kFilesMax = 8;
constexpr std::size_t kRulesMax = 200;
constexpr std::size_t kMatchesMax = 2000;
constexpr std::size_t kValuesMax = 64;
constexpr std::size_t kMistakesMax = 50;
constexpr std::size_t kTextMax = 1000;
constexpr int kErrorsEnd = 134;  // the highest errno of Linux is EHWPOISON, 133

std::string quote(std::string_view text) { return "\"" + printable(text, 60) + "\""; }

std::optional<std::uint64_t> number_in(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x")) {
    base = 16;
    text.remove_prefix(2);
  }
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (failed != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// "success" is no errno: the kernel then answers 0 without having run the call.
std::optional<std::uint16_t> error_in(std::string_view text) {
  if (text == "success") return std::uint16_t{0};
  for (int error = 1; error < kErrorsEnd; ++error) {
    if (os::errno_name(error) == text) return static_cast<std::uint16_t>(error);
  }
  return std::nullopt;
}

// Asking libseccomp a thousand times takes longer than all the rest.
const std::vector<std::uint16_t>& named_calls() {
  static const std::vector<std::uint16_t> kCalls = [] {
    std::vector<std::uint16_t> named;
    for (std::uint16_t call = 0; call < kCallsEnd; ++call) {
      if (call_name(call)) named.push_back(call);
    }
    return named;
  }();
  return kCalls;
}

std::uint64_t all_bits(Width width) { return width == Width::low32 ? 0xffffffffU : ~std::uint64_t{0}; }

class Parser {
 public:
  explicit Parser(const ReadProfile& read) : read_{&read} {}

  Result<Profile> parse(const std::string& name);

 private:
  struct Waiting {
    std::string name;
    std::string asked_at;  // "file:line:column", empty for the profile itself
  };

  Result<void> read_file(const Waiting& file);
  void read_top(const Yaml& top);
  void read_includes(const Yaml& names);
  void read_rule(const Yaml& yaml);
  const Yaml* read_action(const Yaml& yaml, Action& action);
  std::uint16_t read_answer(const Yaml& yaml, Action action);
  void read_call(const Yaml& yaml, const Yaml* where, std::uint16_t rule);
  std::vector<Condition> read_where(const Yaml& where, const std::string& call);
  void read_tests(const Yaml& tests, const Argument& argument, unsigned index, std::vector<Condition>& out);
  std::vector<std::uint64_t> read_values(const Yaml& yaml, const Argument& argument);
  std::optional<std::uint64_t> read_bits(const Yaml& yaml, const Argument& argument);
  std::string read_text(const Yaml& map, std::string_view key);
  bool is_map(const Yaml& yaml, std::string_view what, std::initializer_list<std::string_view> keys);
  void mistake(Mark mark, const std::string& what);
  std::string place(Mark mark) const;

  const ReadProfile* read_;
  std::string file_;
  std::vector<std::string> mistakes_;
  std::vector<Waiting> waiting_;
  std::set<std::uint16_t> settled_;  // calls that this file decides without conditions
  std::set<std::string> rule_names_;
  Profile profile_;
};

std::string Parser::place(Mark mark) const {
  return file_ + ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column);
}

void Parser::mistake(Mark mark, const std::string& what) {
  if (mistakes_.size() < kMistakesMax) mistakes_.push_back(place(mark) + ": " + what);
}

bool Parser::is_map(const Yaml& yaml, std::string_view what, std::initializer_list<std::string_view> keys) {
  if (yaml.kind != Yaml::Kind::map) {
    mistake(yaml.mark, "found " + std::string{yaml.kind_name()} + ", expected " + std::string{what});
    return false;
  }
  for (const Yaml::Entry& entry : yaml.entries) {
    if (std::find(keys.begin(), keys.end(), entry.key) != keys.end()) continue;
    std::string expected;
    for (const std::string_view key : keys) expected += (expected.empty() ? "" : ", ") + std::string{key};
    mistake(entry.key_mark, "unknown key " + quote(entry.key) + " in " + std::string{what} + ", expected " + expected);
  }
  return true;
}

std::string Parser::read_text(const Yaml& map, std::string_view key) {
  const Yaml* text = map.find(key);
  if (text == nullptr) {
    mistake(map.mark, "the key " + std::string{key} + " is missing");
  } else if (text->kind != Yaml::Kind::scalar || text->scalar.empty() || text->scalar.size() > kTextMax) {
    mistake(text->mark, "found " + std::string{text->kind_name()} + " for " + std::string{key} + ", expected one to " +
                            std::to_string(kTextMax) + " characters of text");
  } else {
    return text->scalar;
  }
  return {};
}

Result<Profile> Parser::parse(const std::string& name) {
  profile_.name = name;
  waiting_.push_back({name, {}});
  for (std::size_t i = 0; i < waiting_.size(); ++i) TRY(read_file(Waiting{waiting_[i]}));
  if (!mistakes_.empty()) {
    std::string all;
    for (const std::string& one : mistakes_) all += (all.empty() ? "" : "\n") + one;
    return Error{Errc::invalid_argument, all};
  }
  std::stable_sort(profile_.matches.begin(), profile_.matches.end(),
                   [](const Match& a, const Match& b) { return a.call < b.call; });
  profile_.named = named_calls();
  return std::move(profile_);
}

Result<void> Parser::read_file(const Waiting& file) {
  const Result<std::string> text = (*read_)(file.name);
  if (!text && file.asked_at.empty()) return text.error();
  if (!text) {
    mistakes_.push_back(file.asked_at + ": " + text.error().message());
    return {};
  }
  file_ = file.name + ".yaml";
  settled_.clear();
  rule_names_.clear();
  profile_.sources.push_back({file.name, codec::sha256(text.value())});
  const Result<Yaml> yaml = codec::parse_yaml(text.value(), file_, kLimits);
  if (!yaml) {
    mistakes_.push_back(yaml.error().message());
    return {};
  }
  read_top(yaml.value());
  return {};
}

void Parser::read_top(const Yaml& top) {
  if (!is_map(top, "a profile", {"belljar-profile", "description", "include", "rules"})) return;
  const Yaml* version = top.find("belljar-profile");
  if (version == nullptr || version->scalar != "1") {
    mistake(version == nullptr ? top.mark : version->mark, "expected \"belljar-profile: 1\"");
  }
  const std::string description = read_text(top, "description");
  if (profile_.sources.size() == 1) profile_.description = description;
  if (const Yaml* names = top.find("include")) read_includes(*names);
  const Yaml* rules = top.find("rules");
  if (rules == nullptr || rules->kind != Yaml::Kind::list) {
    mistake(rules == nullptr ? top.mark : rules->mark, "expected a list of rules under \"rules\"");
    return;
  }
  for (const Yaml& rule : rules->items) read_rule(rule);
}

void Parser::read_includes(const Yaml& names) {
  const std::vector<Yaml> one = {names};
  for (const Yaml& name : names.kind == Yaml::Kind::list ? names.items : one) {
    if (name.kind != Yaml::Kind::scalar || !is_profile_name(name.scalar)) {
      mistake(name.mark, "expected the name of a profile: letters, digits and dashes");
      continue;
    }
    const bool is_known =
        std::any_of(waiting_.begin(), waiting_.end(), [&](const Waiting& file) { return file.name == name.scalar; });
    if (is_known) {
      mistake(name.mark, "profile " + name.scalar + " is included already, here or in a circle");
    } else if (waiting_.size() == kFilesMax) {
      mistake(name.mark, "more than " + std::to_string(kFilesMax) + " profiles");
    } else {
      waiting_.push_back({name.scalar, place(name.mark)});
    }
  }
}

void Parser::read_rule(const Yaml& yaml) {
  if (!is_map(yaml, "a rule", {"rule", "reason", "allow", "quiet", "refuse", "where", "answer"})) return;
  if (profile_.rules.size() == kRulesMax) {
    mistake(yaml.mark, "more than " + std::to_string(kRulesMax) + " rules");
  }
  if (profile_.rules.size() >= kRulesMax) return;
  Rule rule;
  rule.profile = file_;
  rule.name = read_text(yaml, "rule");
  if (!rule.name.empty() && !is_profile_name(rule.name)) {
    mistake(yaml.mark, "rule name " + quote(rule.name) + ", expected letters, digits and dashes");
  } else if (!rule.name.empty() && !rule_names_.insert(rule.name).second) {
    mistake(yaml.mark, "a second rule " + quote(rule.name));
  }
  rule.reason = read_text(yaml, "reason");
  const Yaml* calls = read_action(yaml, rule.action);
  rule.error = read_answer(yaml, rule.action);
  const auto place_of_rule = static_cast<std::uint16_t>(profile_.rules.size());
  profile_.rules.push_back(std::move(rule));
  if (calls == nullptr) return;
  if (calls->kind != Yaml::Kind::list || calls->items.empty()) {
    mistake(calls->mark, "found " + std::string{calls->kind_name()} + ", expected a list of system calls");
    return;
  }
  for (const Yaml& call : calls->items) read_call(call, yaml.find("where"), place_of_rule);
}

const Yaml* Parser::read_action(const Yaml& yaml, Action& action) {
  constexpr std::pair<std::string_view, Action> kActions[] = {
      {"allow", Action::allow}, {"quiet", Action::quiet}, {"refuse", Action::refuse}};
  const Yaml* calls = nullptr;
  for (const auto& [key, meaning] : kActions) {
    const Yaml* found = yaml.find(key);
    if (found == nullptr) continue;
    if (calls != nullptr) mistake(found->mark, "a rule has one of allow, quiet and refuse");
    calls = found;
    action = meaning;
  }
  if (calls == nullptr) mistake(yaml.mark, "a rule has one of allow, quiet and refuse");
  return calls;
}

std::uint16_t Parser::read_answer(const Yaml& yaml, Action action) {
  const std::optional<std::uint16_t> usual = action == Action::refuse ? error_in("EPERM") : std::uint16_t{0};
  const Yaml* answer = yaml.find("answer");
  if (answer == nullptr) {
    if (action == Action::quiet) mistake(yaml.mark, "a quiet rule needs an answer, for instance ENOSYS");
    return *usual;
  }
  if (action == Action::allow) mistake(answer->mark, "an allowed call has no answer of ours");
  const std::optional<std::uint16_t> error = error_in(answer->scalar);
  if (!error || (*error == 0 && action == Action::refuse)) {
    mistake(answer->mark, "found " + quote(answer->scalar) + ", expected the name of an errno" +
                              (action == Action::quiet ? " or success" : ""));
    return *usual;
  }
  return *error;
}

void Parser::read_call(const Yaml& yaml, const Yaml* where, std::uint16_t rule) {
  const std::optional<int> number = yaml.kind == Yaml::Kind::scalar ? call_number(yaml.scalar) : std::nullopt;
  if (!number || *number >= static_cast<int>(kCallsEnd)) {
    mistake(yaml.mark, "unknown system call " + quote(yaml.scalar) + " for x86-64");
    return;
  }
  if (profile_.matches.size() >= kMatchesMax) {
    mistake(yaml.mark, "more than " + std::to_string(kMatchesMax) + " calls in all rules");
    return;
  }
  Match match;
  match.call = static_cast<std::uint16_t>(*number);
  match.rule = rule;
  if (settled_.count(match.call) != 0) {
    mistake(yaml.mark, "an earlier rule has decided " + yaml.scalar + " already, whatever its arguments");
  }
  if (where != nullptr) {
    match.conditions = read_where(*where, yaml.scalar);
  } else {
    settled_.insert(match.call);
  }
  profile_.matches.push_back(std::move(match));
}

std::vector<Condition> Parser::read_where(const Yaml& where, const std::string& call) {
  std::vector<Condition> conditions;
  const Signature* signature = find_signature(call);
  if (signature == nullptr) {
    mistake(where.mark, "the arguments of " + call + " have no names, so no condition can be set on them");
    return conditions;
  }
  if (where.kind != Yaml::Kind::map || where.entries.empty()) {
    mistake(where.mark, "found " + std::string{where.kind_name()} + ", expected conditions by argument");
    return conditions;
  }
  for (const Yaml::Entry& entry : where.entries) {
    const std::optional<unsigned> index = find_argument(*signature, entry.key);
    if (!index) {
      mistake(entry.key_mark, call + " has no argument " + quote(entry.key));
      continue;
    }
    const Argument& argument = signature->arguments[*index];
    if (argument.show == Show::path || argument.show == Show::pointer) {
      mistake(entry.key_mark, "a filter cannot see what " + entry.key + " of " + call + " points to");
      continue;
    }
    read_tests(entry.value, argument, *index, conditions);
  }
  return conditions;
}

void Parser::read_tests(const Yaml& tests, const Argument& argument, unsigned index, std::vector<Condition>& out) {
  if (!is_map(tests, "a condition", {"is", "mask", "with", "without", "only", "at_most"})) return;
  if (tests.entries.empty()) mistake(tests.mark, "an empty condition");
  const Width width = width_of(argument);
  const auto add = [&](Condition::Test test, std::uint64_t mask, std::vector<std::uint64_t> values) {
    out.push_back({static_cast<std::uint8_t>(index), width, test, mask, std::move(values)});
  };
  std::uint64_t mask = all_bits(width);
  const Yaml* mask_text = tests.find("mask");
  if (mask_text != nullptr) mask = read_bits(*mask_text, argument).value_or(mask);
  if (const Yaml* is = tests.find("is")) {
    std::vector<std::uint64_t> values = read_values(*is, argument);
    for (const std::uint64_t value : values) {
      if ((value & ~mask) != 0) mistake(is->mark, "a value has bits outside its mask and can never be met");
    }
    if (!values.empty()) add(Condition::Test::masked_equal, mask, std::move(values));
  } else if (mask_text != nullptr) {
    mistake(mask_text->mark, "a mask needs \"is\" beside it");
  }
  if (const Yaml* with = tests.find("with")) {
    if (const auto bits = read_bits(*with, argument)) add(Condition::Test::masked_equal, *bits, {*bits});
  }
  if (const Yaml* without = tests.find("without")) {
    if (const auto bits = read_bits(*without, argument)) add(Condition::Test::masked_equal, *bits, {0});
  }
  if (const Yaml* only = tests.find("only")) {
    if (const auto bits = read_bits(*only, argument)) {
      add(Condition::Test::masked_equal, all_bits(width) & ~*bits, {0});
    }
  }
  if (const Yaml* at_most = tests.find("at_most")) {
    std::vector<std::uint64_t> values = read_values(*at_most, argument);
    if (values.size() > 1) mistake(at_most->mark, "expected one number");
    if (values.size() == 1) add(Condition::Test::at_most, all_bits(width), std::move(values));
  }
}

std::vector<std::uint64_t> Parser::read_values(const Yaml& yaml, const Argument& argument) {
  std::vector<std::uint64_t> values;
  const std::vector<Yaml> one = {yaml};
  if (yaml.kind == Yaml::Kind::list && yaml.items.empty()) mistake(yaml.mark, "expected at least one value");
  for (const Yaml& item : yaml.kind == Yaml::Kind::list ? yaml.items : one) {
    std::optional<std::uint64_t> value;
    if (item.kind == Yaml::Kind::scalar && argument.family != nullptr) {
      value = find_constant(*argument.family, item.scalar);
    }
    if (!value && item.kind == Yaml::Kind::scalar) value = number_in(item.scalar);
    if (!value || (*value & ~all_bits(width_of(argument))) != 0) {
      mistake(item.mark, "found " + (item.scalar.empty() ? std::string{item.kind_name()} : quote(item.scalar)) +
                             ", expected " +
                             (argument.family != nullptr ? "a name of " + std::string{argument.family->name} + " or "
                                                         : std::string{}) +
                             "a number");
    } else if (values.size() == kValuesMax) {
      mistake(item.mark, "more than " + std::to_string(kValuesMax) + " values");
      break;
    } else if (std::find(values.begin(), values.end(), *value) == values.end()) {
      values.push_back(*value);
    }
  }
  return values;
}

std::optional<std::uint64_t> Parser::read_bits(const Yaml& yaml, const Argument& argument) {
  const std::vector<std::uint64_t> values = read_values(yaml, argument);
  std::uint64_t bits = 0;
  for (const std::uint64_t value : values) bits |= value;
  if (bits != 0) return bits;
  if (!values.empty()) mistake(yaml.mark, "expected at least one bit");
  return std::nullopt;
}

}  // namespace

Result<Profile> parse_profile(const std::string& name, const ReadProfile& read) {
  if (!is_profile_name(name)) {
    return Error{Errc::invalid_argument, "profile " + quote(name) + ": a name is letters, digits and dashes"};
  }
  return Parser{read}.parse(name);
}

}  // namespace belljar::sandbox
