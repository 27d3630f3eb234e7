#include "sandbox/pool/pooled_sandbox.h"

#include <array>

#include "codec/json.h"
#include "os/local_socket.h"
#include "os/poll.h"
#include "sandbox/pool/likeness.h"
#include "sandbox/stream_quota.h"

namespace belljar::sandbox {

namespace {

constexpr std::chrono::seconds kPatience{30};  // the pool may have to make a sandbox first

std::string request_of(const std::string& likeness, const spec::SandboxSpec& spec, bool proof,
                       const spec::Command& command) {
  Frame frame{FrameKind::start,
              {likeness, spec_text(spec), proof ? "1" : "0", command.directory, std::to_string(command.argv.size())}};
  frame.words.insert(frame.words.end(), command.argv.begin(), command.argv.end());
  frame.words.insert(frame.words.end(), command.environment.begin(), command.environment.end());
  return encode_frame(frame);
}

Error not_offered(const char* what) {
  return {Errc::unavailable, std::string{what} + ": a sandbox from a pool cannot"};
}

}  // namespace

Result<std::unique_ptr<PooledSandbox>> PooledSandbox::start(const spec::SandboxSpec& spec, const spec::Command& command,
                                                            const PooledOptions& options) {
  std::unique_ptr<PooledSandbox> none;
  if (!may_be_pooled(spec)) return none;
  const std::string path = options.socket.empty() ? TRY(pool_socket_path()) : options.socket;
  std::optional<os::Fd> connection = TRY(os::connect_local(path, kPatience));
  if (!connection) return none;
  const std::string request = request_of(TRY(likeness(options.engine)), spec, options.proof, command);
  std::unique_ptr<PooledSandbox> sandbox{new PooledSandbox{*std::move(connection), spec.quotas.output_bytes}};
  if (!TRY_CTX(sandbox->begin(request), "start a program in a sandbox of the pool at " + path)) return none;
  return sandbox;
}

// False: the pool refused, and nothing was started.
Result<bool> PooledSandbox::begin(const std::string& request) {
  for (std::string_view left = request; !left.empty();) {
    const os::Written written = TRY(os::write_some(connection_.get(), left));
    if (written.closed || written.bytes == 0) return false;  // it cannot have read all of the request
    left.remove_prefix(written.bytes);
  }
  const std::optional<Frame> answer = TRY(hear());
  if (!answer) return Error{Errc::timeout, "no answer, or it ended; whether the program ran is not known"};
  if (answer->kind == FrameKind::refused) return false;
  if (answer->kind != FrameKind::started || descriptors_.size() != 3) {
    return Error{Errc::corrupt, "an answer that is none"};
  }
  input_ = std::move(descriptors_[0]);
  output_ = std::move(descriptors_[1]);
  error_ = std::move(descriptors_[2]);
  TRY(os::make_non_blocking(connection_.get()));
  return true;
}

// One frame, if it comes.
Result<std::optional<Frame>> PooledSandbox::hear() {
  std::array<char, 4096> buffer{};
  for (;;) {
    std::optional<Frame> frame = TRY(reader_.next());
    if (frame) return frame;
    os::Arrival received = TRY(os::receive_with_descriptors(connection_.get(), buffer));
    if (received.closed) lose("the pool ended, and its sandboxes with it");
    if (received.bytes == 0) return std::optional<Frame>{};
    reader_.feed({buffer.data(), received.bytes});
    for (os::Fd& one : received.descriptors) descriptors_.push_back(std::move(one));
  }
}

Result<void> PooledSandbox::pump() {
  while (!report_) {
    const std::optional<Frame> frame = TRY(hear());
    if (!frame) return {};
    if (frame->words.size() != 1) return Error{Errc::corrupt, "listen to the pool: a frame that is none"};
    if (frame->kind == FrameKind::ended) {
      report_ = TRY(spec::read_report(TRY(codec::parse_json(frame->words[0]))));
    } else {
      lose(frame->words[0]);
    }
  }
  return {};
}

// Nothing was seen to go wrong inside, but nobody knows how it ended: that is not a pass.
void PooledSandbox::lose(const std::string& why) {
  if (report_) return;
  report_.emplace();
  report_->status = spec::EndStatus::denied;
  report_->reason = why;
}

Result<void> PooledSandbox::start(const spec::Command& command) {
  return Error{Errc::invalid_argument, "start " + command.argv.at(0) + ": the program of this sandbox runs already"};
}

Result<OutputChunk> PooledSandbox::read_output(Stream stream, std::span<char> buffer) {
  const bool out = stream == Stream::out;
  const StreamRead read = read_within(out ? output_ : error_, buffer, output_bytes_, out ? output_seen_ : error_seen_);
  if (read.cut_begins) note(output_cut(stream));
  return read.chunk;
}

void PooledSandbox::send(const Frame& frame) {
  // A few bytes into a socket that holds nothing else; where that fails the pool is gone, which is heard soon.
  (void)os::write_some(connection_.get(), encode_frame(frame));
}

void PooledSandbox::signal(int number) { send({FrameKind::signal, {std::to_string(number)}}); }

void PooledSandbox::kill(spec::EndStatus, const std::string& why) { send({FrameKind::kill, {why}}); }

Result<std::string> PooledSandbox::collect(const std::string&, std::size_t) { return not_offered("collect a file"); }

Result<spec::SandboxReport> PooledSandbox::destroy() {
  if (!report_) kill(spec::EndStatus::denied, "ended by its owner");
  os::PollSet poll;
  while (!report_) {
    poll.clear();
    poll.add(connection_.get(), os::Interest::read);
    TRY(poll.wait(kPatience));
    if (!poll.ready(connection_.get())) return Error{Errc::timeout, "end a sandbox of the pool: the pool says nothing"};
    TRY(pump());
  }
  spec::SandboxReport report = *report_;
  report.stdout_bytes = output_seen_;
  report.stderr_bytes = error_seen_;
  for (spec::Violation& one : notes_) report.violations.push_back(std::move(one));
  return report;
}

}  // namespace belljar::sandbox
