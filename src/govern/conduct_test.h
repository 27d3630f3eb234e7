// For tests of whole runs with the real engine: a scenario of one model in a folder of its own, run and read back.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "govern/conduct.h"
#include "govern/record.h"
#include "ledger/ledger.h"
#include "os/file.h"
#include "os/system.h"
#include "sandbox/engine.h"

namespace belljar::govern {

// Sets `id` from each line read, without a process per line.
inline const std::string kEach = R"(while read -r l; do id=${l#*\"id\":\"}; id=${id%%\"*}; )";
inline const std::string kAnswer = R"(printf '{"id":"%s","label":"b"}\n' "$id"; )";

class ConductTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "belljar-conduct-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    // Sandboxes of a rootless host see the folder with other eyes than ours.
    ASSERT_EQ(::chmod(folder.c_str(), 0755), 0);
    ASSERT_EQ(::setenv("XDG_CACHE_HOME", (folder + "/cache").c_str(), 1), 0);
    ASSERT_EQ(::setenv("XDG_CONFIG_HOME", (folder + "/config").c_str(), 1), 0);
    ASSERT_EQ(::setenv("XDG_STATE_HOME", (folder + "/state").c_str(), 1), 0);
    std::string cases = "x,label\n";
    for (int i = 0; i < 60; ++i) cases += std::to_string(i) + ",b\n";
    write("cases.csv", cases);
    write("contract.yaml", "belljar-contract: 1\nanswer: {type: object, required: [label]}\ndeadline: 300ms\n");
    const auto engine = sandbox::Engine::start({}, clock);
    if (!engine && engine.error().code() == Errc::unavailable) GTEST_SKIP() << engine.error().message();
  }
  void TearDown() override { EXPECT_TRUE(os::remove_tree(folder)); }

 public:
  void write(const std::string& name, const std::string& text) const {
    const std::string path = folder + "/" + name;
    ASSERT_TRUE(os::make_directories(path.substr(0, path.find_last_of('/')), 0755));
    ASSERT_TRUE(os::write_file_atomic(path, text, 0755));
  }

 protected:
  // The scenario of one model that is this script; `more` goes below the model.
  void write_scenario(const std::string& script, const std::string& more, const std::string& end = "") const {
    write("model/serve.sh", script + "\n");
    write("s.yaml",
          "belljar: 1\nname: bad-luck\nseed: 5\nmodels:\n  m:\n    files: model\n"
          "    run: [/bin/sh, /model/serve.sh]\n    adapter: stdio\n" +
              more +
              "links: [{from: workload, to: m, contract: contract.yaml}]\n"
              "workload: {cases: cases.csv, label: label}\n"
              "gates:\n  - {metric: accuracy, at_least: 0.9}\n  - {metric: contract.violations, at_most: 0}\n" +
              end);
  }

  Result<spec::Verdict> run(const std::string& out) {
    const auto progress = make_progress({.kind = ProgressKind::none}, clock);
    return conduct({folder + "/s.yaml", std::nullopt, folder + "/" + out}, {clock, entropy, *progress});
  }

  static void expect_verifies(const std::string& directory, bool complete) {
    const auto report = ledger::verify_run(directory, {});
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_EQ(report.value().complete, complete);
    for (const auto& problem : report.value().problems) ADD_FAILURE() << problem.where << ": " << problem.what;
  }

  os::SystemClock clock;
  os::SystemEntropy entropy;
  std::string folder;
};

inline std::size_t count(const spec::Measurements& measured, spec::CaseEnd end) {
  return static_cast<std::size_t>(
      std::count_if(measured.cases.begin(), measured.cases.end(), [&](const auto& item) { return item.end == end; }));
}

}  // namespace belljar::govern
