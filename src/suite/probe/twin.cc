#include "suite/probe/twin.h"

#include <array>
#include <chrono>

#include "base/text.h"
#include "os/bait.h"
#include "os/file.h"
#include "os/poll.h"

namespace belljar::suite {

namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr std::size_t kOutputMax = 1U << 16;
constexpr std::array<std::string_view, 3> kAttempts{"COV08", "FS01", "FS25"};

Result<void> take_output(sandbox::Sandbox& sandbox, std::string& output) {
  std::array<char, 4096> buffer{};
  for (const sandbox::Stream stream : {sandbox::Stream::out, sandbox::Stream::error}) {
    while (sandbox.output_fd(stream) >= 0) {
      const sandbox::OutputChunk chunk = TRY(sandbox.read_output(stream, buffer));
      if (stream == sandbox::Stream::out && output.size() < kOutputMax) output.append(buffer.data(), chunk.bytes);
      if (chunk.bytes == 0 || chunk.end) break;
    }
  }
  return {};
}

Result<std::string> attempt(const spec::SandboxSpec& spec, sandbox::Engine& engine, const Traps& traps,
                            std::string_view id) {
  std::unique_ptr<sandbox::Sandbox> twin = TRY_CTX(engine.create(spec), "seal a twin of sandbox " + spec.name);
  spec::Command command;
  command.environment = spec::default_environment();
  command.argv = {"/probe"};
  for (std::string& word : traps.attack(id, "/twin")) command.argv.push_back(std::move(word));
  TRY(twin->start(command));
  twin->close_input();  // the attacker waits for that before it leaves
  std::string output;
  const auto begin = std::chrono::steady_clock::now();
  while (!twin->ended() && std::chrono::steady_clock::now() - begin < kPatience) {
    TRY(engine.wait(std::chrono::milliseconds{20}));
    TRY(take_output(*twin, output));
  }
  if (!twin->ended()) twin->kill(spec::EndStatus::timeout, "the twin was given up on");
  TRY(take_output(*twin, output));
  TRY(twin->destroy());
  return output;
}

}  // namespace

Result<Traps> Traps::set() {
  Traps traps;
  traps.folder_ = TRY(os::make_open_folder("belljar-twin"));
  traps.secret_ = "belljar-twin-secret-" + traps.folder_.substr(traps.folder_.size() - 6);
  TRY(os::make_directories(traps.shared(), 0755));
  TRY(os::write_file_atomic(traps.folder_ + "/secret", traps.secret_ + "\n", 0644));
  traps.pipe_ = TRY(os::make_open_fifo(traps.shared() + "/pipe"));
  return traps;
}

Traps::Traps(Traps&& other) noexcept
    : folder_{std::exchange(other.folder_, {})}, secret_{std::move(other.secret_)}, pipe_{std::move(other.pipe_)} {}

Traps::~Traps() {
  if (!folder_.empty()) (void)os::remove_tree(folder_);
}

std::vector<std::string> Traps::attack(std::string_view id, const std::string& shared) const {
  return {"attack", std::string{id}, "shared=" + shared, "secret=" + folder_ + "/secret", "scratch=/tmp", "work=/work"};
}

std::string Traps::sprung(std::string_view id, const std::string& output) const {
  std::array<char, 16> bytes{};
  if (os::read_ready(pipe_.get(), bytes).bytes > 0) return "a write into a FIFO of a read-only folder (Landlock)";
  if (output.find(secret_) != std::string::npos) return "a read of a host file by its path (mount namespace)";
  const std::size_t word = output.find("probe " + std::string{id} + " ESCAPED");
  return word == std::string::npos ? "" : "an attempt of its own word: " + printable(output.substr(word), 200);
}

Result<std::vector<std::string>> probe_twin(const spec::SandboxSpec& spec, sandbox::Engine& engine,
                                            const std::string& probe_program) {
  const Traps traps = TRY(Traps::set());
  spec::SandboxSpec twin = spec;
  twin.name = "twin-" + spec.name;
  twin.files.push_back({probe_program, "/probe"});
  twin.files.push_back({traps.shared(), "/twin"});
  std::vector<std::string> passed;
  for (const std::string_view id : kAttempts) {
    const std::string output = TRY(attempt(twin, engine, traps, id));
    std::string got = traps.sprung(id, output);
    if (!got.empty()) passed.push_back(std::move(got));
  }
  return passed;
}

}  // namespace belljar::suite
