#include "scenario/stdio_frames.h"

#include "scenario/conversation.h"

namespace belljar::scenario {
namespace {

std::vector<std::string> kinds(std::string_view bytes, FrameLimits limits, std::size_t piece) {
  std::vector<std::string> seen;
  FrameReader reader{limits};
  const auto sink = [&](const Frame& frame) { seen.emplace_back(frame_kind_name(frame.kind)); };
  while (!bytes.empty()) {
    reader.feed(bytes.substr(0, piece), sink);
    EXPECT_LE(reader.buffered(), limits.bytes_max + 1);
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  reader.finish(sink);
  return seen;
}

TEST(StdioFrames, SayWhatEachLineIs) {
  struct Row {
    const char* name;
    std::string bytes;
    std::vector<std::string> expected;
  };
  const FrameLimits limits{.bytes_max = 64, .depth_max = 4};
  const std::string deep = std::string(60, '[') + "\n";
  const std::vector<Row> rows{
      {"nothing", "", {}},
      {"blank lines", "\n  \n\r\n\n", {}},
      {"one object", "{\"id\":\"a\"}\n", {"object"}},
      {"carriage returns", "{\"id\":\"a\"}\r\n{}\r\n", {"object", "object"}},
      {"no last newline", "{\"id\":\"a\"}", {"object"}},
      {"half an object at the end", "{\"id\":", {"not-json"}},
      {"other JSON", "[1]\n3\n\"x\"\nnull\n", {"not-json", "not-json", "not-json", "not-json"}},
      {"two on a line", "{}{}\n", {"not-json"}},
      {"a double key", "{\"a\":1,\"a\":2}\n", {"not-json"}},
      {"not UTF-8", "{\"id\":\"\xff\"}\n{}\n", {"not-utf8", "object"}},
      {"overlong UTF-8", "{\"id\":\"\xc0\xaf\"}\n", {"not-utf8"}},
      {"a surrogate in UTF-8", "\"\xed\xa0\x80\"\n", {"not-utf8"}},
      {"terminal escapes", "\x1b[2J\x1b]0;owned\x07\n", {"not-json"}},
      {"zero bytes", std::string("\0\0\0\n", 4), {"not-json"}},
      {"deep", deep, {"too-deep"}},
      {"deep in a string is not deep", "{\"id\":\"[[[[[[[[\\\"[[[\"}\n", {"object"}},
      {"as deep as allowed", "{\"a\":[[[]]]}\n{\"a\":[[[[]]]]}\n", {"object", "too-deep"}},
      {"as large as allowed", "{\"a\":\"" + std::string(56, 'x') + "\"}\n", {"object"}},
      {"as large as allowed, carriage return",
       "{\"a\":\"" + std::string(56, 'x') + "\"}\r\n{}\n",
       {"object", "object"}},
      {"one byte too large", "{\"a\":\"" + std::string(57, 'x') + "\"}\n{}\n", {"too-large", "object"}},
      {"far too large", std::string(100000, 'x') + "\n{}\n", {"too-large", "object"}},
      {"too large and never a newline", std::string(100000, '\r'), {"too-large"}},
      {"two too large", std::string(99, 'x') + "\n" + std::string(99, 'y') + "\n", {"too-large", "too-large"}},
  };
  for (const Row& row : rows) {
    for (const std::size_t piece : {1UL, 2UL, 3UL, 7UL, 63UL, 64UL, 65UL, 66UL, 1000000UL}) {
      EXPECT_EQ(kinds(row.bytes, limits, piece), row.expected) << row.name << " in pieces of " << piece;
    }
  }
}

TEST(StdioFrames, AGigabyteWithoutANewlineCostsOneFrame) {
  FrameReader reader{{.bytes_max = 1U << 16, .depth_max = 8}};
  const std::string block(1U << 16, '{');
  int frames = 0;
  for (int i = 0; i < 1 << 14; ++i) {
    reader.feed(block, [&](const Frame& frame) {
      ++frames;
      EXPECT_EQ(frame.kind, FrameKind::too_large);
      EXPECT_LE(frame.text.size(), 512U);
    });
  }
  EXPECT_EQ(frames, 1);
  EXPECT_EQ(reader.buffered(), 0U);
}

Heard hear(Conversation& talk, const std::string& line) { return talk.hear(read_frame(line, {})); }

TEST(Conversation, SortsWhatAModelSays) {
  const CaseIds ids{Digest{}};
  Conversation talk{ids};
  const std::string first = ids.id(1);
  talk.ask(1);

  EXPECT_EQ(hear(talk, R"({"progress":1})").stray_kind, "unsolicited");
  EXPECT_FALSE(hear(talk, R"({"verdict":"pass","exit":0})").spoils);
  for (const char* id :
       {R"("c-0")", R"("c-0-0000000000000000")", R"("c-99999999999999999999-1")", R"("")", "7", "null"}) {
    const Heard heard = hear(talk, std::string{R"({"id":)"} + id + "}");
    EXPECT_EQ(heard.stray_kind, "foreign-id") << id;
    EXPECT_TRUE(heard.spoils);
  }
  EXPECT_EQ(hear(talk, R"({"id":")" + ids.id(2) + "\"}").stray_kind, "foreign-id") << "ours, but not asked yet";

  const Heard answer = hear(talk, R"({"id":")" + first + R"(","label":"b"})");
  EXPECT_EQ(answer.meaning, Meaning::answer);
  EXPECT_EQ(answer.number, 1U);
  EXPECT_EQ(hear(talk, R"({"id":")" + first + R"(","label":"m"})").stray_kind, "duplicate");

  const std::string second = ids.id(2);
  talk.ask(2);
  EXPECT_EQ(hear(talk, R"({"id":")" + second + R"(","error":"no such feature"})").meaning, Meaning::model_error);

  const std::string third = ids.id(3);
  talk.ask(3);
  talk.give_up(3);
  EXPECT_EQ(hear(talk, R"({"id":")" + third + R"(","label":"b"})").stray_kind, "late");
  EXPECT_EQ(hear(talk, "Loading model...").stray_kind, "not-json");
}

TEST(CaseIds, AreStableAndKeyed) {
  Digest other;
  other.bytes[0] = 1;
  const CaseIds one{Digest{}};
  const CaseIds two{other};
  EXPECT_EQ(one.id(17), CaseIds{Digest{}}.id(17));
  EXPECT_NE(one.id(17), two.id(17));
  EXPECT_EQ(one.number(one.id(17)), 17U);
  EXPECT_EQ(two.number(one.id(17)), std::nullopt);
  EXPECT_EQ(one.number("c-017-" + one.id(17).substr(5)), std::nullopt) << "one spelling alone";
}

}  // namespace
}  // namespace belljar::scenario
