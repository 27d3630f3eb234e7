// The Sandbox a user holds: a view of one box, which the engine owns.

#include "sandbox/native/native_engine.h"

namespace belljar::sandbox::native {

namespace {

class NativeSandbox final : public Sandbox {
 public:
  NativeSandbox(NativeEngine& engine, Box& box) : engine_{engine}, box_{&box} {}
  NativeSandbox(const NativeSandbox&) = delete;
  NativeSandbox& operator=(const NativeSandbox&) = delete;
  ~NativeSandbox() override {
    if (box_ != nullptr) engine_.abandon(*box_);
  }

  Result<void> start(const spec::Command& command) override { return engine_.start_box(*box_, command); }
  int input_fd() const override { return box_->input_fd(); }
  void close_input() override { box_->close_input(); }
  int output_fd(Stream stream) const override { return box_->output_fd(stream); }
  Result<OutputChunk> read_output(Stream stream, std::span<char> buffer) override {
    return box_->read_output(stream, buffer);
  }
  Result<int> connect(std::size_t line) override { return box_->connect(line); }
  Result<GatewayDoors> gateway_doors() override { return box_->gateway_doors(); }
  Result<std::string> network_differences() override { return box_->network_differences(); }
  Result<std::string> drift() override { return box_->drift(); }
  Result<void> freeze() override { return box_->freeze(); }
  Result<void> thaw() override { return box_->thaw(); }
  bool ended() const override { return box_->state() >= BoxState::exited; }
  void signal(int number) override { box_->signal(number); }
  void kill(spec::EndStatus status, const std::string& why) override { box_->kill(status, why); }
  void note(spec::Violation violation) override { box_->note(std::move(violation)); }
  std::vector<spec::Violation> take_violations() override { return box_->take_violations(); }
  Result<std::string> collect(const std::string& name, std::size_t bytes_max) override {
    return box_->collect(name, bytes_max);
  }
  Result<spec::SandboxReport> await_end() override {
    TRY(engine_.await_end(*box_));
    return box_->report();
  }
  Result<spec::SandboxReport> destroy() override {
    Box* box = std::exchange(box_, nullptr);
    return engine_.destroy(*box);
  }

 private:
  NativeEngine& engine_;
  Box* box_;  // null once destroyed
};

}  // namespace

std::unique_ptr<Sandbox> make_handle(NativeEngine& engine, Box& box) {
  return std::make_unique<NativeSandbox>(engine, box);
}

}  // namespace belljar::sandbox::native
