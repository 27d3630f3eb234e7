#include "cli/contract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "os/system.h"

namespace belljar::cli {
namespace {

using testing::HasSubstr;

class ContractCommand : public testing::Test {
 protected:
  ContractCommand() : folder_{std::filesystem::path{testing::TempDir()} / "belljar-contract-test"} {
    std::filesystem::create_directories(folder_);
  }
  ~ContractCommand() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream{folder_ / name} << text;
    return folder_ / name;
  }

  int run(const std::vector<std::string>& words) {
    const os::SystemClock clock;
    os::SystemEntropy entropy;
    const Result<Arguments> arguments = parse_arguments(kContract, words);
    if (!arguments) return err_ = arguments.error().message(), 2;
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = kContract.main(arguments.value(), {clock, entropy});
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }

  std::filesystem::path folder_;
  std::string out_;
  std::string err_;
};

TEST_F(ContractCommand, check_tells_every_problem_of_every_file) {
  const std::string good = file("good.yaml", "belljar-contract: 1\nrequest: {type: object}\n");
  const std::string bad = file("bad.yaml",
                               "belljar-contract: 1\n"
                               "request: {properties: {id: {minLenght: 1}, n: {$ref: '#/nowhere'}}}\n"
                               "answer:\n"
                               "  anyOf:\n"
                               "    - {pattern: '(?=a)'}\n");
  EXPECT_EQ(run({"check", good, bad}), 2);
  EXPECT_EQ(out_, good + ": ok\n");
  EXPECT_EQ(
      err_,
      bad + ":2:29: found keyword minLenght, expected \"minLength\"\n" + bad +
          ":2:48: found a reference #/nowhere that leads to nothing, expected a local reference to a schema\n" + bad +
          ":5:8: found a look-ahead, expected a pattern whose matching time is bounded (byte 1 of the pattern)\n");
  EXPECT_EQ(run({"check", good}), 0);
  EXPECT_EQ(run({"check", good + ".gone"}), 2);
}

TEST_F(ContractCommand, diff_says_compatible_or_breaking_and_why) {
  const std::string before = file("old.yaml", "belljar-contract: 1\nanswer: {enum: [a, b]}\ndeadline: 2s\n");
  const std::string narrower = file("new.yaml", "belljar-contract: 1\nanswer: {enum: [a]}\ndeadline: 3s\n");
  EXPECT_EQ(run({"diff", before, narrower}), 0);
  EXPECT_EQ(out_,
            "compatible  answer: value \"b\" is no longer taken\ncompatible  deadline: was 2000 and is 3000 "
            "ms\ncompatible\n");
  EXPECT_EQ(run({"diff", narrower, before}), 1);
  EXPECT_EQ(out_,
            "breaking    answer: value \"b\" is taken now\nbreaking    answer: for example \"b\" is valid now and was "
            "refused\nbreaking    deadline: was 3000 and is 2000 ms\nbreaking\n");
  EXPECT_EQ(run({"diff", narrower, before, "--json"}), 1);
  EXPECT_THAT(out_, HasSubstr(R"({"compatible":false,"changes":[{"breaking":true,"section":"answer","path":"",)"));
}

TEST_F(ContractCommand, what_is_exported_is_imported_the_same) {
  const std::string contract =
      file("c.yaml", "belljar-contract: 1\nrequest: {$ref: '#/$defs/a', $defs: {a: {type: string}}}\nrate: 5/s\n");
  ASSERT_EQ(run({"export", contract}), 0) << err_;
  const std::string document = file("a.yaml", out_);
  ASSERT_EQ(run({"import", document}), 0) << err_;
  const std::string again = file("again.yaml", out_);
  EXPECT_EQ(run({"diff", contract, again}), 0);
  EXPECT_EQ(out_, "compatible\n");
  ASSERT_EQ(run({"export", contract, "--json"}), 0);
  EXPECT_EQ(run({"import", file("a.json", out_)}), 0) << err_;
}

TEST_F(ContractCommand, wrong_words_are_usage) {
  EXPECT_EQ(run({}), 2);
  EXPECT_EQ(run({"frob", "x"}), 2);
  EXPECT_THAT(err_, HasSubstr("found \"frob\", expected check, diff, import or export"));
  EXPECT_EQ(run({"diff", "x"}), 2);
  EXPECT_THAT(err_, HasSubstr("found 1 files, expected 2"));
}

}  // namespace
}  // namespace belljar::cli
