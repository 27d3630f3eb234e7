// PooledSandbox: a sandbox that a pool (pool.h) of this user had ready, as one of our own. Its program runs by the time
// it is made; the bytes of its streams go between it and us without the pool.
//
//   std::unique_ptr<PooledSandbox> sandbox = TRY(PooledSandbox::start(spec, command, {}));
//   if (!sandbox) ...                          // no pool here that may serve this: start an Engine
//   while (!sandbox->ended()) ...              // poll poll_fd(), then pump()
//
// Freezing, gateways, lines and collecting are for an engine's own. Single-threaded.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sandbox/engine.h"
#include "sandbox/pool/frames.h"

namespace belljar::sandbox {

struct PooledOptions {
  EngineOptions engine = {};  // what we would start ourselves
  std::string socket = {};    // empty: pool_socket_path()
  bool proof = true;          // false: it has ended once nothing of it lives, whatever is left to be removed
};

class PooledSandbox final : public Sandbox {
 public:
  // An Error: whether the program was started is not known.
  static Result<std::unique_ptr<PooledSandbox>> start(const spec::SandboxSpec& spec, const spec::Command& command,
                                                      const PooledOptions& options);

  int poll_fd() const { return connection_.get(); }
  Result<void> pump();  // non-blocking

  Result<void> start(const spec::Command& command) override;
  int input_fd() const override { return input_.get(); }
  void close_input() override { input_.reset(); }
  int output_fd(Stream stream) const override { return (stream == Stream::out ? output_ : error_).get(); }
  Result<OutputChunk> read_output(Stream stream, std::span<char> buffer) override;
  Result<void> thaw() override { return {}; }
  bool ended() const override { return report_.has_value(); }
  void signal(int number) override;
  void kill(spec::EndStatus status, const std::string& why) override;
  void note(spec::Violation violation) override { notes_.push_back(std::move(violation)); }
  std::vector<spec::Violation> take_violations() override { return std::exchange(notes_, {}); }
  Result<std::string> collect(const std::string& name, std::size_t bytes_max) override;
  Result<spec::SandboxReport> destroy() override;

 private:
  explicit PooledSandbox(os::Fd connection, std::uint64_t output_bytes)
      : connection_{std::move(connection)}, output_bytes_{output_bytes} {}
  Result<std::optional<Frame>> hear();
  Result<bool> begin(const std::string& request);
  void send(const Frame& frame);
  void lose(const std::string& why);

  os::Fd connection_;
  std::uint64_t output_bytes_;
  FrameReader reader_;
  std::vector<os::Fd> descriptors_;
  os::Fd input_;
  os::Fd output_;
  os::Fd error_;
  spec::StreamBytes output_seen_;
  spec::StreamBytes error_seen_;
  std::vector<spec::Violation> notes_;
  std::optional<spec::SandboxReport> report_;
};

}  // namespace belljar::sandbox
