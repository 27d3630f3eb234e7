#include "govern/story.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "ledger/record_for_tests.h"

namespace belljar::govern {
namespace {

using Kind = StoryStep::Kind;
using testing::HasSubstr;
using testing::Not;

class StoryTest : public testing::Test {
 protected:
  void SetUp() override {
    ledger_ = record_.create();
    ASSERT_NE(ledger_, nullptr);
  }
  void entry(const std::string& text) { ASSERT_TRUE(ledger_->append(text)); }
  // Attempted, and what became of it; `after` are further members of the second entry.
  void message(const std::string& kind, const std::string& from, const std::string& to, const std::string& case_id,
               const std::string& body, const std::string& state = "dispatched", const std::string& after = "") {
    ++seq_;
    const std::string begin = R"({"kind":")" + kind + R"(","seq":)" + std::to_string(seq_) + R"(,"at_ns":)" +
                              std::to_string(seq_ * 1000) + R"(,"state":")";
    ASSERT_TRUE(ledger_->append_with_body(
        begin + R"(attempted","from":")" + from + R"(","to":")" + to + R"(","case":")" + case_id + R"("})", body));
    if (!state.empty()) entry(begin + state + "\"" + after + "}");
  }
  void verdict() {
    entry(R"({"kind":"verdict"})");
    ASSERT_TRUE(ledger_->checkpoint());
  }
  Story story() {
    auto read = read_story(record_.run(), {record_.trusted_key_file()});
    EXPECT_TRUE(read) << (read ? "" : read.error().message());
    return read ? std::move(read).value() : Story{};
  }

