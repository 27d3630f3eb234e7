#include "policy/request_text.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "spec/fields.h"
#include "spec/quantity.h"

namespace belljar::policy {

namespace {

Error wrong(std::string_view found, std::string_view expected) {
  return Error{Errc::invalid_argument, "found " + std::string{found} + ", expected " + std::string{expected}};
}

Result<Action> parse_action(std::string_view name) {
  std::vector<std::string_view> known;
  for (std::size_t at = 0; at < spec::kActions; ++at) {
    known.push_back(spec::action_name(static_cast<Action>(at)));
    if (known.back() == name) return static_cast<Action>(at);
  }
  return wrong(spec::quote(name), spec::one_of(known));
}

Result<spec::Literal> parse_value(const spec::AttributeType& type, const std::string& text) {
  if (type.type == spec::ValueType::text) return spec::Literal{text};
  if (type.type == spec::ValueType::boolean) {
    if (text == "true" || text == "false") return spec::Literal{text == "true"};
    return wrong(spec::quote(text), "true or false");
  }
  const bool plain = text.find_first_not_of("0123456789") == std::string::npos;
  const auto number = plain ? spec::parse_count(text, "") : spec::parse_quantity(text, spec::kByteUnits, "");
  if (!number || number.value() > INT64_MAX) return wrong(spec::quote(text), "a whole number, or a size such as 64KiB");
  return spec::Literal{static_cast<std::int64_t>(number.value())};
}

Result<void> add_attribute(const std::string& word, Asked& asked) {
  if (word == "partly") {
    asked.partial = true;
    return {};
  }
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos) return wrong(spec::quote(word), "name=value or \"partly\"");
  const std::string name = word.substr(0, equals);
  std::vector<std::string_view> known;
  for (const spec::AttributeType& type : spec::attribute_types(asked.action)) {
    if (type.name == "subject" || type.name == "resource") continue;
    known.push_back(type.name);
    if (type.name != name) continue;
    asked.attributes.emplace_back(name, TRY(parse_value(type, word.substr(equals + 1))));
    return {};
  }
  return wrong("attribute " + spec::quote(name), known.empty() ? "none for this action" : spec::one_of(known));
}

std::string quoted(const std::string& text) {
  return text.empty() || text.find(' ') != std::string::npos ? "\"" + text + "\"" : text;
}

}  // namespace

Result<std::vector<std::string>> split_words(std::string_view line) {
  std::vector<std::string> words;
  bool within = false;
  bool begun = false;
  for (const char c : line) {
    if (c == '"') {
      within = !within;
      if (!begun) words.emplace_back();
      begun = true;
    } else if ((c == ' ' || c == '\t' || c == '\r') && !within) {
      begun = false;
    } else {
      if (!begun) words.emplace_back();
      begun = true;
      words.back() += c;
    }
  }
  if (within) return wrong("a text that does not end", "a closing \"");
  return words;
}

Result<Asked> parse_asked(const std::vector<std::string>& words) {
  const std::size_t names = words.size() > 2 && words[1] == "use" && words[2] == "data" ? 2 : 1;
  if (words.size() < names + 2) return wrong(std::to_string(words.size()) + " words", "SUBJECT ACTION RESOURCE");
  Asked asked;
  asked.subject = words[0];
  asked.action = TRY(parse_action(names == 2 ? "use data" : words[1]));
  asked.resource = words[names + 1];
  for (std::size_t at = names + 2; at < words.size(); ++at) TRY(add_attribute(words[at], asked));
  return asked;
}

std::string asked_text(const Asked& asked) {
  std::string text =
      quoted(asked.subject) + " " + std::string{spec::action_name(asked.action)} + " " + quoted(asked.resource);
  for (const auto& [name, value] : asked.attributes) {
    text += " " + name + "=";
    if (const auto* flag = std::get_if<bool>(&value)) text += *flag ? "true" : "false";
    if (const auto* number = std::get_if<std::int64_t>(&value)) text += std::to_string(*number);
    if (const auto* word = std::get_if<std::string>(&value)) text += quoted(*word);
  }
  return text + (asked.partial ? " partly" : "");
}

std::vector<Attribute> attributes_of(const Asked& asked) {
  std::vector<Attribute> attributes;
  for (const auto& [name, value] : asked.attributes) {
    Attribute attribute{name, false};
    if (const auto* flag = std::get_if<bool>(&value)) attribute.value = *flag;
    if (const auto* number = std::get_if<std::int64_t>(&value)) attribute.value = *number;
    if (const auto* word = std::get_if<std::string>(&value)) attribute.value = std::string_view{*word};
    attributes.push_back(attribute);
  }
  return attributes;
}

Decision decide(const Policy& policy, const Asked& asked) {
  const std::vector<Attribute> attributes = attributes_of(asked);
  return policy.decide({asked.subject, asked.action, asked.resource, attributes, asked.partial});
}

std::string_view answer_name(Answer answer) {
  constexpr std::array<std::string_view, 3> kNames{"allow", "deny", "depends"};
  return kNames[static_cast<std::size_t>(answer)];
}

}  // namespace belljar::policy
