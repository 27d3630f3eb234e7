// Probe: one row of the published escape and abuse suite: what is tried, how the host can tell whether it worked, and
// how the same attack is shown to work where nothing stops it. The attacks themselves are in suite/programs.
//
//   for (const Probe& probe : catalogue()) ...        // nine classes: FS NET PROC KRN RES COV LEAK PRIV TTY
//
// Invariants, kept by a test: ids are unique and each has an attack of that name; at least 120 rows are not residual.
// Plain constants.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "spec/sandbox_spec.h"

namespace belljar::suite {

// How the host sees an effect. None of these asks the attacker whether it succeeded.
enum class Sight {
  canary,       // the canary's value came out with its output
  value,        // something of the host, named by `what`, came out with its output
  text,         // the text `what` came out with its output
  tree,         // a file or folder of the host is not as it was
  access_time,  // a time of access of the host's is not as it was
  witness,      // the process outside noticed: a line that begins with `what`
  holds,        // it holds, seen through /proc and a copied descriptor, what a fact beginning with `what` names
  reaches,      // a number the host counted, named by `what`, is at least `number`
  answer,       // the kernel, seen by a tracer outside, answered call `number` with success or one of `past`
  answer32,     // the kernel answered a call of the 32-bit table
  survivor,     // a process of it lives on after its end
  same,         // two sandboxes show the same identity
};

struct Oracle {
  Sight sight = Sight::canary;
  std::string_view what;
  std::int64_t number = 0;
  std::array<int, 4> past{};  // errors that come after the permission check
};

// How an attack is staged beyond the usual; the same words go to the control and to the sandbox.
enum Stage : std::uint32_t {
  kPlain = 0,
  kNeedsRoot = 1U << 0,      // the control takes rights over the machine itself
  kReadOnlyBind = 1U << 1,   // the control's shared folder is a read-only bind, undone by the attack
  kUnprivileged = 1U << 2,   // the control begins as nobody
  kDaemons = 1U << 3,        // stand-ins of well-known daemons listen in the control's /run
  kBinaries = 1U << 4,       // programs with rights of their own lie in the shared folder
  kRuntime = 1U << 5,        // a short-lived supervisor runs beside the attack
  kCollect = 1U << 6,        // the host then gathers /out/result
  kCollectFolder = 1U << 7,  // the host then gathers /out/folder/secret
  kTwice = 1U << 8,          // two rounds: in the control on one machine, sealed in two sandboxes
  kInProcess = 1U << 9,      // the control forks without exec
  kDeep = 1U << 10,          // the control then cleans up by path
  kMarked = 1U << 11,        // survivors are looked for by a marker
};

struct Probe {
  std::string_view id;
  std::string_view title;
  std::string_view tries;    // one sentence
  std::string_view held_by;  // what is expected to hold it
  Oracle oracle;
  std::uint32_t stage = kPlain;
  // Documented as not held: counted apart. Empty for all others.
  std::string_view residual = {};
  // Quotas the attack exceeds several times.
  void (*shape)(spec::SandboxSpec& spec) = nullptr;
  // A protection the host may lack; when the report names it as degraded, an effect is that degradation's.
  std::string_view degraded_by = {};

  // A tracer outside sees its effect: it has to be the program's only one.
  bool needs_tracer() const { return oracle.sight == Sight::answer || oracle.sight == Sight::answer32; }
  bool has(Stage wanted) const { return (stage & wanted) != 0; }
};

std::string_view class_of(const Probe& probe);  // "FS"
std::span<const std::string_view> class_names();
std::span<const Probe> catalogue();
const Probe* find_probe(std::string_view id);

}  // namespace belljar::suite
