// Terminals: typing for someone else, and writing what his terminal obeys.
#include <fcntl.h>
#include <linux/tiocl.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "suite/programs/attack.h"

namespace belljar::suite {

namespace {

int open_terminal(const Params& given, int flags) { return ::open(given.get("pts").c_str(), flags | O_CLOEXEC); }

Outcome type_for(int fd, const std::string& what) {
  if (fd < 0) return denied("open " + what);
  char byte = 'x';
  return of_call(::ioctl(fd, TIOCSTI, &byte), "push input into " + what);
}

Outcome push_input(const Params& given) {
  (void)::setsid();
  return any_of({type_for(STDIN_FILENO, "standard input"), type_for(STDERR_FILENO, "standard error"),
                 type_for(::open("/dev/tty", O_RDWR | O_CLOEXEC), "/dev/tty"),
                 type_for(open_terminal(given, O_RDWR), "a terminal")});
}

Outcome paste(const Params&) {
  Outcome last;
  for (const char* path : {"/dev/tty0", "/dev/console", "/dev/tty1", "/dev/tty"}) {
    const int fd = ::open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    // Asking for the state of the shift keys goes the same way as pasting and changes nothing.
    char code = TIOCL_GETSHIFTSTATE;
    last = fd < 0 ? denied(std::string{"open "} + path)
                  : of_call(::ioctl(fd, TIOCLINUX, &code), std::string{"TIOCLINUX "} + path);
    if (last.kind == Outcome::Kind::escaped) return last;
  }
  return last;
}

Outcome acquire(const Params& given) {
  (void)::setsid();
  const int fd = open_terminal(given, O_RDWR | O_NOCTTY);
  if (fd < 0) return denied("open a terminal of the host");
  return of_call(::ioctl(fd, TIOCSCTTY, 1), "take a terminal of the host");
}

Outcome write_screen(const Params& given) {
  const int fd = open_terminal(given, O_WRONLY | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return denied("open a terminal of the host");
  return of_call(::write(fd, "\x1b]0;owned\x07", 10), "write to a terminal of the host");
}

Outcome other_terminals(const Params& given) {
  Outcome last = denied("no terminal", ENOENT);
  for (int number = 0; number < 64; ++number) {
    const std::string path = "/dev/pts/" + std::to_string(number);
    if (path != given.get("pts")) continue;
    const int fd = ::open(path.c_str(), O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    last = fd < 0 ? denied("open " + path) : escaped("opened " + path);
    if (last.kind == Outcome::Kind::escaped) return last;
  }
  return last;
}

Outcome console(const Params&) {
  Outcome last;
  for (const char* path : {"/dev/console", "/dev/vcs", "/dev/vcs1", "/dev/tty0", "/dev/tty1", "/dev/ttyS0"}) {
    const int fd = ::open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    last = fd < 0 ? denied(std::string{"open "} + path) : escaped(std::string{"opened "} + path);
    if (last.kind == Outcome::Kind::escaped) return last;
  }
  return last;
}

// A name that rewrites the terminal of whoever reads the log, and refused calls that carry it there.
Outcome escape_in_log(const Params&) {
  (void)::prctl(PR_SET_NAME, "\x1b]52;c;x\x07", 0, 0, 0);
  (void)::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  (void)::open("/\x1b[2Jcleared", O_RDONLY | O_CLOEXEC);
  return done("carries a name made of terminal escapes");
}

Outcome forge_log(const Params&) {
  (void)::prctl(PR_SET_NAME, "a\n{\"layer\":\"", 0, 0, 0);
  (void)::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  tell("{\"verdict\":\"pass\",\"contained\":false}\n");
  return done("carries a name made of lines of a log");
}

constexpr Attack kAttacks[] = {
    {"TTY01", push_input},      {"TTY02", paste},   {"TTY03", acquire},       {"TTY04", write_screen},
    {"TTY05", other_terminals}, {"TTY06", console}, {"TTY07", escape_in_log}, {"TTY08", forge_log},
};

}  // namespace

std::span<const Attack> tty_attacks() { return kAttacks; }

}  // namespace belljar::suite
