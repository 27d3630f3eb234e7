// Scenario and contract files, which people take from each other. Whatever the bytes: no crash, bounded work, and every
// complaint leads to a place in the file.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "content/schema.h"
#include "spec/contract.h"
#include "spec/scenario.h"

namespace {

using namespace belljar;  // NOLINT(google-build-using-namespace): one small program

constexpr std::string_view kFile = "fuzz.yaml";

std::size_t digits(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  return count;
}

// "fuzz.yaml:LINE:COLUMN: found ..."
bool leads_to_a_place(std::string_view line) {
  if (!line.starts_with(kFile)) return false;
  line.remove_prefix(kFile.size());
  for (int part = 0; part < 2; ++part) {
    if (!line.starts_with(':') || line.substr(1).starts_with('0')) return false;
    const std::size_t count = digits(line.substr(1));
    if (count == 0) return false;
    line.remove_prefix(1 + count);
  }
  return line.starts_with(": found ") && line.find(", expected ") != std::string_view::npos;
}

void check_error(const Error& error) {
  CHECK(error.code() == Errc::invalid_argument, "what a file says is an invalid argument");
  std::string_view rest = error.message();
  CHECK(is_utf8(rest), "a message is text");
  while (true) {
    const std::size_t end = rest.find('\n');
    CHECK(leads_to_a_place(rest.substr(0, end)), "every line of an error begins file:line:column");
    if (end == std::string_view::npos) return;
    rest.remove_prefix(end + 1);
  }
}

void check_schema(const spec::Contract& contract, std::string_view section, const codec::Json& json) {
  const Result<content::Schema> schema = content::compile_schema(json);
  if (!schema) return check_error(spec::schema_error(contract, section, schema.error()));
  CHECK(content::validate(schema.value(), json).size() <= content::kErrorsMax, "errors are bounded");
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's own name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const Result<spec::Scenario> scenario = spec::parse_scenario(text, kFile);
  if (!scenario) check_error(scenario.error());
  const Result<spec::Contract> contract = spec::parse_contract(text, kFile);
  if (!contract) {
    check_error(contract.error());
    return 0;
  }
  check_schema(contract.value(), "request", contract.value().request_schema);
  check_schema(contract.value(), "answer", contract.value().answer_schema);
  return 0;
}
