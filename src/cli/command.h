// One file per command of `belljar`; each exposes a Command and main() lists them. Options are a table, from which both
// parsing and --help come.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "base/result.h"

namespace belljar::cli {

enum class Argument { none, required, optional };  // optional: only as --name=value

struct Option {
  std::string_view name;  // without dashes: "json"
  Argument argument = Argument::none;
  std::string_view value_name = {};  // "FILE"
  std::string_view help = {};
  bool repeated = false;
};

// What a command line said, after the table has checked it.
struct Arguments {
  std::map<std::string, std::vector<std::string>, std::less<>> options;
  std::vector<std::string> operands;

  bool has(std::string_view name) const { return options.contains(std::string{name}); }
  std::optional<std::string> value(std::string_view name) const;
  std::vector<std::string> values(std::string_view name) const;
};

// What main() hands down.
struct Host {
  const Clock& clock;
  Entropy& entropy;
};

struct Command {
  std::string_view name;  // "run"
  std::string_view operands =
      {};  // "SCENARIO...", "RUN [FILE]"; their number is checked from this text where it is plain
  std::string_view summary = {};  // one line
  std::vector<Option> options = {};
  bool trailing_command = false;  // everything after `--` is taken as operands unread
  int (*main)(const Arguments& arguments, const Host& host) = nullptr;  // returns the exit code
};

// Parses argv of one command: `--name value`, `--name=value`, operands, and everything after `--` as operands. Every
// command knows `--help` and `-h`; where either is said, the result has "help" and nothing else is checked.
// The error is a usage message (exit code 2).
Result<Arguments> parse_arguments(const Command& command, const std::vector<std::string>& words);
std::string help_text(const Command& command);

}  // namespace belljar::cli
