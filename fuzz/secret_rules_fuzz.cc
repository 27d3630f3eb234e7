// A file of rules from a stranger. Whatever the bytes: no crash, every complaint names its line, and what loads can be
// compiled and finds what it says it finds.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "content/pattern_set.h"
#include "content/secret_rules.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's own name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belljar;  // NOLINT(google-build-using-namespace): one small program
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const Result<content::SecretRules> rules = content::parse_secret_rules(text, "fuzz.toml");
  if (!rules) {
    CHECK(rules.error().message().starts_with("fuzz.toml:"), "a complaint says where");
    CHECK(is_utf8(rules.error().message()), "and is text");
    return 0;
  }
  if (rules.value().rules.size() > 8) return 0;
  const Result<content::PatternSet> set = content::PatternSet::make(rules.value().rules, "");
  if (!set) return 0;
  auto detector = content::make_pattern_detector(set.value());
  std::vector<content::Hit> hits;
  detector->push(text, hits);
  detector->finish(hits);
  for (const content::Hit& hit : hits) CHECK(hit.redact_end <= text.size(), "a span lies in the text");
  return 0;
}
