// A 1 KiB message against a schema of 34 keywords: Belljar's validator and valijson (Debian's, on RapidJSON),
// interleaved round by round. Usage: schema_bench [ROUNDS]
//
// Each validates messages that its own parser has already read into its own values; parsing is timed apart, so that
// nobody takes one for the other. Both must agree on every message before anything is timed.
#include <rapidjson/document.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <valijson/adapters/rapidjson_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#include <vector>

#include "content/schema.h"

namespace belljar::bench {
namespace {

// Keywords that mean the same in draft 7, which valijson reads, and in 2020-12, 34 of them.
constexpr std::string_view kSchema = R"({
 "type":"object","minProperties":5,"maxProperties":20,"additionalProperties":false,
 "required":["id","kind","patient","measurements","history"],
 "properties":{
  "id":{"type":"string","minLength":8,"maxLength":40,"pattern":"^[a-z]+-[0-9]+$"},
  "kind":{"enum":["triage","control","follow_up"]},
  "note":{"type":"string","maxLength":800},
  "patient":{"type":"object","required":["age","sex"],
   "properties":{"age":{"type":"integer","minimum":0,"maximum":130},"sex":{"enum":["f","m","x"]},
                 "weight":{"type":"number","exclusiveMinimum":0}}},
  "measurements":{"type":"array","minItems":10,"maxItems":64,"items":{"type":"number","minimum":-1000}},
  "history":{"type":"array","items":{"anyOf":[{"type":"string"},{"type":"null"}]},"uniqueItems":true}}})";

std::string message(int number, bool good) {
  std::string text = R"({"id":"case-)" + std::to_string(10000 + number) + R"(","kind":"triage","patient":{"age":)" +
                     std::to_string(good ? 20 + number % 60 : 200) + R"(,"sex":"f","weight":61.5},"measurements":[)";
  for (int at = 0; at < 32; ++at)
    text += (at == 0 ? "" : ",") + std::to_string(number % 97) + "." + std::to_string(at * 37);
  text += R"(],"history":["hypertension","none since 2019",null,"allergy to penicillin"],"note":")";
  while (text.size() < 1024 - 2) text += "steady ";
  text.resize(1024 - 2);
  return text + "\"}";
}

struct Figures {
  std::vector<double> belljar, valijson;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Nanoseconds for each message.
constexpr std::size_t kPasses = 40;
template <class Work>
double timed(std::size_t count, Work work) {
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t pass = 0; pass < kPasses; ++pass) work();
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - begin;
  return spent.count() / static_cast<double>(count * kPasses);
}

void print(const char* what, const Figures& figures) {
  std::vector<double> ratios;
  for (std::size_t at = 0; at < figures.belljar.size(); ++at) {
    ratios.push_back(figures.valijson[at] / figures.belljar[at]);
  }
  (void)std::printf("%-34s %9.0f %9.0f %8.1f\n", what, median(figures.belljar), median(figures.valijson),
                    median(ratios));
}

// Both validators with the messages each has parsed for itself.
struct Field {
  content::Schema ours;
  rapidjson::Document schema_document;
  valijson::Schema theirs;
  valijson::Validator validator;
  std::vector<std::string> texts;
  std::vector<codec::Json> values;
  std::vector<rapidjson::Document> documents;

  bool theirs_says(std::size_t at) {
    const valijson::adapters::RapidJsonAdapter adapter{documents[at]};
    return validator.validate(theirs, adapter, nullptr);
  }

  // False where they disagree, or an answer is not the one that was built in.
  bool prepare(int count) {
    ours = content::compile_schema(codec::parse_json(kSchema).value()).value();
    schema_document.Parse(kSchema.data(), kSchema.size());
    valijson::SchemaParser{}.populateSchema(valijson::adapters::RapidJsonAdapter{schema_document}, theirs);
    documents.resize(static_cast<std::size_t>(count));
    for (int at = 0; at < count; ++at) {
      const bool good = at % 10 != 9;  // one of ten breaks the schema
      const auto index = static_cast<std::size_t>(at);
      texts.push_back(message(at, good));
      values.push_back(codec::parse_json(texts.back()).value());
      documents[index].Parse(texts.back().c_str());
      if (content::is_valid(ours, values.back()) != good || theirs_says(index) != good) return false;
    }
    return true;
  }
};

void round_of(Field& field, Figures& validation, Figures& parsing, std::size_t& valid) {
  validation.belljar.push_back(timed(field.values.size(), [&] {
    for (const codec::Json& value : field.values) valid += content::is_valid(field.ours, value) ? 1 : 0;
  }));
  validation.valijson.push_back(timed(field.documents.size(), [&] {
    for (std::size_t at = 0; at < field.documents.size(); ++at) valid += field.theirs_says(at) ? 1 : 0;
  }));
  parsing.belljar.push_back(timed(field.texts.size(), [&] {
    for (const std::string& text : field.texts) valid += codec::parse_json(text) ? 1 : 0;
  }));
  parsing.valijson.push_back(timed(field.texts.size(), [&] {
    for (const std::string& text : field.texts) {
      rapidjson::Document document;
      valid += document.Parse(text.c_str()).HasParseError() ? 0 : 1;
    }
  }));
}

int run(int rounds) {
  constexpr int kMessages = 50;  // they stay in the cache, as one does that was just parsed
  Field field;
  if (!field.prepare(kMessages)) {
    (void)std::puts("the validators disagree on a message");
    return 1;
  }
  Figures validation;
  Figures parsing;
  std::size_t valid = 0;
  for (int round = 0; round < rounds; ++round) round_of(field, validation, parsing, valid);
  (void)std::printf("%d rounds of 40 times %d messages of 1024 bytes, one in ten invalid (%zu answers)\n", rounds,
                    kMessages, valid);
  (void)std::printf("%-34s %9s %9s %8s\n", "ns a message, median of rounds", "belljar", "valijson", "ratio");
  print("validation of a parsed message", validation);
  print("parsing (belljar: Json; RapidJSON)", parsing);
  return 0;
}

}  // namespace
}  // namespace belljar::bench

int main(int argc, char** argv) { return belljar::bench::run(argc > 1 ? std::atoi(argv[1]) : 30); }
