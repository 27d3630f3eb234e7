#include <gtest/gtest.h>

#include <algorithm>

#include "ledger/body_pack.h"
#include "ledger/entry.h"
#include "ledger/ledger.h"
#include "ledger/merkle.h"
#include "ledger/record_for_tests.h"
#include "ledger/tiles.h"

namespace belljar::ledger {
namespace {

std::vector<std::string> tiles_for(std::uint64_t size) {
  std::vector<std::string> paths;
  const auto add_level = [&paths](unsigned level, std::uint64_t hashes) {
    for (std::uint64_t index = 0; index * kTileWidth < hashes; ++index) {
      const auto width = static_cast<unsigned>(std::min(kTileWidth, hashes - index * kTileWidth));
      paths.push_back("ledger/" + tile_path({level, index, width}));
    }
  };
  add_level(kEntriesLevel, size);
  unsigned level = 0;
  for (std::uint64_t hashes = size; hashes > 0; hashes /= kTileWidth) add_level(level++, hashes);
  return paths;
}

class WriterSizes : public testing::TestWithParam<std::size_t> {};

// After a checkpoint the folder holds the tiles of its size, and no file more, whatever checkpoints came before.
TEST_P(WriterSizes, LeaveExactlyTheirTiles) {
  const TestRecord record;
  const std::unique_ptr<Ledger> ledger = record.create();
  for (std::size_t at = 0; at < GetParam(); ++at) {
    ASSERT_EQ(ledger->append(numbered_entry(at)).value(), at);
    const bool checkpoint_here = at % 97 == 3 && at < 2000;
    ASSERT_TRUE(!checkpoint_here || ledger->checkpoint());
  }
  const Result<Head> head = ledger->checkpoint();
  ASSERT_TRUE(head);
  EXPECT_EQ(head.value().size, GetParam());
  std::vector<std::string> expected = tiles_for(GetParam());
  expected.push_back("ledger/checkpoint");
  expected.push_back("ledger/key.pub");
  std::vector<std::string> found = record.files();
  std::sort(expected.begin(), expected.end());
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, expected);
  const VerifyReport report = record.verify();
  EXPECT_EQ(told(report), "");
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.entries_after, 0U);
  EXPECT_EQ(report.signed_head.size, GetParam());
  EXPECT_EQ(report.signed_head.root, ledger->head().root);
}

INSTANTIATE_TEST_SUITE_P(Sizes, WriterSizes, testing::Values(0, 1, 255, 256, 257, 512, 1000, 65536, 65536 + 300),
                         [](const auto& size) { return "size_" + std::to_string(size.param); });

TEST(Writer, RefusesEntriesThatWouldNotVerify) {
  const TestRecord record;
  const std::unique_ptr<Ledger> ledger = record.create();
  EXPECT_FALSE(ledger->append("not json"));
  EXPECT_FALSE(ledger->append("[]"));
  EXPECT_FALSE(ledger->append(R"({"kind":"file"})"));
  EXPECT_FALSE(ledger->append(R"({"kind":"head","size":0,"root":"sha256:)" + std::string(64, '0') + "\"}"));
  const std::string frame = R"({"a":""})";
  EXPECT_TRUE(ledger->append(R"({"a":")" + std::string(kEntryBytesMax - frame.size(), 'x') + "\"}"));
  const Result<std::uint64_t> large = ledger->append(R"({"a":")" + std::string(kEntryBytesMax, 'x') + "\"}");
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().message(),
            "record the run: append to the ledger: an entry of 65543 bytes: more than 65535: keep its body beside it");
  EXPECT_EQ(ledger->head().size, 1U);
  ASSERT_TRUE(ledger->checkpoint());
  EXPECT_EQ(told(record.verify()), "");
}

TEST(Writer, TakesNothingAfterTheSeal) {
  const TestRecord record;
  write_whole_run(record, 3);
  const TestRecord other;
  const std::unique_ptr<Ledger> ledger = other.create();
  ASSERT_TRUE(ledger->append(R"({"kind":"sealed"})"));
  EXPECT_FALSE(ledger->append(numbered_entry(1)));
  ASSERT_TRUE(ledger->checkpoint());
  EXPECT_FALSE(ledger->append(numbered_entry(1)));
  EXPECT_TRUE(other.verify().complete);
}

TEST(Writer, RefusesAFolderThatHoldsARecord) {
  const TestRecord record;
  (void)record.create();
  const auto again = Ledger::create(record.run(), "belljar.test/run/r_2", key_for_tests());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().message(), "create ledger: " + record.run() + " holds a record already: choose another");
  EXPECT_FALSE(Ledger::create(record.run() + "2", "two\nlines", key_for_tests()));
}

TEST(Writer, BindsEachFileOnceAndNoLinks) {
  const TestRecord record;
  const std::unique_ptr<Ledger> ledger = record.create();
  write_bytes(record.file("a.txt"), "a");
  EXPECT_TRUE(ledger->bind_file("a.txt"));
  EXPECT_FALSE(ledger->bind_file("a.txt"));
  EXPECT_FALSE(ledger->bind_file("missing.txt"));
  EXPECT_FALSE(ledger->bind_file("../trusted.pub"));
  EXPECT_FALSE(ledger->bind_file("ledger/key.pub"));
  std::filesystem::create_symlink("a.txt", record.file("link"));
  EXPECT_FALSE(ledger->bind_file("link"));
}

TEST(Writer, KeepsBodiesInPacksThatEntriesName) {
  const TestRecord record;
  const std::unique_ptr<Ledger> ledger = record.create();
  for (std::size_t at = 0; at < kPackBodiesMax + 1; ++at) {
    ASSERT_TRUE(ledger->append_with_body(numbered_entry(at), "the same body each time"));
  }
  EXPECT_EQ(ledger->head().size, kPackBodiesMax + 2) << "the first pack was full";
  ASSERT_TRUE(ledger->checkpoint());
  ASSERT_TRUE(ledger->append_with_body("{}", std::string(kPackBytesFull, 'x')));
  ASSERT_TRUE(ledger->append_with_body("{}", ""));
  EXPECT_FALSE(ledger->append_with_body("{}", std::string(kBodyBytesMax + 1, 'x')));
  ASSERT_TRUE(ledger->append(R"({"kind":"sealed"})"));
  ASSERT_TRUE(ledger->checkpoint());
  EXPECT_TRUE(std::filesystem::exists(record.file("blobs/003")));
  EXPECT_FALSE(std::filesystem::exists(record.file("blobs/004")));
  EXPECT_EQ(told(record.verify()), "");
  EXPECT_TRUE(record.verify().complete);
}

TEST(Writer, RefusesClaimsOfBodiesThatItDidNotMake) {
  const TestRecord record;
  const std::unique_ptr<Ledger> ledger = record.create();
  const Digest digest;
  EXPECT_FALSE(ledger->append(with_body_claim("{}", {0, 0, 1, digest})));
  EXPECT_FALSE(ledger->append(pack_entry({0, 1, digest})));
  EXPECT_FALSE(ledger->append_with_body(pack_entry({0, 1, digest}), "b"));
  EXPECT_FALSE(ledger->append_with_body(R"({"kind":"sealed"})", "b"));
  EXPECT_FALSE(ledger->append_with_body("{} ", "b"));
  EXPECT_FALSE(ledger->append_with_body(R"({"body":"b"})", "b"));
  EXPECT_EQ(ledger->head().size, 0U);
}

}  // namespace
}  // namespace belljar::ledger
