#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "codec/json.h"
#include "content/canary_set.h"
#include "content/screen.h"

namespace belljar::content {

namespace {

const std::string kKey(32, 'k');
const std::string kTranscripts = BELLJAR_SOURCE_DIR "/../shared/data/chat-transcripts/";

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

std::string url(std::string_view text) {
  std::string out;
  for (const char c : text) out += "%" + to_hex(std::string_view{&c, 1});
  return out;
}

// As look-alikes: Cyrillic for what has one, mathematical sans-serif for the rest.
std::string homoglyphs(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == 'a') {
      out += "\u0430";
    } else if (c == 'c') {
      out += "\u0441";
    } else if (c >= 'a' && c <= 'z') {
      const unsigned code = 0x1D5BA + static_cast<unsigned>(c - 'a');
      out += static_cast<char>(0xF0);
      out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
      out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
      out += static_cast<char>(0x80 | (code & 0x3F));
    } else {
      out += c;
    }
  }
  return out;
}

std::string rot13(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>('a' + (c - 'a' + 13) % 26);
  }
  return text;
}

std::string url_safe(std::string text) {
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (text.ends_with('=')) text.pop_back();
  return text;
}

std::string joined(std::string_view text, std::size_t size, std::string_view between) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += size)
    out.append(at == 0 ? "" : between).append(text.substr(at, size));
  return out;
}

struct Nest {
  Canary canary = make_canary(kKey, "helper:/work/.aws/credentials");
  Canary other = make_canary(kKey, "helper:TOKEN");
  Screen screen = Screen::make({}, std::vector<Canary>{canary, other}).value();
};

TEST(Canary, DiffersByRunAndPlaceAndByNothingElse) {
  EXPECT_EQ(make_canary(kKey, "a"), make_canary(kKey, "a"));
  EXPECT_NE(make_canary(kKey, "a").token, make_canary(kKey, "b").token);
  EXPECT_NE(make_canary(kKey, "a").token, make_canary(std::string(32, 'x'), "a").token);
  EXPECT_EQ(make_canary(kKey, "a").token.size(), kTokenSize);
}

TEST(Canary, LooksLikeWhatItPretendsToBe) {
  const Canary canary = make_canary(kKey, "helper:/work/.aws/credentials");
  EXPECT_THAT(canary_file("/work/.aws/credentials", canary),
              testing::MatchesRegex("\\[default\\]\naws_access_key_id = AKIA[A-Z2-7]{16}\n"
                                    "aws_secret_access_key = [a-z2-7]{40}\n"));
  EXPECT_THAT(canary_file("/work/.netrc", canary), testing::MatchesRegex("token = [a-z2-7]{24}\n"));
  EXPECT_THAT(canary_variable("OPENAI_API_KEY", canary), testing::MatchesRegex("sk-proj-[a-z2-7]{48}"));
}

// Issue 4, must-show 6: the tricks by which a secret leaves; every one rings, at every alignment and cut.
TEST(Canary, RingsInEveryDisguise) {
  const Nest nest;
  const std::string token = nest.canary.token;
  struct Row {
    std::string_view name;
    std::string text;
  };
  const std::vector<Row> rows{
      {"in clear", "the password is " + token + ", keep it"},
      {"upper case", upper(token)},
      {"base64", "see " + to_base64(token)},
      {"base64, second alignment", to_base64("x" + token + "y")},
      {"base64, third alignment", to_base64("xy" + token + "yz")},
      {"base64, url-safe", "/c?d=" + url_safe(to_base64("key=" + token + "?~~"))},
      {"base64 in lines", joined(to_base64(token), 10, "\r\n")},
      {"base64 in lines of JSON", joined(to_base64(token), 10, "\\n")},
      {"hex", to_hex(token)},
      {"hex with colons", joined(upper(to_hex(token)), 2, ":")},
      {"hex with 0x", "0x" + joined(to_hex(token), 2, ", 0x")},
      {"escapes of C", "\\x" + joined(to_hex(token), 2, "\\x")},
      {"url", "https://e.example/?q=" + url(token)},
      {"rot13", rot13(token)},
      {"reversed", std::string{token.rbegin(), token.rend()}},
      {"spaced out", joined(token, 1, " ")},
      {"with zero-width spaces", joined(token, 1, "\u200B")},
      {"look-alikes", homoglyphs(token)},
      {"in a tool argument", R"({"tool":"send","arguments":"{\"to\":\"x\",\"text\":\")" + token + R"(\"}"})"},
      {"in DNS labels", joined(token, 5, ".") + ".evil.example"},
      {"in a file name", "/work/out/report-" + token + ".txt"},
      {"in an error text", R"({"id":"7","error":{"code":"internal","message":"cannot open )" + token + "\"}}"},
      {"in a list of characters", "['" + joined(token, 1, "','") + "']"},
      {"the name of the key", canary_variable("AWS_ACCESS_KEY_ID", nest.canary)},
      {"the file itself", canary_file("/work/.aws/credentials", nest.canary)},
      {"a private key", canary_file("/work/.ssh/id_ed25519", nest.canary)},
  };
  for (const Row& row : rows) {
    for (const std::size_t piece : {row.text.size(), std::size_t{1}, std::size_t{5}}) {
      Stream stream = nest.screen.stream();
      for (std::size_t at = 0; at < row.text.size(); at += piece) stream.push(row.text.substr(at, piece));
      stream.finish();
      const std::vector<Finding> findings = stream.take_findings();
      ASSERT_FALSE(findings.empty()) << row.name << ", in pieces of " << piece;
      EXPECT_EQ(findings[0].rule, nest.canary.place) << row.name;
      EXPECT_EQ(stream.worst(), Treatment::contain) << row.name;
    }
  }
}

