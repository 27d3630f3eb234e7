// The section `faults`: what is broken on purpose, when and for how long.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "spec/quantity.h"
#include "spec/scenario_parts.h"

namespace belljar::spec {

namespace {

using codec::Yaml;

constexpr std::array<std::string_view, 11> kKinds{"down",       "slow",      "error",   "malformed", "truncated",
                                                  "duplicated", "reordered", "dropped", "flood",     "dependency-lost",
                                                  "amnesia"};  // as FaultKind
constexpr std::string_view kSpanExpected = "\"200 messages\" or a duration such as 3s";
constexpr std::string_view kMessages = " messages";

void read_kind(Problems& problems, const Yaml& value, FaultSpec& fault) {
  const auto name = read_choice(problems, value, kKinds, {});
  if (name) fault.kind = static_cast<FaultKind>(std::find(kKinds.begin(), kKinds.end(), *name) - kKinds.begin());
}

// "20 messages" or "5s".
void read_span(Problems& problems, const Yaml& value, std::optional<std::uint64_t>& messages,
               std::optional<std::int64_t>& time_ns) {
  if (value.kind == Yaml::Kind::scalar && value.scalar.ends_with(kMessages)) {
    const std::string count = value.scalar.substr(0, value.scalar.size() - kMessages.size());
    if (const auto read = parse_count(count, kSpanExpected)) {
      messages = read.value();
      return;
    }
  } else if (value.kind == Yaml::Kind::scalar) {
    const auto duration = parse_quantity(value.scalar, kDurationUnits, kSpanExpected);
    if (duration && duration.value() < (1ULL << 62)) {
      time_ns = static_cast<std::int64_t>(duration.value());
      return;
    }
  }
  problems.add(value.mark, describe(value), kSpanExpected);
}

void read_chance(Problems& problems, const Yaml& value, FaultSpec& fault) {
  constexpr std::string_view kExpected = "a chance from 0 to 1";
  const Result<double> chance = parse_decimal(value.scalar, kExpected);
  if (value.kind == Yaml::Kind::scalar && chance && chance.value() >= 0 && chance.value() <= 1) {
    fault.chance = chance.value();
  } else {
    problems.add(value.mark, describe(value), kExpected);
  }
}

constexpr std::array<Field<FaultSpec>, 10> kFault{{
    {"kind", Need::required, read_kind},
    {"model", Need::optional,
     [](Problems& p, const Yaml& v, FaultSpec& f) { f.model = read_text(p, v, "the name of a model").value_or(""); }},
    {"from", Need::optional,
     [](Problems& p, const Yaml& v, FaultSpec& f) {
       f.from = read_text(p, v, "\"workload\" or the name of a model").value_or("");
     }},
    {"to", Need::optional,
     [](Problems& p, const Yaml& v, FaultSpec& f) { f.to = read_text(p, v, "the name of a model").value_or(""); }},
    {"at", Need::optional, [](Problems& p, const Yaml& v, FaultSpec& f) { read_span(p, v, f.at_messages, f.at_ns); }},
    {"match", Need::optional, [](Problems& p, const Yaml& v, FaultSpec& f) { read_predicate(p, v, f.match); }},
    {"for", Need::optional,
     [](Problems& p, const Yaml& v, FaultSpec& f) { read_span(p, v, f.for_messages, f.for_ns); }},
    {"delay", Need::optional, [](Problems& p, const Yaml& v, FaultSpec& f) { read_nanoseconds(p, v, f.delay_ns); }},
    {"chance", Need::optional, read_chance},
    {"copies", Need::optional,
     [](Problems& p, const Yaml& v, FaultSpec& f) {
       f.copies = read_count(p, v, "a whole number", {1, 1'000'000}).value_or(f.copies);
     }},
}};

void check_fault(Problems& problems, const FaultSpec& fault) {
  const bool of_model = !fault.model.empty();
  const bool of_link = !fault.from.empty() && !fault.to.empty();
  if (of_model == of_link || (of_model && (!fault.from.empty() || !fault.to.empty()))) {
    problems.add(fault.mark, "a fault of neither one model nor one link", "either \"model\", or \"from\" and \"to\"");
  }
  const bool needs_model = fault.kind == FaultKind::amnesia || fault.kind == FaultKind::dependency_lost;
  if (needs_model && of_link) {
    problems.add(fault.mark, std::string{fault_name(fault.kind)} + " of a link", "\"model\": whose it is");
  }
  if (fault.kind == FaultKind::slow && fault.delay_ns == 0) {
    problems.add(fault.mark, "a fault \"slow\" without \"delay\"", "\"delay\" to be given");
  }
}

}  // namespace

void read_faults(Problems& problems, const Yaml& value, std::vector<FaultSpec>& faults) {
  if (!require_list(problems, value, "a list such as [{at: 200 messages, model: a, kind: down}]")) return;
  for (const Yaml& item : value.items) {
    FaultSpec fault;
    fault.mark = item.mark;
    read_fields<FaultSpec>(problems, item, "a fault", kFault, {}, fault);
    if (item.kind == Yaml::Kind::map) check_fault(problems, fault);
    faults.push_back(std::move(fault));
  }
}

}  // namespace belljar::spec
