#include "cli/verify.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "codec/json.h"
#include "ledger/record_for_tests.h"
#include "os/system.h"

namespace belljar::cli {
namespace {

using ledger::TestRecord;

struct Ran {
  int exit_code = 0;
  std::string out;
  std::string err;
};

Ran run_verify(const std::vector<std::string>& words) {
  const os::SystemClock clock;
  os::SystemEntropy entropy;
  const Result<Arguments> arguments = parse_arguments(kVerify, words);
  if (!arguments) return {2, "", arguments.error().message()};
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ran ran;
  ran.exit_code = kVerify.main(arguments.value(), {clock, entropy});
  ran.out = testing::internal::GetCapturedStdout();
  ran.err = testing::internal::GetCapturedStderr();
  return ran;
}

TEST(VerifyCommand, SaysThatARunIsIntact) {
  const TestRecord record;
  ledger::write_whole_run(record, 3);
  const Ran ran = run_verify({record.run(), "--key", record.trusted_key_file()});
  EXPECT_EQ(ran.exit_code, 0);
  const ledger::VerifyReport report = record.verify();
  EXPECT_EQ(ran.out,
            "verified: 11 entries, root " + report.signed_head.root.text() + ", signed by " + report.key + '\n');
}

TEST(VerifyCommand, NamesWhatWasChanged) {
  const TestRecord record;
  ledger::write_whole_run(record, 3);
  ledger::write_bytes(record.file("verdict.json"), R"({"verdict":"pass"})");
  const Ran ran = run_verify({record.run(), "--key", record.trusted_key_file()});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.out,
            "verdict.json: its digest is not the one in entry 8\n"
            "NOT verified: the record is not as it was written\n");
}

TEST(VerifyCommand, SaysThatARunWasInterrupted) {
  const TestRecord record;
  const auto open = record.create();
  ASSERT_TRUE(open->append(ledger::numbered_entry(0)));
  ASSERT_TRUE(open->checkpoint());
  const Ran ran = run_verify({record.run(), "--key", record.trusted_key_file()});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_NE(ran.out.find("INTERRUPTED: the run did not reach its end; verified up to entry 0\n"), std::string::npos);
}

TEST(VerifyCommand, PrintsJson) {
  const TestRecord record;
  ledger::write_whole_run(record, 3);
  const Ran good = run_verify({record.run(), "--key", record.trusted_key_file(), "--json"});
  const Result<codec::Json> json = codec::parse_json(good.out);
  ASSERT_TRUE(json) << good.out;
  EXPECT_EQ(*json.value().find("verified"), codec::Json{true});
  EXPECT_EQ(*json.value().find("complete"), codec::Json{true});
  EXPECT_EQ(*json.value().find("entries"), codec::Json{11});
  ledger::write_bytes(record.file("extra"), "x");
  const Ran bad = run_verify({record.run(), "--key", record.trusted_key_file(), "--json"});
  EXPECT_EQ(bad.exit_code, 1);
  const Result<codec::Json> told = codec::parse_json(bad.out);
  ASSERT_TRUE(told) << bad.out;
  EXPECT_EQ(*told.value().find("problems")->as_array().at(0).find("where"), codec::Json{"extra"});
}

TEST(VerifyCommand, ProvesAnEntryToSomebodyWithoutTheRecord) {
  const TestRecord record;
  ledger::write_whole_run(record, 300);
  const Ran proof = run_verify({record.run(), "--key", record.trusted_key_file(), "--prove", "17"});
  ASSERT_EQ(proof.exit_code, 0) << proof.err;
  EXPECT_TRUE(proof.out.starts_with("c2sp.org/tlog-proof@v1\nextra ")) << proof.out;
  const ledger::TempFolder elsewhere;
  const std::string file = elsewhere.path() + "/17.tlog-proof";
  ledger::write_bytes(file, proof.out);
  const Ran checked = run_verify({file, "--key", record.trusted_key_file()});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_EQ(checked.out, "proven: entry 17 of 308 in belljar.test/run/r_1:\n" + ledger::numbered_entry(16) + '\n');
  for (std::size_t at = 0; at < proof.out.size(); at += 3) {
    std::string changed = proof.out;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    ledger::write_bytes(file, changed);
    EXPECT_EQ(run_verify({file, "--key", record.trusted_key_file()}).exit_code, 1) << at;
  }
  EXPECT_EQ(run_verify({record.run(), "--key", record.trusted_key_file(), "--prove", "308"}).exit_code, 2);
  EXPECT_EQ(run_verify({record.run(), "--key", record.trusted_key_file(), "--prove", "x"}).exit_code, 2);
}

TEST(VerifyCommand, FindsARunByItsId) {
  const TestRecord record;
  ledger::write_whole_run(record, 1);
  const ledger::TempFolder work;
  std::filesystem::create_directories(work.path() + "/.belljar/runs");
  std::filesystem::rename(record.run(), work.path() + "/.belljar/runs/r_1");
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(work.path());
  const Ran ran = run_verify({"r_1", "--key", record.trusted_key_file()});
  std::filesystem::current_path(before);
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
}

TEST(VerifyCommand, WhatIsNoRunIsAUsageError) {
  const ledger::TempFolder folder;
  const Ran ran = run_verify({folder.path()});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_EQ(ran.err, "belljar: verify " + folder.path() + ": not a run: there is no folder ledger in it\n");
  EXPECT_EQ(run_verify({folder.path() + "/nowhere"}).exit_code, 2);
  EXPECT_EQ(run_verify({}).exit_code, 2);
}

}  // namespace
}  // namespace belljar::cli
