#include "suite/programs/attack.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace belljar::suite {

Outcome denied(std::string detail, int error) { return {Outcome::Kind::denied, error, std::move(detail)}; }
Outcome harmless(std::string detail) { return {Outcome::Kind::harmless, 0, std::move(detail)}; }
Outcome escaped(std::string detail) { return {Outcome::Kind::escaped, 0, std::move(detail)}; }
Outcome done(std::string detail) { return {Outcome::Kind::done, 0, std::move(detail)}; }
Outcome unsupported(std::string reason) { return {Outcome::Kind::unsupported, 0, std::move(reason)}; }

std::string Params::get(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string{} : found->second;
}

long Params::number(const std::string& name) const { return std::strtol(get(name).c_str(), nullptr, 10); }

Outcome of_call(long result, const std::string& what) {
  if (result < 0) return denied(what);
  return escaped(what);
}

Outcome of_gate(long result, std::initializer_list<int> past_the_gate, const std::string& what) {
  if (result >= 0) return escaped(what);
  for (const int error : past_the_gate) {
    if (errno == error) return escaped(what + " passed its permission check");
  }
  return denied(what);
}

void tell(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (put <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

Outcome tell_descriptor(int fd, const std::string& name) {
  std::array<char, 4096> buffer{};
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  if (got < 0) return denied("read " + name);
  tell("read " + name + ": ");
  tell({buffer.data(), static_cast<std::size_t>(got)});
  tell("\n");
  return got == 0 ? denied(name + " is empty", ENODATA) : escaped("read " + name);
}

Outcome read_and_tell(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return denied("open " + path);
  return tell_descriptor(fd, path);
}

Outcome any_of(std::initializer_list<Outcome> tries) {
  Outcome last;
  for (const Outcome& outcome : tries) {
    if (outcome.kind == Outcome::Kind::escaped) return outcome;
    last = outcome;
  }
  return last;
}

std::string scratch_path(const Params& given, const std::string& name) { return given.get("scratch") + "/" + name; }

}  // namespace belljar::suite
