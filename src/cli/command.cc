#include "cli/command.h"

#include <algorithm>
#include <cctype>
#include <numeric>

#include "base/text.h"

namespace belljar::cli {

namespace {

constexpr std::string_view kHelp = "help";

// Edit distance with swaps of neighbours: how far a mistyped option is from a real one.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> before_last;
  std::vector<std::size_t> last(to.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::vector<std::size_t> row(to.size() + 1, i + 1);
    for (std::size_t j = 0; j < to.size(); ++j) {
      row[j + 1] = std::min({last[j + 1] + 1, row[j] + 1, last[j] + (from[i] == to[j] ? 0U : 1U)});
      const bool swapped = i > 0 && j > 0 && from[i] == to[j - 1] && from[i - 1] == to[j];
      if (swapped) row[j + 1] = std::min(row[j + 1], before_last[j - 1] + 1);
    }
    before_last = std::move(last);
    last = std::move(row);
  }
  return last[to.size()];
}

std::string nearest_option(const Command& command, std::string_view name) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, name.size() / 3) + 1;
  std::vector<std::string_view> names{kHelp};
  for (const Option& option : command.options) names.push_back(option.name);
  for (const std::string_view candidate : names) {
    // A beginning is as good as one wrong letter: `--conf` means `--confidence`.
    const bool is_beginning = name.size() >= 2 && candidate.starts_with(name);
    const std::size_t away = is_beginning ? 1 : distance(name, candidate);
    if (away < best_distance) {
      best = candidate;
      best_distance = away;
    }
  }
  return std::string{best};
}

Error usage_error(const Command& command, const std::string& what) {
  const std::string name{command.name};
  return Error{Errc::invalid_argument,
               "belljar " + name + ": " + what + " (`belljar " + name + " --help` lists the options)"};
}

const Option* find_option(const Command& command, std::string_view name) {
  const auto found = std::find_if(command.options.begin(), command.options.end(),
                                  [name](const Option& option) { return option.name == name; });
  return found == command.options.end() ? nullptr : &*found;
}

// How many operands a command takes, read from its usage text.
struct OperandCount {
  std::size_t least = 0;
  std::size_t most = 0;
  bool checked = true;
};

OperandCount operand_count(std::string_view usage) {
  constexpr auto kEndless = static_cast<std::size_t>(-1);
  OperandCount count;
  while (!usage.empty()) {
    const std::string_view word = usage.substr(0, usage.find(' '));
    usage.remove_prefix(std::min(usage.size(), word.size() + 1));
    if (word.empty()) continue;
    const bool is_optional = word.front() == '[';
    const bool is_plain = std::all_of(word.begin(), word.end(), [](char c) {
      return std::isupper(static_cast<unsigned char>(c)) != 0 ||
             std::string_view{"[]._-"}.find(c) != std::string_view::npos;
    });
    if (!is_plain || word == "--") return {.checked = false};
    if (!is_optional) ++count.least;
    if (word.find("...") != std::string_view::npos) count.most = kEndless;
    if (count.most != kEndless) ++count.most;
  }
  return count;
}

// One pass over the words of one command line.
class Parser {
 public:
  Parser(const Command& command, const std::vector<std::string>& words) : command_{command}, words_{words} {}

  Result<Arguments> parse() {
    if (asks_for_help()) {
      arguments_.options[std::string{kHelp}] = {""};
      return std::move(arguments_);
    }
    for (at_ = 0; at_ < words_.size(); ++at_) {
      if (words_[at_] == "--") {
        arguments_.operands.insert(arguments_.operands.end(), words_.begin() + static_cast<std::ptrdiff_t>(at_) + 1,
                                   words_.end());
        break;
      }
      TRY(take_word(words_[at_]));
    }
    TRY(check_operands());
    return std::move(arguments_);
  }

 private:
  // Before anything can be wrong: who asks for help gets help.
  bool asks_for_help() const {
    for (const std::string& word : words_) {
      if (word == "--") return false;
      if (word == "--help" || word == "-h") return true;
    }
    return false;
  }

  Result<void> take_word(const std::string& word) {
    if (word.starts_with("--")) return take_option(std::string_view{word}.substr(2));
    if (word.size() > 1 && word.front() == '-') {
      return usage_error(command_,
                         "found `" + printable(word) +
                             "`: options begin with two dashes, operands that begin with one come after `--`");
    }
    if (command_.trailing_command) {
      return usage_error(command_, "found `" + printable(word) + "` before `--`: write `belljar " +
                                       std::string{command_.name} + " [OPTION]... -- " + printable(word) + "`");
    }
    arguments_.operands.push_back(word);
    return {};
  }

