#include "spec/contract.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "spec/contract_parts.h"
#include "spec/fields.h"
#include "spec/quantity.h"
#include "spec/quotas.h"

namespace belljar::spec {

namespace {

using codec::Json;
using codec::Yaml;

constexpr std::uint64_t kMessageBytesMost = 16ULL << 20;

void read_version(Problems& problems, const Yaml& value, Contract&) {
  if (value.kind == Yaml::Kind::scalar && !value.quoted && value.scalar == "1") return;
  problems.add(value.mark, describe(value), "1, the only format this version reads");
}

void read_deadline(Problems& problems, const Yaml& value, Contract& contract) {
  if (const auto deadline = read_span(problems, value)) contract.deadline = *deadline;
}

void read_size(Problems& problems, const Yaml& value, Contract& contract) {
  const Result<std::uint64_t> size = parse_bytes(value.scalar);
  if (value.kind == Yaml::Kind::scalar && size && size.value() >= 64 && size.value() <= kMessageBytesMost) {
    contract.message_bytes_max = size.value();
  } else {
    problems.add(value.mark, describe(value), std::string{kBytesExpected} + " from 64B to 16MiB");
  }
}

void read_depth(Problems& problems, const Yaml& value, Contract& contract) {
  if (const auto depth = read_count(problems, value, "a whole number", {1, 128})) {
    contract.depth_max = static_cast<std::uint32_t>(*depth);
  }
}

void read_fan_out(Problems& problems, const Yaml& value, Contract& contract) {
  if (const auto most = read_count(problems, value, "a whole number", {1, 1'000'000})) {
    contract.fan_out_max = static_cast<std::uint32_t>(*most);
  }
}

// What is said of messages beside their shapes; AsyncAPI documents carry it as `x-belljar`.
constexpr std::array<Field<Contract>, 7> kTerms{{
    {"errors", Need::optional,
     [](Problems& p, const Yaml& v, Contract& contract) { read_error_codes(p, v, contract.errors); }},
    {"retry", Need::optional, [](Problems& p, const Yaml& v, Contract& contract) { read_retry(p, v, contract.retry); }},
    {"deadline", Need::optional, read_deadline},
    {"size", Need::optional, read_size},
    {"depth", Need::optional, read_depth},
    {"fan-out", Need::optional, read_fan_out},
    {"rate", Need::optional, [](Problems& p, const Yaml& v, Contract& contract) { read_rate(p, v, contract.rate); }},
}};

constexpr std::array<Field<Contract>, 4> kShapes{{
    {"belljar-contract", Need::required, read_version},
    {"request", Need::optional,
     [](Problems& p, const Yaml& v, Contract& contract) {
       contract.request_schema = read_schema(p, v, "/request", contract);
     }},
    {"answer", Need::optional,
     [](Problems& p, const Yaml& v, Contract& contract) {
       contract.answer_schema = read_schema(p, v, "/answer", contract);
     }},
    {"error", Need::optional,
     [](Problems& p, const Yaml& v, Contract& contract) {
       contract.error_schema = read_schema(p, v, "/error", contract);
     }},
}};

constexpr auto kContract = [] {
  std::array<Field<Contract>, kShapes.size() + kTerms.size()> all{};
  std::copy(kTerms.begin(), kTerms.end(), std::copy(kShapes.begin(), kShapes.end(), all.begin()));
  return all;
}();

}  // namespace

void read_terms(Problems& problems, const Yaml& value, Contract& contract) {
  read_fields<Contract>(problems, value, "x-belljar", kTerms, {}, contract);
}

Contract open_contract() {
  Contract contract;
  contract.request_schema = Json::Object{{"type", "object"}};
  contract.answer_schema = Json::Object{{"type", "object"}};
  return contract;
}

Result<Contract> parse_contract(std::string_view text, std::string_view file) {
  const std::string name = printable(file, 4096);
  const Yaml root = TRY(codec::parse_yaml(text, name));
  Problems problems{name};
  Contract contract;
  contract.file = file;
  contract.request_schema = true;
  contract.answer_schema = true;
  read_fields<Contract>(problems, root, "a contract", kContract, {}, contract);
  TRY(problems.result());
  return contract;
}

}  // namespace belljar::spec
