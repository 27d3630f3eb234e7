// Answers for Belljar's validator in schema_peer.mjs: reads lines {"schema": S, "values": [V...]} and writes one line
// for each: a list of true and false, or {"refused": "why"}. Unknown keywords ignored and formats noted alone, as the
// standard has it by default.
#include <iostream>
#include <string>

#include "content/schema.h"

namespace {

using namespace belljar;  // NOLINT(google-build-using-namespace): one small program

std::string answer(const std::string& line) {
  const Result<codec::Json> pair = codec::parse_json(line);
  if (!pair) return codec::to_json(codec::Json::Object{{"refused", pair.error().message()}});
  content::SchemaOptions options;
  options.formats = content::Formats::annotations;
  options.unknown = content::UnknownKeywords::ignored;
  const Result<content::Schema> schema = content::compile_schema(*pair.value().find("schema"), options);
  if (!schema) return codec::to_json(codec::Json::Object{{"refused", schema.error().message()}});
  codec::Json::Array verdicts;
  for (const codec::Json& value : pair.value().find("values")->as_array()) {
    const bool valid = content::is_valid(schema.value(), value);
    const bool silent = content::validate(schema.value(), value).empty();
    if (valid != silent) return codec::to_json(codec::Json::Object{{"refused", "is_valid and validate disagree"}});
    verdicts.emplace_back(valid);
  }
  return codec::to_json(verdicts);
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) std::cout << answer(line) << '\n' << std::flush;
  return 0;
}
