#include "ledger/erasure.h"

#include <gtest/gtest.h>

#include "ledger/body_pack.h"
#include "ledger/reader.h"
#include "ledger/record_for_tests.h"

namespace belljar::ledger {
namespace {

ChooseEntry entry_number(std::uint64_t wanted) {
  return [wanted](std::uint64_t index, std::string_view) { return index == wanted; };
}

// Entries 0 to 9 have bodies "secret 0" to "secret 9", in two packs.
void write_secrets(const TestRecord& record) {
  const std::unique_ptr<Ledger> ledger = record.create();
  for (std::size_t at = 0; at < 10; ++at) {
    ASSERT_TRUE(ledger->append_with_body(numbered_entry(at), "secret " + std::to_string(at)));
    ASSERT_TRUE(at != 4 || ledger->checkpoint());
  }
  ASSERT_TRUE(ledger->append(R"({"kind":"sealed"})"));
  ASSERT_TRUE(ledger->checkpoint());
}

std::string bytes_of_packs(const TestRecord& record) {
  return open_pack(read_bytes(record.file("blobs/000"))).value() +
         open_pack(read_bytes(record.file("blobs/001"))).value();
}

TEST(Erasure, TakesABodyAndLeavesEveryProof) {
  const TestRecord record;
  write_secrets(record);
  const std::string checkpoint = read_bytes(record.file("ledger/checkpoint"));
  const Result<ErasureReport> done = erase_bodies(record.run(), entry_number(3), key_for_tests());
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done.value().bodies, 1U);
  EXPECT_EQ(done.value().packs, 1U);
  EXPECT_EQ(bytes_of_packs(record).find("secret 3"), std::string::npos);
  EXPECT_NE(bytes_of_packs(record).find("secret 2"), std::string::npos);
  EXPECT_EQ(read_bytes(record.file("ledger/checkpoint")), checkpoint);
  VerifyReport report = record.verify();
  EXPECT_EQ(told(report), "");
  EXPECT_EQ(report.erased, 1U);
  EXPECT_TRUE(report.complete);

  // Again the same, then one more of that pack and one of the other.
  EXPECT_EQ(erase_bodies(record.run(), entry_number(3), key_for_tests()).value().bodies, 0U);
  const auto more = [](std::uint64_t index, std::string_view) { return index == 4 || index == 9; };
  EXPECT_EQ(erase_bodies(record.run(), more, key_for_tests()).value().bodies, 2U);
  report = record.verify();
  EXPECT_EQ(told(report), "");
  EXPECT_EQ(report.erased, 3U);

