#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "ledger/ledger.h"
#include "ledger/merkle.h"
#include "ledger/record_for_tests.h"
#include "ledger/tiles.h"

namespace belljar::ledger {
namespace {

namespace fs = std::filesystem;

// Where a fault at that byte of a file is to be reported.
std::string place_of(const std::string& file, const std::string& bytes, std::size_t at) {
  const std::string_view path{file};
  const std::string_view prefix = "ledger/";
  const auto tile = path.starts_with(prefix) ? parse_tile_path(path.substr(prefix.size())) : std::nullopt;
  if (!tile || tile->level != kEntriesLevel) return file;
  BundleReader reader{bytes};
  for (std::uint64_t index = tile->index * kTileWidth;; ++index) {
    if (!reader.next()) return "?";
    if (bytes.size() - reader.left() > at) return "entry " + std::to_string(index);
  }
}

void flip_and_verify(const TestRecord& record, const std::string& file, std::size_t at, unsigned mask) {
  const std::string bytes = read_bytes(record.file(file));
  std::string changed = bytes;
  changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ mask);
  write_bytes(record.file(file), changed);
  const VerifyReport report = record.verify();
  ASSERT_TRUE(names(report, place_of(file, bytes, at)))
      << file << " byte " << at << " mask " << mask << " is not told as " << place_of(file, bytes, at) << ":\n"
      << told(report);
  write_bytes(record.file(file), bytes);
}

TEST(Verify, AWholeRunIsAsItWasWritten) {
  for (const std::size_t messages : {0, 1, 250, 251, 600}) {
    const TestRecord record;
    write_whole_run(record, messages);
    const VerifyReport report = record.verify();
    EXPECT_EQ(told(report), "") << messages;
    EXPECT_TRUE(report.complete);
    EXPECT_EQ(report.origin, "belljar.test/run/r_1");
    EXPECT_EQ(report.key + '\n', verifier_line(key_for_tests()));
    EXPECT_EQ(report.signed_head.size, messages + 8);
  }
}

TEST(Verify, EveryByteOfEveryFileIsCovered) {
  const TestRecord record;
  write_whole_run(record, 4);
  std::size_t flips = 0;
  for (const std::string& file : record.files()) {
    const std::size_t size = read_bytes(record.file(file)).size();
    for (std::size_t at = 0; at < size; ++at) {
      for (const unsigned mask : {0x01U, 0x20U, 0x80U, 0xFFU}) {
        flip_and_verify(record, file, at, mask);
        if (HasFatalFailure()) return;
        ++flips;
      }
    }
  }
  EXPECT_EQ(told(record.verify()), "");
  RecordProperty("flips", static_cast<int>(flips));
  EXPECT_GT(flips, 7000U);
}

TEST(Verify, BytesOfALargerRecordAreCovered) {
  const TestRecord record;
  write_whole_run(record, 600);
  for (const std::string& file : record.files()) {
    const std::size_t size = read_bytes(record.file(file)).size();
    for (std::size_t at = 0; at < size; at += 1 + size / 25) {
      flip_and_verify(record, file, at, 0x01);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(Verify, TruncationDeletionAndGrowthOfEachFileAreTold) {
  const TestRecord record;
  write_whole_run(record, 300);
  for (const std::string& file : record.files()) {
    const std::string bytes = read_bytes(record.file(file));
    for (const std::size_t keep : {bytes.size() - 1, bytes.size() / 2, std::size_t{0}}) {
      write_bytes(record.file(file), bytes.substr(0, keep));
      EXPECT_FALSE(record.verify().problems.empty()) << file << " cut to " << keep;
    }
    write_bytes(record.file(file), bytes + '\0');
    EXPECT_FALSE(record.verify().problems.empty()) << file << " grown";
    fs::remove(record.file(file));
    const VerifyReport report = record.verify();
    EXPECT_TRUE(names(report, file)) << file << " deleted:\n" << told(report);
    write_bytes(record.file(file), bytes);
  }
  EXPECT_EQ(told(record.verify()), "");
}

TEST(Verify, AddedFilesAreTold) {
  const TestRecord record;
  write_whole_run(record, 300);
  for (const std::string& file :
       {std::string{"extra.txt"}, std::string{"reports/extra.html"}, std::string{".hidden"}, std::string{"blobs/001"},
        std::string{"blobs/readme"}, std::string{"ledger/extra"}, std::string{"ledger/checkpoint.new"},
        std::string{"ledger/tile/0/000.p/7"}, std::string{"ledger/tile/0/002"}, std::string{"ledger/tile/2/000.p/1"},
        std::string{"ledger/tile/entries/001.p/1"}, std::string{"ledger/tile/entries/x000/000"},
        std::string{"new/deep/file"}}) {
    write_bytes(record.file(file), "stray");
    const VerifyReport report = record.verify();
    EXPECT_TRUE(names(report, file)) << file << ":\n" << told(report);
    fs::remove(record.file(file));
    if (file == "new/deep/file") {
      EXPECT_EQ(told(record.verify()), "note: new/deep/: an empty folder\n");
      fs::remove_all(record.file("new"));
    }
    fs::remove(record.file("ledger/tile/0/000.p"));
    fs::remove(record.file("ledger/tile/2/000.p"));
    fs::remove(record.file("ledger/tile/2"));
    fs::remove(record.file("ledger/tile/entries/x000"));
    ASSERT_EQ(told(record.verify()), "") << file;
  }
}

TEST(Verify, LinksAndSpecialFilesAreRefusedUnopened) {
  const TestRecord record;
  write_whole_run(record, 3);
  for (const std::string& file :
       {std::string{"manifest.json"}, std::string{"blobs/000"}, std::string{"ledger/checkpoint"},
        std::string{"ledger/key.pub"}, std::string{"extra"}}) {
    const std::string bytes = read_bytes(record.file(file));
    const std::string kept = record.trusted_key_file() + ".kept";
    write_bytes(kept, bytes);
    fs::remove(record.file(file));
    fs::create_symlink(kept, record.file(file));
    EXPECT_TRUE(names(record.verify(), file)) << "link " << file;
    fs::remove(record.file(file));
    ASSERT_EQ(::mkfifo(record.file(file).c_str(), 0600), 0);
    EXPECT_TRUE(names(record.verify(), file)) << "pipe " << file;
    fs::remove(record.file(file));
    if (file != "extra") write_bytes(record.file(file), bytes);
  }
  fs::rename(record.file("blobs"), record.file("../elsewhere"));
  fs::create_symlink("../elsewhere", record.file("blobs"));
  EXPECT_TRUE(names(record.verify(), "blobs"));
}

TEST(Verify, SwappedEntriesAreBothNamed) {
  const TestRecord record;
  write_whole_run(record, 8);
  const std::string bundle = record.file("ledger/tile/entries/000.p/16");
  std::string bytes = read_bytes(bundle);
  const std::size_t one = bytes.find(R"("number":2)") + 9;
  const std::size_t two = bytes.find(R"("number":5)") + 9;
  std::swap(bytes[one], bytes[two]);
  write_bytes(bundle, bytes);
  const VerifyReport report = record.verify();
  EXPECT_TRUE(names(report, "entry 3") && names(report, "entry 6")) << told(report);
  EXPECT_TRUE(names(report, "ledger/checkpoint"));
}

// Who can write files but not sign: rewrites an entry with every hash above it.
TEST(Verify, AConsistentForgeryStillLacksTheRoot) {
  const TestRecord record;
  write_whole_run(record, 8);
  const std::string bundle = record.file("ledger/tile/entries/000.p/16");
  std::string bytes = read_bytes(bundle);
  bytes[bytes.find(R"("number":2)") + 9] = '9';
  write_bytes(bundle, bytes);
  BundleReader reader{bytes};
  Tree tree;
  std::vector<Tile> completed;
  for (auto entry = reader.next(); entry && entry.value(); entry = reader.next()) {
    tree.push(leaf_hash(*entry.value()), completed);
  }
  write_bytes(record.file("ledger/tile/0/000.p/16"), tile_bytes(tree.partial_tiles().front().hashes));
  EXPECT_TRUE(names(record.verify(), "ledger/checkpoint"));
  const Checkpoint forged{"belljar.test/run/r_1", {tree.size(), tree.root()}};
  write_bytes(record.file("ledger/checkpoint"), sign_checkpoint(forged, key_for_tests(9)));
  EXPECT_TRUE(names(record.verify(), "ledger/checkpoint"));
  write_bytes(record.file("ledger/key.pub"), verifier_line(key_for_tests(9)));
  const VerifyReport report = record.verify();
  ASSERT_TRUE(names(report, "ledger/key.pub")) << told(report);
  EXPECT_NE(told(report).find("verify with --key FILE"), std::string::npos);
}

TEST(Verify, ASecondSignatureIsNotCovered) {
  const TestRecord record;
  write_whole_run(record, 1);
  Note note = parse_note(read_bytes(record.file("ledger/checkpoint"))).value();
  note.signatures.push_back({"someone", {1, 2, 3, 4}, std::string(64, 's')});
  write_bytes(record.file("ledger/checkpoint"), note.bytes());
  EXPECT_TRUE(names(record.verify(), "ledger/checkpoint"));
}

// Signed, and yet untrue: what a writer that lies about its own run would leave.
TEST(Verify, ClaimsOfEntriesAreCompared) {
  const std::string zeros = "sha256:" + std::string(64, '0');
  struct Row {
    std::string entry;
    std::string place;
  };
  const Row rows[] = {
      {R"({"kind":"head","size":1,"root":")" + zeros + "\"}", "entry 2"},
      {R"({"kind":"file","path":"nowhere","digest":")" + zeros + "\"}", "nowhere"},
      {R"({"kind":"file","path":"ledger2","digest":")" + zeros + "\"}", "ledger2"},
  };
  for (const Row& row : rows) {
    const TestRecord record;
    const std::unique_ptr<Ledger> ledger = record.create();
    ASSERT_TRUE(ledger->append(numbered_entry(0)));
    ASSERT_TRUE(ledger->append(numbered_entry(1)));
    ASSERT_TRUE(ledger->append(row.entry));
    ASSERT_TRUE(ledger->checkpoint());
    EXPECT_TRUE(names(record.verify(), row.place)) << row.entry << '\n' << told(record.verify());
  }
}

TEST(Verify, TheVerdictsHeadIsCompared) {
  struct Row {
    std::string ledger;
    bool good;
  };
  const TestRecord first;
  const std::unique_ptr<Ledger> probe = first.create();
  ASSERT_TRUE(probe->append(numbered_entry(0)));
  const std::string root = probe->head().root.text();
  const std::string zeros = "sha256:" + std::string(64, '0');
  const Row rows[] = {
      {R"({"size":1,"root":")" + root + "\"}", true},
      {R"({"size":1,"root":")" + zeros + "\"}", false},
      {R"({"size":2,"root":")" + root + "\"}", false},
      {R"({"size":99,"root":")" + root + "\"}", false},
      {R"({"size":-1,"root":")" + root + "\"}", false},
      {R"({"size":1})", false},
      {R"("none")", false},
  };
  for (const Row& row : rows) {
    const TestRecord record;
    const std::unique_ptr<Ledger> ledger = record.create();
    ASSERT_TRUE(ledger->append(numbered_entry(0)));
    write_bytes(record.file("verdict.json"), R"({"ledger":)" + row.ledger + "}");
    ASSERT_TRUE(ledger->bind_file("verdict.json"));
    ASSERT_TRUE(ledger->append(R"({"kind":"sealed"})"));
    ASSERT_TRUE(ledger->checkpoint());
    EXPECT_EQ(!names(record.verify(), "verdict.json"), row.good) << row.ledger << '\n' << told(record.verify());
  }
}

