// What the walls of a box should look like from outside, and whether they still do.

#include <unistd.h>

#include "sandbox/native/box.h"
#include "sandbox/native/native_engine.h"
#include "sandbox/native/posture.h"

namespace belljar::sandbox::native {

namespace {

void add(std::string& drift, const std::string& more) {
  if (more.empty()) return;
  if (!drift.empty()) drift += "; ";
  drift += more;
}

}  // namespace

Posture Box::expected_posture() const {
  const std::uint32_t base = home_.id_base + slot_ * kIdsPerSlot;
  Posture posture;
  posture.init = init_;
  posture.program = program_;
  posture.separate_ids = home_.powers.id_range;
  posture.init_id = home_.powers.id_range ? base : ::geteuid();
  posture.program_id = home_.powers.id_range ? base + kProgramId : ::geteuid();
  posture.init_readable = !home_.powers.rootless;
  posture.descriptors_readable = !home_.powers.rootless || !home_.powers.id_range;
  posture.deterministic = home_.spec.deterministic.has_value();
  posture.open_files = home_.spec.quotas.open_files;
  posture.plan = home_.plan;
  return posture;
}

Result<std::string> Box::drift() const {
  if (state_ != BoxState::ready && state_ != BoxState::running) {
    return Error{Errc::unavailable, "read the walls of sandbox " + home_.spec.name + " back: it has ended"};
  }
  std::string drift = TRY(check_posture(expected_posture(), Depth::running));
  add(drift, TRY(group_.limits_changed(limits_of(home_.spec.quotas), home_.parts)));
  if (home_.spec.gateway) add(drift, TRY(network_differences()));
  return drift;
}

}  // namespace belljar::sandbox::native
