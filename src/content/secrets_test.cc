// Secrets: the rules load, and nothing that plain RE2 finds over the whole text is missed, however the text is cut.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "content/pattern_set.h"
#include "content/sample_for_tests.h"
#include "content/screen.h"
#include "content/secret_rules.h"

namespace belljar::content {

namespace {

const std::string kShared = BELLJAR_SOURCE_DIR "/../shared/data/";
const std::string kGitleaks = kShared + "secret-pii-patterns/gitleaks.toml";

std::string content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

spec::FilterSpec secrets_spec(const std::string& rules) {
  spec::FilterSpec spec;
  spec.secrets = spec::SecretsSpec{};
  spec.secrets->rules = rules;
  return spec;
}

std::string where(const Finding& finding) {
  return finding.rule + " " + std::to_string(finding.begin) + "-" + std::to_string(finding.end);
}

struct Planted {
  std::string text;
  std::set<std::string> secrets;  // "rule begin-end"
};

// Source text of this repository with samples of each rule in it, at places where source has strings.
Planted plant(const PatternSet& set, const std::vector<std::uint32_t>& rules, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  const std::string source = content_of(BELLJAR_SOURCE_DIR "/src/content/schema_compile.cc") +
                             content_of(BELLJAR_SOURCE_DIR "/ARCHITECTURE.md");
  Planted out;
  std::size_t at = 0;
  for (const std::uint32_t rule : rules) {
    const std::size_t next = at + random() % (2 * source.size() / rules.size() + 1);
    out.text += source.substr(std::min(at, source.size()), std::min(next, source.size()) - std::min(at, source.size()));
    at = next;
    out.text += "\n";
    out.text += Sampler{set.rules()[rule].regex, random}.sample();
    out.text += random() % 2 == 0 ? "\n" : " ; ";
  }
  out.text += source.substr(std::min(at, source.size()));
  // The oracle: RE2 alone, one expression after the other over the whole text.
  for (std::uint32_t rule = 0; rule < set.rules().size(); ++rule) {
    std::size_t from = 0;
    while (const auto found = set.find(rule, out.text, from, out.text.size())) {
      from = found->end == found->begin ? found->end + 1 : found->end;
      if (!set.is_finding(out.text, *found)) continue;
      out.secrets.insert(set.rules()[rule].name + " " + std::to_string(found->secret_begin) + "-" +
                         std::to_string(found->secret_end));
    }
  }
  return out;
}

TEST(SecretRules, SaysEverythingWrongAtOnceWithItsLine) {
  const auto rules = parse_secret_rules(R"(title = "x"
[extend]
useDefault = true
[[rules]]
id = "open"
regex = '''(unclosed'''
[[rules]]
id = "ahead"
regex = '''a(?=b)'''
entropy = 11
[[rules]]
regex = '''abc'''
[[rules]]
id = "idle"
regex = '''a*'''
[[rules]]
id = "group"
regex = '''ab(c)'''
secretGroup = 2
colour = "red"
)",
                                        "ours.toml");
  ASSERT_FALSE(rules);
  const std::string& told = rules.error().message();
  for (const std::string_view part :
       {"ours.toml:2:", "\"extend\"", "ours.toml:6:9: found missing ): (unclosed",
        "ours.toml:9:9:", "ours.toml:10:11:", "without an id", "\"idle\" that matches nothing at all",
        "secretGroup 2 of rule \"group\"", "\"colour\" in a rule"}) {
    EXPECT_NE(told.find(part), std::string::npos) << part << " is not in:\n" << told;
  }
}

// What the TOML library asserts or calls unreachable is an error like any other.
TEST(SecretRules, TakesAsciiAlone) {
  for (const std::string_view text :
       {std::string_view{"[[\0", 3}, std::string_view{"\xE1\x9A\x80 = 1"}, std::string_view{"[[\x01"}}) {
    const auto rules = parse_secret_rules(text, "ours.toml");
    ASSERT_FALSE(rules);
    EXPECT_TRUE(rules.error().message().starts_with("ours.toml:1:")) << rules.error().message();
  }
}

TEST(SecretRules, HonoursEntropyAllowListsAndChecksums) {
  const auto rules = parse_secret_rules(R"([[rules]]
id = "token"
regex = '''\btok_([a-z0-9]{12})\b'''
entropy = 3
[[rules.allowlists]]
stopwords = ["example"]
[[rules.allowlists]]
regexTarget = "line"
regexes = ['''^# ''']
[[rules]]
id = "card"
regex = '''\b\d{16}\b'''
checksum = "luhn"
)",
                                        "ours.toml");
  ASSERT_TRUE(rules) << rules.error().message();
  const PatternSet set = PatternSet::make(rules.value().rules, "").value();
  const auto found = [&](std::string_view text) {
    auto detector = make_pattern_detector(set);
    std::vector<Hit> hits;
    detector->push(text, hits);
    detector->finish(hits);
    return hits.size();
  };
  EXPECT_EQ(found("x tok_a1b2c3d4e5f6 y"), 1U);
  EXPECT_EQ(found("x tok_aaaaaaaaaaaa y"), 0U) << "no entropy";
  EXPECT_EQ(found("x tok_exampleb4c5d y"), 0U) << "a stop word";
  EXPECT_EQ(found("# tok_a1b2c3d4e5f6 y\n"), 0U) << "its line is allowed";
  EXPECT_EQ(found("a\ntok_a1b2c3d4e5f6 y\n"), 1U);
  EXPECT_EQ(found("4111111111111111"), 1U);
  EXPECT_EQ(found("4111111111111112"), 0U) << "no checksum";
}

