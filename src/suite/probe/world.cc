#include "suite/probe/world.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/text.h"
#include "os/file.h"
#include "os/run_program.h"

namespace belljar::suite {

namespace {

constexpr std::uint64_t kRecordBytesMax = 4U << 20;

std::string random_name(Entropy& entropy) {
  std::array<std::byte, 12> bytes{};
  entropy.fill(bytes);
  return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string read_or_empty(const std::string& path) {
  Result<std::string> text = os::read_file(path, kRecordBytesMax);
  return text ? std::move(text).value() : std::string{};
}

}  // namespace

Result<World> World::make(const std::string& program, Entropy& entropy, const Probe& probe) {
  const std::string directory = "/tmp/belljar-probe-" + random_name(entropy);
  TRY_CTX(os::make_directories(directory, 0755), "make a world for the attack");
  World world{program, directory, "canary-" + random_name(entropy)};
  std::vector<std::string> words{"prepare", directory, "token=" + world.canary_};
  if (probe.has(kBinaries)) words.emplace_back("binaries=1");
  (void)TRY_CTX(world.probe_program(words), "plant canaries");
  return world;
}

World::World(World&& other) noexcept
    : program_{std::move(other.program_)},
      directory_{std::exchange(other.directory_, std::string{})},
      canary_{std::move(other.canary_)} {}

World::~World() {
  if (directory_.empty()) return;
  // The witness ends when it sees this, or when the folder is gone.
  (void)os::write_file_atomic(directory_ + "/stop", "", 0644);
  (void)os::remove_tree(directory_);
}

Result<std::string> World::probe_program(const std::vector<std::string>& words) const {
  std::vector<std::string> argv{program_};
  argv.insert(argv.end(), words.begin(), words.end());
  os::ProgramOptions options;
  options.timeout = std::chrono::seconds{40};
  os::ProgramOutput got = TRY(os::run_program(argv, options));
  if (got.exit_code != 0) {
    return Error{Errc::internal, "belljar-probe " + words.front() + " ended with " + std::to_string(got.exit_code)};
  }
  return std::move(got.output);
}

Result<void> World::start_witness(const Probe& probe) {
  std::vector<std::string> words{"witness", directory_};
  if (probe.has(kRuntime)) words.emplace_back("runtime=1");
  (void)TRY_CTX(probe_program(words), "start the witness");
  return {};
}

Result<std::vector<std::string>> World::ready() const {
  return lines_of(TRY(os::read_file(directory_ + "/ready", kRecordBytesMax)));
}

Result<void> World::look(Observation& seen) const {
  TRY(os::write_file_atomic(directory_ + "/ask", "", 0644));
  read_sightings(TRY(probe_program({"inspect", std::to_string(::getpid())})), seen);
  constexpr int kTries = 300;
  std::string log;
  for (int tries = 0; tries < kTries && log.find("checked\n") == std::string::npos; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    log = read_or_empty(directory_ + "/witness.log");
  }
  if (log.find("checked\n") == std::string::npos) seen.events.emplace_back("died");
  for (const std::string& line : lines_of(log)) seen.events.push_back(line);
  return {};
}

Result<void> World::remember_tree(const Probe& probe, std::string& into) const {
  if (probe.oracle.sight != Sight::tree && probe.oracle.sight != Sight::access_time) return {};
  into = TRY(probe_program({"fingerprint", directory_}));
  return {};
}

void World::read_records(Observation& seen) const {
  seen.canary = canary_;
  seen.values = lines_of(read_or_empty(directory_ + "/values"));
  if (const char* variable = std::getenv(kHostVariable)) seen.values.push_back("environment=" + std::string{variable});
  read_sightings(read_or_empty(directory_ + "/trace.log"), seen);
}

}  // namespace belljar::suite
