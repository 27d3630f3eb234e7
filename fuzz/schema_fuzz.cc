// A schema on the first line, a message below it, both from strangers. Whatever the bytes: no crash, bounded work,
// strict accepts no more than lenient does, both ways of asking agree, and what is generated keeps the schema.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "content/compare.h"
#include "content/generate.h"
#include "content/schema.h"
#include "spec/asyncapi.h"

namespace {

using namespace belljar;  // NOLINT(google-build-using-namespace): one small program

void check_errors(const std::vector<content::SchemaError>& errors) {
  CHECK(errors.size() <= content::kErrorsMax, "errors are bounded");
  for (const content::SchemaError& error : errors) {
    CHECK(is_utf8(error.where) && is_utf8(error.what) && is_utf8(error.schema_path), "a message is text");
    CHECK(error.where.size() + error.what.size() + error.schema_path.size() < 8192, "and short");
  }
}

void check_contract(const codec::Json& schema) {
  spec::Contract contract = spec::open_contract();
  contract.request_schema = schema;
  CHECK(content::compare_contracts(contract, contract).value().empty(), "nothing changed in what is the same");
  (void)spec::import_asyncapi(codec::to_json(spec::export_asyncapi(contract, "fuzz")), "fuzz.json", "");
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's own name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const std::size_t line = text.find('\n');
  const Result<codec::Json> schema_json = codec::parse_json(text.substr(0, line));
  if (!schema_json) return 0;
  content::SchemaOptions lenient;
  lenient.formats = content::Formats::annotations;
  lenient.unknown = content::UnknownKeywords::ignored;
  const Result<content::Schema> strict = content::compile_schema(schema_json.value());
  const Result<content::Schema> loose = content::compile_schema(schema_json.value(), lenient);
  if (!strict) CHECK(is_utf8(strict.error().message()), "a message is text");
  if (strict) CHECK(bool{loose}, "what strict takes, lenient takes");
  if (!loose) return 0;
  const Result<codec::Json> value =
      line == std::string_view::npos ? Result<codec::Json>{schema_json} : codec::parse_json(text.substr(line + 1));
  if (value) {
    const auto errors = content::validate(loose.value(), value.value());
    check_errors(errors);
    CHECK(errors.empty() == content::is_valid(loose.value(), value.value()), "both ways of asking agree");
  }
  if (!strict) return 0;
  if (value && content::is_valid(strict.value(), value.value())) {
    CHECK(content::is_valid(loose.value(), value.value()), "strict only adds formats");
  }
  // Each takes up to hundreds of tries, so one input in four makes them.
  if (size % 4 != 0) return 0;
  const Result<codec::Json> made = content::valid_message(strict.value(), size);
  if (made) CHECK(content::validate(strict.value(), made.value()).empty(), "what is made is valid");
  check_contract(schema_json.value());
  return 0;
}
