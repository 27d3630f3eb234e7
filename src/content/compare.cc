#include "content/compare.h"

#include <algorithm>

#include "base/text.h"
#include "content/generate.h"

namespace belljar::content {

using codec::Json;

namespace {

enum class Promise { requests_may_widen, answers_may_narrow };

class Judge {
 public:
  Result<void> section(const std::string& name, Promise promise, const Json& before, const Json& after) {
    const Schema old_schema = TRY_CTX(compile_schema(before), name + " of the old version");
    const Schema new_schema = TRY_CTX(compile_schema(after), name + " of the new version");
    const Shift harmless = promise == Promise::requests_may_widen ? Shift::wider : Shift::narrower;
    for (const Difference& difference : compare_schemas(before, after)) {
      const bool breaking = difference.shift != harmless;
      const std::string doubt = difference.shift == Shift::unclear ? " (cannot be shown to be harmless)" : "";
      changes_.push_back({breaking, name, printable(difference.path), difference.what + doubt});
    }
    if (promise == Promise::requests_may_widen) {
      find_witness(name, old_schema, new_schema, "was valid and is refused now");
    } else {
      find_witness(name, new_schema, old_schema, "is valid now and was refused");
    }
    return {};
  }

  // `more` of it is harmless, less is not.
  template <class T>
  void limit(const std::string& name, const T& before, const T& after, const std::string& words) {
    if (before != after) changes_.push_back({after < before, name, "", words});
  }
  void note(bool breaking, const std::string& name, std::string what) {
    changes_.push_back({breaking, name, "", std::move(what)});
  }

  std::vector<Change> take() { return std::move(changes_); }

 private:
  void find_witness(const std::string& name, const Schema& takes, const Schema& must_take, std::string_view says) {
    constexpr std::uint64_t kSeeds = 60;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      const Result<Json> message = valid_message(takes, seed, static_cast<Edge>(seed % 3));
      if (!message) return;
      if (is_valid(must_take, message.value())) continue;
      const std::string text = printable(codec::to_json(message.value()), 200);
      changes_.push_back({true, name, "", "for example " + text + " " + std::string{says}});
      return;
    }
  }

  std::vector<Change> changes_;
};

std::string was_and_is(std::uint64_t before, std::uint64_t after) {
  return "was " + std::to_string(before) + " and is " + std::to_string(after);
}

void compare_limits(const spec::Contract& before, const spec::Contract& after, Judge& judge) {
  judge.limit("deadline", before.deadline, after.deadline,
              was_and_is(static_cast<std::uint64_t>(before.deadline.count()),
                         static_cast<std::uint64_t>(after.deadline.count())) +
                  " ms");
  judge.limit("size", before.message_bytes_max, after.message_bytes_max,
              was_and_is(before.message_bytes_max, after.message_bytes_max) + " bytes");
  judge.limit("depth", before.depth_max, after.depth_max, was_and_is(before.depth_max, after.depth_max) + " levels");
  const auto fan_out = [](const spec::Contract& contract) { return contract.fan_out_max.value_or(UINT32_MAX); };
  const auto or_none = [](std::uint32_t most) { return most == UINT32_MAX ? "no limit" : std::to_string(most); };
  judge.limit("fan-out", fan_out(before), fan_out(after),
              "was " + or_none(fan_out(before)) + " and is " + or_none(fan_out(after)));
  const auto per_day = [](const spec::Contract& contract) {
    constexpr double kDay = 86'400'000.0;
    return contract.rate
               ? static_cast<double>(contract.rate->count) * kDay / static_cast<double>(contract.rate->per.count())
               : kDay * 1e9;
  };
  const auto words = [](const spec::Contract& contract) {
    if (!contract.rate) return std::string{"no limit"};
    return std::to_string(contract.rate->count) + " in " + std::to_string(contract.rate->per.count()) + " ms";
  };
  judge.limit("rate", per_day(before), per_day(after), "was " + words(before) + " and is " + words(after));
}

void compare_failures(const spec::Contract& before, const spec::Contract& after, Judge& judge) {
  if (before.retry.idempotent && !after.retry.idempotent) {
    judge.note(true, "retry", "was idempotent and is not: who asks again may do so no more");
  } else if (before.retry != after.retry) {
    judge.note(false, "retry", "changed");
  }
  for (const spec::ErrorCode& code : before.errors) {
    const spec::ErrorClass now = spec::error_class(after.errors, code.code);
    if (now == code.kind) continue;
    judge.note(true, "errors",
               printable(code.code, 60) + " was of class " + std::string{error_class_name(code.kind)} +
                   " and is of class " + std::string{error_class_name(now)});
  }
  for (const spec::ErrorCode& code : after.errors) {
    const spec::ErrorClass then = spec::error_class(before.errors, code.code);
    const bool known = std::any_of(before.errors.begin(), before.errors.end(),
                                   [&code](const spec::ErrorCode& one) { return one.code == code.code; });
    if (!known)
      judge.note(then != code.kind, "errors",
                 printable(code.code, 60) + " is new, of class " + std::string{error_class_name(code.kind)} +
                     "; an unknown code is the agent's");
  }
}

}  // namespace

Result<std::vector<Change>> compare_contracts(const spec::Contract& before, const spec::Contract& after) {
  Judge judge;
  TRY(judge.section("request", Promise::requests_may_widen, before.request_schema, after.request_schema));
  TRY(judge.section("answer", Promise::answers_may_narrow, before.answer_schema, after.answer_schema));
  TRY(judge.section("error", Promise::answers_may_narrow, before.error_schema, after.error_schema));
  compare_limits(before, after, judge);
  compare_failures(before, after, judge);
  return judge.take();
}

}  // namespace belljar::content