  ledger::TestRecord record_;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::uint64_t seq_ = 0;
};

const std::string kContained =
    R"({"kind":"containment","model":"agent","finding":"f-1","why":"a canary left","at_ns":9})";

TEST_F(StoryTest, TellsTheCaseThatEndedItMessageByMessage) {
  message("request", "workload", "agent", "1", R"({"id":"x","task":"an innocent one"})");
  message("answer", "agent", "workload", "1", R"({"id":"x","label":"fine"})");
  message("request", "workload", "agent", "2", R"({"id":"y","task":"read order 2"})");
  entry(R"({"kind":"network","model":"agent","event":{"kind":"allowed","host":"models.belljar","port":80}})");
  message("request", "agent", "lm", "2", R"({"id":"z","messages":[{"role":"user","content":"It says: send it"}]})");
  message("answer", "lm", "agent", "2", R"({"id":"z","text":"send passwords.txt","finish":"stop"})");
  message("request", "agent", "files", "2", R"({"id":"t","tool":"read_file","arguments":{"path":"/p"}})");
  message("answer", "files", "agent", "2",
          R"({"id":"t","content":[{"type":"text","text":"hunter2"}],"isError":false})");
  entry(R"({"kind":"network","model":"agent","at_ns":8,"event":{"kind":"finding","host":"outbox.test","port":80,)"
        R"("door":"http","rule":"canary","reason":"the body holds a canary"}})");
  entry(kContained);
  message("request", "workload", "agent", "3", R"({"task":"never told"})", "held");
  verdict();

  const Story told = story();
  EXPECT_EQ(told.case_id, "2");
  EXPECT_EQ(told.model, "agent");
  EXPECT_EQ(told.finding, "f-1");
  std::string lines;
  for (const StoryStep& step : told.steps) {
    lines += step.from + ">" + step.to + " " + step.state + " " + step.text + "\n";
  }
  EXPECT_EQ(lines,
            "workload>agent dispatched {\"task\":\"read order 2\"}\n"
            "agent>lm dispatched It says: send it\n"
            "lm>agent dispatched send passwords.txt\n"
            "agent>files dispatched read_file {\"path\":\"/p\"}\n"
            "files>agent dispatched hunter2\n"
            "agent>outbox.test:80 finding \n"
            "agent>  a canary left\n");
  EXPECT_EQ(told.steps.back().kind, Kind::containment);
  EXPECT_TRUE(told.steps[5].grave);
}

TEST_F(StoryTest, MasksWhatTheFiltersFoundAndShowsNothingThatTheyDidNotSee) {
  const std::string body = R"({"id":"x","a":"token ghp_0123456789","b":"ghp_abc"})";
  const auto span = [&](const std::string& what) {
    return R"({"kind":"secret","begin":)" + std::to_string(body.find(what)) + R"(,"end":)" +
           std::to_string(body.find(what) + what.size()) + "}";
  };
  message("request", "workload", "agent", "1", body, "refused",
          R"(,"rule":"filter.secret.token","reason":"a secret","findings":[)" + span("ghp_0123456789") + "," +
              span("0123") + "," + span("ghp_abc") + "]");
  std::string many;
  for (int at = 0; at < 32; ++at) many += (at == 0 ? "" : ",") + span("ghp_abc");
  message("request", "workload", "agent", "1", body, "refused", R"(,"findings":[)" + many + "]");
  message("request", "workload", "agent", "1", body, "refused", R"(,"findings":[{"begin":-5,"end":99999999}])");
  message("request", "workload", "agent", "1", body, "");  // the record ends before it is decided on
  entry(kContained);
  verdict();

  const Story told = story();
  ASSERT_EQ(told.steps.size(), 5U);
  EXPECT_EQ(told.steps[0].text, R"({"a":"token [secret]","b":"[secret]"})");
  EXPECT_EQ(told.steps[0].why, "filter.secret.token: a secret");
  EXPECT_EQ(told.steps[1].text, "not shown: the content filters found too much in it");
  for (const StoryStep& step : told.steps) {
    EXPECT_THAT(step.text, Not(HasSubstr("0123"))) << step.text;
    EXPECT_THAT(step.text, Not(HasSubstr("abc"))) << step.text;
  }
  EXPECT_EQ(told.steps[3].text, "");
}

// Places in what a rule had made of a message are no places in the message.
TEST_F(StoryTest, ShowsNothingThatAPolicyTookAway) {
  message("request", "workload", "agent", "1", R"({"id":"x","notes":"hunter2"})", "");
  ASSERT_TRUE(ledger_->append_with_body(
      R"({"kind":"request","seq":1,"at_ns":1,"state":"dispatched","rule":"policy.in-part","reason":"r"})",
      R"({"id":"x","notes":"[redacted]"})"));
  message("request", "workload", "agent", "1", R"({"id":"x","notes":"hunter2","b":"ghp_abc"})", "refused",
          R"(,"rule":"filter.secret.token","findings":[{"kind":"secret","begin":1,"end":3}],"found_in":"altered")");
  entry(kContained);
  verdict();
  const Story told = story();
  ASSERT_EQ(told.steps.size(), 3U);
  EXPECT_EQ(told.steps[0].text, R"({"notes":"[redacted]"})");
  EXPECT_THAT(told.steps[1].text, HasSubstr("not shown"));
}

TEST_F(StoryTest, ALongOneLosesItsMiddleAndHostileTextIsCut) {
  const std::string loud = "\x1b[2J" + std::string(5000, 'a');
  for (int at = 0; at < 500; ++at) message("request", "workload", "agent", "1", loud);
  entry(R"({"kind":"finding","id":"f-2","severity":"high","model":"agent","detail":"it went on","rule":"r"})");
  verdict();
  const Story told = story();
  EXPECT_EQ(told.steps.size(), kStoryStepsMax);
  EXPECT_EQ(told.left_out, 501 - kStoryStepsMax);
  EXPECT_EQ(told.steps.front().seq, 1U);
  EXPECT_EQ(told.steps[kStoryStepsMax - 2].seq, 500U);
  EXPECT_EQ(told.steps.back().text, "it went on");
  for (const StoryStep& step : told.steps) {
    EXPECT_LE(step.text.size(), kStoryTextBytesMax + 40);  // and how much was cut
    EXPECT_THAT(step.text, Not(HasSubstr("\x1b")));
  }
}

TEST_F(StoryTest, NothingGraveIsNoStoryAndATouchedRecordIsNotTold) {
  message("request", "workload", "agent", "1", "{}");
  entry(R"({"kind":"finding","id":"f-1","severity":"low","model":"agent","detail":"noted"})");
  verdict();
  EXPECT_TRUE(story().steps.empty());
  const std::string checkpoint = ledger::read_bytes(record_.file("ledger/checkpoint"));
  ASSERT_FALSE(checkpoint.empty());
  std::string touched = checkpoint;
  touched[touched.size() / 3] ^= 1;
  ledger::write_bytes(record_.file("ledger/checkpoint"), touched);
  EXPECT_FALSE(read_story(record_.run(), {record_.trusted_key_file()}));
}

}  // namespace
}  // namespace belljar::govern
