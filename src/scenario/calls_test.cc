// Models that ask others while they work: whose call is taken when, what it costs, what becomes of it.
#include <future>
#include <mutex>
#include <thread>

#include "boundary/reply_for_tests.h"
#include "scenario/compose_fixture.h"
#include "scenario/model_calls.h"

namespace belljar::scenario {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// An agent as a program of its own would be: a thread that asks through the OpenAI base URL, waits, and only then
// answers.
class AgentPort final : public Port {
 public:
  AgentPort(std::shared_ptr<ModelCalls> service, int times) : service_{std::move(service)}, times_{times} {}
  ~AgentPort() override { join(); }

  void ask(const Question& question) override {
    join();
    thread_ = std::thread{[this, number = question.number, id = std::string{question.id}, body = question.body] {
      std::string said;
      for (int at = 0; at < times_; ++at) said += call(body, at);
      Arrival arrival;
      arrival.kind = Arrival::Kind::answer;
      arrival.number = number;
      arrival.body = Json::Object{{"id", id}, {"label", said}};
      arrival.text = codec::to_json(arrival.body);
      const std::scoped_lock lock{mutex_};
      arrived_ = std::move(arrival);
    }};
  }
  void give_up(std::uint64_t) override {}
  void close_input() override {}
  Result<void> move(const os::PollSet&) override { return {}; }
  std::optional<Nanoseconds> wake_at() const override { return Nanoseconds{0}; }
  std::optional<Arrival> next() override {
    const std::scoped_lock lock{mutex_};
    return std::exchange(arrived_, std::nullopt);
  }

  std::string model = "lm";

 private:
  struct Waiting final : boundary::Reply {
    void wait(std::int64_t) override {}
    void ring(std::string_view) override {}
    void head(int code, boundary::Headers) override { status = code; }
    void body(std::string_view bytes) override { text += bytes; }
    void end() override { done.set_value(); }
    void reset() override { done.set_value(); }
    int status = 0;
    std::string text;
    std::promise<void> done;
  };

