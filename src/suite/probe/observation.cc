#include "suite/probe/observation.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"

namespace belljar::suite {

namespace {

constexpr std::string_view kArch32 = "1073741827 ";  // AUDIT_ARCH_I386

bool any_begins(const std::vector<std::string>& lines, std::string_view with) {
  return std::any_of(lines.begin(), lines.end(), [with](const std::string& line) { return line.starts_with(with); });
}

std::optional<std::int64_t> to_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool any_reaches(const Oracle& oracle, const Observation& seen) {
  const std::string name = std::string{oracle.what} + " ";
  return std::any_of(seen.facts.begin(), seen.facts.end(), [&](const std::string& fact) {
    if (!fact.starts_with(name)) return false;
    const std::optional<std::int64_t> number = to_number(std::string_view{fact}.substr(name.size()));
    return number.has_value() && *number >= oracle.number;
  });
}

// "ARCH NR RESULT": success, or an error that comes after the permission check.
bool any_answered(const Oracle& oracle, const Observation& seen) {
  const std::string number = " " + std::to_string(oracle.number) + " ";
  for (const std::string& call : seen.calls) {
    const std::size_t at = call.find(number);
    if (at == std::string::npos || call.find(' ') != at) continue;
    const std::optional<std::int64_t> result = to_number(std::string_view{call}.substr(at + number.size()));
    if (!result.has_value()) continue;
    if (*result >= 0) return true;
    for (const int error : oracle.past) {
      if (error != 0 && *result == -error) return true;
    }
  }
  return false;
}

std::string value_of(std::string_view name, const std::vector<std::string>& values) {
  const std::string prefix = std::string{name} + "=";
  for (const std::string& value : values) {
    if (value.starts_with(prefix)) return value.substr(prefix.size());
  }
  return {};
}

bool value_told(std::string_view name, const Observation& seen) {
  const std::string value = value_of(name, seen.values);
  if (value.empty()) return false;
  if (name == "hostname") return seen.output.find("hostname=" + value + ";") != std::string::npos;
  if (name == "terminal") return any_begins(seen.facts, "pts " + value);
  return seen.output.find(value) != std::string::npos;
}

std::string without_access_times(const std::string& tree) {
  std::string rest;
  std::size_t at = 0;
  while (at < tree.size()) {
    const std::size_t end = std::min(tree.find('\n', at), tree.size() - 1) + 1;
    if (tree.compare(at, 6, "atime ") != 0) rest.append(tree, at, end - at);
    at = end;
  }
  return rest;
}

bool same_identity(const Observation& seen) {
  constexpr std::string_view kMark = "identity ";
  constexpr std::size_t kDigits = 32;
  std::vector<std::string> told;
  for (std::size_t at = seen.output.find(kMark); at != std::string::npos; at = seen.output.find(kMark, at + 1)) {
    told.push_back(seen.output.substr(at + kMark.size(), kDigits));
  }
  return told.size() >= 2 && told[0] == told[1];
}

}  // namespace

Claim last_claim(const Probe& probe, const Observation& seen) {
  const std::string mark = "\nprobe " + std::string{probe.id} + " ";
  const std::size_t at = seen.output.rfind(mark);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + mark.size();
  const std::string line = seen.output.substr(begin, seen.output.find('\n', begin) - begin);
  const std::size_t space = line.find(' ');
  return {line.substr(0, space), space == std::string::npos ? "" : printable(line.substr(space + 1), 160)};
}

bool effect(const Oracle& oracle, const Observation& seen) {
  switch (oracle.sight) {
    case Sight::canary:
      return !seen.canary.empty() && seen.output.find(seen.canary) != std::string::npos;
    case Sight::value:
      return value_told(oracle.what, seen);
    case Sight::text:
      return seen.output.find(oracle.what) != std::string::npos;
    case Sight::tree:
      return without_access_times(seen.tree_before) != without_access_times(seen.tree_after);
    case Sight::access_time:
      return seen.tree_before != seen.tree_after;
    case Sight::witness:
      return any_begins(seen.events, oracle.what);
    case Sight::holds:
      return any_begins(seen.facts, oracle.what);
    case Sight::reaches:
      return any_reaches(oracle, seen);
    case Sight::answer:
      return any_answered(oracle, seen);
    case Sight::answer32:
      return std::any_of(seen.calls.begin(), seen.calls.end(), [](const std::string& call) {
        return call.starts_with(kArch32) && call.find(" -") == std::string::npos;
      });
    case Sight::survivor:
      return seen.survivors;
    case Sight::same:
      return same_identity(seen);
  }
  return true;  // an oracle nobody knows condemns
}

void read_sightings(std::string_view text, Observation& into) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string line{text.substr(0, end)};
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.starts_with("| ")) into.output += line.substr(2) + "\n";
    if (line.starts_with("fact ")) into.facts.push_back(line.substr(5));
    if (line.starts_with("seen ")) into.events.push_back(line.substr(5));
    if (line.starts_with("call ")) into.calls.push_back(line.substr(5));
    if (line.starts_with("failed ")) into.failures.push_back(line.substr(7));
    if (line.starts_with("survivor ")) into.survivors = true;
    if (line.starts_with("end ")) into.ended = true;
    if (line.starts_with("end signaled ")) into.killed_by = "signal " + line.substr(13);
  }
}

}  // namespace belljar::suite
