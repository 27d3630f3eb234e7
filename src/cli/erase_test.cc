#include "cli/erase.h"

#include <gtest/gtest.h>

#include "cli/verify.h"
#include "ledger/record_for_tests.h"
#include "os/system.h"

namespace belljar::cli {
namespace {

struct Ran {
  int exit_code = 0;
  std::string out;
  std::string err;
};

Ran run_command(const Command& command, const std::vector<std::string>& words) {
  const Result<Arguments> arguments = parse_arguments(command, words);
  if (!arguments) return {2, "", arguments.error().message()};
  const os::SystemClock clock;
  os::SystemEntropy entropy;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ran ran;
  ran.exit_code = command.main(arguments.value(), {clock, entropy});
  ran.out = testing::internal::GetCapturedStdout();
  ran.err = testing::internal::GetCapturedStderr();
  return ran;
}

// This user's own key is one of a folder that goes away.
class EraseCommand : public testing::Test {
 protected:
  EraseCommand() { (void)::setenv("XDG_CONFIG_HOME", home_.path().c_str(), 1); }
  ~EraseCommand() override { (void)::unsetenv("XDG_CONFIG_HOME"); }

  std::string run() const { return home_.path() + "/run"; }

  void write_run() const {
    const std::unique_ptr<ledger::Ledger> record =
        std::move(ledger::Ledger::create(run(), "o", ledger::open_signing_key().value())).value();
    for (const char* name : {"a", "b", "a", "c"}) {
      ASSERT_TRUE(record->append_with_body(std::string{R"({"kind":"request","case":")"} + name + "\"}", "secret"));
    }
    ASSERT_TRUE(record->append(R"({"kind":"sealed"})"));
    ASSERT_TRUE(record->checkpoint());
  }

  ledger::TempFolder home_;
};

TEST_F(EraseCommand, ErasesByCaseAndByEntryAndVerifySaysSo) {
  write_run();
  Ran ran = run_command(kErase, {run(), "--case", "a"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out, "erased: 2 bodies, in 1 packs\n");
  ran = run_command(kErase, {run(), "--entry", "1"});
  EXPECT_EQ(ran.out, "erased: 1 bodies, in 1 packs\n");
  const Ran verified = run_command(kVerify, {run()});
  EXPECT_EQ(verified.exit_code, 0) << verified.out;
  EXPECT_NE(verified.out.find("\nERASED: 3 bodies, as the signer says in ledger/erased\n"), std::string::npos);
  EXPECT_EQ(run_command(kErase, {run(), "--all"}).out, "erased: 1 bodies, in 1 packs\n");
  EXPECT_NE(run_command(kVerify, {run(), "--json"}).out.find(R"("erased":4)"), std::string::npos);
}

TEST_F(EraseCommand, SaysWhatItCannotDo) {
  write_run();
  EXPECT_EQ(run_command(kErase, {run()}).exit_code, 2);
  EXPECT_EQ(run_command(kErase, {run(), "--entry", "x"}).exit_code, 2);
  EXPECT_EQ(run_command(kErase, {run() + "/nowhere", "--all"}).exit_code, 2);
  std::filesystem::remove_all(home_.path() + "/belljar");
  const Ran other = run_command(kErase, {run(), "--all"});
  EXPECT_EQ(other.exit_code, 4);
  EXPECT_NE(other.err.find("not signed by"), std::string::npos) << other.err;
}

}  // namespace
}  // namespace belljar::cli
