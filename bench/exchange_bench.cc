// What the exchange costs: messages in process on one core; through a sealed program that echoes them, many in flight
// and one at a time; and a long loop of three sealed programs, with the memory of this process as it goes.
// Usage: exchange_bench [in-process|sealed|latency|loop]... [N]

#include <sys/resource.h>

#include <cstring>

#include "codec/crypto.h"
#include "measure.h"
#include "os/file.h"
#include "scenario/drive.h"

namespace belljar::bench {
namespace {

using codec::Json;

constexpr std::size_t kMessageBytes = 1024;

// Ten members, of which one is long enough to make 1 KiB of them all.
Json body_of(std::uint64_t number) {
  Json body{Json::Object{{"x", number},
                         {"kind", "measurement"},
                         {"unit", "mm"},
                         {"values", Json::Array{1.5, 2.25, 3, 4, 5.125, 6, 7, 8}},
                         {"ok", true},
                         {"site", Json::Object{{"room", 12}, {"shelf", "b"}}},
                         {"label", "b"}}};
  body.set("text", std::string(kMessageBytes - codec::to_json(body).size() - 40, 't'));
  return body;
}

spec::Contract contract() {
  spec::Contract made = spec::open_contract();
  made.request_schema = must(codec::parse_json(R"({"type":"object","required":["id","x","kind","values"],"properties":{
      "id":{"type":"string","maxLength":64},"x":{"type":"integer","minimum":0},"kind":{"enum":["measurement","note"]},
      "unit":{"type":"string"},"values":{"type":"array","items":{"type":"number"},"maxItems":64},"ok":{"type":"boolean"},
      "site":{"type":"object","required":["room"],"properties":{"room":{"type":"integer"},"shelf":{"type":"string"}}},
      "label":{"type":"string"},"text":{"type":"string","maxLength":4096}},"additionalProperties":false})"));
  made.answer_schema = made.request_schema;
  return made;
}

// A record on the disk of the current folder, as a run has it.
struct Record {
  explicit Record(const Clock& clock)
      : directory{"exchange_bench." + std::to_string(::getpid())},
        ledger{must(ledger::Ledger::create(directory, "belljar.local/bench", must(codec::SigningKey::generate())))},
        journal{*ledger, clock} {}
  ~Record() { (void)os::remove_tree(directory); }

  std::string directory;
  std::unique_ptr<ledger::Ledger> ledger;
  exchange::Journal journal;
};

spec::Budgets budgets() {
  spec::Budgets made;
  made.run.messages = UINT64_MAX / 2;
  made.run.tokens = UINT64_MAX / 2;
  made.root.messages = UINT64_MAX / 2;
  made.models["m"].cost = INT64_MAX / 2;
  return made;
}

void in_process(std::uint64_t messages) {
  const os::SystemClock clock;
  Record record{clock};
  exchange::Exchange exchange{record.journal, exchange::standard_stages()};
  exchange.connect(must(exchange::make_link("workload", "m", contract())));
  exchange.set_rules({budgets(), {}, true});
  const exchange::TraceKey trace{Digest{}};
  const std::string text = codec::to_json(body_of(7));
  std::vector<double> taken;
  taken.reserve(messages);
  const std::int64_t begun = now_ns();
  for (std::uint64_t at = 0; at < messages; ++at) {
    exchange::Message message;
    message.direction = at % 2 == 0 ? exchange::Direction::request : exchange::Direction::answer;
    message.from = at % 2 == 0 ? "workload" : "m";
    message.to = at % 2 == 0 ? "m" : "workload";
    message.root = at / 2;
    message.case_id = std::to_string(at / 2);
    message.id = "c-" + message.case_id + "-0123456789abcdef";
    message.cause = trace.begin(at);
    message.text = R"({"id":")" + message.id + "\"," + text.substr(1);
    message.body = must(codec::parse_json(message.text));
    message.tokens = exchange::estimate_tokens(message.text);
    const std::int64_t from = now_ns();
    const auto decision = must(exchange.pass(message));
    if (decision.act != exchange::Act::allow) (void)std::fprintf(stderr, "refused: %s\n", decision.reason.c_str());
    if (at % 2 == 1) exchange.end_root(message.root);
    taken.push_back(static_cast<double>(now_ns() - from) / 1000);
  }
  (void)must(record.journal.checkpoint());
  const double seconds = static_cast<double>(now_ns() - begun) / 1e9;
  double passing = 0;
  for (const double one : taken) passing += one;
  std::printf(
      "in process: %.0f messages/s of 1 KiB through contract, budget and ledger, %.0f/s with parsing and signing; "
      "p50 %.1f p99 %.1f us\n",
      static_cast<double>(messages) * 1e6 / passing, static_cast<double>(messages) / seconds, quantile(taken, 0.5),
      quantile(taken, 0.99));
}

