// A contract as JSON, in the words of its file.

#include "spec/contract.h"
#include "spec/contract_parts.h"

namespace belljar::spec {

using codec::Json;

namespace {

std::string duration_text(std::chrono::milliseconds span) {
  const auto count = span.count();
  return count % 1000 == 0 ? std::to_string(count / 1000) + "s" : std::to_string(count) + "ms";
}

std::string size_text(std::uint64_t bytes) {
  if (bytes % (1U << 20) == 0) return std::to_string(bytes >> 20) + "MiB";
  return bytes % 1024 == 0 ? std::to_string(bytes >> 10) + "KiB" : std::to_string(bytes) + "B";
}

std::string rate_text(const Rate& rate) {
  const std::string unit = rate.per == std::chrono::hours{1} ? "h" : rate.per == std::chrono::minutes{1} ? "min" : "s";
  return std::to_string(rate.count) + "/" + unit;
}

Json retry_json(const RetryPolicy& retry) {
  Json::Array on;
  for (const ErrorClass kind : retry.on) on.emplace_back(error_class_name(kind));
  Json json;
  json.set("attempts", retry.attempts);
  json.set("backoff", duration_text(retry.backoff));
  json.set("factor", retry.factor);
  json.set("most", duration_text(retry.backoff_max));
  json.set("jitter", retry.jitter);
  json.set("idempotent", retry.idempotent);
  json.set("on", std::move(on));
  return json;
}

Json errors_json(const std::vector<ErrorCode>& errors) {
  Json json = Json::Object{};
  for (const ErrorClass kind :
       {ErrorClass::agent, ErrorClass::environment, ErrorClass::timeout, ErrorClass::contract}) {
    Json::Array codes;
    for (const ErrorCode& code : errors) {
      if (code.kind == kind) codes.emplace_back(code.code);
    }
    if (!codes.empty()) json.set(std::string{error_class_name(kind)}, std::move(codes));
  }
  return json;
}

}  // namespace

void add_terms(const Contract& contract, Json& json) {
  if (!contract.errors.empty()) json.set("errors", errors_json(contract.errors));
  if (contract.retry != RetryPolicy{}) json.set("retry", retry_json(contract.retry));
  json.set("deadline", duration_text(contract.deadline));
  json.set("size", size_text(contract.message_bytes_max));
  json.set("depth", contract.depth_max);
  if (contract.fan_out_max) json.set("fan-out", *contract.fan_out_max);
  if (contract.rate) json.set("rate", rate_text(*contract.rate));
}

Json contract_json(const Contract& contract) {
  Json json;
  json.set("belljar-contract", 1);
  json.set("request", contract.request_schema);
  json.set("answer", contract.answer_schema);
  json.set("error", contract.error_schema);
  add_terms(contract, json);
  return json;
}

}  // namespace belljar::spec