  std::string call(const Json& body, int at) {
    auto reply = std::make_shared<Waiting>();
    const std::string content = codec::to_json(*body.find("x")) + "." + std::to_string(at);
    boundary::HttpAsk ask = boundary::make_ask(
        "POST", "/v1/chat/completions",
        codec::to_json(Json::Object{{"model", model},
                                    {"messages", Json::Array{Json::Object{{"role", "user"}, {"content", content}}}}}));
    service_->answer(ask, reply);
    reply->done.get_future().wait();
    if (reply->status != 200) return "[" + std::to_string(reply->status) + "]";
    const Json said = codec::parse_json(reply->text).value();
    return said.find("choices")->as_array()[0].find("message")->find("content")->as_string() + ";";
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  std::shared_ptr<ModelCalls> service_;
  int times_;
  std::thread thread_;
  std::mutex mutex_;
  std::optional<Arrival> arrived_;
};

Answerer echoes() {
  return [](const Json& request) {
    const Json& content = *request.find("messages")->as_array()[0].find("content");
    return Json{Json::Object{{"text", "said " + content.as_string()}, {"finish", "stop"}}};
  };
}

const std::string kAgent = R"(models:
  agent: {run: [x], latency: 5ms}
  lm: {run: [x], latency: 2ms}
links:
  - {to: agent}
  - {from: agent, to: lm, calls: true, latency: 1ms}
)";

Seen run(const std::string& yaml, int times, int lag = 0, const std::string& model = "lm",
         const std::string& policy = "") {
  std::shared_ptr<LiveCalls> desk = LiveCalls::make().value();
  auto service =
      std::make_shared<ModelCalls>(desk, std::map<std::string, std::vector<std::string>>{{"agent", {"lm", "nobody"}}});
  return drive_trial({.yaml = yaml,
                      .models = {{"lm", echoes()}},
                      .lag = lag,
                      .policy = policy,
                      .calls = desk.get(),
                      .ports = {{"agent", [&] {
                                   auto port = std::make_unique<AgentPort>(service, times);
                                   port->model = model;
                                   return std::unique_ptr<Port>{std::move(port)};
                                 }}}});
}

TEST(Calls, each_is_a_message_caused_by_the_question_its_caller_works_on) {
  for (const std::string clock : {"wall", "logical"}) {
    const Seen seen = run("clock: " + clock + "\n" + kAgent, 2);
    EXPECT_THAT(seen.answers(), ElementsAre("said 1.0;said 1.1;", "said 2.0;said 2.1;", "said 3.0;said 3.1;")) << clock;
    EXPECT_EQ(seen.ledger.count(R"("from":"agent","to":"lm")"), 6U);
    EXPECT_EQ(seen.ledger.count(R"("from":"lm","to":"agent")"), 6U);
    EXPECT_EQ(seen.measured.messages, 18U);
    // In the trace of its case, below the question of the agent.
    const auto first = [&](const std::string& part) {
      const auto found = std::find_if(seen.ledger.entries.begin(), seen.ledger.entries.end(),
                                      [&](const std::string& entry) { return entry.find(part) != std::string::npos; });
      return codec::parse_json(*found).value();
    };
    const Json question = first(R"("from":"workload","to":"agent")");
    const Json made = first(R"("from":"agent","to":"lm")");
    EXPECT_EQ(*made.find("trace"), *question.find("trace"));
    EXPECT_EQ(*made.find("parent"), *question.find("span"));
  }
}

TEST(Calls, under_the_logical_clock_speed_changes_nothing) {
  const Seen one = run("clock: logical\n" + kAgent, 3, 0);
  const Seen two = run("clock: logical\n" + kAgent, 3, 5);
  EXPECT_EQ(one.transcript.hex(), two.transcript.hex());
  EXPECT_EQ(one.measured.cases[0].latency_ns, two.measured.cases[0].latency_ns);
  // Three calls, of 4 ms each on the links and before the model, each from and back to a point where the agent works
  // on.
  EXPECT_EQ(one.measured.cases[0].latency_ns, 5'000'000 + 3 * (4'000'000 + 5'000'000));
}

TEST(Calls, what_the_exchange_refuses_reaches_the_program_with_its_reason) {
  const Seen seen = run(kAgent + "budgets: {models: {lm: {messages: 2}}}\n", 1);
  EXPECT_EQ(seen.answers()[0], "said 1.0;");
  EXPECT_THAT(seen.answers(), testing::Contains("[403]"));
  ASSERT_FALSE(seen.measured.findings.empty());
  EXPECT_EQ(seen.measured.findings[0].kind, "budget");
}

TEST(Calls, a_call_needs_a_permit_to_call_and_not_to_send_alone) {
  const std::string send = "rules:\n  - {permit: messages, action: send, what: {models: [\"*\"]}}\n";
  const Seen without = run(kAgent, 1, 0, "lm", send);
  EXPECT_THAT(without.answers(), ElementsAre("[403]", "[403]", "[403]"));
  EXPECT_EQ(without.ledger.count(R"("from":"lm")"), 0U);
  const std::string call = send + "  - {permit: thoughts, action: call, what: {models: [lm]}}\n";
  EXPECT_EQ(run(kAgent, 1, 0, "lm", call).answers()[0], "said 1.0;");
  const std::string forbid = call + "  - {forbid: no-thoughts, action: call, who: [agent], what: {models: [lm]}}\n";
  EXPECT_EQ(run(kAgent, 1, 0, "lm", forbid).answers()[0], "[403]");
}

TEST(Calls, a_model_that_no_link_leads_to_is_refused_and_told) {
  const Seen seen = run(kAgent, 1, 0, "nobody");
  EXPECT_THAT(seen.answers(), ElementsAre("[403]", "[403]", "[403]"));
  EXPECT_EQ(seen.ledger.count(R"("kind":"call-refused","from":"agent","to":"nobody","rule":"calls.link")"), 3U);
}

TEST(Calls, a_call_outside_of_any_question_is_refused) {
  std::shared_ptr<LiveCalls> desk = LiveCalls::make().value();
  CallReply got;
  desk->put("agent", "lm", Json::Object{{"messages", Json::Array{}}}, [&](CallReply reply) { got = std::move(reply); });
  const Seen seen =
      drive_trial({.yaml = kAgent, .models = {{"agent", always("b")}, {"lm", echoes()}}, .calls = desk.get()});
  EXPECT_EQ(got.rule, "calls.outside");
  EXPECT_EQ(seen.ledger.count(R"("kind":"stray","model":"agent","stray":"call")"), 1U);
}

TEST(Calls, the_desk_takes_a_bounded_number_and_answers_all_when_it_closes) {
  std::shared_ptr<LiveCalls> desk = LiveCalls::make().value();
  std::size_t answered = 0;
  for (std::size_t at = 0; at < LiveCalls::kCallsMax; ++at) {
    desk->put("agent", "lm", {}, [&](const CallReply&) { ++answered; });
  }
  std::string why;
  desk->put("agent", "lm", {}, [&](const CallReply& reply) { why = reply.why; });
  EXPECT_THAT(why, HasSubstr("too many"));
  EXPECT_EQ(answered, 0U);
  desk->close();
  EXPECT_EQ(answered, LiveCalls::kCallsMax);
}

TEST(Calls, a_file_says_where_calls_make_no_sense) {
  const std::string head = "belljar: 1\nname: n\nworkload: {cases: c.csv}\n";
  const std::pair<std::string, std::string> cases[] = {
      {"models: {a: {run: [x]}}\nlinks: [{to: a, calls: true}]\n", "calls from workload"},
      {"models: {a: {run: [x]}, b: {run: [x]}}\nlinks: [{to: a}, {from: a, to: b, calls: true, rounds: 2}]\n",
       "beside \"map\", \"when\" or \"rounds\""},
      {"models: {a: {run: [x], in_flight: 2}, b: {run: [x]}}\nlinks: [{to: a}, {from: a, to: b, calls: true}]\n",
       "in_flight: 2"}};
  for (const auto& [yaml, expected] : cases) {
    const auto scenario = spec::parse_scenario(head + yaml, "s.yaml");
    ASSERT_FALSE(scenario) << yaml;
    EXPECT_THAT(scenario.error().message(), HasSubstr(expected));
  }
}

}  // namespace
}  // namespace belljar::scenario