  RecordReader reader = RecordReader::open(record.run(), {record.trusted_key_file()}).value();
  std::size_t erased = 0;
  while (const RecordReader::Item* item = reader.next().value()) {
    if (item->body_state == BodyState::erased) ++erased;
  }
  EXPECT_EQ(erased, 3U);
}

// What an enemy can do with files but without the key: each is told as tampering, never as an erasure.
TEST(Erasure, HidesNoTampering) {
  const TestRecord record;
  write_secrets(record);
  const std::string before = read_bytes(record.file("blobs/001"));
  ASSERT_TRUE(erase_bodies(record.run(), entry_number(3), key_for_tests()));
  const std::string note = read_bytes(record.file("ledger/erased"));
  const std::string pack = read_bytes(record.file("blobs/000"));
  ASSERT_EQ(told(record.verify()), "");

  // A body is taken from a pack that the note does not name.
  PackWriter robbed;
  for (int at = 0; at < 5; ++at) robbed.add_erased();
  write_bytes(record.file("blobs/001"), robbed.file());
  EXPECT_TRUE(names(record.verify(), "blobs/001") && names(record.verify(), "entry 6")) << told(record.verify());
  write_bytes(record.file("blobs/001"), before);

  // Another body is taken from the pack that it names.
  write_bytes(record.file("blobs/000"), robbed.file());
  EXPECT_TRUE(names(record.verify(), "blobs/000")) << told(record.verify());
  write_bytes(record.file("blobs/000"), pack);

  // The note is taken away, cut, grown, signed by another, brought from another record.
  std::filesystem::remove(record.file("ledger/erased"));
  EXPECT_TRUE(names(record.verify(), "blobs/000"));
  EXPECT_TRUE(names(record.verify(), "entry 3"));
  Erasures forged;
  forged.set(0, {codec::sha256(pack)});
  forged.set(1, {codec::sha256(robbed.file())});
  const std::string origin = "belljar.test/run/r_1";
  for (const std::string& bytes : {std::string{}, note.substr(0, note.size() - 1), note + note, "x" + note,
                                   sign_note(forged.text(origin), kKeyName, key_for_tests(9)),
                                   sign_note(forged.text("belljar.test/run/r_2"), kKeyName, key_for_tests())}) {
    write_bytes(record.file("ledger/erased"), bytes);
    EXPECT_TRUE(names(record.verify(), "ledger/erased")) << bytes;
  }
  for (std::size_t at = 0; at < note.size(); ++at) {
    std::string changed = note;
    changed[at] = static_cast<char>(changed[at] ^ 0x01);
    write_bytes(record.file("ledger/erased"), changed);
    ASSERT_TRUE(names(record.verify(), "ledger/erased")) << at;
  }
  write_bytes(record.file("ledger/erased"), note);
  EXPECT_EQ(told(record.verify()), "");
}

TEST(Erasure, ABodyThatWasErasedCannotComeBackUnseen) {
  const TestRecord record;
  write_secrets(record);
  const std::string before = read_bytes(record.file("blobs/000"));
  ASSERT_TRUE(erase_bodies(record.run(), entry_number(0), key_for_tests()));
  write_bytes(record.file("blobs/000"), before);
  EXPECT_TRUE(names(record.verify(), "blobs/000"));
}

TEST(Erasure, RefusesWhatIsNotTheOwnersOrNotIntact) {
  const TestRecord record;
  write_secrets(record);
  EXPECT_FALSE(erase_bodies(record.run(), entry_number(0), key_for_tests(9)));
  PackWriter robbed;
  for (int at = 0; at < 5; ++at) robbed.add(std::string(kSaltBytes, 's'), "other");
  write_bytes(record.file("blobs/000"), robbed.file());
  const Result<ErasureReport> refused = erase_bodies(record.run(), entry_number(0), key_for_tests());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("not as it was written: see belljar verify"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(record.file("ledger/erased")));
}

// Killed after the first note, and after the pack.
TEST(Erasure, AnInterruptedOneVerifiesAndIsFinishedByAnother) {
  const TestRecord record;
  write_secrets(record);
  const std::string before = read_bytes(record.file("blobs/000"));
  ASSERT_TRUE(erase_bodies(record.run(), entry_number(3), key_for_tests()));
  const std::string after = read_bytes(record.file("blobs/000"));
  const std::string finished = read_bytes(record.file("ledger/erased"));
  Erasures during;
  during.set(0, {codec::sha256(before), codec::sha256(after)});
  for (const std::string& pack : {before, after}) {
    write_bytes(record.file("ledger/erased"),
                sign_note(during.text("belljar.test/run/r_1"), kKeyName, key_for_tests()));
    write_bytes(record.file("blobs/000"), pack);
    EXPECT_EQ(told(record.verify()), "note: blobs/000: an erasure was interrupted: erase again to finish it\n");
    ASSERT_TRUE(erase_bodies(record.run(), entry_number(3), key_for_tests()));
    EXPECT_EQ(read_bytes(record.file("ledger/erased")), finished);
    EXPECT_EQ(told(record.verify()), "");
    EXPECT_EQ(record.verify().erased, 1U);
  }
}

TEST(Erasures, TextHasOneSpelling) {
  Erasures erasures;
  erasures.set(0, {codec::sha256("a")});
  erasures.set(12, {codec::sha256("b"), codec::sha256("c")});
  const std::string text = erasures.text("o");
  EXPECT_EQ(Erasures::parse(text, "o").value(), erasures);
  EXPECT_FALSE(Erasures::parse(text, "p"));
  EXPECT_FALSE(Erasures::parse(text + "\n", "o"));
  EXPECT_FALSE(Erasures::parse(text.substr(0, text.size() - 1), "o"));
  EXPECT_FALSE(Erasures::parse("o\nbelljar erased/v1\n01 " + codec::sha256("a").text() + "\n", "o"));
  EXPECT_FALSE(Erasures::parse(
      "o\nbelljar erased/v1\n2 " + codec::sha256("a").text() + "\n1 " + codec::sha256("a").text() + "\n", "o"));
}

}  // namespace
}  // namespace belljar::ledger
