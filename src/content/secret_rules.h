// Secret rules: files in the format of gitleaks (https://github.com/gitleaks/gitleaks, config/gitleaks.toml) read into
// the rules of a PatternSet.
//
//   SecretRules rules = TRY(parse_secret_rules(text, "ours.toml"));
//   SecretRules rules = TRY(parse_secret_rules(built_in_secret_rules(), "built-in"));
//
// Honoured: id, description, regex, secretGroup, entropy, allowlists with regexes, stopwords, regexTarget and
// condition, the global allowlist. `keywords` and `tags` are read and not needed: the scanner is fast without. A
// message has no path: a rule that has both `path` and `regex` is searched for in every text, one with a path alone
// finds nothing here, and the paths of allow lists allow nothing. A file is ASCII. `extend` and `required` are refused,
// as is every key that is not known. An error lists everything wrong with the file, "file:line:column: found X,
// expected Y". Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "content/pattern_set.h"

namespace belljar::content {

struct SecretRules {
  std::vector<PatternRule> rules;  // kind "secret"; `then` is left to the caller
  std::vector<std::string> by_path_alone;
};

Result<SecretRules> parse_secret_rules(std::string_view text, std::string_view file);

// filters/secrets.toml, as it was when belljar was built.
std::string_view built_in_secret_rules();

}  // namespace belljar::content
