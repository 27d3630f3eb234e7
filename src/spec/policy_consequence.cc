// What follows a denial: `then` of a forbid, `otherwise` of a policy.
//
//     then: kill
//     then: {throttle: 5s}                    # from then on one message, or request, each 5 s
//     then: {pause: 1min}                     # pause alone: until the run ends
//     then: {reset: 2}                        # at most twice, then kill; reset alone: three times
//     then: {redact: [/notes, /patient/name]}
#include <algorithm>
#include <array>

#include "codec/json_pointer.h"
#include "spec/policy_parts.h"
#include "spec/quantity.h"

namespace belljar::spec {

namespace {

using codec::Yaml;

constexpr std::array<std::string_view, 8> kNames{"redact",     "record", "throttle", "pause",
                                                 "quarantine", "reset",  "kill",     "roll back"};
constexpr std::string_view kNow = "record, redact, throttle, pause, quarantine, reset or kill";
constexpr std::uint64_t kResetsMax = 1000;
constexpr std::size_t kMembersMax = 64;

std::optional<Consequence> find_name(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Consequence>(found - kNames.begin());
}

// A duration above zero.
std::optional<std::chrono::nanoseconds> read_time(Problems& problems, const Yaml& value) {
  if (value.kind != Yaml::Kind::scalar) {
    problems.add(value.mark, describe(value), kDurationExpected);
    return std::nullopt;
  }
  const auto time = parse_quantity(value.scalar, kDurationUnits, kDurationExpected);
  if (!time) {
    problems.add(value.mark, time.error().message());
    return std::nullopt;
  }
  if (time.value() == 0 ||
      time.value() > static_cast<std::uint64_t>(std::chrono::nanoseconds{std::chrono::hours{24}}.count())) {
    problems.add(value.mark, describe(value), "a duration above zero, at most 24h");
    return std::nullopt;
  }
  return std::chrono::nanoseconds{static_cast<std::int64_t>(time.value())};
}

void read_members(Problems& problems, const Yaml& value, Measure& measure) {
  constexpr std::string_view kExpected = "a list of 1 to 64 JSON Pointers to members of messages, such as /notes";
  if (value.kind != Yaml::Kind::list || value.items.empty() || value.items.size() > kMembersMax) {
    return problems.add(value.mark, describe(value), kExpected);
  }
  for (const Yaml& item : value.items) {
    const bool fits = item.kind == Yaml::Kind::scalar && !item.scalar.empty() && codec::is_pointer(item.scalar);
    // The id is how answers are paired; it says nothing.
    if (!fits || item.scalar == "/id") {
      problems.add(item.mark, describe(item), "a JSON Pointer to a member other than /id, such as /notes");
    } else {
      measure.members.push_back(item.scalar);
    }
  }
}

void read_measure(Problems& problems, const Yaml& value, Consequence consequence, Measure& measure) {
  if (consequence == Consequence::throttle) {
    if (const auto time = read_time(problems, value)) measure.interval = *time;
  } else if (consequence == Consequence::pause) {
    if (const auto time = read_time(problems, value)) measure.pause = *time;
  } else if (consequence == Consequence::reset) {
    const auto count = read_count(problems, value, "how often at most, from 1 to 1000", {1, kResetsMax});
    if (count) measure.resets_max = static_cast<std::uint32_t>(*count);
  } else if (consequence == Consequence::redact) {
    read_members(problems, value, measure);
  } else {
    problems.add(value.mark, describe(value) + " for " + std::string{consequence_name(consequence)},
                 "\"" + std::string{consequence_name(consequence)} + "\" alone");
  }
}

bool is_alone(Problems& problems, const Yaml& value, Consequence consequence) {
  if (consequence == Consequence::roll_back) {
    problems.add(value.mark, "\"roll back\"",
                 std::string{kNow} + ": rolling back needs snapshots of sandboxes, which this version does not take");
    return false;
  }
  if (consequence == Consequence::throttle) {
    problems.add(value.mark, "\"throttle\" without its rate", "{throttle: 5s}, the time from one message to the next");
  }
  if (consequence == Consequence::redact) {
    problems.add(value.mark, "\"redact\" without members", "{redact: [/notes]}, what messages lose");
  }
  return consequence != Consequence::throttle && consequence != Consequence::redact;
}

}  // namespace

std::string_view consequence_name(Consequence consequence) { return kNames[static_cast<std::size_t>(consequence)]; }

std::optional<Consequence> read_consequence(Problems& problems, const Yaml& value, Measure& measure) {
  const bool measured = value.kind == Yaml::Kind::map && value.entries.size() == 1;
  const auto found = measured                           ? find_name(value.entries[0].key)
                     : value.kind == Yaml::Kind::scalar ? find_name(value.scalar)
                                                        : std::nullopt;
  if (!found) {
    problems.add(value.mark, describe(value), kNow);
    return std::nullopt;
  }
  if (!measured || found == Consequence::roll_back) {
    return is_alone(problems, value, *found) ? found : std::nullopt;
  }
  read_measure(problems, value.entries[0].value, *found, measure);
  return found;
}

// What no rule permits has no rule that could say more.
std::optional<Consequence> read_otherwise_consequence(Problems& problems, const Yaml& value) {
  constexpr std::array<std::string_view, 3> kPlain{"record", "quarantine", "kill"};
  const auto name = read_choice(problems, value, kPlain, {});
  return name ? find_name(*name) : std::nullopt;
}

void check_consequence(Problems& problems, codec::Mark mark, const PolicyRule& rule) {
  const auto needs_life = [](Consequence then) {
    return then == Consequence::throttle || then == Consequence::pause || then == Consequence::reset;
  };
  for (const Action action : rule.actions) {
    const std::string found =
        "\"" + std::string{consequence_name(rule.then)} + "\" for \"" + std::string{action_name(action)} + "\"";
    const bool is_message = action == Action::send || action == Action::use_data;
    const bool is_file = action == Action::read || action == Action::write;
    if (rule.then == Consequence::redact && !is_message) {
      problems.add(mark, found, "it for send or use data: messages alone have members to lose");
    } else if (needs_life(rule.then) && is_file) {
      problems.add(mark, found, "record: files are judged before anything runs");
    }
  }
}

}  // namespace belljar::spec