  Result<void> take_option(std::string_view text) {
    const std::size_t equals = text.find('=');
    const std::string name{text.substr(0, equals)};
    const Option* option = find_option(command_, name);
    if (option == nullptr) {
      const std::string near = nearest_option(command_, name);
      return usage_error(command_, "unknown option `--" + printable(name) + "`" +
                                       (near.empty() ? "" : ": did you mean `--" + near + "`?"));
    }
    std::vector<std::string>& values = arguments_.options[name];
    if (!values.empty() && !option->repeated)
      return usage_error(command_, "`--" + name + "` is given twice; it may be given once");
    if (option->argument == Argument::none) {
      if (equals != std::string_view::npos) return usage_error(command_, "`--" + name + "` takes no value");
      values.emplace_back();
      return {};
    }
    if (option->argument == Argument::optional && equals == std::string_view::npos) {
      values.emplace_back();
      return {};
    }
    values.push_back(equals != std::string_view::npos ? std::string{text.substr(equals + 1)} : TRY(next_word(*option)));
    return {};
  }

  // A following option is a forgotten value, not a value; `--name=--value` says otherwise.
  Result<std::string> next_word(const Option& option) {
    if (at_ + 1 >= words_.size() || words_[at_ + 1].starts_with("--")) {
      return usage_error(command_, "`--" + std::string{option.name} + "` needs a value: `--" +
                                       std::string{option.name} + " " + std::string{option.value_name} + "`");
    }
    return words_[++at_];
  }

  Result<void> check_operands() const {
    const std::size_t found = arguments_.operands.size();
    if (command_.trailing_command) {
      if (found == 0) return usage_error(command_, "no command: write it after `--`");
      return {};
    }
    const OperandCount expected = operand_count(command_.operands);
    if (!expected.checked) return {};
    if (found < expected.least)
      return usage_error(command_, "found " + operands_text(found) + ", expected " + std::string{command_.operands});
    if (found > expected.most) {
      return usage_error(
          command_,
          "found one operand too many: `" + printable(arguments_.operands[expected.most]) + "`" +
              (command_.operands.empty() ? "; it takes none" : "; expected " + std::string{command_.operands}));
    }
    return {};
  }

  static std::string operands_text(std::size_t count) {
    if (count == 0) return "no operand";
    return std::to_string(count) + (count == 1 ? " operand" : " operands");
  }

  const Command& command_;
  const std::vector<std::string>& words_;
  std::size_t at_ = 0;
  Arguments arguments_;
};

std::string option_words(const Option& option) {
  std::string text = "--" + std::string{option.name};
  if (option.argument == Argument::required) text += " " + std::string{option.value_name};
  if (option.argument == Argument::optional) text += "[=" + std::string{option.value_name} + "]";
  return text;
}

// Wraps help at spaces into the column right of the options.
void append_help(std::string& out, const std::string& left, std::string_view help, std::size_t column) {
  constexpr std::size_t kWidth = 100;
  out += "  " + left + std::string(column - left.size(), ' ');
  std::size_t used = column + 2;
  while (!help.empty()) {
    const std::string_view word = help.substr(0, help.find(' '));
    help.remove_prefix(std::min(help.size(), word.size() + 1));
    if (used + word.size() > kWidth && used > column + 2) {
      out += "\n" + std::string(column + 2, ' ');
      used = column + 2;
    }
    out += word;
    used += word.size() + 1;
    if (!help.empty()) out += ' ';
  }
  out += '\n';
}

}  // namespace

std::optional<std::string> Arguments::value(std::string_view name) const {
  const auto found = options.find(name);
  if (found == options.end() || found->second.empty()) return std::nullopt;
  return found->second.back();
}

std::vector<std::string> Arguments::values(std::string_view name) const {
  const auto found = options.find(name);
  return found == options.end() ? std::vector<std::string>{} : found->second;
}

Result<Arguments> parse_arguments(const Command& command, const std::vector<std::string>& words) {
  return Parser{command, words}.parse();
}

std::string help_text(const Command& command) {
  std::string out = "usage: belljar " + std::string{command.name};
  out += " [OPTION]...";
  if (!command.operands.empty()) out += " " + std::string{command.operands};
  out += "\n\n" + std::string{command.summary} + "\n\noptions:\n";
  constexpr Option kHelpOption{.name = kHelp, .help = "show this text"};
  std::size_t column = option_words(kHelpOption).size() + 2;
  for (const Option& option : command.options) column = std::max(column, option_words(option).size() + 2);
  for (const Option& option : command.options) {
    append_help(out, option_words(option), std::string{option.help} + (option.repeated ? " (may be repeated)" : ""),
                column);
  }
  append_help(out, option_words(kHelpOption), kHelpOption.help, column);
  return out;
}

}  // namespace belljar::cli
