// Policy: what a sandbox may reach and say, as a person writes it in one file; docs/formats/policy.md describes it.
//
//     belljar-policy: 1
//     name: support-agent
//     extends: agent.yaml                   # a parent: this file may only tighten it
//     include: [hosts/registries.yaml]      # rules of other files, as if they stood here
//     minimum-tier: native
//     profiles: [server, interpreter]
//     limits: {memory: 2GiB, processes: 128}     # at most
//     rules:
//       - permit: api                       # the rule's id
//         action: connect
//         who: [assistant]
//         what: {hosts: [api.example.com, "*.cdn.example.com"], ports: [443], methods: [GET], paths: [/v1/**]}
//         when: bytes <= 64KiB and not path like "/v1/admin*"
//         reason: the assistant reads the public API
//         terms: {tls: intercept, budget: {requests: 100, bytes-up: 1MiB}}
//       - forbid: no-admin
//         action: [connect, call]
//         what: {hosts: ["**"], tools: ["*/delete_*"]}
//         then: kill                        # or with its measure: {throttle: 5s}, {pause: 1min}, {reset: 2} ...
//
// What no rule permits is denied; a forbid wins over every permit; a rule that cannot be evaluated denies. This header
// is the plain data; policy/policy.h decides. Plain values.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "codec/yaml.h"
#include "spec/quotas.h"

