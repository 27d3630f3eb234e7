// Schema: a compiled JSON Schema (draft 2020-12, every vocabulary), and what a message breaks of it.
//
//   Schema schema = TRY(compile_schema(contract.answer_schema));
//   for (const SchemaError& error : validate(schema, answer)) ...   // "/features/3: found \"x\", expected a number"
//
// Compiling is strict unless an option says otherwise: an unknown keyword or format, a reference that leads nowhere, a
// schema that applies itself to the same value for ever, a keyword without the one it belongs to are errors, all told
// at once. References stay inside the document, its embedded resources, the documents of the options and the standard's
// own meta-schemas; nothing is ever fetched. `format` is asserted for the formats of content/format.h; content*
// keywords, title and their like annotate. Patterns are those of content/pattern.h, numbers those of content/number.h.
//
// Validating is bounded: kStepsMax steps (a step is a schema applied to a value, a comparison, or 64 bytes of text
// matched) and kNestingMax nested applications; a message that needs more is refused, so the bound fails closed.
// A Schema is immutable: copies share it, any thread may validate. Messages of any size and depth the parser lets in.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "codec/json.h"

namespace belljar::content {

struct SchemaProgram;  // schema_program.h

struct SchemaError {
  std::string where;        // JSON Pointer into the message; empty for the whole of it
  std::string what;         // "found text, expected number"; printable
  std::string schema_path;  // JSON Pointer of the keyword that was broken, from the top of its document
};

class Schema {
 public:
  Schema();  // accepts anything
  explicit Schema(std::shared_ptr<const SchemaProgram> program) : program_{std::move(program)} {}

  const SchemaProgram& program() const { return *program_; }

 private:
  std::shared_ptr<const SchemaProgram> program_;  // shared: many links and threads read one compiled schema
};

constexpr std::size_t kErrorsMax = 20;
constexpr std::uint64_t kStepsMax = 10'000'000;
constexpr std::size_t kNestingMax = 1500;

enum class Formats { asserted, annotations };
// `refused`: the house's rule. `ignored`: as the standard has it, for judging this validator by other people's schemas.
enum class UnknownKeywords { refused, ignored };

struct SchemaOptions {
  Formats formats = Formats::asserted;
  UnknownKeywords unknown = UnknownKeywords::refused;
  std::string uri;                                             // of the schema itself; empty: it has none
  std::vector<std::pair<std::string, codec::Json>> documents;  // by URI, which `$ref` and `$schema` may name
};

// The error has a line for each problem: "/properties/id/minimum: found string, expected a number".
Result<Schema> compile_schema(const codec::Json& schema, const SchemaOptions& options = {});

// Empty when the value keeps the schema; at most kErrorsMax errors.
std::vector<SchemaError> validate(const Schema& schema, const codec::Json& value);
// The same answer without the words, about as fast as the first error is found.
bool is_valid(const Schema& schema, const codec::Json& value);

}  // namespace belljar::content
