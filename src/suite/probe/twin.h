// Twin: a second sandbox of the same spec, in which a few forbidden things are really tried. What the walls' own report
// cannot show (Landlock leaves no trace in /proc) shows here by what does not happen outside.
//
//   for (const std::string& passed : TRY(probe_twin(spec, engine, "/usr/libexec/belljar/belljar-probe"))) ...
//
// Tried: writing into a FIFO of a read-only folder, which Landlock alone refuses; reading a file of the host by its
// path; mounting. The host looks at the FIFO and at what was printed; the attacker's word can condemn, never acquit.
// Single-threaded, as the engine.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "sandbox/engine.h"

namespace belljar::suite {

// What the attacker is led to, outside, and what shows that it got there.
class Traps {
 public:
  static Result<Traps> set();
  ~Traps();
  Traps(Traps&& other) noexcept;
  Traps& operator=(Traps&&) = delete;
  Traps(const Traps&) = delete;
  Traps& operator=(const Traps&) = delete;

  // What the attacker sees read-only.
  std::string shared() const { return folder_ + "/shared"; }
  // The words of its command after the program; `shared` is where it sees shared().
  std::vector<std::string> attack(std::string_view id, const std::string& shared) const;
  // What got through, in words, or nothing; `output` is what the attacker printed.
  std::string sprung(std::string_view id, const std::string& output) const;

 private:
  Traps() = default;
  std::string folder_;
  std::string secret_;
  os::Fd pipe_;
};

// Everything that got through; empty: each attempt was refused.
Result<std::vector<std::string>> probe_twin(const spec::SandboxSpec& spec, sandbox::Engine& engine,
                                            const std::string& probe_program);

}  // namespace belljar::suite
