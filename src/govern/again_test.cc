// Runs repeated from their records, with real sandboxes: replayed without them, compared, forked, killed and resumed.

#include "govern/again.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "ledger/ledger.h"
#include "os/file.h"
#include "os/system.h"
#include "sandbox/engine.h"

namespace belljar::govern {
namespace {

using testing::HasSubstr;

// Adds one and counts: an answer tells what came before it.
const std::string kCounter =
    R"(n=0; while read -r l; do id=${l#*\"id\":\"}; id=${id%%\"*}; x=${l#*\"x\":}; x=${x%%[,\}]*}; n=$((n+1))
printf '{"id":"%s","x":%d,"n":%d,"label":"b"}\n' "$id" $((x+1)) $n; done)";

class AgainTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "belljar-again-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    ASSERT_EQ(::chmod(folder.c_str(), 0755), 0);
    for (const char* name : {"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"}) {
      ASSERT_EQ(::setenv(name, (folder + "/" + name).c_str(), 1), 0);
    }
    std::string cases;
    for (int i = 0; i < 40; ++i) cases += "{\"x\":" + std::to_string(i) + "}\n";
    write("cases.jsonl", cases);
    write("model/serve.sh", kCounter + "\n");
    write("s.yaml", R"(belljar: 1
name: again
seed: 5
clock: logical
models:
  a: {files: model, run: [/bin/sh, /model/serve.sh], latency: 2ms, in_flight: 2}
  b: {files: model, run: [/bin/sh, /model/serve.sh], latency: 3ms}
links: [{to: a}, {from: a, to: b}, {from: b, to: a, rounds: 2}]
composition: {}
workload: {cases: cases.jsonl}
faults: [{kind: error, model: b, chance: 0.1}, {kind: flood, model: b, at: 12 messages, copies: 3},
         {kind: amnesia, model: a, at: 30 messages}]
gates: [{metric: errors.harness, at_most: 0}]
)");
    const auto engine = sandbox::Engine::start({}, clock);
    if (!engine && engine.error().code() == Errc::unavailable) GTEST_SKIP() << engine.error().message();
  }
  void TearDown() override { EXPECT_TRUE(os::remove_tree(folder)); }

  void write(const std::string& name, const std::string& text) const {
    const std::string path = folder + "/" + name;
    ASSERT_TRUE(os::make_directories(path.substr(0, path.find_last_of('/')), 0755));
    ASSERT_TRUE(os::write_file_atomic(path, text, 0755));
  }
  std::string run(const std::string& out) {
    const auto progress = make_progress({.kind = ProgressKind::none}, clock);
    const auto verdict = conduct({folder + "/s.yaml", {}, folder + "/" + out}, {clock, entropy, *progress});
    EXPECT_TRUE(verdict) << verdict.error().message();
    return verdict ? verdict.value().transcript_digest : std::string{};
  }
  Result<Repeated> again(Again what, const std::string& out) {
    const auto progress = make_progress({.kind = ProgressKind::none}, clock);
    return conduct_again(what, {{}, {}, folder + "/" + out}, {clock, entropy, *progress});
  }
  Again of(AgainKind kind, const std::string& from) const {
    Again what;
    what.kind = kind;
    what.run = folder + "/" + from;
    return what;
  }
  static void expect_verifies(const std::string& directory) {
    const auto report = ledger::verify_run(directory, {});
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_TRUE(report.value().complete);
    for (const auto& problem : report.value().problems) ADD_FAILURE() << problem.where << ": " << problem.what;
  }

  os::SystemClock clock;
  os::SystemEntropy entropy;
  std::string folder;
};

TEST_F(AgainTest, AReplayNeedsNoModelAndGivesTheDigest) {
  const std::string digest = run("whole");
  ASSERT_TRUE(os::remove_tree(folder + "/model"));
  ASSERT_TRUE(os::remove_tree(folder + "/cases.jsonl"));
  const auto repeated = again(of(AgainKind::replay, "whole"), "replayed");
  ASSERT_TRUE(repeated) << repeated.error().message();
  EXPECT_EQ(repeated.value().verdict.transcript_digest, digest) << repeated.value().verdict.error;
  EXPECT_EQ(repeated.value().recorded_digest, digest);
  expect_verifies(folder + "/replayed");
  Again until = of(AgainKind::replay, "whole");
  until.until = 20;
  const auto part = again(until, "part");
  ASSERT_TRUE(part) << part.error().message();
  EXPECT_NE(part.value().verdict.transcript_digest, digest);
}

// The model reads the canary of its environment, and shows it, once disguised. A replay knows the run's canaries, finds
// what the run found, and ends as it did.
TEST_F(AgainTest, ACanaryThatAModelShowsContainsItAndRingsInTheReplay) {
  write("model/serve.sh", R"(n=0; while read -r l; do id=${l#*\"id\":\"}; id=${id%%\"*}; n=$((n+1)); said=fine
[ $n = 3 ] && said=$(printf 'x%s' "$API_TOKEN" | base64 -w0)
printf '{"id":"%s","text":"%s"}\n' "$id" "$said"; done
)");
  write("s.yaml", R"(belljar: 1
name: leak
clock: logical
models: {a: {files: model, run: [/bin/sh, /model/serve.sh], profile: agent, canaries: [$API_TOKEN]}}
workload: {cases: cases.jsonl}
)");
  const std::string digest = run("whole");
  const std::string told = os::read_file(folder + "/whole/verdict.json", 1 << 20).value();
  EXPECT_THAT(told, HasSubstr("the canary of a:$API_TOKEN in base64"));
  EXPECT_THAT(told, HasSubstr("\"contained\": true"));
  expect_verifies(folder + "/whole");
  const auto repeated = again(of(AgainKind::replay, "whole"), "replayed");
  ASSERT_TRUE(repeated) << repeated.error().message();
  EXPECT_EQ(repeated.value().verdict.transcript_digest, digest);
  EXPECT_TRUE(repeated.value().verdict.contained);
}

