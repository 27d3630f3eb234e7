// Retry: the kinds of failure a link tells apart, and when and after how long its request is asked again.
//
//   ErrorClass kind = error_class(contract.errors, "overloaded");            // environment, if the contract says so
//   if (may_retry(contract.retry, kind, asked)) wait(retry_delay(contract.retry, asked, run_seed ^ message));
//
// Who is at fault decides the class: `agent`, the model itself; `environment`, what it stands on (its sandbox, its
// server, a dependency); `timeout`, the deadline passed; `contract`, what was said breaks the contract. Belljar
// establishes the last two, and an ended sandbox, itself; the codes of a model's own failures are named by the
// contract. Pure functions and plain values; nothing here reads a clock or draws a random number.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace belljar::spec {

enum class ErrorClass { agent, environment, timeout, contract };
std::string_view error_class_name(ErrorClass kind);

struct ErrorCode {
  std::string code;  // as the model writes it
  ErrorClass kind = ErrorClass::agent;

  bool operator==(const ErrorCode&) const = default;
};

// The class of a model's own failure; `agent` for a code that the contract does not name.
ErrorClass error_class(const std::vector<ErrorCode>& codes, std::string_view code);

struct RetryPolicy {
  std::uint32_t attempts = 1;              // questions in all; 1: never again
  std::chrono::milliseconds backoff{100};  // before the second attempt
  double factor = 2;                       // each further wait is that much longer, 1 to 10
  std::chrono::milliseconds backoff_max{10'000};
  double jitter = 0;        // share of the wait that is drawn, 0 to 1
  bool idempotent = false;  // asking twice does nothing twice
  std::vector<ErrorClass> on{ErrorClass::environment};

  bool operator==(const RetryPolicy&) const = default;
};

// `asked` questions, at least 1, were answered by a failure of that class.
bool may_retry(const RetryPolicy& policy, ErrorClass kind, std::uint32_t asked);

// How long to wait after `asked` questions: min(backoff * factor^(asked-1), backoff_max), of which the share `jitter`
// is drawn evenly from `seed`: the same seed gives the same wait on every machine.
std::chrono::nanoseconds retry_delay(const RetryPolicy& policy, std::uint32_t asked, std::uint64_t seed);

}  // namespace belljar::spec
