#include "content/secret_rules.h"

#include <re2/re2.h>

#include <stdexcept>

namespace {

[[noreturn]] void toml_broken(const char* expression) { throw std::runtime_error{expression}; }

}  // namespace

// Parsing throws inside this file alone. The library asserts what a stranger's file can break ("[[" before a NUL), and
// with NDEBUG takes it for granted: so NDEBUG is off for it, and what it asserts is an error like any other.
#undef NDEBUG
#define TOML_ASSERT(expression) (static_cast<bool>(expression) ? void() : toml_broken(#expression))
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "content/checks.h"

namespace belljar::content {

namespace {

#include <content/secret_rules.inc>  // made by the build

constexpr std::size_t kFileMost = 4U << 20;
constexpr std::size_t kRegexMost = 16U << 10;

class Reader {
 public:
  explicit Reader(std::string_view file) : file_{file} {}

  SecretRules read(const toml::table& root);
  Result<void> problems() const {
    if (problems_.empty()) return {};
    return Error{Errc::invalid_argument, problems_};
  }
  void add(const toml::source_region& at, const std::string& what) {
    if (!problems_.empty()) problems_ += "\n";
    problems_ += file_ + ":" + std::to_string(at.begin.line) + ":" + std::to_string(at.begin.column) + ": " + what;
  }

 private:
  void known_keys(const toml::table& table, std::string_view owner, const std::set<std::string_view>& known);
  std::optional<std::string> text(const toml::table& table, std::string_view key);
  double number(const toml::table& table, std::string_view key, double most);
  std::vector<std::string> texts(const toml::table& table, std::string_view key, bool are_regexes);
  bool is_regex(const toml::node& node, const std::string& regex);
  std::shared_ptr<const AllowList> allow_list(const toml::table& table);
  std::vector<std::shared_ptr<const AllowList>> allow_lists(const toml::table& table);
  void rule(const toml::table& table, SecretRules& out);
  void checksum(const toml::table& table, PatternRule& rule);

  std::string file_;
  std::string problems_;
  std::set<std::string> ids_;
};

void Reader::known_keys(const toml::table& table, std::string_view owner, const std::set<std::string_view>& known) {
  for (const auto& [key, value] : table) {
    if (known.contains(key.str())) continue;
    const std::string_view why =
        key.str() == "extend" || key.str() == "required" ? "what this version honours" : "a known key";
    add(key.source(),
        "found \"" + printable(key.str(), 60) + "\" in " + std::string{owner} + ", expected " + std::string{why});
  }
}

std::optional<std::string> Reader::text(const toml::table& table, std::string_view key) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return std::nullopt;
  if (const auto value = node->value_exact<std::string>()) return *value;
  add(node->source(), "found another type for \"" + std::string{key} + "\", expected text");
  return std::nullopt;
}

double Reader::number(const toml::table& table, std::string_view key, double most) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return 0;
  const auto value = node->is_number() ? node->value<double>() : std::nullopt;
  if (value && *value >= 0 && *value <= most) return *value;
  add(node->source(), "found no such \"" + std::string{key} + "\", expected a number from 0 to " +
                          std::to_string(static_cast<int>(most)));
  return 0;
}

bool Reader::is_regex(const toml::node& node, const std::string& regex) {
  RE2::Options options{RE2::Latin1};
  options.set_log_errors(false);
  const RE2 compiled{regex, options};
  if (regex.size() <= kRegexMost && compiled.ok() && regex.find('\0') == std::string::npos) return true;
  const std::string why =
      compiled.ok() ? "more than " + std::to_string(kRegexMost) + " bytes, or a NUL" : compiled.error();
  add(node.source(), "found " + printable(why) + ", expected an expression that RE2 knows");
  return false;
}

std::vector<std::string> Reader::texts(const toml::table& table, std::string_view key, bool are_regexes) {
  std::vector<std::string> out;
  const toml::node* node = table.get(key);
  if (node == nullptr) return out;
  if (!node->is_array()) {
    add(node->source(), "found no list for \"" + std::string{key} + "\", expected a list of texts");
    return out;
  }
  for (const toml::node& item : *node->as_array()) {
    const auto value = item.value_exact<std::string>();
    if (!value) {
      add(item.source(), "found another type in \"" + std::string{key} + "\", expected text");
    } else if (!are_regexes || is_regex(item, *value)) {
      out.push_back(*value);
    }
  }
  return out;
}

std::shared_ptr<const AllowList> Reader::allow_list(const toml::table& table) {
  known_keys(
      table, "an allow list",
      {"id", "description", "condition", "regexTarget", "regexes", "stopwords", "paths", "commits", "targetRules"});
  auto list = std::make_shared<AllowList>();
  list->regexes = texts(table, "regexes", true);
  list->stop_words = texts(table, "stopwords", false);
  list->on_path = !texts(table, "paths", true).empty() || !texts(table, "commits", false).empty();
  for (std::string& word : list->stop_words) {
    for (char& byte : word) byte = byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
  }
  const std::string condition = text(table, "condition").value_or("OR");
  list->all = condition == "AND" || condition == "and" || condition == "&&";
  if (!list->all && condition != "OR" && condition != "or" && condition != "||") {
    add(table.source(), "found condition \"" + printable(condition, 40) + "\", expected OR or AND");
  }
  const std::string target = text(table, "regexTarget").value_or("secret");
  constexpr std::array<std::string_view, 3> kTargets{"secret", "match", "line"};
  const auto known = std::find(kTargets.begin(), kTargets.end(), target);
  if (known == kTargets.end()) {
    add(table.source(), "found regexTarget \"" + printable(target, 40) + "\", expected secret, match or line");
  } else {
    list->target = static_cast<AllowList::Target>(known - kTargets.begin());
  }
  return list;
}