class Watcher final : public scenario::DriveListener {
 public:
  explicit Watcher(const exchange::Exchange& exchange) : exchange_{exchange} {}
  void cases(const scenario::EndCounts&, std::size_t) override {
    if (exchange_.attempts() < next_) return;
    next_ = next_ == 0 ? 100'000 : next_ + 100'000;
    if (exchange_.attempts() > 0)
      std::printf("  %9lu messages: %6.1f MiB resident\n", exchange_.attempts(), resident());
    (void)std::fflush(stdout);
  }
  void finding(const spec::Finding& finding) override { std::printf("  finding: %s\n", finding.detail.c_str()); }

  static double resident() {
    const std::string statm = must(os::read_file("/proc/self/statm", 4096));
    return std::strtod(statm.c_str() + statm.find(' '), nullptr) * 4096 / (1 << 20);
  }

 private:
  const exchange::Exchange& exchange_;
  std::uint64_t next_ = 100'000;
};

struct Shape {
  std::size_t models = 1;
  std::uint32_t in_flight = 1;
  std::size_t cases = 1000;
  std::uint64_t rounds = 0;  // of the loop through all models; 0: no loop
};

// Messages a second, and how long one question took there and back.
void drive_echo(const char* what, const Shape& shape) {
  const os::SystemClock clock;
  const std::unique_ptr<sandbox::Engine> engine = start_engine(clock);
  Record record{clock};
  exchange::Exchange exchange{record.journal, exchange::standard_stages()};
  monitor::Monitor monitor{{}};
  spec::Scenario scenario;
  scenario.workload.answer = "label";
  scenario.clock = shape.rounds > 0 ? spec::ClockKind::logical : spec::ClockKind::wall;
  const auto connect = [&](const std::string& from, const std::string& to, std::uint64_t rounds) {
    spec::LinkSpec link;
    link.from = from;
    link.to = to;
    if (rounds > 0) link.rounds = rounds;
    scenario.links.push_back(link);
    exchange.connect(must(exchange::make_link(link, contract())));
  };
  connect("workload", "m0", 0);
  for (std::size_t at = 0; shape.rounds > 0 && at < shape.models; ++at) {
    connect("m" + std::to_string(at), "m" + std::to_string((at + 1) % shape.models), shape.rounds);
  }
  exchange.set_rules({budgets(), {}, shape.rounds > 0});
  std::vector<scenario::Case> cases;
  for (std::size_t at = 0; at < shape.cases; ++at) {
    cases.push_back({std::to_string(at + 1), codec::to_json(body_of(at)), "b", 1});
  }
  scenario::DriveInput input{
      .scenario = scenario, .cases = cases, .id_secret = {}, .models = {}, .directory = "", .times = {}};
  spec::SandboxSpec sandbox = bench_spec();
  sandbox.quotas.output_bytes = 1ULL << 40;
  sandbox.quotas.wall = std::chrono::hours{1};
  sandbox.quotas.cpu_time = std::chrono::hours{1};
  for (std::size_t at = 0; at < shape.models; ++at) {
    scenario::DriveModel model;
    model.spec.name = "m" + std::to_string(at);
    model.spec.in_flight = shape.in_flight;
    model.spec.quotas = sandbox.quotas;
    model.command = {{"/bench/bench_echo"}, spec::default_environment(), "/work"};
    model.sandbox = must(engine->create(sandbox));
    scenario.models.push_back(model.spec);
    input.models.push_back(std::move(model));
  }
  Watcher watcher{exchange};
  const auto driven = must(
      scenario::drive(std::move(input), {engine.get(), exchange, record.journal, monitor, clock, nullptr, watcher}));
  const spec::Measurements& measured = driven.measurements;
  std::vector<double> taken;
  std::size_t wrong = 0;
  for (const spec::CaseResult& item : measured.cases) {
    if (item.end != spec::CaseEnd::answered && wrong++ == 0) std::printf("  %s\n", item.detail.c_str());
    if (item.latency_ns > 0) taken.push_back(static_cast<double>(item.latency_ns) / 1000);
  }
  const double seconds = static_cast<double>(measured.drive_ns) / 1e9;
  std::printf("%s: %lu messages in %.2f s, %.0f/s, %zu cases not answered, %.1f MiB resident at the end\n", what,
              measured.messages, seconds, static_cast<double>(measured.messages) / seconds, wrong, Watcher::resident());
  if (shape.rounds == 0) {
    std::printf("%s: there and back p50 %.1f p99 %.1f us\n", what, quantile(taken, 0.5), quantile(taken, 0.99));
  }
}

