// A request in words, as people ask `belljar policy explain` and as cases beside a policy are written:
//
//     assistant connect api.example.com port=443 method=GET path=/v1/users
//     workload use data patient.record
//     assistant call "files/read file" bytes=200 partly
//
// SUBJECT ACTION RESOURCE and attributes. Numbers take sizes (64KiB), booleans true and false; a text with spaces
// stands in double quotes. `partly`: attributes left out are not known yet. Plain values; pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "policy/policy.h"

namespace belljar::policy {

struct Asked {
  std::string subject;
  Action action = Action::connect;
  std::string resource;
  std::vector<std::pair<std::string, spec::Literal>> attributes;
  bool partial = false;
};

// "a b=\"c d\"" -> a, b=c d
Result<std::vector<std::string>> split_words(std::string_view line);
// The error reads "found X, expected Y".
Result<Asked> parse_asked(const std::vector<std::string>& words);
// Parses to an equal request.
std::string asked_text(const Asked& asked);

std::vector<Attribute> attributes_of(const Asked& asked);  // views of `asked`
Decision decide(const Policy& policy, const Asked& asked);

std::string_view answer_name(Answer answer);

}  // namespace belljar::policy