// Both the old single table and the list of tables.
std::vector<std::shared_ptr<const AllowList>> Reader::allow_lists(const toml::table& table) {
  std::vector<std::shared_ptr<const AllowList>> out;
  if (const toml::table* one = table["allowlist"].as_table()) out.push_back(allow_list(*one));
  if (const toml::array* many = table["allowlists"].as_array()) {
    for (const toml::node& item : *many) {
      if (const toml::table* one = item.as_table()) {
        out.push_back(allow_list(*one));
      } else {
        add(item.source(), "found no table among \"allowlists\", expected [[...allowlists]]");
      }
    }
  }
  return out;
}

void Reader::checksum(const toml::table& table, PatternRule& rule) {
  const auto name = text(table, "checksum");
  if (!name) return;
  rule.check = check_named(*name);
  if (rule.check == nullptr)
    add(table.source(), "found checksum \"" + printable(*name, 40) + "\", expected " + check_names());
}

void Reader::rule(const toml::table& table, SecretRules& out) {
  known_keys(table, "a rule",
             {"id", "description", "regex", "secretGroup", "entropy", "keywords", "path", "tags", "allowlist",
              "allowlists", "checksum", "skipReport"});
  const std::string id = text(table, "id").value_or("");
  if (id.empty() || id.size() > 100 || printable(id) != id) {
    return add(table.source(), "found a rule without an id of 1 to 100 characters, expected \"id\"");
  }
  if (!ids_.insert(id).second) return add(table.source(), "found a second rule \"" + id + "\", expected each id once");
  texts(table, "keywords", false);
  if (const auto path = text(table, "path")) is_regex(*table.get("path"), *path);
  PatternRule rule;
  rule.kind = "secret";
  rule.name = id;
  rule.entropy = number(table, "entropy", 8);
  rule.group = static_cast<int>(number(table, "secretGroup", 16));
  rule.allow = allow_lists(table);
  checksum(table, rule);
  const auto regex = text(table, "regex");
  if (!regex && table.contains("path")) {
    out.by_path_alone.push_back(id);
    return;
  }
  if (!regex) return add(table.source(), "found rule \"" + id + "\" without a regex, expected \"regex\" or \"path\"");
  if (!is_regex(*table.get("regex"), *regex)) return;
  const RE2 compiled{*regex, RE2::Latin1};
  if (RE2::FullMatch("", compiled))
    return add(table.source(), "found rule \"" + id + "\" that matches nothing at all, expected a secret");
  if (compiled.NumberOfCapturingGroups() > kGroupsMost) {
    return add(table.source(), "found a regex with more than " + std::to_string(kGroupsMost) + " groups in rule \"" +
                                   id + "\", expected fewer");
  }
  if (rule.group > compiled.NumberOfCapturingGroups()) {
    return add(table.source(), "found secretGroup " + std::to_string(rule.group) + " of rule \"" + id +
                                   "\", expected one that its regex has");
  }
  rule.regex = *regex;
  out.rules.push_back(std::move(rule));
}

SecretRules Reader::read(const toml::table& root) {
  SecretRules out;
  known_keys(root, "the file", {"title", "description", "minVersion", "allowlist", "allowlists", "rules"});
  const auto everywhere = allow_lists(root);
  const toml::array* rules = root["rules"].as_array();
  if (rules == nullptr) {
    add(root.source(), "found no rules, expected [[rules]]");
    return out;
  }
  for (const toml::node& item : *rules) {
    if (const toml::table* table = item.as_table()) {
      rule(*table, out);
    } else {
      add(item.source(), "found no table among \"rules\", expected [[rules]]");
    }
  }
  for (PatternRule& rule : out.rules) rule.allow.insert(rule.allow.end(), everywhere.begin(), everywhere.end());
  return out;
}

}  // namespace

Result<SecretRules> parse_secret_rules(std::string_view text, std::string_view file) {
  if (text.size() > kFileMost) {
    return Error{Errc::invalid_argument,
                 std::string{file} + ": found " + human_bytes(text.size()) + ", expected at most 4 MiB"};
  }
  Reader reader{file};
  // Expressions work on bytes, and beyond ASCII the library reaches what it calls unreachable.
  const auto stranger = std::find_if(text.begin(), text.end(), [](char byte) {
    return static_cast<std::uint8_t>(byte) >= 0x7F || (byte < ' ' && byte != '\n' && byte != '\t' && byte != '\r');
  });
  if (stranger != text.end()) {
    const auto line = std::count(text.begin(), stranger, '\n') + 1;
    return Error{Errc::invalid_argument,
                 std::string{file} + ":" + std::to_string(line) +
                     ":1: found a byte that is no ASCII text, expected ASCII (\\x.. in an expression)"};
  }
  try {
    const toml::table root = toml::parse(text, file);
    SecretRules rules = reader.read(root);
    TRY(reader.problems());
    return rules;
  } catch (const toml::parse_error& error) {
    reader.add(error.source(), "found " + printable(error.description()) + ", expected TOML");
    return reader.problems().error();
  } catch (const std::runtime_error& error) {
    reader.add({}, "found what the parser cannot read (" + printable(error.what()) + "), expected TOML");
    return reader.problems().error();
  }
}

std::string_view built_in_secret_rules() { return kBuiltIn; }

}  // namespace belljar::content
