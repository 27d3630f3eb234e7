// What a policy's rule asks to follow, really done to sandboxes: whole runs, with what each left in the record.
#include "codec/json.h"
#include "govern/conduct_test.h"
#include "ledger/reader.h"

namespace belljar::govern {
namespace {

constexpr const char* kPolicy = R"(belljar-policy: 1
name: p
rules:
  - {permit: messages, action: send, what: {models: ['*']}}
  - {permit: files, action: read, what: {paths: [/**]}}
  - {permit: labels, action: connect, what: {hosts: [labels.example.test]}}
  - {forbid: still, action: connect, what: {hosts: [still.test]}, then: {pause: 900ms}}
  - {forbid: anew, action: connect, what: {hosts: [anew.test]}, then: {reset: 1}}
  - {forbid: slowly, action: connect, what: {hosts: [slowly.test]}, then: {throttle: 400ms}}
  - {forbid: chatter, action: send, who: [m], what: {models: [m]}, when: bytes > 500, then: reset}
)";

// What every model below begins with; `get` asks and hears the status, `say` answers a case.
constexpr const char* kProgram = R"(import json, os, sys, threading, time, urllib.request
def get(host):
  try: return urllib.request.urlopen('http://' + host + '/label', timeout=15).status
  except urllib.error.HTTPError as error: return error.code
def say(case, label): print(json.dumps({'id': case['id'], 'label': label}), flush=True)
)";

class SanctionsTest : public ConductTest {
 protected:
  // Each line of `body` is one of the loop over cases, x counting from 1.
  void write_model(const std::string& before, const std::string& body) const {
    write_scenario("exec /usr/bin/python3 /model/serve.py", "    limits: {wall: 60s, processes: 16}\n",
                   "policy: policy.yaml\nservices: services.yaml\n");
    write("model/serve.py",
          kProgram + before + "for line in sys.stdin:\n  case = json.loads(line); x = case['x']\n" + body);
    write("contract.yaml", "belljar-contract: 1\nanswer: {type: object, required: [label]}\ndeadline: 20s\n");
    write("cases.csv", "x,label\n1,b\n2,b\n3,b\n");
    write("services.yaml",
          "belljar-services: 1\nservices:\n  - name: labels\n    kind: http\n    hosts: [labels.example.test]\n"
          "    routes: [{on: GET /label, text: b}]\n");
    write("policy.yaml", kPolicy);
  }

  void conduct_model() {
    const auto verdict = run("r");
    ASSERT_TRUE(verdict) << verdict.error().message();
    contained = verdict.value().contained;
    error = verdict.value().error;
    expect_verifies(folder + "/r", true);
    const auto record = read_run(folder + "/r");
    ASSERT_TRUE(record) << record.error().message();
    for (const auto& item : record.value().measurements.cases) {
      error += item.detail + "; ";
      answers.push_back(item.end == spec::CaseEnd::answered ? item.answered
                                                            : std::string{spec::case_end_name(item.end)});
    }
    auto reader = ledger::RecordReader::open(folder + "/r", {});
    ASSERT_TRUE(reader) << reader.error().message();
    while (const auto* item = reader.value().next().value()) entries.emplace_back(item->entry);
  }
  std::size_t told(const std::string& part) const {
    return static_cast<std::size_t>(std::count_if(entries.begin(), entries.end(), [&](const std::string& entry) {
      return entry.find(part) != std::string::npos;
    }));
  }

  bool contained = false;
  std::string error;
  std::vector<std::string> answers;
  std::vector<std::string> entries;
};

TEST_F(SanctionsTest, APausedSandboxStandsStillForItsTime) {
  // A thread of the model looks at the clock all the time; the longest it did not is what it says in the end.
  write_model(R"(
longest = 0
def look():
  global longest
  before = time.monotonic()
  while True:
    time.sleep(0.005)
    now = time.monotonic()
    longest, before = max(longest, now - before), now
threading.Thread(target=look, daemon=True).start()
)",
              R"(  if x == 1: get('still.test')
  if x > 1: time.sleep(0.3)
  say(case, 'b' if x < 3 else 'stood still' if longest > 0.8 else 'ran on ' + str(longest))
)");
  conduct_model();
  EXPECT_THAT(answers, testing::ElementsAre("b", "b", "stood still")) << error;
  EXPECT_EQ(told(R"("kind":"sanction","model":"m","consequence":"pause","rule":"still")"), 1U);
  EXPECT_EQ(told(R"("kind":"resumed","model":"m")"), 1U);
  EXPECT_FALSE(contained);
}

constexpr const char* kMark = R"(
fresh = not os.path.exists('/work/mark')
open('/work/mark', 'w').close()
)";

TEST_F(SanctionsTest, AResetSandboxIsThrownAwayAndAFreshOneRemembersNothing) {
  write_model(kMark, R"(  if x == 1: get('anew.test')
  if x == 2: time.sleep(0.5)
  say(case, ('fresh' if fresh and not os.path.exists('/work/seen') else 'kept') if x == 3 else 'b')
  if x == 1: open('/work/seen', 'w').close()
)");
  conduct_model();
  ASSERT_EQ(answers.size(), 3U) << error;
  EXPECT_EQ(answers[2], "fresh");
  EXPECT_EQ(told(R"("consequence":"reset","rule":"anew")"), 1U);
  EXPECT_EQ(told(R"("kind":"model-started","model":"m","anew":true)"), 1U);
  EXPECT_EQ(told(R"("kind":"destroyed","model":"m")"), 2U) << "both lives are accounted for";
  EXPECT_FALSE(contained);
}

TEST_F(SanctionsTest, AModelThatResetsDoNotHelpIsContained) {
  write_model("get('anew.test')\n", "  time.sleep(0.3)\n  say(case, 'b')\n");
  conduct_model();
  EXPECT_TRUE(contained) << error;
  EXPECT_EQ(told(R"("kind":"model-started","model":"m","anew":true)"), 1U);
  EXPECT_EQ(told(R"("rule":"anew.reset")"), 1U);
}

TEST_F(SanctionsTest, AMessageResetsItsSender) {
  write_model(kMark, "  say(case, 'l' * 600 if x == 1 else 'fresh' if fresh else 'kept')\n");
  conduct_model();
  EXPECT_THAT(answers, testing::ElementsAre("contract_error", "fresh", "fresh")) << error;
  EXPECT_EQ(told(R"("consequence":"reset","rule":"policy.chatter")"), 1U);
}

TEST_F(SanctionsTest, AThrottledSandboxWaitsForEachRequest) {
  write_model("", R"(  if x == 1: get('slowly.test')
  began = time.monotonic()
  if x == 3: said = [get('labels.example.test') for _ in range(3)]
  took = time.monotonic() - began
  say(case, 'b' if x < 3 else 'slow' if took > 0.8 and said == [200, 200, 200] else str(took) + str(said))
)");
  conduct_model();
  EXPECT_THAT(answers, testing::ElementsAre("b", "b", "slow")) << error;
  EXPECT_EQ(told(R"("consequence":"throttle","rule":"slowly")"), 1U);
}

}  // namespace
}  // namespace belljar::govern