TEST(Verify, AnInterruptedRunVerifiesWithNotes) {
  const TestRecord record;
  const std::unique_ptr<Ledger> ledger = record.create();
  write_bytes(record.file("manifest.json"), "{}");
  ASSERT_TRUE(ledger->bind_file("manifest.json"));
  for (std::size_t at = 0; at < 300; ++at) ASSERT_TRUE(ledger->append(numbered_entry(at)));
  ASSERT_TRUE(ledger->checkpoint());
  for (std::size_t at = 0; at < 300; ++at) ASSERT_TRUE(ledger->append(numbered_entry(at)));
  write_bytes(record.file("blobs/000"), "not yet named");
  write_bytes(record.file("verdict.json.new"), "{");
  const VerifyReport report = record.verify();
  EXPECT_TRUE(report.problems.empty()) << told(report);
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.signed_head.size, 301U);
  EXPECT_EQ(report.entries_after, 512U - 301U);  // the full bundle that was written since
  EXPECT_EQ(report.notes.size(), 2U) << told(report);
  write_bytes(record.file("manifest.json"), "{ }");
  EXPECT_TRUE(names(record.verify(), "manifest.json"));
}

// The instant between the two halves of sealing: the tiles are wider than the checkpoint says.
TEST(Verify, AWiderTileServesAnOlderCheckpoint) {
  const TestRecord record;
  const std::unique_ptr<Ledger> ledger = record.create();
  for (std::size_t at = 0; at < 20; ++at) ASSERT_TRUE(ledger->append(numbered_entry(at)));
  ASSERT_TRUE(ledger->checkpoint());
  const std::string older = read_bytes(record.file("ledger/checkpoint"));
  for (std::size_t at = 0; at < 20; ++at) ASSERT_TRUE(ledger->append(numbered_entry(at)));
  ASSERT_TRUE(ledger->checkpoint());
  write_bytes(record.file("ledger/checkpoint"), older);
  const VerifyReport report = record.verify();
  EXPECT_EQ(told(report), "");
  EXPECT_EQ(report.signed_head.size, 20U);
  EXPECT_EQ(report.entries_after, 20U);
}

