#include "scenario/artifact.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "codec/crypto.h"
#include "os/file.h"
#include "os/poll.h"
#include "scenario/stdio_pipes.h"

namespace belljar::scenario {

namespace {

constexpr std::uint64_t kArtifactBytesMax = 256U << 20;

std::string describe_end(const spec::SandboxReport& report) {
  if (!report.reason.empty()) return printable(report.reason);
  if (report.status == spec::EndStatus::exited) return "exit code " + std::to_string(report.exit_code);
  return std::string{spec::status_name(report.status)};
}

std::string last_lines(const std::string& log, std::size_t bytes) {
  if (log.empty()) return "";
  std::string tail = log.size() <= bytes ? log : log.substr(log.find('\n', log.size() - bytes) + 1);
  while (tail.ends_with('\n')) tail.pop_back();
  return "\n" + tail;
}

// Runs the program to its end; its stdout is of no use and its stderr is the log.
Result<void> run_to_end(sandbox::Sandbox& sandbox, StdioPipes& pipes, const ArtifactTools& tools) {
  const auto finished = [&] { return sandbox.ended() && pipes.drained(); };
  while (!finished()) {
    os::PollSet set;
    set.add(tools.engine.poll_fd(), os::Interest::read);
    if (tools.stop != nullptr) set.add(tools.stop->fd(), os::Interest::read);
    pipes.watch(set);
    TRY(set.wait(std::chrono::milliseconds{100}));
    TRY(tools.engine.pump());
    TRY(pipes.move(set));
    if (sandbox.ended()) TRY(pipes.drain());
    (void)pipes.take_heard();
    if (tools.stop != nullptr && tools.stop->take()) return Error{Errc::timeout, "interrupted"};
    TRY(tools.journal.tick(exchange::Traffic::quiet));
  }
  return {};
}

Result<std::string> build(const ResolvedArtifact& artifact, const ArtifactTools& tools) {
  auto sandbox = TRY(tools.engine.create(artifact.sandbox));
  StdioPipes pipes{*sandbox, TRY(LogKeeper::open(tools.log_path)), artifact.spec.quotas.output_bytes};
  TRY(sandbox->start(artifact.command));
  pipes.close_input();
  TRY(run_to_end(*sandbox, pipes, tools));
  TRY(pipes.finish_log());
  const std::uint64_t bytes_max = std::min(kArtifactBytesMax, artifact.spec.quotas.disk_bytes);
  auto content = sandbox->collect(artifact.spec.name, static_cast<std::size_t>(bytes_max));
  const spec::SandboxReport report = TRY(sandbox->destroy());
  TRY(tools.journal.add(
      {{"kind", "destroyed"}, {"artifact", artifact.spec.name}, {"report", spec::report_json(report)}}));
  const bool clean = report.status == spec::EndStatus::exited && report.exit_code == 0;
  if (!clean) {
    return Error{Errc::unavailable, describe_end(report) + last_lines(pipes.log_tail(), 2000)};
  }
  if (!content) return std::move(content).error().context("it left no usable /out/" + artifact.spec.name);
  return content;
}

}  // namespace

Result<ArtifactStore> ArtifactStore::in(std::string directory) {
  TRY(os::make_directories(directory + "/inputs", 0700));
  TRY(os::make_directories(directory + "/content", 0700));
  return ArtifactStore{std::move(directory)};
}

Result<ArtifactStore> ArtifactStore::open() { return in(TRY(os::cache_directory()) + "/artifacts"); }

Result<std::optional<StoredArtifact>> ArtifactStore::find(const Digest& inputs) const {
  const auto named = os::read_file(directory_ + "/inputs/" + inputs.hex(), 256);
  if (!named) return std::optional<StoredArtifact>{};
  const auto digest = Digest::parse(named.value());
  if (!digest) return std::optional<StoredArtifact>{};
  const std::string path = directory_ + "/content/" + digest.value().hex();
  const auto content = os::read_file(path, kArtifactBytesMax);
  // Damaged or gone: it is built again.
  if (!content || codec::sha256(content.value()) != digest.value()) return std::optional<StoredArtifact>{};
  return std::optional{StoredArtifact{path, digest.value(), true}};
}

Result<StoredArtifact> ArtifactStore::keep(const Digest& inputs, const std::string& content) const {
  const Digest digest = codec::sha256(content);
  const std::string path = directory_ + "/content/" + digest.hex();
  TRY(os::write_file_atomic(path, content, 0644));
  TRY(os::write_file_atomic(directory_ + "/inputs/" + inputs.hex(), digest.text(), 0644));
  return StoredArtifact{path, digest, false};
}

Result<StoredArtifact> ArtifactStore::find_or_build(const ResolvedArtifact& artifact, const ArtifactTools& tools) {
  const std::string during = "build artifact " + artifact.spec.name;
  std::optional<StoredArtifact> stored = TRY_CTX(find(artifact.inputs), during);
  if (!stored) {
    const std::string content = TRY_CTX(build(artifact, tools), during);
    stored = TRY_CTX(keep(artifact.inputs, content), during);
  }
  TRY(tools.journal.add({{"kind", "artifact"},
                         {"name", artifact.spec.name},
                         {"inputs", artifact.inputs.text()},
                         {"digest", stored->digest.text()},
                         {"reused", stored->reused}}));
  return *stored;
}

}  // namespace belljar::scenario
