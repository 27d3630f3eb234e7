// belljar-probe: the attacker, its witness, and the throw-away machine in which attacks are shown to work.
//
//   belljar-probe attack FS01 NAME=VALUE...   tries it; prints "probe FS01 DENIED(ENOENT) ..." and waits for end of
//   input belljar-probe machine FS01 NAME=VALUE...  the positive control: the same attack in namespaces thrown away
//   afterwards belljar-probe witness DIR ...             the process outside, to be reached, signalled, read
//   belljar-probe inspect PID | trace PID LOG what the host sees from outside
//   belljar-probe prepare DIR ...             plants canaries
//   belljar-probe list                        the ids
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include "suite/programs/attack.h"
#include "suite/programs/machine.h"
#include "suite/programs/observe.h"
#include "suite/programs/witness.h"

namespace belljar::suite {

namespace {

std::vector<std::span<const Attack>> all_attacks() {
  return {fs_attacks(),         fs_mount_attacks(), fs_write_attacks(), net_attacks(),      net_family_attacks(),
          net_online_attacks(), proc_attacks(),     krn_attacks(),      krn_file_attacks(), res_attacks(),
          res_count_attacks(),  cov_attacks(),      leak_attacks(),     priv_attacks(),     tty_attacks()};
}

const Attack* find_attack(std::string_view id) {
  for (const std::span<const Attack> group : all_attacks()) {
    for (const Attack& attack : group) {
      if (id == attack.id) return &attack;
    }
  }
  return nullptr;
}

std::string outcome_line(const std::string& id, const Outcome& outcome) {
  const char* name = ::strerrorname_np(outcome.error);
  const std::string error = name != nullptr ? name : std::to_string(outcome.error);
  std::string word;
  switch (outcome.kind) {
    case Outcome::Kind::denied:
      word = "DENIED(" + error + ")";
      break;
    case Outcome::Kind::harmless:
      word = "VIRTUAL";
      break;
    case Outcome::Kind::escaped:
      word = "ESCAPED";
      break;
    case Outcome::Kind::done:
      word = "DONE";
      break;
    case Outcome::Kind::unsupported:
      word = "UNSUPPORTED";
      break;
  }
  return "\nprobe " + id + " " + word + " " + outcome.detail + "\n";
}

void wait_for_line() {
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n') {
  }
}

void wait_for_end() {
  std::array<char, 256> buffer{};
  while (::read(STDIN_FILENO, buffer.data(), buffer.size()) > 0) {
  }
}

int attack(const std::string& id, const Params& given) {
  const Attack* found = find_attack(id);
  if (found == nullptr) {
    tell("no such attack: " + id + "\n");
    return 2;
  }
  // A forgotten attacker ends by itself; the host gives up on it sooner.
  (void)::alarm(25);
  (void)::signal(SIGPIPE, SIG_IGN);
  if (!given.get("gate").empty()) {
    tell("ready\n");
    wait_for_line();
  }
  const Outcome outcome = found->run(given);
  tell(outcome_line(id, outcome));
  wait_for_end();
  return 0;
}

int list() {
  for (const std::span<const Attack> group : all_attacks()) {
    for (const Attack& one : group) tell(std::string{one.id} + "\n");
  }
  return 0;
}

}  // namespace

int run(const std::vector<std::string>& words) {
  Params given;
  for (std::size_t i = 3; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    if (equals != std::string::npos) given.set(words[i].substr(0, equals), words[i].substr(equals + 1));
  }
  const std::string mode = words.size() > 1 ? words[1] : "";
  const std::string subject = words.size() > 2 ? words[2] : "";
  if (mode == "attack") return attack(subject, given);
  if (mode == "machine") return machine(subject, given);
  if (mode == "witness") return witness(subject, given);
  if (mode == "prepare") return prepare(subject, given);
  if (mode == "inspect") return print_inspection(static_cast<int>(std::strtol(subject.c_str(), nullptr, 10)));
  if (mode == "survivors") return print_survivors(subject);
  if (mode == "fingerprint") return print_fingerprint(subject);
  if (mode == "trace") return trace(static_cast<int>(std::strtol(subject.c_str(), nullptr, 10)), given.get("log"));
  if (mode == "linger") return linger();
  if (mode == "gained") return gained();
  if (mode == "list") return list();
  tell("usage: belljar-probe attack|machine|witness|prepare|inspect|survivors|fingerprint|trace|list ...\n");
  return 2;
}

Outcome run_in_process(const std::string& id, const Params& given) {
  const Attack* found = find_attack(id);
  return found == nullptr ? unsupported("no such attack") : found->run(given);
}

}  // namespace belljar::suite

int main(int count, char** words) { return belljar::suite::run({words, words + count}); }