namespace belljar::spec {

enum class Action { read, write, connect, call, send, use_data };
constexpr std::size_t kActions = 6;
std::string_view action_name(Action action);  // "use data"

enum class Effect { permit, forbid };

// What follows a denial, in rising severity. Of all but the first, what was tried does not pass.
enum class Consequence {
  redact,      // a message passes without the members that the rule names, where it would pass but for this rule
  record,      // refused, written down
  throttle,    // from then on whoever tried goes slowly
  pause,       // its sandbox stands still
  quarantine,  // what was tried is held back for a person to look at
  reset,       // its sandbox is thrown away and a fresh one takes its place
  kill,        // whoever tried is contained: its sandbox is killed, what it still says is held
  roll_back,   // known, refused when a file is read: it needs snapshots
};
std::string_view consequence_name(Consequence consequence);  // "roll back"

// How a consequence is meted out; the parts that are another's mean nothing.
struct Measure {
  std::chrono::nanoseconds interval{0};  // throttle: from one message or request to the next
  std::chrono::nanoseconds pause{0};     // 0: until the run ends
  std::uint32_t resets_max = 3;          // of one model; past them it is contained
  std::vector<std::string> members;      // redact: JSON Pointers
  bool operator==(const Measure&) const = default;
};

// Conditions of the link that a permit opens. Zero: none of it.
struct NetworkConditions {
  std::chrono::milliseconds latency{0};  // added to each direction's bytes
  std::chrono::milliseconds jitter{0};   // drawn evenly from 0 to this, added to the latency
  std::uint64_t bytes_per_second = 0;    // each direction
  double resets = 0;                     // share of connections that are reset, 0 to 1
  bool operator==(const NetworkConditions&) const = default;
};

// Counted for one sandbox and one rule, from the start of the sandbox. Absent: not bounded by this rule.
struct NetworkBudget {
  std::optional<std::uint64_t> requests;
  std::optional<std::uint64_t> connections;
  std::optional<std::uint64_t> bytes_up;    // from the sandbox
  std::optional<std::uint64_t> bytes_down;  // to the sandbox
  std::optional<std::uint64_t> requests_per_second;
  std::optional<std::uint64_t> names;  // different names asked of DNS
  bool operator==(const NetworkBudget&) const = default;
};

enum class Tls {
  tunnel,     // passed through; the gateway sees the server's name alone
  intercept,  // ended at the gateway with the run's own authority, so that methods, paths and content are seen
};

// How a permitted thing may happen.
struct Terms {
  Tls tls = Tls::tunnel;
  NetworkBudget budget;
  NetworkConditions conditions;
  std::optional<std::uint64_t> request_bytes_max;  // of one body
  std::optional<std::uint64_t> answer_bytes_max;
  std::string credential;            // name of the one the gateway puts in; empty: none
  std::vector<std::string> filters;  // names of filter sets that bodies pass
  std::string arguments;  // path of a JSON Schema that a tool's arguments must satisfy, beside the policy's file
  bool operator==(const Terms&) const = default;
};

// A text literal, a whole number (sizes such as 64KiB are numbers) or true/false.
using Literal = std::variant<bool, std::int64_t, std::string>;

enum class ValueType { boolean, number, text };
struct AttributeType {
  std::string_view name;
  ValueType type;
};
// What `when` may speak of, `subject` and `resource` among them; an attribute that an action lacks is a mistake of the
// file. connect: scheme, port, method, path, host_kind ("name" or "address"), bytes. call: bytes, stream. send:
// direction, bytes, tokens. use data: direction.
std::span<const AttributeType> attribute_types(Action action);

// `when`, parsed: a tree whose leaves compare an attribute with literals or with another attribute.
struct Condition {
  enum class Op { all, any, negate, equal, unequal, less, at_most, more, at_least, in, like, has, is };
  Op op = Op::all;
  std::string attribute;         // leaves
  std::string other;             // the right side, when it is an attribute
  std::vector<Literal> values;   // the right side otherwise: one, or the list of `in`
  std::vector<Condition> parts;  // all, any: two and more; negate: one
  bool operator==(const Condition&) const = default;
};

// Which things a rule is about. For each action of the rule its own resource is named; the rest may be empty: any.
struct Selectors {
  std::vector<std::string>
      hosts;  // connect: "a.b", "*.b" (one label), "**.b" (one and more), "**" (any name), an address
  std::vector<std::uint16_t> ports;
  std::vector<std::string> schemes;  // "http", "https", "tcp" ...
  std::vector<std::string> methods;
  std::vector<std::string> paths;   // connect, read, write: "/v1/*/x": * within a segment; "/v1/**": all below
  std::vector<std::string> tools;   // call: "server/tool", * within a part
  std::vector<std::string> models;  // call and send
  std::vector<std::string> data;    // use data: "patient.record", "patient.**"
  bool operator==(const Selectors&) const = default;
};

struct PolicyRule {
  std::string id;
  Effect effect = Effect::forbid;
  std::vector<Action> actions;
  std::vector<std::vector<std::string>> who;  // each list must match; a list matches when one pattern of it does
  std::vector<Selectors> what;                // each must match: its own, then those of the permits it narrows
  std::vector<Condition> when;                // each must hold
  std::string narrows;                        // id of the parent's permit that this one takes the place of
  std::string reason;
  Consequence then = Consequence::record;
  Measure measure;
  Terms terms;  // permits
  std::string file;
  codec::Mark mark;
};

struct PolicyFile {
  std::string path;  // as reached from the first file
  std::string text;
};

// One policy, its parents and included files put together.
struct PolicySpec {
  std::string name;
  std::string file;
  std::string minimum_tier = "native";          // native, gvisor, microvm
  std::vector<std::string> profiles;            // that a sandbox may use, the first unless it says; empty: any
  std::map<std::string, std::string> limits;    // key of a quota -> its upper bound
  Consequence otherwise = Consequence::record;  // of what no rule permits: record, quarantine or kill
  std::vector<PolicyRule> rules;
  std::vector<PolicyFile> files;  // everything it was read from, the first file first
};

using PolicyReader = std::function<Result<std::string>(const std::string& path)>;

// Errors name every mistake of every file as "file:line:column: found X, expected Y". `read` gives the text of the
// files named by `extends` and `include`, whose paths are relative to the file that names them; a bare name such as
// "agent" is one of the ready policies and is handed to `read` as it is.
Result<PolicySpec> parse_policy(std::string_view text, const std::string& file, const PolicyReader& read);

// Whether `name` is that of a ready policy and no path: it has no slash and does not end in .yaml.
bool is_ready_policy(std::string_view name);
// From the host's files: a path, or policies/NAME.yaml as it came with Belljar ($BELLJAR_POLICIES first).
Result<std::string> ready_policy_file(const std::string& name);
Result<std::string> read_policy_file(const std::string& path_or_name);
Result<PolicySpec> load_policy(const std::string& path_or_name);

}  // namespace belljar::spec
