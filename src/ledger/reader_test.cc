#include "ledger/reader.h"

#include <gtest/gtest.h>

#include "ledger/record_for_tests.h"

namespace belljar::ledger {
namespace {

struct Read {
  std::vector<std::string> entries;
  std::vector<std::string> bodies;  // "(none)" and "(erased)" where there is none
  bool complete = false;
  std::string error;
};

Read read_record(const TestRecord& record) {
  Read read;
  Result<RecordReader> opened = RecordReader::open(record.run(), {record.trusted_key_file()});
  if (!opened) {
    read.error = opened.error().message();
    return read;
  }
  RecordReader reader = std::move(opened).value();
  for (;;) {
    const Result<const RecordReader::Item*> next = reader.next();
    if (!next) read.error = next.error().message();
    if (!next || next.value() == nullptr) break;
    const RecordReader::Item& item = *next.value();
    EXPECT_EQ(item.index, read.entries.size());
    read.entries.emplace_back(item.entry);
    read.bodies.emplace_back(item.body_state == BodyState::none     ? "(none)"
                             : item.body_state == BodyState::erased ? "(erased)"
                                                                    : item.body);
  }
  read.complete = reader.complete();
  return read;
}

TEST(Reader, GivesEachEntryInOrderWithItsBody) {
  for (const std::size_t count : {0, 1, 255, 256, 257, 1000, 66000}) {
    const TestRecord record;
    const std::unique_ptr<Ledger> ledger = record.create();
    for (std::size_t at = 0; at < count; ++at) {
      if (at % 3 == 0) {
        ASSERT_TRUE(ledger->append_with_body(numbered_entry(at), "body " + std::to_string(at)));
      } else {
        ASSERT_TRUE(ledger->append(numbered_entry(at)));
      }
    }
    ASSERT_TRUE(ledger->append(R"({"kind":"sealed"})"));
    ASSERT_TRUE(ledger->checkpoint());
    const Read read = read_record(record);
    EXPECT_EQ(read.error, "");
    EXPECT_TRUE(read.complete);
    ASSERT_EQ(read.entries.size(), ledger->head().size);
    std::size_t number = 0;
    for (std::size_t at = 0; at < read.entries.size() && number < count; ++at) {
      if (read.entries[at].find(R"("kind":"message")") == std::string::npos) continue;
      const std::string text = std::to_string(number);
      ASSERT_NE(read.entries[at].find(R"("number":)" + text), std::string::npos);
      ASSERT_EQ(read.bodies[at], number % 3 == 0 ? "body " + text : "(none)");
      ++number;
    }
    EXPECT_EQ(number, count);
  }
}

TEST(Reader, StopsAtTheLastCheckpoint) {
  const TestRecord record;
  const std::unique_ptr<Ledger> ledger = record.create();
  for (std::size_t at = 0; at < 10; ++at) ASSERT_TRUE(ledger->append(numbered_entry(at)));
  ASSERT_TRUE(ledger->checkpoint());
  for (std::size_t at = 0; at < 600; ++at) ASSERT_TRUE(ledger->append(numbered_entry(at)));
  const Read read = read_record(record);
  EXPECT_EQ(read.error, "");
  EXPECT_FALSE(read.complete);
  EXPECT_EQ(read.entries.size(), 10U);
}

// Nothing false is ever handed out: what is read before an error is what was written.
TEST(Reader, NoChangedByteIsHandedOut) {
  const TestRecord record;
  write_whole_run(record, 300);
  const Read whole = read_record(record);
  ASSERT_EQ(whole.error, "");
  for (const std::string& file : record.files()) {
    if (!file.starts_with("ledger/") && !file.starts_with("blobs/")) continue;
    const std::string bytes = read_bytes(record.file(file));
    for (std::size_t at = 0; at < bytes.size(); at += 1 + bytes.size() / 40) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ 0x11);
      write_bytes(record.file(file), changed);
      const Read read = read_record(record);
      ASSERT_LE(read.entries.size(), whole.entries.size());
      for (std::size_t entry = 0; entry < read.entries.size(); ++entry) {
        ASSERT_EQ(read.entries[entry], whole.entries[entry]) << file << " byte " << at;
        ASSERT_EQ(read.bodies[entry], whole.bodies[entry]) << file << " byte " << at;
      }
      const bool whole_tile = file.starts_with("ledger/tile/0/000");  // of hashes that it makes itself
      if (file.starts_with("ledger/tile/") && !whole_tile) {
        EXPECT_NE(read.error, "") << file << " byte " << at;
      }
    }
    std::filesystem::remove(record.file(file));
    if (file != "ledger/key.pub" && file != "ledger/tile/0/000") {
      EXPECT_NE(read_record(record).error, "") << file << " deleted";
    }
    write_bytes(record.file(file), bytes);
  }
}

TEST(Reader, RefusesARecordOfAnotherKey) {
  const TestRecord record;
  write_whole_run(record, 3);
  write_bytes(record.trusted_key_file(), verifier_line(key_for_tests(9)));
  EXPECT_NE(read_record(record).error.find("not signed by"), std::string::npos);
}

}  // namespace
}  // namespace belljar::ledger
