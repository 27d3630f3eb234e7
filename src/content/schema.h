// Schema: a compiled JSON Schema of the subset that contracts use, and what a message breaks of it.
//
//   Schema schema = TRY(compile_schema(contract.answer_schema));
//   for (const SchemaError& error : validate(schema, answer)) ...   // "/features/3: found \"x\", expected a number"
//
// Draft 2020-12 semantics for: type, properties, required, additionalProperties, enum, const, minimum, maximum,
// exclusiveMinimum, exclusiveMaximum, minLength, maxLength (code points), items, minItems, maxItems; title,
// description and $schema say nothing about a value; `true` and `false` are schemas. Any other keyword
// is an error when compiling: a rule that would be skipped silently is no rule. Integers are compared exactly. Work is
// bounded by the size of the value times that of the schema's enums, and errors by kErrorsMax. A Schema is immutable:
// copies share it, any thread may validate.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "codec/json.h"

namespace belljar::content {

struct SchemaNode;  // schema_node.h

struct SchemaError {
  std::string where;        // JSON Pointer into the message; empty for the whole of it
  std::string what;         // "found text, expected number"; printable
  std::string schema_path;  // JSON Pointer of the keyword that was broken
};

class Schema {
 public:
  Schema();  // accepts anything
  explicit Schema(std::shared_ptr<const SchemaNode> root) : root_{std::move(root)} {}

  const SchemaNode& root() const { return *root_; }

 private:
  std::shared_ptr<const SchemaNode> root_;  // shared: many links and threads read one compiled schema
};

constexpr std::size_t kErrorsMax = 20;

// The error names the keyword by its JSON Pointer: "/properties/id/pattern: found keyword pattern, expected ...".
Result<Schema> compile_schema(const codec::Json& schema);

// Empty when the value keeps the schema; at most kErrorsMax errors, in the order of the schema.
std::vector<SchemaError> validate(const Schema& schema, const codec::Json& value);

}  // namespace belljar::content
