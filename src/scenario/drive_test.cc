// Drives real child processes, behind a test's own Engine, through everything a model may do wrong on its pipes.

#include "scenario/drive.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "os/file.h"
#include "os/system.h"

extern char** environ;  // NOLINT: POSIX names it

namespace belljar::scenario {
namespace {

using spec::CaseEnd;
using testing::HasSubstr;
using testing::Not;

// A plain child process with the quotas of output alone: no walls, for tests of the adapter.
class ChildSandbox final : public sandbox::Sandbox {
 public:
  explicit ChildSandbox(std::uint64_t output_bytes) : quota_{output_bytes} {}
  ~ChildSandbox() override { (void)end(); }

  Result<void> start(const spec::Command& command) override {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    std::array<int, 2> err{};
    EXPECT_EQ(::pipe2(in.data(), O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(out.data(), O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(err.data(), O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    (void)::posix_spawn_file_actions_init(&actions);
    (void)::posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    (void)::posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    (void)::posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    (void)::posix_spawnattr_init(&attributes);
    (void)::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::vector<char*> words;
    for (const std::string& word : command.argv) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    EXPECT_EQ(::posix_spawnp(&pid_, words[0], &actions, &attributes, words.data(), environ), 0);
    (void)::posix_spawn_file_actions_destroy(&actions);
    (void)::posix_spawnattr_destroy(&attributes);
    input_ = os::Fd{in[1]};
    output_ = os::Fd{out[0]};
    error_ = os::Fd{err[0]};
    for (const int fd : {in[0], out[1], err[1]}) (void)::close(fd);
    for (const int fd : {in[1], out[0], err[0]}) (void)::fcntl(fd, F_SETFL, O_NONBLOCK);
    return {};
  }

  int input_fd() const override { return input_.get(); }
  void close_input() override { input_.reset(); }
  int output_fd(sandbox::Stream stream) const override {
    return stream == sandbox::Stream::out ? output_.get() : error_.get();
  }

  Result<sandbox::OutputChunk> read_output(sandbox::Stream stream, std::span<char> buffer) override {
    os::Fd& fd = stream == sandbox::Stream::out ? output_ : error_;
    spec::StreamBytes& bytes = stream == sandbox::Stream::out ? report_.stdout_bytes : report_.stderr_bytes;
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0) return sandbox::OutputChunk{};
    if (got == 0) fd.reset();
    const std::size_t kept = std::min<std::uint64_t>(static_cast<std::uint64_t>(got), quota_ - bytes.kept);
    bytes.seen += static_cast<std::uint64_t>(got);
    bytes.kept += kept;
    return sandbox::OutputChunk{kept, got == 0};
  }

  Result<int> connect(std::size_t) override { return Error{Errc::invalid_argument, "connect: no such line"}; }
  bool ended() const override { return ended_; }
  void signal(int number) override { (void)::kill(pid_, number); }
  void kill(spec::EndStatus status, const std::string& why) override {
    if (ended_ || killed_) return;
    killed_ = true;
    report_.status = status;
    report_.reason = why;
    if (pid_ > 0) (void)::kill(-pid_, SIGKILL);
  }

  void note(spec::Violation violation) override { violations.push_back(std::move(violation)); }
  std::vector<spec::Violation> take_violations() override {
    report_.violations.insert(report_.violations.end(), violations.begin(), violations.end());
    return std::exchange(violations, {});
  }
  Result<std::string> collect(const std::string&, std::size_t) override { return std::string{}; }
  Result<spec::SandboxReport> destroy() override { return end(); }

  void look() {
    int status = 0;
    if (ended_ || pid_ <= 0 || ::waitpid(pid_, &status, WNOHANG) != pid_) return;
    ended_ = true;
    (void)::kill(-pid_, SIGKILL);
    if (killed_) return;
    report_.status = WIFSIGNALED(status) ? spec::EndStatus::signaled : spec::EndStatus::exited;
    report_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  std::vector<spec::Violation> violations;

 private:
  spec::SandboxReport end() {
    if (pid_ > 0 && !ended_) {
      (void)::kill(-pid_, SIGKILL);
      (void)::waitpid(pid_, nullptr, 0);
      ended_ = true;
    }
    report_.destroyed = true;
    return report_;
  }

  std::uint64_t quota_;
  pid_t pid_ = 0;
  os::Fd input_;
  os::Fd output_;
  os::Fd error_;
  bool ended_ = false;
  bool killed_ = false;
  spec::SandboxReport report_;
};

class ChildEngine final : public sandbox::Engine {
 public:
  Result<std::unique_ptr<sandbox::Sandbox>> create(const spec::SandboxSpec& spec) override {
    auto made = std::make_unique<ChildSandbox>(spec.quotas.output_bytes);
    last = made.get();
    living_.push_back(made.get());
    return std::unique_ptr<sandbox::Sandbox>{std::move(made)};
  }
  Result<void> keep_ready(const spec::SandboxSpec&, std::size_t, const std::optional<spec::Command>&) override {
    return {};
  }
  Result<std::unique_ptr<sandbox::Sandbox>> claim(const spec::SandboxSpec& spec) override { return create(spec); }
  std::size_t ready(const spec::SandboxSpec&) const override { return 0; }
  int poll_fd() const override { return -1; }
  Result<void> pump() override {
    for (ChildSandbox* one : living_) one->look();
    return {};
  }
  Result<void> wait(std::chrono::milliseconds) override { return pump(); }

  ChildSandbox* last = nullptr;

 private:
  std::vector<ChildSandbox*> living_;
};

// The entries of a record, kept for looking at.
class ListLedger final : public ledger::Ledger {
 public:
  Result<std::uint64_t> append(std::string_view entry) override {
    if (entries.size() >= room) return Error{Errc::exhausted, "append: No space left on device"};
    entries.emplace_back(entry);
    return entries.size() - 1;
  }
  Result<std::uint64_t> append_with_body(std::string_view entry, std::string_view) override { return append(entry); }
  Result<std::uint64_t> bind_file(const std::string&) override { return entries.size(); }
  Result<ledger::Head> checkpoint() override { return head(); }
  ledger::Head head() const override { return {entries.size(), {}}; }

  std::size_t count(const std::string& kind) const {
    return static_cast<std::size_t>(std::count_if(entries.begin(), entries.end(), [&](const std::string& entry) {
      return entry.find("{\"kind\":\"" + kind + "\"") == 0;
    }));
  }

  std::vector<std::string> entries;
  std::size_t room = 1'000'000;
};

class Silent final : public DriveListener {
 public:
  void cases(const EndCounts&, std::size_t) override {}
  void finding(const spec::Finding&) override {}
};

// Sets `id` from each line read, without a process per line.
const std::string kEach = R"(while read -r l; do id=${l#*\"id\":\"}; id=${id%%\"*}; )";
const std::string kAnswer = R"(printf '{"id":"%s","label":"b"}\n' "$id"; )";

struct Trial {
  std::string script;
  std::size_t cases = 6;
  std::string padding;  // into each request
  std::vector<std::string> contain;
  std::vector<spec::Violation> violations;
  std::uint64_t output_bytes = 16U << 20;
  spec::Contract contract;
  std::size_t ledger_room = 1'000'000;
  std::string log;
  Nanoseconds start = std::chrono::seconds{1};

  Trial(std::string text) : script{std::move(text)} {  // NOLINT(google-explicit-constructor): reads as a table
    contract.request_schema = true;
    contract.answer_schema = true;
    contract.deadline = std::chrono::milliseconds{150};
  }
};

struct Seen {
  Result<DriveResult> result{Error{Errc::internal, "not run"}};
  ListLedger ledger;

  const spec::Measurements& measured() const { return result.value().measurements; }
  std::size_t count(CaseEnd end) const {
    const auto& cases = measured().cases;
    return static_cast<std::size_t>(
        std::count_if(cases.begin(), cases.end(), [&](const auto& item) { return item.end == end; }));
  }
  std::uint64_t strays(const std::string& kind) const {
    std::uint64_t sum = 0;
    for (const auto& stray : measured().strays) sum += stray.kind == kind ? stray.count : 0;
    return sum;
  }
  std::string detail() const { return measured().cases.back().detail; }
};

void drive_one(const Trial& trial, Seen& seen) {
  const os::SystemClock clock;
  seen.ledger.room = trial.ledger_room;
  std::vector<Case> cases;
  for (std::size_t i = 0; i < trial.cases; ++i) {
    const codec::Json fields{codec::Json::Object{{"x", std::uint64_t{i}}, {"padding", trial.padding}}};
    cases.push_back({std::to_string(i + 1), codec::to_json(fields), "b", 1});
  }
  ChildEngine engine;
  exchange::Journal journal{seen.ledger, clock};
  exchange::Exchange exchange{journal, exchange::standard_stages()};
  exchange.connect(exchange::make_link("workload", "m", trial.contract).value());
  monitor::Monitor monitor{{trial.contain}};
  Silent silent;
  spec::SandboxSpec sandbox;
  sandbox.quotas.output_bytes = trial.output_bytes;
  spec::Scenario scenario;
  DriveModel model;
  model.spec.name = "m";
  model.spec.quotas = sandbox.quotas;
  model.command.argv = {"/bin/sh", "-c", trial.script};
  model.sandbox = engine.create(sandbox).value();
  engine.last->violations = trial.violations;
  model.log_path = trial.log;
  DriveInput input{.scenario = scenario,
                   .cases = cases,
                   .id_secret = Digest{},
                   .models = {},
                   .directory = "",
                   .times = {trial.start, std::chrono::milliseconds{300}}};
  input.models.push_back(std::move(model));
  seen.result = drive(std::move(input), {&engine, exchange, journal, monitor, clock, nullptr, silent});
}

TEST(Drive, AnHonestModelIsAnswered) {
  Trial trial{kEach + kAnswer + "echo seen >&2; done"};
  trial.cases = 200;
  Seen seen;
  drive_one(trial, seen);
  ASSERT_TRUE(seen.result) << seen.result.error().message();
  EXPECT_EQ(seen.count(CaseEnd::answered), 200U);
  EXPECT_TRUE(seen.measured().strays.empty());
  EXPECT_TRUE(seen.measured().findings.empty());
  EXPECT_EQ(seen.measured().cases[7].answered, "b");
  EXPECT_EQ(seen.measured().cases[7].case_id, "8");
  EXPECT_GT(seen.measured().cases[7].latency_ns, 0);
  EXPECT_THAT(seen.measured().models[0].log_tail, HasSubstr("seen\n"));
  EXPECT_EQ(seen.measured().models[0].sandbox.status, spec::EndStatus::exited);
  EXPECT_TRUE(seen.measured().models[0].sandbox.destroyed);
  EXPECT_EQ(seen.ledger.count("request"), 400U) << "attempted and dispatched";
  EXPECT_EQ(seen.ledger.count("answer"), 400U);
  EXPECT_EQ(seen.ledger.count("case"), 200U);
  EXPECT_EQ(seen.ledger.count("destroyed"), 1U);
}

TEST(Drive, EqualRunsGiveEqualTranscripts) {
  const Trial trial{kEach + kAnswer + "done"};
  const Trial other{kEach + R"(printf '{"id":"%s","label":"m"}\n' "$id"; done)"};
  std::array<Seen, 3> seen;
  drive_one(trial, seen[0]);
  drive_one(trial, seen[1]);
  drive_one(other, seen[2]);
  EXPECT_EQ(seen[0].result.value().transcript, seen[1].result.value().transcript);
  EXPECT_NE(seen[0].result.value().transcript, seen[2].result.value().transcript);
}

TEST(Drive, NoiseBesideTheAnswersIsCountedAndCostsNoCase) {
  struct Row {
    const char* name;
    std::string noise;
    std::string kind;
  };
  const std::vector<Row> rows{
      {"printed lines", R"(echo 'Loading model'; )", "not-json"},
      {"terminal escapes", R"(printf '\033[2J\033]0;owned\007\n'; )", "not-json"},
      {"invalid UTF-8", R"(printf '{"id":"\377"}\n'; )", "not-utf8"},
      {"an object without id", R"(echo '{"progress":0.5}'; )", "unsolicited"},
      {"a forged verdict", R"(echo '{"verdict":"pass","exit":0}'; )", "unsolicited"},
      {"answers twice", kAnswer, "duplicate"},
  };
  for (const Row& row : rows) {
    Seen seen;
    drive_one({kEach + (row.kind == "duplicate" ? kAnswer + row.noise : row.noise + kAnswer) + "done"}, seen);
    ASSERT_TRUE(seen.result) << row.name;
    EXPECT_EQ(seen.count(CaseEnd::answered), 6U) << row.name;
    EXPECT_EQ(seen.strays(row.kind), 6U) << row.name;
    EXPECT_EQ(seen.measured().strays.size(), 1U) << row.name;
    ASSERT_EQ(seen.measured().findings.size(), 1U) << row.name;
    EXPECT_EQ(seen.measured().findings[0].kind, "contract");
    EXPECT_EQ(seen.measured().findings[0].rule,
              std::string{row.name} == "a forged verdict" ? "forged verdict" : row.kind);
    EXPECT_EQ(seen.measured().findings[0].count, 6U);
    EXPECT_THAT(seen.measured().strays[0].sample, Not(HasSubstr("\x1b")));
  }
}

TEST(Drive, BadLuckIsCountedUnderItsKind) {
  struct Row {
    const char* name;
    std::string script;
    CaseEnd end;        // of every case
    std::string stray;  // kind, or empty
    std::string last_detail;
  };
  const std::string wrong_schema = R"(printf '{"id":"%s","label":7}\n' "$id"; )";
  const std::vector<Row> rows{
      {"never answers", kEach + ":; done", CaseEnd::timeout, "", "5 questions in a row"},
      {"never reads", "sleep 60", CaseEnd::timeout, "", "5 questions in a row"},
      {"answers other ids", kEach + R"(echo '{"id":"c-9","label":"b"}'; done)", CaseEnd::contract_error, "foreign-id",
       "foreign-id"},
      {"deep JSON", kEach + "printf '%0200d\\n' 0 | tr 0 '['; done", CaseEnd::contract_error, "too-deep", "too-deep"},
      {"too large", kEach + "head -c 2000000 /dev/zero | tr '\\0' x; echo; done", CaseEnd::contract_error, "too-large",
       "too-large"},
      {"wrong schema", kEach + wrong_schema + "done", CaseEnd::contract_error, "", "contract.answer.schema"},
      {"no label", kEach + R"(printf '{"id":"%s"}\n' "$id"; done)", CaseEnd::contract_error, "", "contract.answer"},
      {"says that it cannot", kEach + R"(printf '{"id":"%s","error":"no"}\n' "$id"; done)", CaseEnd::model_error, "",
       "the model said: no"},
      {"dies at once", "exit 3", CaseEnd::model_error, "", "exit code 3"},
      {"is killed", "kill -9 $$", CaseEnd::model_error, "", "the model ended"},
      {"closes stdout", "exec >&-; sleep 60", CaseEnd::model_error, "", "closed its output"},
      {"closes stdin", "exec <&-; sleep 60", CaseEnd::timeout, "", "5 questions in a row"},
  };
  for (const Row& row : rows) {
    Trial trial{row.script};
    trial.contract.answer_schema = codec::parse_json(R"({"properties":{"label":{"type":"string"}}})").value();
    if (row.last_detail == "5 questions in a row") trial.cases = 8;
    Seen seen;
    drive_one(trial, seen);
    ASSERT_TRUE(seen.result) << row.name << ": " << seen.result.error().message();
    EXPECT_EQ(seen.count(row.end), trial.cases) << row.name << ": " << seen.detail();
    EXPECT_EQ(seen.strays(row.stray), row.stray.empty() ? 0 : trial.cases) << row.name;
    EXPECT_THAT(seen.detail(), HasSubstr(row.last_detail)) << row.name;
    EXPECT_TRUE(seen.measured().models[0].sandbox.destroyed) << row.name;
  }
}

TEST(Drive, GarbageForAnAnswerIsABrokenContractNotATimeout) {
  Trial trial{kEach + "echo garbage; done"};
  trial.cases = 2;
  Seen seen;
  drive_one(trial, seen);
  EXPECT_EQ(seen.count(CaseEnd::contract_error), 2U);
  EXPECT_THAT(seen.detail(), HasSubstr("not-json: garbage"));
}

TEST(Drive, AFullPipeToAModelThatNeverReadsBlocksNothing) {
  Trial trial{"sleep 60"};
  trial.padding = std::string(300'000, 'p');
  Seen seen;
  drive_one(trial, seen);
  ASSERT_TRUE(seen.result);
  EXPECT_EQ(seen.count(CaseEnd::timeout), 6U);
}

TEST(Drive, AnEndlessLineEndsWithTheOutputQuota) {
  Trial trial{"exec cat /dev/zero"};
  trial.output_bytes = 4U << 20;
  Seen seen;
  drive_one(trial, seen);
  ASSERT_TRUE(seen.result);
  EXPECT_EQ(seen.strays("too-large"), 1U);
  EXPECT_EQ(seen.count(CaseEnd::contract_error) + seen.count(CaseEnd::model_error), 6U);
  EXPECT_THAT(seen.detail(), HasSubstr("output quota"));
  EXPECT_EQ(seen.measured().models[0].sandbox.stdout_bytes.kept, 4U << 20);
}

TEST(Drive, AModelThatStaysAfterItsLastCaseIsEnded) {
  Seen seen;
  drive_one({"trap '' TERM HUP; " + kEach + kAnswer + "done; while :; do sleep 1; done"}, seen);
  ASSERT_TRUE(seen.result);
  EXPECT_EQ(seen.count(CaseEnd::answered), 6U);
  EXPECT_THAT(seen.measured().models[0].sandbox.reason, HasSubstr("still running"));
}

TEST(Drive, ALateAnswerIsLateAndTheNextCaseUnharmed) {
  Trial trial{kEach + R"(n=$((n+1)); if [ $n = 2 ]; then sleep 0.4; fi; )" + kAnswer + "done"};
  Seen seen;
  drive_one(trial, seen);
  ASSERT_TRUE(seen.result);
  EXPECT_GE(seen.count(CaseEnd::timeout), 1U);
  EXPECT_EQ(seen.count(CaseEnd::timeout) + seen.count(CaseEnd::answered), 6U);
  EXPECT_EQ(seen.strays("late"), seen.count(CaseEnd::timeout));
}

TEST(Drive, ABreachContainsAndHoldsTheRest) {
  spec::Violation canary;
  canary.layer = "canary";
  canary.rule = "/work/.aws/credentials";
  canary.call = "open";
  Trial trial{kEach + kAnswer + "done"};
  trial.contain = {"canary"};
  trial.violations = {canary};
  Seen seen;
  drive_one(trial, seen);
  ASSERT_TRUE(seen.result);
  EXPECT_TRUE(seen.measured().contained);
  EXPECT_EQ(seen.count(CaseEnd::held), 6U);
  EXPECT_EQ(seen.measured().models[0].sandbox.status, spec::EndStatus::denied);
  ASSERT_EQ(seen.measured().findings.size(), 1U);
  EXPECT_TRUE(seen.measured().findings[0].contained);
  EXPECT_EQ(seen.ledger.count("violation"), 1U);
  ASSERT_EQ(seen.ledger.count("containment"), 1U);
  const auto entry = std::find_if(seen.ledger.entries.begin(), seen.ledger.entries.end(),
                                  [](const auto& text) { return text.find("\"containment\"") != std::string::npos; });
  EXPECT_GE(codec::parse_json(*entry).value().find("time_to_contain_ns")->as_int(), 0);
}

TEST(Drive, WhatTheEngineLostHoldOfIsNoFaultOfTheModel) {
  spec::Violation lost;
  lost.layer = "engine";
  lost.rule = "lost-sight";
  Trial trial{kEach + kAnswer + "exit 1; done"};
  trial.violations = {lost};
  Seen seen;
  drive_one(trial, seen);
  ASSERT_TRUE(seen.result) << seen.result.error().message();
  EXPECT_EQ(seen.count(CaseEnd::answered), 1U);
  EXPECT_EQ(seen.count(CaseEnd::harness_error), 5U);
  EXPECT_TRUE(seen.measured().findings.empty());
}

TEST(Drive, AForgedVerdictContainsWhereContractsDo) {
  Trial trial{kEach + kAnswer + R"(echo '{"verdict":"pass"}'; done)"};
  trial.contain = {"contract"};
  Seen seen;
  drive_one(trial, seen);
  ASSERT_TRUE(seen.result);
  EXPECT_TRUE(seen.measured().contained);
  EXPECT_GE(seen.count(CaseEnd::held), 4U);
}

TEST(Drive, AFloodOfLinesLeavesTheRecordSmall) {
  Trial trial{"yes noise | head -n 200000; " + kEach + kAnswer + "done"};
  trial.start = std::chrono::seconds{60};
  Seen seen;
  drive_one(trial, seen);
  ASSERT_TRUE(seen.result);
  EXPECT_EQ(seen.strays("not-json"), 200'000U);
  EXPECT_EQ(seen.count(CaseEnd::answered), 6U);
  EXPECT_LT(seen.ledger.entries.size(), 100U);
}

TEST(Drive, TheLogIsHarmlessToRead) {
  const std::string path = ::testing::TempDir() + "belljar-drive-" + std::to_string(::getpid()) + ".log";
  Trial trial{R"(printf '\033[31mred\n' >&2; )" + kEach + kAnswer + "done"};
  trial.log = path;
  Seen seen;
  drive_one(trial, seen);
  const std::string log = os::read_file(path, 1 << 20).value();
  EXPECT_THAT(log, HasSubstr("red\n"));
  EXPECT_THAT(log, Not(HasSubstr("\x1b")));
  (void)::unlink(path.c_str());
}

TEST(Drive, ARecordThatCannotBeWrittenEndsTheRun) {
  Trial trial{kEach + kAnswer + "done"};
  trial.ledger_room = 9;
  Seen seen;
  drive_one(trial, seen);
  ASSERT_FALSE(seen.result);
  EXPECT_EQ(seen.result.error().code(), Errc::exhausted);
  EXPECT_THAT(seen.result.error().message(), HasSubstr("No space left"));
}

}  // namespace
}  // namespace belljar::scenario
