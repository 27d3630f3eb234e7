// Filters: what the content of messages and of bodies at the gateway is searched for, and what follows when it is
// found. The plain data of the section `filters` of a scenario, and of a file of its own for the gateway.
//
//     filters:
//       size: {most: 1MiB, then: refuse}
//       depth: {most: 64, then: refuse}
//       encoding: refuse                       # ill-formed UTF-8, and NUL
//       unicode: redact                        # bidi controls, zero-width characters, tags: taken out
//       secrets: {rules: rules/ours.toml, then: redact, without: [generic-api-key]}
//       pii: {EMAIL_ADDRESS: redact, CREDIT_CARD: hold}
//       injection: hold
//       canaries: contain                      # on whenever a canary is planted; this says what follows
//       domain: [{name: patient-number, pattern: "PN-[0-9]{8}", then: redact}]
//       redaction: keep-format                 # 4111... becomes 0000..., not [CREDIT_CARD]
//
// What is not given is not searched for. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/yaml.h"

namespace belljar::spec {

// What follows on a finding, in rising severity.
enum class Treatment {
  allow,    // noted, nothing else
  redact,   // what was found is replaced, the rest goes on
  hold,     // the message is kept back, in quarantine
  refuse,   // it does not pass
  contain,  // it does not pass, and its sender is contained
};
std::string_view treatment_name(Treatment treatment);

struct MostSpec {
  std::uint64_t most = 0;
  Treatment then = Treatment::refuse;
};

struct SecretsSpec {
  std::string rules;       // a file of rules in gitleaks' format; empty: the rules that belljar brings
  std::string rules_text;  // what that file holds, where the caller has read it
  Treatment then = Treatment::redact;
  std::vector<std::string> without;  // ids of rules left out
  codec::Mark mark;
};

struct RecogniserSpec {
  std::string name;  // as Presidio names it: "EMAIL_ADDRESS"
  Treatment then = Treatment::redact;
};

struct DomainRule {
  std::string name;
  std::string pattern;  // RE2
  Treatment then = Treatment::redact;
};

enum class Redaction {
  mark,         // "[EMAIL_ADDRESS]"
  keep_format,  // digits become 0, letters x; punctuation stays
};

struct FilterSpec {
  std::optional<MostSpec> size;   // bytes
  std::optional<MostSpec> depth;  // of nested objects and arrays in JSON
  std::optional<Treatment> encoding;
  std::optional<Treatment> unicode;
  std::optional<SecretsSpec> secrets;
  std::vector<RecogniserSpec> pii;
  std::vector<std::string> persons;  // names that PERSON knows
  std::optional<Treatment> injection;
  Treatment canaries = Treatment::contain;
  std::vector<DomainRule> domain;
  Redaction redaction = Redaction::mark;
  codec::Mark mark;
};

// A file whose only section is `filters`. The error lists everything wrong with it.
Result<FilterSpec> parse_filters(std::string_view text, std::string_view file);

}  // namespace belljar::spec
