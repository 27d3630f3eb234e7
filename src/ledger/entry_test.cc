#include "ledger/entry.h"

#include <gtest/gtest.h>

namespace belljar::ledger {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');
const std::string kOther = "sha256:" + std::string(64, 'b');

std::size_t blobs_in(const std::string& entry) {
  const Result<EntryClaims> claims = read_entry(entry);
  return claims ? claims.value().blobs.size() : 99;
}

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

TEST(Entry, BlobsAreNamedByMembersOfThatName) {
  EXPECT_EQ(blobs_in(R"({"blob":"blob:)" + kDigest + R"("})"), 1U);
  EXPECT_EQ(blobs_in(R"({"blob":")" + kDigest + R"("})"), 1U);
  EXPECT_EQ(blobs_in(R"({"request_blob":"blob:)" + kDigest + R"(","answer_blob":"blob:)" + kOther + R"("})"), 2U);
  EXPECT_EQ(blobs_in(R"({"a":[{"b":{"stderr_blob":"blob:)" + kDigest + R"("}}]})"), 1U);
  EXPECT_EQ(blobs_in(R"({"blobs":["blob:)" + kDigest + R"(","blob:)" + kOther + R"("]})"), 2U);
  EXPECT_EQ(blobs_in(R"({"answer_blob":null})"), 0U);
}

// A model that writes a blob's name must not make its record look broken.
TEST(Entry, TextOfAModelNamesNoBlob) {
  EXPECT_EQ(blobs_in(R"({"text":"blob:)" + kDigest + R"("})"), 0U);
  EXPECT_EQ(blobs_in(R"({"blob:)" + kDigest + R"(":1})"), 0U);
  EXPECT_EQ(blobs_in(R"({"blob":"blob:sha256:xyz"})"), 0U);
  EXPECT_EQ(blobs_in(R"({"blob":7})"), 0U);
}

TEST(Entry, RefusesWhatCannotBeHeldToAnything) {
  for (const std::string& entry :
       {std::string{}, std::string{"[]"}, std::string{"1"}, std::string{"{"}, std::string{"{} "} + "x",
        std::string{R"({"a":1,"a":2})"}, std::string{R"({"kind":"file"})"},
        R"({"kind":"file","path":"../x","digest":")" + kDigest + R"("})",
        std::string{R"({"kind":"file","path":"x","digest":"sha256:12"})"}, std::string{R"({"kind":"head"})"},
        R"({"kind":"head","size":-1,"root":")" + kDigest + R"("})",
        R"({"kind":"head","size":1.5,"root":")" + kDigest + R"("})", std::string(5000, '[')}) {
    EXPECT_FALSE(read_entry(entry)) << entry.substr(0, 80);
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