TEST(Verify, ASealedRecordMakesNoDoWithWiderTiles) {
  const TestRecord record;
  write_whole_run(record, 2);
  for (const char* folder : {"ledger/tile/0/000.p/", "ledger/tile/entries/000.p/"}) {
    const std::string exact = record.file(folder + std::string{"10"});
    const std::string wider = record.file(folder + std::string{"11"});
    fs::rename(exact, wider);
    EXPECT_TRUE(names(record.verify(), folder + std::string{"10"}));
    EXPECT_TRUE(names(record.verify(), folder + std::string{"11"}));
    fs::rename(wider, exact);
  }
}

TEST(Verify, SizesInARecordAreNotBelieved) {
  const TestRecord record;
  (void)record.create();
  for (const std::uint64_t size : {std::uint64_t{1}, std::uint64_t{256}, UINT64_MAX}) {
    write_bytes(record.file("ledger/checkpoint"),
                sign_checkpoint({"belljar.test/run/r_1", {size, Digest{}}}, key_for_tests()));
    EXPECT_FALSE(record.verify().problems.empty());
  }
  // A terabyte that takes no disk.
  write_whole_run(TestRecord{}, 1);
  const TestRecord sparse;
  write_whole_run(sparse, 1);
  fs::resize_file(sparse.file("manifest.json"), std::uintmax_t{1} << 40);
  EXPECT_TRUE(names(sparse.verify(), "manifest.json"));
}

TEST(Verify, ProblemsAreBoundedAndHarmlessToPrint) {
  const TestRecord record;
  write_whole_run(record, 1);
  for (int at = 0; at < 300; ++at) write_bytes(record.file("x\x1B[31m" + std::to_string(at)), "");
  const VerifyReport report = record.verify();
  EXPECT_LE(report.problems.size(), 101U);
  EXPECT_EQ(told(report).find('\x1B'), std::string::npos);
}

TEST(Verify, WhatIsNoRunIsAnError) {
  const TempFolder folder;
  const Result<VerifyReport> empty = verify_run(folder.path(), {});
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().message(), "verify " + folder.path() + ": not a run: there is no folder ledger in it");
  EXPECT_FALSE(verify_run(folder.path() + "/nowhere", {}));
  const TestRecord record;
  write_whole_run(record, 1);
  EXPECT_FALSE(verify_run(record.run(), {folder.path() + "/no.pub"}));
  write_bytes(folder.path() + "/bad.pub", "belljar+00000000+AAAA\n");
  EXPECT_FALSE(verify_run(record.run(), {folder.path() + "/bad.pub"}));
}

}  // namespace
}  // namespace belljar::ledger