TEST(Canary, RingsInPiecesOverSeveralMessages) {
  const Nest nest;
  const std::string token = nest.canary.token;
  for (const std::size_t size : {1U, 2U, 5U, 11U, 23U}) {
    CanaryTrail trail;
    std::size_t rung = 0;
    for (std::size_t at = 0; at < token.size(); at += size) {
      rung += nest.screen.follow(trail, "/text", token.substr(at, size)).size();
      EXPECT_TRUE(nest.screen.follow(trail, "/id", "case 17").empty());
    }
    EXPECT_GE(rung, 1U) << "pieces of " << size;
  }
  CanaryTrail trail;
  EXPECT_TRUE(nest.screen.follow(trail, "/text", "first " + token.substr(0, 8) + " of it").empty());
  EXPECT_TRUE(nest.screen.follow(trail, "/other", "then " + token.substr(16, 8)).empty());
  EXPECT_EQ(nest.screen.follow(trail, "/text", "and " + token.substr(8, 8) + " last").size(), 1U) << "in any order";
}

TEST(Canary, IsNeverToldAsARealLeak) {
  spec::FilterSpec spec;
  spec.secrets = spec::SecretsSpec{};
  const Canary canary = make_canary(kKey, "helper:/work/.aws/credentials");
  const std::string file = canary_file("/work/.aws/credentials", canary);
  const std::string key = canary_file("/work/.ssh/id_ed25519", canary);
  const Screen without = Screen::make(spec).value();
  EXPECT_FALSE(without.whole(file).findings.empty()) << "it looks like what it pretends to be";
  EXPECT_FALSE(without.whole(key).findings.empty());
  const Screen with = Screen::make(spec, std::vector<Canary>{canary}).value();
  for (const std::string& text : {file, key}) {
    for (const std::size_t piece : {text.size(), std::size_t{1}, std::size_t{7}}) {
      Stream stream = with.stream();
      for (std::size_t at = 0; at < text.size(); at += piece) stream.push(text.substr(at, piece));
      stream.finish();
      const std::vector<Finding> findings = stream.take_findings();
      EXPECT_FALSE(findings.empty());
      for (const Finding& finding : findings) EXPECT_EQ(finding.kind, "canary") << finding.rule;
    }
  }
}

// Every turn of the recorded conversations, until there are ten thousand messages: no alarm.
TEST(Canary, StaysSilentOverTenThousandInnocentMessages) {
  const std::string command = "gzip -dc " + kTranscripts + "test.jsonl.gz";
  if (!std::filesystem::exists(kTranscripts + "test.jsonl.gz")) GTEST_SKIP() << "no " << kTranscripts;
  std::vector<Canary> canaries;
  for (int place = 0; place < 20; ++place) canaries.push_back(make_canary(kKey, "place " + std::to_string(place)));
  const Screen screen = Screen::make({}, canaries).value();
  std::FILE* lines = ::popen(command.c_str(), "r");
  ASSERT_NE(lines, nullptr);
  std::string text;
  std::vector<char> block(1 << 16);
  for (std::size_t got = 0; (got = std::fread(block.data(), 1, block.size(), lines)) > 0;)
    text.append(block.data(), got);
  ASSERT_EQ(::pclose(lines), 0);
  std::size_t messages = 0;
  std::size_t alarms = 0;
  CanaryTrail trail;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(text.find("\\n\\n", at), text.find('\n', at));
    if (end == std::string::npos) end = text.size();
    const std::string_view message = std::string_view{text}.substr(at, end - at);
    at = end + (text.compare(end, 4, "\\n\\n") == 0 ? 4 : 1);
    if (message.empty()) continue;
    ++messages;
    alarms += screen.whole(message).findings.size() + screen.follow(trail, "/text", message).size();
  }
  EXPECT_GE(messages, 10'000U);
  EXPECT_EQ(alarms, 0U);
}

// What a service says of its own is no finding and goes on whole, also past rules that would take it for a secret; a
// canary of another place rings there as anywhere. However the text is cut.
TEST(Canary, AtHomeIsNeitherAFindingNorASecret) {
  spec::FilterSpec filters;
  filters.secrets = spec::SecretsSpec{};
  const Canary own = make_canary(kKey, "service:store/.aws/credentials");
  const Canary other = make_canary(kKey, "service:db/token");
  const Screen screen = Screen::make(filters, std::vector<Canary>{own, other}).value();
  const std::string file = canary_file("/.aws/credentials", own) + "and more\n";
  const std::string real = std::string{"gh"} + "p_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17";
  EXPECT_EQ(screen.whole(file).worst, Treatment::contain) << "elsewhere";
  for (std::size_t size = 1; size < file.size(); size += 7) {
    Stream stream = screen.stream("service:store/");
    std::string out;
    for (std::size_t at = 0; at < file.size(); at += size) out += stream.push(std::string_view{file}.substr(at, size));
    out += stream.finish();
    EXPECT_EQ(out, file) << size;
    EXPECT_TRUE(stream.take_findings().empty()) << size;
  }
  const Screened leak = screen.whole(file + "token " + real + "\n", "service:store/");
  EXPECT_EQ(leak.worst, Treatment::redact) << "a real secret is one beside a canary too";
  EXPECT_EQ(leak.text.find(real), std::string::npos);
  EXPECT_NE(leak.text.find(own.token), std::string::npos);
  EXPECT_EQ(screen.whole(file + other.token, "service:store/").worst, Treatment::contain);
}

}  // namespace

}  // namespace belljar::content