TEST_F(AgainTest, AQuestionThatWasNeverAskedIsAMissThatShowsTheNearest) {
  (void)run("whole");
  auto recording = scenario::Recording::read(folder + "/whole", {});
  ASSERT_TRUE(recording) << recording.error().message();
  std::optional<scenario::Difference> none;
  const auto port = scenario::make_recorded_port("a", scenario::RecordedUse::replay, recording.value(), nullptr, none);
  const auto asked = codec::parse_json(R"({"id":"c-1","x":777})").value();
  port->ask({1, "c-1", asked, codec::to_json(asked)});
  EXPECT_FALSE(port->next());
  const auto missed = port->move({});
  ASSERT_FALSE(missed);
  EXPECT_THAT(missed.error().message(), HasSubstr("777"));
  EXPECT_THAT(missed.error().message(), HasSubstr("nearest is message"));
}

TEST_F(AgainTest, AnInputThatWasTouchedIsNotReplayed) {
  (void)run("whole");
  const std::string path = folder + "/whole/inputs/1";
  ASSERT_TRUE(os::write_file_atomic(path, os::read_file(path, 1 << 20).value() + "{\"x\":777}\n", 0644));
  const auto repeated = again(of(AgainKind::replay, "whole"), "replayed");
  ASSERT_FALSE(repeated);
  EXPECT_THAT(repeated.error().message(), HasSubstr("inputs/1: not what the record was signed with"));
}

TEST_F(AgainTest, ALiveModelIsComparedUpToItsFirstOtherAnswer) {
  const std::string digest = run("whole");
  Again live = of(AgainKind::live, "whole");
  live.model = "b";
  const auto same = again(live, "same");
  ASSERT_TRUE(same) << same.error().message();
  EXPECT_FALSE(same.value().difference);
  EXPECT_EQ(same.value().verdict.transcript_digest, digest) << same.value().verdict.error;
  std::string changed = kCounter;
  changed.replace(changed.find("x+1"), 3, "x+2");
  write("model/serve.sh", changed + "\n");
  const auto other = again(live, "other");
  ASSERT_TRUE(other) << other.error().message();
  ASSERT_TRUE(other.value().difference);
  EXPECT_EQ(other.value().difference->model, "b");
  EXPECT_THAT(other.value().difference->recorded, HasSubstr("\"n\":1"));
  EXPECT_NE(other.value().difference->recorded, other.value().difference->live);
  live.model = "nobody";
  EXPECT_FALSE(again(live, "none"));
}

TEST_F(AgainTest, AForkGoesOnFromAStepWithAChange) {
  const std::string digest = run("whole");
  Again fork = of(AgainKind::fork, "whole");
  fork.until = 60;
  const auto unchanged = again(fork, "unchanged");
  ASSERT_TRUE(unchanged) << unchanged.error().message();
  EXPECT_EQ(unchanged.value().verdict.transcript_digest, digest) << unchanged.value().verdict.error;
  std::string text = os::read_file(folder + "/s.yaml", 1 << 20).value();
  text.replace(text.find("rounds: 2"), 9, "rounds: 3");
  write("changed.yaml", text);
  fork.scenario = folder + "/changed.yaml";
  const auto changed = again(fork, "changed");
  ASSERT_TRUE(changed) << changed.error().message();
  EXPECT_NE(changed.value().verdict.transcript_digest, digest);
}

TEST_F(AgainTest, AKilledRunIsResumedToTheSameDigest) {
  const Nanoseconds begun = clock.monotonic();
  const std::string digest = run("whole");
  const Nanoseconds length = clock.monotonic() - begun;
  int resumed = 0;
  for (int turn = 0; turn < 6; ++turn) {
    const std::string out = "killed" + std::to_string(turn);
    const pid_t child = ::fork();
    if (child == 0) {
      (void)run(out);
      ::_exit(0);
    }
    std::this_thread::sleep_for(length * (3 + turn) / 10);
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    const auto left = ledger::verify_run(folder + "/" + out, {});
    if (!os::exists(folder + "/" + out + "/inputs/index.json") || (left && left.value().complete)) continue;
    const auto repeated = again(of(AgainKind::resume, out), "");
    if (!repeated && repeated.error().message().find("before anything of it was signed") != std::string::npos) continue;
    ASSERT_TRUE(repeated) << repeated.error().message();
    EXPECT_EQ(repeated.value().verdict.transcript_digest, digest) << turn << ": " << repeated.value().verdict.error;
    expect_verifies(folder + "/" + out);
    ++resumed;
  }
  EXPECT_GT(resumed, 0);
  const auto ended = again(of(AgainKind::resume, "whole"), "");
  ASSERT_FALSE(ended);
  EXPECT_THAT(ended.error().message(), HasSubstr("nothing to resume"));
}

}  // namespace
}  // namespace belljar::govern
