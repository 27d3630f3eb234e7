#include "sandbox/native/init/orders.h"

#include <csignal>

#include "sandbox/native/init/raw.h"

namespace belljar::sandbox::native {

namespace {

// Kernel layout of signalfd_siginfo: 128 bytes, signal first, sender's pid at offset 12.
struct SignalRecord {
  std::uint32_t signal;
  std::int32_t error;
  std::int32_t code;
  std::uint32_t pid;
  char rest[112];
};
static_assert(sizeof(SignalRecord) == 128);

}  // namespace

void pass_on_signal(int signals) {
  SignalRecord record{};
  if (::read(signals, &record, sizeof record) != sizeof record) return;
  if (record.pid == 0 && record.signal != SIGCHLD && record.signal != 0) {
    (void)::kill(-1, static_cast<int>(record.signal));
  }
}

void obey_order(int control) {
  InitOrder order{};
  if (receive(control, &order, sizeof order).bytes != sizeof order) ::_exit(125);
  if (order.command == InitCommand::signal) (void)::kill(-1, order.signal);
}

}  // namespace belljar::sandbox::native
