// The sections `retry`, `errors` and `rate` of a contract file.
#include <algorithm>
#include <array>

#include "spec/contract_parts.h"
#include "spec/quantity.h"
#include "spec/quotas.h"

namespace belljar::spec {

namespace {

using codec::Yaml;

constexpr std::array<std::string_view, 4> kClassNames{"agent", "environment", "timeout", "contract"};
constexpr std::size_t kCodesMax = 1000;

struct Range {
  double least;
  double most;
  std::string_view text;
};

std::optional<double> read_decimal(Problems& problems, const Yaml& value, const Range& range) {
  const Result<double> number = parse_decimal(value.scalar, range.text);
  if (value.kind == Yaml::Kind::scalar && !value.quoted && number && number.value() >= range.least &&
      number.value() <= range.most) {
    return number.value();
  }
  problems.add(value.mark, describe(value), range.text);
  return std::nullopt;
}

std::optional<ErrorClass> read_class(Problems& problems, const Yaml& value) {
  const std::optional<std::string> name = read_choice(problems, value, kClassNames, {});
  if (!name) return std::nullopt;
  return static_cast<ErrorClass>(std::find(kClassNames.begin(), kClassNames.end(), *name) - kClassNames.begin());
}

void read_on(Problems& problems, const Yaml& value, RetryPolicy& retry) {
  if (!require_list(problems, value, "a list of agent, environment, timeout or contract")) return;
  retry.on.clear();
  for (const Yaml& item : value.items) {
    const std::optional<ErrorClass> kind = read_class(problems, item);
    if (!kind) continue;
    if (std::find(retry.on.begin(), retry.on.end(), *kind) == retry.on.end()) {
      retry.on.push_back(*kind);
    } else {
      problems.add(item.mark, quote(item.scalar) + " a second time", "each class once");
    }
  }
}

void read_idempotent(Problems& problems, const Yaml& value, RetryPolicy& retry) {
  if (value.kind == Yaml::Kind::scalar && !value.quoted && (value.scalar == "true" || value.scalar == "false")) {
    retry.idempotent = value.scalar == "true";
  } else {
    problems.add(value.mark, describe(value), "true or false");
  }
}

constexpr std::array<Field<RetryPolicy>, 7> kRetry{{
    {"attempts", Need::required,
     [](Problems& p, const Yaml& v, RetryPolicy& retry) {
       retry.attempts = static_cast<std::uint32_t>(read_count(p, v, "a whole number", {1, 100}).value_or(1));
     }},
    {"backoff", Need::optional,
     [](Problems& p, const Yaml& v, RetryPolicy& retry) { retry.backoff = read_span(p, v).value_or(retry.backoff); }},
    {"factor", Need::optional,
     [](Problems& p, const Yaml& v, RetryPolicy& retry) {
       retry.factor = read_decimal(p, v, {1, 10, "a number from 1 to 10"}).value_or(2);
     }},
    {"most", Need::optional,
     [](Problems& p, const Yaml& v, RetryPolicy& retry) {
       retry.backoff_max = read_span(p, v).value_or(retry.backoff_max);
     }},
    {"jitter", Need::optional,
     [](Problems& p, const Yaml& v, RetryPolicy& retry) {
       retry.jitter = read_decimal(p, v, {0, 1, "a number from 0 to 1"}).value_or(0);
     }},
    {"idempotent", Need::optional, read_idempotent},
    {"on", Need::optional, read_on},
}};

// A request that timed out, or whose answer broke its contract, may have had its effect already.
void check_repeatable(Problems& problems, const Yaml& value, const RetryPolicy& retry) {
  const Yaml* on = value.find("on");
  if (retry.idempotent || retry.attempts < 2 || on == nullptr) return;
  for (const Yaml& item : on->items) {
    if (item.scalar != "timeout" && item.scalar != "contract") continue;
    problems.add(item.mark, "a retry on " + quote(item.scalar) + " of a request that is not idempotent",
                 "\"idempotent: true\", for the first question may have had its effect");
  }
}

}  // namespace

std::optional<std::chrono::milliseconds> read_span(Problems& problems, const Yaml& value) {
  constexpr std::chrono::milliseconds kMost = std::chrono::hours{24};
  const Result<std::chrono::milliseconds> span = parse_duration(value.scalar);
  if (value.kind == Yaml::Kind::scalar && span && span.value().count() >= 1 && span.value() <= kMost) {
    return span.value();
  }
  problems.add(value.mark, describe(value), std::string{kDurationExpected} + " from 1ms to 24h");
  return std::nullopt;
}

void read_retry(Problems& problems, const Yaml& value, RetryPolicy& retry) {
  read_fields<RetryPolicy>(problems, value, "a retry", kRetry, {}, retry);
  if (value.kind == Yaml::Kind::map) check_repeatable(problems, value, retry);
}

void read_error_codes(Problems& problems, const Yaml& value, std::vector<ErrorCode>& errors) {
  if (!require_map(problems, value, "errors")) return;
  for (const Yaml::Entry& entry : value.entries) {
    const auto* const kind = std::find(kClassNames.begin(), kClassNames.end(), entry.key);
    if (kind == kClassNames.end()) {
      refuse_key(problems, entry, "errors", kClassNames, {});
      continue;
    }
    if (!require_list(problems, entry.value, "a list of error codes")) continue;
    for (const Yaml& item : entry.value.items) {
      std::optional<std::string> code = read_text(problems, item, "an error code");
      if (!code) continue;
      const bool known = std::any_of(errors.begin(), errors.end(), [&code](const auto& e) { return e.code == *code; });
      if (known) problems.add(item.mark, quote(*code) + " a second time", "each code once");
      if (errors.size() == kCodesMax) return problems.add(item.mark, "more than 1000 error codes", "fewer");
      if (!known) errors.push_back({std::move(*code), static_cast<ErrorClass>(kind - kClassNames.begin())});
    }
  }
}

void read_rate(Problems& problems, const Yaml& value, std::optional<Rate>& rate) {
  constexpr std::string_view kExpected = "a rate such as 100/s (s, min, h), from 1 to 1000000000";
  const std::size_t slash = value.scalar.find('/');
  if (value.kind == Yaml::Kind::scalar && slash != std::string::npos) {
    const Result<std::uint64_t> count = parse_count(std::string_view{value.scalar}.substr(0, slash), kExpected);
    const std::string unit = value.scalar.substr(slash + 1);
    const bool known = unit == "s" || unit == "min" || unit == "h";
    if (count && count.value() >= 1 && count.value() <= 1'000'000'000 && known) {
      rate = Rate{count.value(), parse_duration("1" + unit).value()};
      return;
    }
  }
  problems.add(value.mark, describe(value), kExpected);
}

}  // namespace belljar::spec
