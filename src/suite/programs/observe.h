// What the host can see of attackers from outside, and how it proves what they got: through /proc, duplicated
// descriptors and ptrace, never by asking them.
//
// `inspect` prints "fact NAME VALUE" lines over every process below a root process that lives in a deeper pid
// namespace, its pid 1 and witnesses left out. `trace` follows one attacker's system calls and writes "call ARCH NR
// RESULT" lines. Both end or detach by themselves.
#pragma once

#include <string>
#include <vector>

namespace belljar::suite {

std::vector<std::string> inspect(int root);
int print_inspection(int root);
// "survivor PID" for every process on the host whose command line carries the marker.
std::vector<std::string> survivors(const std::string& marker);
int print_survivors(const std::string& marker);
// One line per regular file and folder below: name, mode, owner, size, times, content. Reading leaves no trace.
int print_fingerprint(const std::string& directory);
// Attaches to the one waiting attacker below `root`, detaches into the background, writes what it sees to `log`.
int trace(int root, const std::string& log);

// Descendants of `root` inside a deeper pid namespace that run an attack, by pid.
std::vector<int> attackers_below(int root);
std::string read_text(const std::string& path);
bool write_text(const std::string& path, const std::string& text);

}  // namespace belljar::suite
