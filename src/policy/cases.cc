#include "policy/cases.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "spec/fields.h"

namespace belljar::policy {

namespace {

constexpr std::size_t kCasesMax = 100'000;

std::string_view without_comment(std::string_view line) {
  for (std::size_t at = 0; at < line.size(); ++at) {
    const bool begins = at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t';
    if (line[at] == '#' && begins) return line.substr(0, at);
  }
  return line;
}

// Takes "`key` VALUE" off the end of the words.
Result<std::optional<std::string>> take(std::vector<std::string>& words, std::string_view key) {
  const auto at = std::find(words.begin() + 1, words.end(), key);
  if (at == words.end()) return std::optional<std::string>{};
  if (words.end() - at != 2) {
    return Error{Errc::invalid_argument, "found " + std::to_string(words.end() - at - 1) + " words after \"" +
                                             std::string{key} + "\", expected one"};
  }
  std::optional<std::string> value{words.back()};
  words.erase(at, words.end());
  return value;
}

Result<PolicyCase> parse_case(std::vector<std::string> words) {
  PolicyCase one;
  constexpr std::array<Answer, 3> kAnswers{Answer::allow, Answer::deny, Answer::depends};
  const auto answer =
      std::find_if(kAnswers.begin(), kAnswers.end(), [&](Answer each) { return answer_name(each) == words[0]; });
  if (answer == kAnswers.end()) {
    return Error{Errc::invalid_argument, "found " + spec::quote(words[0]) + ", expected allow, deny or depends"};
  }
  one.answer = *answer;
  one.then = TRY(take(words, "then"));
  one.by = TRY(take(words, "by"));
  words.erase(words.begin());
  one.asked = TRY(parse_asked(words));
  return one;
}

}  // namespace

Result<std::vector<PolicyCase>> parse_cases(std::string_view text, std::string_view file) {
  std::vector<PolicyCase> cases;
  std::string problems;
  int line = 0;
  while (!text.empty()) {
    const std::string_view whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), whole.size() + 1));
    ++line;
    auto words = split_words(without_comment(whole));
    if (words && words.value().empty()) continue;
    auto one = words ? parse_case(std::move(words).value()) : Result<PolicyCase>{words.error()};
    if (one && cases.size() < kCasesMax) {
      one.value().line = line;
      cases.push_back(std::move(one).value());
      continue;
    }
    problems += (problems.empty() ? "" : "\n") + printable(file, 4096) + ":" + std::to_string(line) + ": " +
                (one ? "found more than 100000 cases, expected fewer" : one.error().message());
    if (one) break;
  }
  if (!problems.empty()) return Error{Errc::invalid_argument, problems};
  return cases;
}

std::vector<CaseFailure> run_cases(const Policy& policy, const std::vector<PolicyCase>& cases) {
  std::vector<CaseFailure> failures;
  for (const PolicyCase& one : cases) {
    const Decision decision = decide(policy, one.asked);
    const std::string_view then = spec::consequence_name(decision.consequence);
    const bool fits =
        decision.answer == one.answer && (!one.by || decision.rule == *one.by) && (!one.then || then == *one.then);
    if (fits) continue;
    std::string what =
        "found " + std::string{answer_name(decision.answer)} + " by \"" + std::string{decision.rule} + "\"";
    if (decision.answer == Answer::deny) what += " then " + std::string{then};
    what += " (" + std::string{decision.reason} + "), expected " + std::string{answer_name(one.answer)};
    if (one.by) what += " by \"" + *one.by + "\"";
    if (one.then) what += " then " + *one.then;
    failures.push_back({one.line, std::move(what)});
  }
  return failures;
}

}  // namespace belljar::policy
