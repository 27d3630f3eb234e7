// A real run, then its files changed behind its back: each change is found.

#include "scenario/drift.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/version.h"
#include "govern/conduct.h"
#include "os/file.h"
#include "os/system.h"
#include "sandbox/engine.h"

namespace belljar::govern {
namespace {

using testing::HasSubstr;

class RunDriftTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto engine = sandbox::Engine::start({}, clock);
    if (!engine && engine.error().code() == Errc::unavailable) GTEST_SKIP() << engine.error().message();
    std::string pattern = testing::TempDir() + "belljar-drift-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    ASSERT_EQ(::chmod(folder.c_str(), 0755), 0);
    for (const char* name : {"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"}) {
      ASSERT_EQ(::setenv(name, (folder + "/home").c_str(), 1), 0);
    }
    write("cases.csv", "x,label\n1,b\n");
    write("contract.yaml", "belljar-contract: 1\nanswer: {type: object}\n");
    write("p.yaml", policy("100"));
    write("model/serve.sh", "read -r l; printf '{\"id\":\"x\"}\\n'\n");
    write("s.yaml",
          "belljar: 1\nname: drift\nmodels: {m: {files: model, run: [/bin/sh, /model/serve.sh]}}\npolicy: p.yaml\n"
          "links: [{to: m, contract: contract.yaml}]\nworkload: {cases: cases.csv, label: label}\n");
    const auto profiles = os::list_directory(BELLJAR_SOURCE_DIR "/profiles");
    for (const os::DirectoryEntry& entry : profiles.value()) {
      write("profiles/" + entry.name,
            os::read_file(std::string{BELLJAR_SOURCE_DIR "/profiles/"} + entry.name, 1U << 20).value());
    }
    const auto progress = make_progress({.kind = ProgressKind::none}, clock);
    const auto verdict = conduct({folder + "/s.yaml", std::nullopt, folder + "/run"}, {clock, entropy, *progress});
    ASSERT_TRUE(verdict) << verdict.error().message();
  }
  void TearDown() override { EXPECT_TRUE(os::remove_tree(folder)); }

  static std::string policy(const std::string& bytes) {
    return "belljar-policy: 1\nname: p\nrules:\n  - {permit: files, action: read, what: {paths: [/model]}}\n"
           "  - {permit: ask, action: send, what: {models: [m]}, when: bytes <= " +
           bytes + "}\n";
  }

  void write(const std::string& name, const std::string& text) const {
    const std::string path = folder + "/" + name;
    ASSERT_TRUE(os::make_directories(path.substr(0, path.find_last_of('/')), 0755));
    ASSERT_TRUE(os::write_file_atomic(path, text, 0755));
  }

  std::string drift() {
    const auto found =
        scenario::drift_of_inputs(folder + "/run", {std::string{kVersion}, folder + "/profiles"}, entropy);
    if (!found) return "(" + found.error().message() + ")";
    std::string text;
    for (const scenario::Drift& one : found.value().found) text += one.where + ": " + one.what + "\n";
    return text;
  }

  os::SystemClock clock;
  os::SystemEntropy entropy;
  std::string folder;
};

TEST_F(RunDriftTest, EachChangeOfADesiredFileIsFound) {
  EXPECT_EQ(drift(), "");

  write("p.yaml", policy("200"));
  EXPECT_THAT(drift(), HasSubstr("policy.ask: becomes allowed: anybody send m bytes=101"));
  write("p.yaml", policy("100"));
  EXPECT_EQ(drift(), "");

  const std::string profile = os::read_file(folder + "/profiles/interpreter.yaml", 1U << 20).value();
  write("profiles/interpreter.yaml", profile + "# looser\n");
  EXPECT_THAT(drift(), HasSubstr("models[m].profile.digest: was"));
  write("profiles/interpreter.yaml", profile);

  write("model/more.bin", "x");
  EXPECT_THAT(drift(), HasSubstr("models[m].files.content"));
  ASSERT_EQ(::unlink((folder + "/model/more.bin").c_str()), 0);

  write("contract.yaml", "belljar-contract: 1\n");
  EXPECT_THAT(drift(), HasSubstr("contracts"));
}

TEST_F(RunDriftTest, AManifestThatWasTouchedIsNoWitness) {
  write("run/manifest.json", "{}");
  EXPECT_THAT(drift(), HasSubstr("manifest.json: not what the record was signed with"));
}

}  // namespace
}  // namespace belljar::govern
