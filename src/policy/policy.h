// Policy: a compiled policy, asked about one request at a time.
//
//   Policy policy = TRY(compile(spec));                       // spec::parse_policy() or load_policy()
//   const std::array<Attribute, 2> known{{{"scheme", "https"sv}, {"port", std::int64_t{443}}}};
//   Decision decision = policy.decide({"assistant", Action::connect, "api.example.com", known, true});
//   if (decision.answer == Answer::deny) refuse(decision.rule, decision.reason, decision.consequence);
//
// Default deny; forbid wins; a rule that applies and cannot be evaluated (an attribute missing or of the wrong type)
// denies and says so. What is asked is hostile: a host or a file's path that is not in its normal form is denied, and
// to a rule that looks at the path of a request, one in another form is as good as unseen: no permit of paths matches
// it, no forbid of paths can be ruled out. The query of a path is not looked at.
//
// With `partial`, attributes that are absent are not known yet. `allow` and `deny` are then final whatever they turn
// out to be; `depends` means that the rest decides: go on only where it can be seen, and ask again with it.
//
// A forbid that redacts weighs less than any other: it decides only where everything else allows.
//
// Immutable; any thread. Deciding reads no clock, does no I/O and allocates nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "spec/policy.h"

namespace belljar::policy {

using spec::Action;

struct Attribute {
  std::string_view name;
  std::variant<bool, std::int64_t, std::string_view> value;
};

struct Request {
  std::string_view subject;  // the model's name, or "exec"
  Action action = Action::connect;
  // connect: the host's name, lower case, without a final dot, or an address; call: "server/tool", or a model's name;
  // send: a model's name; read, write: an absolute path inside; use data: a data domain
  std::string_view resource;
  std::span<const Attribute> attributes;  // spec::attribute_types() names them; subject and resource are not repeated
  bool partial = false;
};

enum class Answer { allow, deny, depends };

// Views and pointers live as long as the policy.
struct Decision {
  Answer answer = Answer::deny;
  std::string_view rule;                                      // id of the deciding rule; "default" when no rule permits
  std::string_view reason;                                    // the rule's own words, or what could not be evaluated
  spec::Consequence consequence = spec::Consequence::record;  // of a denial
  // allow: the first permit that matches, in the order of the file. depends: the first that still may; one that
  // intercepts TLS comes before those that do not. deny: null.
  const spec::Terms* terms = nullptr;
  bool failed = false;  // denied because a rule could not be evaluated
  // deny by a rule: how its consequence is meted out.
  const spec::Measure* measure = nullptr;
};

class Policy {
 public:
  Decision decide(const Request& request) const;
  // After a denial whose consequence is redact, which says that it is allowed but for forbids of that kind: what each
  // of them takes away.
  std::vector<std::string_view> redactions(const Request& request) const;
  // Whether some forbid may concern something below the folder `path`: what is bound as a whole cannot be kept apart.
  // read and write alone; goes through every rule. The rule's id, or empty.
  std::string_view forbids_below(Action action, std::string_view subject, std::string_view path) const;
  // The rules, tier, profiles and limits it was compiled from.
  const spec::PolicySpec& spec() const;

 private:
  struct Program;
  explicit Policy(std::shared_ptr<const Program> program) : program_{std::move(program)} {}
  friend Result<Policy> compile(spec::PolicySpec spec);

  std::shared_ptr<const Program> program_;  // shared: every link and sandbox of a run asks the same rules
};

// Fails on what parse_policy() would have refused; a spec made in code is checked as one from a file.
Result<Policy> compile(spec::PolicySpec spec);

}  // namespace belljar::policy