TEST(Secrets, AreFoundInDisguise) {
  const PatternSet set = PatternSet::make(parse_secret_rules(built_in_secret_rules(), "own").value().rules, "").value();
  struct Row {
    std::string_view name;
    std::string_view text;
    std::string_view redacted;
  };
  constexpr Row kRows[] = {
      {"zero-width space", "key AKIA2E3FQ7\u200BZBVN5XK4TW.", "key [aws-access-key-id]."},
      {"escapes of JSON", "key \\u0041KIA2E3FQ7ZBVN5XK4TW.", "key [aws-access-key-id]."},
      {"url", "key AKIA2E3FQ7ZBVN5XK4T%57.", "key [aws-access-key-id]."},
      {"fullwidth", "key \uFF21KIA2E3FQ7ZBVN5XK4TW.", "key [aws-access-key-id]."},
      {"an escaped quote before it", "{\"t\":\"password = \\\"q8Zr5TnW2xKe\\\"\"}",
       "{\"t\":\"password = \\\"[named-secret]\\\"\"}"},
  };
  spec::FilterSpec spec;
  spec.secrets = spec::SecretsSpec{};
  const Screen screen = Screen::make(spec).value();
  for (const Row& row : kRows) {
    EXPECT_EQ(screen.whole(row.text).text, row.redacted) << row.name;
    Stream stream = screen.stream();
    std::string pieces;
    for (const char byte : row.text) pieces += stream.push({&byte, 1});
    pieces += stream.finish();
    EXPECT_EQ(pieces, row.redacted) << row.name << ", byte by byte";
  }
}

TEST(Secrets, LoadsItsOwnRules) {
  const Result<SecretRules> rules = parse_secret_rules(built_in_secret_rules(), "filters/secrets.toml");
  ASSERT_TRUE(rules) << rules.error().message();
  EXPECT_GT(rules.value().rules.size(), 15U);
}

TEST(Secrets, LoadsEveryRuleOfGitleaks) {
  if (!std::filesystem::exists(kGitleaks)) GTEST_SKIP() << "no " << kGitleaks;
  const SecretRules rules = parse_secret_rules(content_of(kGitleaks), "gitleaks.toml").value();
  EXPECT_EQ(rules.rules.size() + rules.by_path_alone.size(), 222U);
  EXPECT_EQ(rules.by_path_alone, std::vector<std::string>{"pkcs12-file"});
  const Result<Screen> screen = Screen::make(secrets_spec(kGitleaks));
  ASSERT_TRUE(screen) << screen.error().message();
}

void compare_with_oracle(const std::string& rules_text, std::uint64_t seed, double& planted, double& samples) {
  const PatternSet set = PatternSet::make(parse_secret_rules(rules_text, "rules").value().rules, "").value();
  std::vector<std::uint32_t> order;
  for (std::uint32_t rule = 0; rule < set.rules().size(); ++rule) {
    order.push_back(rule);
    order.push_back(rule);
  }
  std::mt19937_64 random{seed};
  std::shuffle(order.begin(), order.end(), random);
  const Planted text = plant(set, order, seed);
  planted += static_cast<double>(text.secrets.size());
  samples += static_cast<double>(order.size());
  for (const std::size_t most : {std::size_t{1} << 30, std::size_t{1}, std::size_t{17}, std::size_t{4096}}) {
    auto detector = make_pattern_detector(set);
    std::vector<Hit> hits;
    std::uint64_t before = 0;
    for (std::size_t at = 0; at < text.text.size();) {
      const std::size_t size = 1 + random() % most;
      before = detector->safe();
      const std::size_t known = hits.size();
      detector->push(std::string_view{text.text}.substr(at, size), hits);
      for (std::size_t hit = known; hit < hits.size(); ++hit) {
        EXPECT_GE(hits[hit].redact_begin, before)
            << where(hits[hit].finding) << " would have gone on, pieces of " << most;
      }
      EXPECT_GE(detector->safe(), before) << "what may go on never shrinks";
      at += size;
    }
    before = detector->safe();
    const std::size_t known = hits.size();
    detector->finish(hits);
    for (std::size_t hit = known; hit < hits.size(); ++hit) EXPECT_GE(hits[hit].redact_begin, before);
    std::set<std::string> found;
    for (const Hit& hit : hits) found.insert(where(hit.finding));
    for (const std::string& secret : text.secrets) {
      EXPECT_TRUE(found.contains(secret)) << "missed " << secret << " in pieces of " << most << ", seed " << seed;
    }
  }
}

TEST(Secrets, MissesNothingThatPlainRe2FindsHoweverTheTextIsCut) {
  if (!std::filesystem::exists(kGitleaks)) GTEST_SKIP() << "no " << kGitleaks;
  double planted = 0;
  double samples = 0;
  for (const std::uint64_t seed : {1ULL, 2ULL, 3ULL})
    compare_with_oracle(content_of(kGitleaks), seed, planted, samples);
  std::printf("oracle findings %.0f of %.0f samples\n", planted, samples);
  EXPECT_GT(planted, samples / 2) << "most samples are secrets";
}

TEST(Secrets, MissesNothingOfItsOwnRules) {
  double planted = 0;
  double samples = 0;
  for (const std::uint64_t seed : {4ULL, 5ULL, 6ULL, 7ULL}) {
    compare_with_oracle(std::string{built_in_secret_rules()}, seed, planted, samples);
  }
  EXPECT_GT(planted, samples / 4);
}

}  // namespace

}  // namespace belljar::content
