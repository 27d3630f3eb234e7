// `what` of a rule: each pattern in the one form that policy/ compares with.

#include <algorithm>
#include <array>

#include "spec/host_name.h"
#include "spec/policy_parts.h"

namespace belljar::spec {

namespace {

using codec::Mark;
using codec::Yaml;

// In a pattern of segments `**` is a whole segment at one end; elsewhere a star stays within its segment.
bool stars_fit(std::string_view pattern, char separator) {
  std::size_t deep = 0;
  for (std::size_t at = 0; at <= pattern.size();) {
    const std::size_t end = std::min(pattern.find(separator, at), pattern.size());
    const std::string_view segment = pattern.substr(at, end - at);
    if (segment == "**") {
      if (++deep > 1 || (at != 0 && end != pattern.size())) return false;
    } else if (segment.find("**") != std::string_view::npos) {
      return false;
    }
    at = end + 1;
  }
  return true;
}

bool is_path_pattern(std::string_view text) {
  return text.starts_with('/') && text.size() <= 1024 && is_plain_path(text) && stars_fit(text, '/') &&
         !text.starts_with("/**/");
}

bool is_word(std::string_view text, std::string_view others, std::size_t most) {
  return !text.empty() && text.size() <= most && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_name({&c, 1}, "", 1) || others.find(c) != std::string_view::npos;
  });
}

bool is_tool_pattern(std::string_view text) {
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && slash != 0 && slash + 1 != text.size() &&
         text.find('/', slash + 1) == std::string_view::npos && is_word(text, "-_.*/", 200) &&
         text.find("**") == std::string_view::npos;
}

bool is_model_pattern(std::string_view text) {
  return is_word(text, "-_.:*", 128) && text.find("**") == std::string_view::npos;
}

bool is_data_pattern(std::string_view text) {
  return is_word(text, "-_.*", 200) && stars_fit(text, '.') && text.find("..") == std::string_view::npos &&
         text.front() != '.' && text.back() != '.' && (text == "**" || !text.starts_with("**"));
}

