// The attack inside a sandbox, watched from the host.
#include <signal.h>

#include <array>
#include <chrono>
#include <cstring>

#include "os/file.h"
#include "os/poll.h"
#include "suite/probe/stage.h"
#include "suite/probe/world.h"

namespace belljar::suite {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{15};
constexpr std::size_t kOutputMax = 4U << 20;

bool has_control_bytes(const std::string& text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) return true;
  }
  return false;
}

// One attack in one sandbox.
class SealedRun {
 public:
  SealedRun(const Surroundings& around, const Probe& probe, sandbox::Engine& engine, const World& world)
      : around_{around}, probe_{probe}, engine_{engine}, world_{world} {}

  Result<void> run(int round, Observation& seen) {
    sandbox_ = TRY_CTX(engine_.create(spec()), "seal a sandbox for the attack");
    TRY_CTX(sandbox_->start(TRY(command(round))), "start the attack");
    const steady_clock::time_point begin = steady_clock::now();
    const std::string mark = "\nprobe " + std::string{probe_.id} + " ";
    while (!sandbox_->ended() && steady_clock::now() - begin < kPatience && seen_.find(mark) == std::string::npos) {
      TRY(engine_.wait(milliseconds{10}));
      TRY(take_output(sandbox::Stream::out));
      TRY(take_output(sandbox::Stream::error));
      TRY(open_gate());
    }
    const auto wall = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin).count();
    seen.facts.push_back("wall_ms " + std::to_string(wall));
    TRY(world_.look(seen));
    TRY(let_end(begin));
    TRY(gather());
    seen.output += seen_;
    return finish(seen);
  }

 private:
  spec::SandboxSpec spec() const {
    spec::SandboxSpec spec;
    spec.name = "probe-" + std::string{probe_.id};
    spec.profile = around_.profile;
    spec.files = {{around_.program, "/probe"}, {world_.directory() + "/shared", "/shared"}};
    spec.allow_degraded = around_.degraded;
    if (around_.deterministic) spec.deterministic = spec::Deterministic{};
    if (probe_.shape != nullptr) probe_.shape(spec);
    return spec;
  }

  Result<spec::Command> command(int round) const {
    spec::Command command;
    command.environment = spec::default_environment();
    command.argv = {"/probe", "attack", std::string{probe_.id}};
    const std::string& outside = world_.directory();
    for (std::string& word : TRY(world_.ready())) command.argv.push_back(std::move(word));
    for (const std::string& word : std::vector<std::string>{
             "scratch=/tmp", "out=/out", "work=/work", "shm=/dev/shm", "shared=/shared", "beside=/tmp", "boss=1",
             "secret=" + outside + "/secret", "outside=" + outside, "log=" + outside + "/open/log",
             "victim=" + outside + "/open/victim", "round=" + std::to_string(round)}) {
      command.argv.push_back(word);
    }
    if (probe_.needs_tracer()) command.argv.emplace_back("gate=1");
    if (probe_.has(kMarked)) command.argv.push_back("marker=" + outside + "-survivor");
    return command;
  }

  Result<void> take_output(sandbox::Stream stream) {
    std::array<char, 65536> buffer{};
    while (sandbox_->output_fd(stream) >= 0) {
      const sandbox::OutputChunk chunk = TRY(sandbox_->read_output(stream, buffer));
      if (stream == sandbox::Stream::out && seen_.size() < kOutputMax) seen_.append(buffer.data(), chunk.bytes);
      if (stream == sandbox::Stream::error) error_bytes_ += chunk.bytes;
      if (chunk.bytes == 0 || chunk.end) break;
    }
    return {};
  }

  // The attacker waits until its tracer is in place.
  Result<void> open_gate() {
    if (!probe_.needs_tracer() || gate_open_ || !seen_.starts_with("ready\n")) return {};
    gate_open_ = true;
    (void)TRY_CTX(
        world_.probe_program({"trace", std::to_string(::getpid()), "log=" + world_.directory() + "/trace.log"}),
        "trace the attack from outside");
    if (sandbox_->input_fd() >= 0) (void)TRY(os::write_some(sandbox_->input_fd(), "go\n"));
    return {};
  }

  Result<void> let_end(steady_clock::time_point begin) {
    sandbox_->close_input();
    while (!sandbox_->ended() && steady_clock::now() - begin < kPatience + std::chrono::seconds{3}) {
      TRY(engine_.wait(milliseconds{10}));
      TRY(take_output(sandbox::Stream::out));
      TRY(take_output(sandbox::Stream::error));
    }
    gave_up_ = !sandbox_->ended();
    if (gave_up_) sandbox_->kill(spec::EndStatus::timeout, "the suite gave up on it");
    for (int tries = 0; !sandbox_->ended() && tries < 500; ++tries) TRY(engine_.wait(milliseconds{10}));
    TRY(take_output(sandbox::Stream::out));
    return take_output(sandbox::Stream::error);
  }

  Result<void> gather() {
    if (!probe_.has(kCollect) && !probe_.has(kCollectFolder)) return {};
    const steady_clock::time_point begin = steady_clock::now();
    const Result<std::string> got = sandbox_->collect(probe_.has(kCollect) ? "result" : "folder/secret", 1U << 20);
    if (got) seen_ += "gathered: " + got.value() + "\n";
    if (steady_clock::now() - begin > milliseconds{500}) blocked_ = true;
    return {};
  }

  Result<void> finish(Observation& seen) {
    if (blocked_) seen.events.emplace_back("collector-blocked");
    const spec::SandboxReport report = TRY_CTX(sandbox_->destroy(), "destroy the sandbox");
    if (!report.destroyed) seen.events.emplace_back("cleanup-stuck");
    seen.ended = !gave_up_;
    // Being ended by a signal or for a quota is an answer; being given up on is none.
    if (report.status == spec::EndStatus::signaled) {
      const char* name = ::sigabbrev_np(report.signal);
      seen.killed_by = name != nullptr ? "SIG" + std::string{name} : "signal " + std::to_string(report.signal);
    } else if (report.status != spec::EndStatus::exited && !gave_up_) {
      seen.killed_by = report.reason.empty() ? std::string{spec::status_name(report.status)} : report.reason;
    }
    seen.violations.insert(seen.violations.end(), report.violations.begin(), report.violations.end());
    seen.degraded = report.degraded;
    seen.facts.push_back("captured_err " + std::to_string(std::min(error_bytes_, report.stderr_bytes.kept)));
    note_record(report, seen);
    if (probe_.has(kMarked)) {
      read_sightings(TRY(world_.probe_program({"survivors", world_.directory() + "-survivor"})), seen);
    }
    return {};
  }

  // What a person will read of this run must not act on a terminal or forge a line.
  static void note_record(const spec::SandboxReport& report, Observation& seen) {
    bool bytes = has_control_bytes(report.reason);
    for (const spec::Violation& violation : report.violations) {
      for (const std::string* text : {&violation.process, &violation.arguments, &violation.call, &violation.rule}) {
        bytes = bytes || has_control_bytes(*text);
      }
    }
    seen.facts.push_back(std::string{"control_bytes_in_record "} + (bytes ? "1" : "0"));
  }

  const Surroundings& around_;
  const Probe& probe_;
  sandbox::Engine& engine_;
  const World& world_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  std::string seen_;
  std::uint64_t error_bytes_ = 0;
  bool gate_open_ = false;
  bool gave_up_ = false;
  bool blocked_ = false;
};

}  // namespace

Result<Observation> run_sealed(const Surroundings& around, const Probe& probe, sandbox::Engine& engine,
                               Entropy& entropy) {
  World world = TRY(World::make(around.program, entropy, probe));
  TRY(world.start_witness(probe));
  Observation seen;
  TRY(world.remember_tree(probe, seen.tree_before));
  if (probe.has(kTwice)) TRY(SealedRun(around, probe, engine, world).run(1, seen));
  TRY(SealedRun(around, probe, engine, world).run(2, seen));
  TRY(world.remember_tree(probe, seen.tree_after));
  world.read_records(seen);
  return seen;
}

}  // namespace belljar::suite
