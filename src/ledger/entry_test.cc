#include "ledger/entry.h"

#include <gtest/gtest.h>

#include "ledger/entry_scan.h"

namespace belljar::ledger {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

TEST(Entry, ReadsItsClaims) {
  const Result<EntryClaims> file = read_entry(R"({"kind":"file","path":"a/b.txt","digest":")" + kDigest + R"("})");
  ASSERT_TRUE(file);
  ASSERT_TRUE(file.value().file);
  EXPECT_EQ(file.value().file->path, "a/b.txt");
  EXPECT_EQ(file.value().file->digest.text(), kDigest);
  const Result<EntryClaims> head = read_entry(R"({"kind":"head","size":12,"root":")" + kDigest + R"("})");
  ASSERT_TRUE(head);
  ASSERT_TRUE(head.value().head);
  EXPECT_EQ(head.value().head->size, 12U);
  EXPECT_TRUE(read_entry(R"({"kind":"sealed"})").value().sealed);
  EXPECT_FALSE(read_entry(R"({"kind":"step"})").value().sealed);
}

TEST(Entry, ReadsBackWhatItWritesOfBodies) {
  const Digest digest = Digest::parse(kDigest).value();
  for (const std::string& before : {std::string{"{}"}, std::string{R"({"kind":"answer"})"}}) {
    const std::string entry = with_body_claim(before, {3, 17, 42, digest});
    const Result<EntryClaims> claims = read_entry(entry);
    ASSERT_TRUE(claims) << entry;
    ASSERT_TRUE(claims.value().body) << entry;
    EXPECT_EQ(claims.value().body->pack, 3U);
    EXPECT_EQ(claims.value().body->at, 17U);
    EXPECT_EQ(claims.value().body->bytes, 42U);
    EXPECT_EQ(claims.value().body->salted, digest);
  }
  const Result<EntryClaims> pack = read_entry(pack_entry({3, 18, digest}));
  ASSERT_TRUE(pack);
  ASSERT_TRUE(pack.value().pack);
  EXPECT_EQ(pack.value().pack->number, 3U);
  EXPECT_EQ(pack.value().pack->bodies, 18U);
  EXPECT_EQ(pack.value().pack->digest, digest);
}

// Only an object is a claim, and nothing a model writes becomes one.
TEST(Entry, TextOfAModelNamesNoBody) {
  for (const char* entry : {R"({"body":"{\"pack\":0}"})", R"({"body":7})", R"({"body":null})", R"({"body":[]})",
                            R"({"text":{"body":{"pack":0}}})"}) {
    const Result<EntryClaims> claims = read_entry(entry);
    ASSERT_TRUE(claims) << entry;
    EXPECT_FALSE(claims.value().body) << entry;
  }
}

TEST(Entry, RefusesWhatCannotBeHeldToAnything) {
  for (const std::string& entry :
       {std::string{}, std::string{"[]"}, std::string{"1"}, std::string{"{"}, std::string{"{} "} + "x",
        std::string{R"({"a":1,"a":2})"}, std::string{R"({"kind":"file"})"},
        R"({"kind":"file","path":"../x","digest":")" + kDigest + R"("})",
        std::string{R"({"kind":"file","path":"x","digest":"sha256:12"})"}, std::string{R"({"kind":"head"})"},
        R"({"kind":"head","size":-1,"root":")" + kDigest + R"("})", std::string{R"({"body":{}})"},
        R"({"body":{"pack":-1,"at":0,"bytes":0,"salted":")" + kDigest + R"("}})",
        std::string{R"({"body":{"pack":0,"at":0,"bytes":0,"salted":"x"}})"}, std::string{R"({"kind":"pack"})"},
        R"({"kind":"head","size":1.5,"root":")" + kDigest + R"("})", std::string(5000, '[')}) {
    EXPECT_FALSE(read_entry(entry)) << entry.substr(0, 80);
  }
}

// The quick way may pass an entry on to the parser, and never says anything else than it.
TEST(EntryScan, SaysWhatTheParserSays) {
  const Digest digest = Digest::parse(kDigest).value();
  struct Row {
    std::string entry;
    bool known;
  };
  const Row rows[] = {
      {"{}", true},
      {R"({"kind":"step","step":"seal","n":-12,"b":[true,false,null,{"x":"y"}]})", true},
      {R"({"kind":"request","text":"a \"quoted\" \\ word\n"})", true},
      {with_body_claim("{\"kind\":\"request\",\"seq\":7}", {3, 17, 42, digest}), true},
      {"{\"text\":\"\xC3\xA9\"}", true},
      {"{\"text\":\"\xC3\"}", false},
      {R"({"a":1,"a":2})", false},
      {R"({"a":01})", false},
      {R"({"a":-})", false},
      {R"({"a":1.5})", false},
      {R"({"a":1234567890123456789})", false},
      {R"({"a":"\u0041"})", false},
      {R"({"kind":"sealed"})", false},
      {R"({"k\u0069nd":"sealed"})", false},
      {R"({"kind":"se\u0061led"})", false},
      {R"({"body":"text"})", false},
      {R"({"a":1} )", false},
      {R"({"a": 1})", false},
      {R"({"a":1}})", false},
      {R"({"a":[1,]})", false},
      {R"({"a":1,})", false},
      {"{\"a\":\"\n\"}", false},
      {"[]", false},
      {"1", false},
      {"", false},
      {with_body_claim(R"({"text":"x"})", {0, 0, 0, digest}) + " ", false},
      {R"({"body":1,"body":{"pack":0,"at":0,"bytes":0,"salted":")" + kDigest + R"("}})", false},
      {R"({"t":",)" + with_body_claim("{}", {0, 0, 0, digest}), false},
  };
  for (const Row& row : rows) {
    const std::optional<EntryClaims> quick = scan_entry(row.entry);
    EXPECT_EQ(quick.has_value(), row.known) << row.entry;
    if (!quick) continue;
    const Result<EntryClaims> parsed = parse_entry(row.entry);
    ASSERT_TRUE(parsed) << row.entry;
    EXPECT_EQ(*quick, parsed.value()) << row.entry;
  }
}

TEST(BindablePath, HasOneSpelling) {
  for (const char* path : {"a", "a/b", "report.html", "a b", "..a", "a..", ".hidden", "ledgers/x", "\xC3\xA9"}) {
    EXPECT_TRUE(is_bindable_path(path)) << path;
  }
  for (const char* path : {"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "a/./b", "../a", "ledger", "ledger/x",
                           "blobs/x", "blobs", "\xFF"}) {
    EXPECT_FALSE(is_bindable_path(path)) << path;
  }
  EXPECT_FALSE(is_bindable_path(std::string(1025, 'a')));
  EXPECT_FALSE(is_bindable_path(std::string_view{"a\0b", 3}));
}

}  // namespace
}  // namespace belljar::ledger