bool is_scheme(std::string_view text) {
  return is_word(text, "+-.", 32) &&
         std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_method(std::string_view text) {
  return is_word(text, "-", 32) && std::none_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

struct Kind {
  std::string_view key;
  std::vector<std::string> Selectors::*member;
  bool (*fits)(std::string_view);
  std::string_view expected;
};

constexpr std::array<Kind, 7> kKinds{{
    {"hosts", &Selectors::hosts, is_host_pattern,
     "a host's name in lower case without a final dot (\"*.\" in front for one label, \"**.\" for one and more), "
     "\"**\" or "
     "an address"},
    {"schemes", &Selectors::schemes, is_scheme, "a scheme in lower case such as https"},
    {"methods", &Selectors::methods, is_method, "a method in upper case such as GET"},
    {"paths", &Selectors::paths, is_path_pattern,
     "an absolute path in its shortest form; * within a segment, /** at the end"},
    {"tools", &Selectors::tools, is_tool_pattern, "server/tool, * for any characters of a part"},
    {"models", &Selectors::models, is_model_pattern, "a model's name, * for any characters"},
    {"data", &Selectors::data, is_data_pattern, "a data domain such as patient.record, patient.* or patient.**"},
}};

template <std::size_t kAt>
void read_patterns(Problems& problems, const Yaml& value, Selectors& what) {
  const Kind& kind = kKinds[kAt];
  if (!require_list(problems, value, "a list: " + std::string{kind.expected})) return;
  if (value.items.empty())
    problems.add(value.mark, "an empty list", "at least one, or no \"" + std::string{kind.key} + "\"");
  for (const Yaml& item : value.items) {
    if (item.kind == Yaml::Kind::scalar && kind.fits(item.scalar)) {
      (what.*kind.member).push_back(item.scalar);
    } else {
      problems.add(item.mark, describe(item), kind.expected);
    }
  }
}

void read_ports(Problems& problems, const Yaml& value, Selectors& what) {
  if (!require_list(problems, value, "a list of ports")) return;
  if (value.items.empty()) problems.add(value.mark, "an empty list", "at least one, or no \"ports\"");
  for (const Yaml& item : value.items) {
    if (auto port = read_count(problems, item, "a port", {1, 65535})) {
      what.ports.push_back(static_cast<std::uint16_t>(*port));
    }
  }
}

constexpr std::array<Field<Selectors>, 8> kSelectors{{{"hosts", Need::optional, read_patterns<0>},
                                                      {"ports", Need::optional, read_ports},
                                                      {"schemes", Need::optional, read_patterns<1>},
                                                      {"methods", Need::optional, read_patterns<2>},
                                                      {"paths", Need::optional, read_patterns<3>},
                                                      {"tools", Need::optional, read_patterns<4>},
                                                      {"models", Need::optional, read_patterns<5>},
                                                      {"data", Need::optional, read_patterns<6>}}};

// Which keys of `what` an action knows, and which of them it must have.
struct Domain {
  bool hosts = false;
  bool paths = false;
  bool tools = false;
  bool models = false;
  bool data = false;
};

Domain domain_of(Action action) {
  switch (action) {
    case Action::connect:
      return {true, true, false, false, false};
    case Action::call:
      return {false, false, true, true, false};
    case Action::send:
      return {false, false, false, true, false};
    case Action::read:
    case Action::write:
      return {false, true, false, false, false};
    case Action::use_data:
      return {false, false, false, false, true};
  }
  return {};
}

std::string_view needed(Action action) {
  constexpr std::array<std::string_view, kActions> kNeeded{"paths",           "paths",  "hosts",
                                                           "tools or models", "models", "data"};
  return kNeeded[static_cast<std::size_t>(action)];
}

bool names_resource(const Selectors& what, Action action) {
  switch (action) {
    case Action::connect:
      return !what.hosts.empty();
    case Action::call:
      return !what.tools.empty() || !what.models.empty();
    case Action::send:
      return !what.models.empty();
    case Action::read:
    case Action::write:
      return !what.paths.empty();
    case Action::use_data:
      return !what.data.empty();
  }
  return false;
}

void check_keys(Problems& problems, Mark mark, const PolicyRule& rule, const Selectors& what) {
  Domain known;
  for (const Action action : rule.actions) {
    const Domain one = domain_of(action);
    known = {known.hosts || one.hosts, known.paths || one.paths, known.tools || one.tools, known.models || one.models,
             known.data || one.data};
  }
  const auto refuse = [&](bool present, bool fits, std::string_view key) {
    if (present && !fits) {
      problems.add(mark, "\"" + std::string{key} + "\" in a rule none of whose actions has them", "it to be left out");
    }
  };
  refuse(!what.hosts.empty(), known.hosts, "hosts");
  refuse(!what.ports.empty(), known.hosts, "ports");
  refuse(!what.schemes.empty(), known.hosts, "schemes");
  refuse(!what.methods.empty(), known.hosts, "methods");
  refuse(!what.paths.empty(), known.paths, "paths");
  refuse(!what.tools.empty(), known.tools, "tools");
  refuse(!what.models.empty(), known.models, "models");
  refuse(!what.data.empty(), known.data, "data");
}

}  // namespace

void read_selectors(Problems& problems, const Yaml& value, Selectors& what) {
  read_fields<Selectors>(problems, value, "\"what\"", kSelectors, {}, what);
}

void check_selectors(Problems& problems, Mark mark, const PolicyRule& rule) {
  for (const Selectors& what : rule.what) check_keys(problems, mark, rule, what);
  const auto has = [&](Action action) {
    return std::find(rule.actions.begin(), rule.actions.end(), action) != rule.actions.end();
  };
  for (const Action action : rule.actions) {
    const bool named = std::any_of(rule.what.begin(), rule.what.end(),
                                   [&](const Selectors& what) { return names_resource(what, action); });
    if (!named) {
      problems.add(mark, "a rule on " + quote(action_name(action)) + " without \"" + std::string{needed(action)} + "\"",
                   "\"what\" to name them");
    }
  }
  const bool of_files = has(Action::read) || has(Action::write);
  if (of_files && has(Action::connect)) {
    problems.add(mark, "\"connect\" and files in one rule", "two rules: their \"paths\" are of two kinds");
  }
}

}  // namespace belljar::spec
