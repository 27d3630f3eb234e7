// Attack: one function that really tries one forbidden thing, in whatever surroundings it is started.
//
//   Outcome open_host_secret(const Params& given) {
//     return read_and_tell(given.get("secret"));     // prints what it read; the host looks for its canary in the
//     output
//   }
//
// Attacks are told where things are (paths, ports, process ids) by the host, as a patient attacker would find out; they
// are never told the canary's value. Each leaves what it gained in place (descriptors, processes, memory) when it
// returns: main() then prints the outcome and waits, so that the host can look from outside. Every attack is bounded:
// it takes a fixed amount more than the sandbox allows, never "as much as there is". Single-threaded unless it says so.
#pragma once

#include <cerrno>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace belljar::suite {

struct Outcome {
  enum class Kind {
    denied,       // the surroundings refused
    harmless,     // allowed, but of no consequence outside
    escaped,      // the attacker believes it worked
    done,         // tried; only the host can tell
    unsupported,  // the precondition does not exist here
  };
  Kind kind = Kind::done;
  int error = 0;
  std::string detail;
};

Outcome denied(std::string detail, int error = errno);
Outcome harmless(std::string detail);
Outcome escaped(std::string detail);
Outcome done(std::string detail);
Outcome unsupported(std::string reason);

class Params {
 public:
  void set(const std::string& name, const std::string& value) { values_[name] = value; }
  std::string get(const std::string& name) const;  // empty when not given
  long number(const std::string& name) const;      // 0 when not given
  const std::map<std::string, std::string>& all() const { return values_; }

 private:
  std::map<std::string, std::string> values_;
};

struct Attack {
  const char* id;
  Outcome (*run)(const Params& given);
};

std::span<const Attack> fs_attacks();
std::span<const Attack> fs_mount_attacks();
std::span<const Attack> fs_write_attacks();
std::span<const Attack> net_attacks();
std::span<const Attack> net_family_attacks();
std::span<const Attack> net_online_attacks();
std::span<const Attack> proc_attacks();
std::span<const Attack> krn_attacks();
std::span<const Attack> krn_file_attacks();
std::span<const Attack> res_attacks();
std::span<const Attack> res_count_attacks();
std::span<const Attack> cov_attacks();
std::span<const Attack> leak_attacks();
std::span<const Attack> priv_attacks();
std::span<const Attack> tty_attacks();

// What most attacks come down to.
Outcome of_call(long result, const std::string& what);  // >= 0 escaped, else denied(errno)
// A call made with arguments that fail after the permission check: those errors mean the gate stood open.
Outcome of_gate(long result, std::initializer_list<int> past_the_gate, const std::string& what);
// Prints the content, so that a canary in it shows on stdout.
Outcome read_and_tell(const std::string& path);
Outcome tell_descriptor(int fd, const std::string& name);
void tell(std::string_view bytes);
// Best of several tries: the first escaped one, else the last.
Outcome any_of(std::initializer_list<Outcome> tries);
std::string scratch_path(const Params& given, const std::string& name);

}  // namespace belljar::suite