// The same program, sealed the same, asked over its pipes by a loop that does nothing else.
void bare_echo(std::size_t questions) {
  const os::SystemClock clock;
  const std::unique_ptr<sandbox::Engine> engine = start_engine(clock);
  spec::SandboxSpec spec = bench_spec();
  spec.quotas.output_bytes = 1ULL << 40;
  const auto sandbox = must(engine->create(spec));
  must(sandbox->start({{"/bench/bench_echo"}, spec::default_environment(), "/work"}));
  const std::string line = codec::to_json(body_of(7)) + "\n";
  std::vector<double> taken;
  std::array<char, 65536> buffer{};
  for (std::size_t at = 0; at < questions; ++at) {
    const std::int64_t from = now_ns();
    (void)must(os::write_some(sandbox->input_fd(), line));
    for (std::size_t got = 0; got < line.size();) {
      os::PollSet set;
      set.add(sandbox->output_fd(sandbox::Stream::out), os::Interest::read);
      must(set.wait(std::chrono::milliseconds{1000}));
      got += must(sandbox->read_output(sandbox::Stream::out, buffer)).bytes;
    }
    taken.push_back(static_cast<double>(now_ns() - from) / 1000);
  }
  std::printf("bare pipes: there and back p50 %.1f p99 %.1f us\n", quantile(taken, 0.5), quantile(taken, 0.99));
}

int run(const std::vector<std::string>& words) {
  std::uint64_t count = 0;
  for (const std::string& word : words) {
    if (std::strtoull(word.c_str(), nullptr, 10) > 0) count = std::strtoull(word.c_str(), nullptr, 10);
  }
  const auto wanted = [&](const char* name) {
    return words.size() == (count > 0 ? 1 : 0) || std::find(words.begin(), words.end(), name) != words.end();
  };
  if (wanted("in-process")) in_process(count > 0 ? count : 300'000);
  if (wanted("sealed")) drive_echo("sealed", {1, 256, count > 0 ? count : 100'000, 0});
  if (wanted("latency")) {
    bare_echo(count > 0 ? count : 20'000);
    drive_echo("one at a time", {1, 1, count > 0 ? count : 20'000, 0});
  }
  // 250 cases of 667 rounds through three models, each a request and an answer.
  if (wanted("loop")) drive_echo("loop of three", {3, 64, 250, (count > 0 ? count : 1'000'000) / (250 * 3 * 2) + 1});
  return 0;
}

}  // namespace
}  // namespace belljar::bench

int main(int argc, char** argv) { return belljar::bench::run({argv + 1, argv + argc}); }
