// Profile: which system calls a sandboxed program may make, read from profiles/NAME.yaml (format: docs/profiles.md).
//
//   Profile profile = TRY(parse_profile("agent", read_beside));     // all errors at once, as file:line:column
//   Decision d = profile.decide(data);                              // for any seccomp_data
//
// For each call the first rule whose conditions hold decides; a profile's own rules stand before those it includes.
// A call no rule mentions is refused: EPERM when it has a name, ENOSYS when its number has none. Numbers of another
// ABI (i386, x32) kill the process before any rule is looked at.
// Value type; decide() is pure and safe from any thread.
#pragma once

#include <linux/seccomp.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "sandbox/filter/calls.h"

namespace belljar::sandbox {

enum class Action : std::uint8_t {
  allow,   // the kernel runs the call
  quiet,   // the kernel answers `error` itself; nobody hears of it
  refuse,  // the supervisor answers `error` and records one event
  kill,    // the process dies with SIGSYS
};

// (argument & mask) is one of `values`, or at most values[0].
struct Condition {
  enum class Test : std::uint8_t { masked_equal, at_most };
  std::uint8_t argument = 0;
  Width width = Width::low32;
  Test test = Test::masked_equal;
  std::uint64_t mask = ~std::uint64_t{0};
  std::vector<std::uint64_t> values;

  bool holds(std::uint64_t value) const;
  bool operator==(const Condition&) const = default;
};

struct Rule {
  std::string name;
  std::string reason;
  std::string profile;  // the file it stands in
  Action action = Action::refuse;
  std::uint16_t error = 0;  // for quiet and refuse
  bool operator==(const Rule&) const = default;
};

// One call of one rule.
struct Match {
  std::uint16_t call = 0;
  std::uint16_t rule = 0;  // into Profile::rules
  std::vector<Condition> conditions;
  bool operator==(const Match&) const = default;
};

struct Decision {
  Action action = Action::refuse;
  int error = 0;
  std::string_view rule;  // borrowed from the profile, or a literal: "default", "unknown-call", "foreign-abi"
};

struct ProfileSource {
  std::string name;
  Digest digest;  // of the file's text
  bool operator==(const ProfileSource&) const = default;
};

struct Profile {
  std::string name;
  std::string description;
  std::vector<ProfileSource> sources;  // the profile itself, then what it includes
  std::vector<Rule> rules;             // in the order they are tried
  std::vector<Match> matches;          // by call, then by rule
  std::vector<std::uint16_t> named;    // numbers that have a name: refused with EPERM, the others with ENOSYS

  Decision decide(const seccomp_data& data) const;
  // The part of `matches` that speaks of this call.
  std::span<const Match> matches_of(std::uint32_t call) const;
  bool operator==(const Profile&) const = default;
};

// No call of this ABI has a number from here on: x32 calls have this bit, and so have negative numbers.
constexpr std::uint32_t kForeignCalls = 0x40000000;
constexpr std::uint32_t kCallsEnd = 1024;  // every call of the kernels to come has a smaller number

// Gives the text of another profile by its name.
using ReadProfile = std::function<Result<std::string>(const std::string& name)>;

// Letters, digits and dashes, as in a file name; at most 40.
bool is_profile_name(std::string_view name);
Result<Profile> parse_profile(const std::string& name, const ReadProfile& read);

}  // namespace belljar::sandbox
