#include "cli/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belljar::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

int unused_main(const Arguments&, const Host&) { return 0; }

Command run_command() {
  return {
      .name = "run",
      .operands = "SCENARIO...",
      .summary = "A scenario to a verdict.",
      .options =
          {{.name = "json", .help = "print JSON lines"},
           {.name = "seed", .argument = Argument::required, .value_name = "N", .help = "another seed"},
           {.name = "limit", .argument = Argument::required, .value_name = "K=V", .help = "a quota", .repeated = true}},
      .main = unused_main};
}

Command exec_command() {
  Command command = run_command();
  command.name = "exec";
  command.operands = "-- CMD...";
  command.trailing_command = true;
  return command;
}

TEST(Command, options_operands_and_values_are_told_apart) {
  const Arguments got = parse_arguments(run_command(), {"a.yaml", "--seed", "7", "--json", "--limit=memory=1MiB",
                                                        "--limit", "cpu=2", "b.yaml", "--", "--c"})
                            .value();
  EXPECT_THAT(got.operands, ElementsAre("a.yaml", "b.yaml", "--c"));
  EXPECT_EQ(got.value("seed"), "7");
  EXPECT_TRUE(got.has("json"));
  EXPECT_FALSE(got.has("help"));
  EXPECT_THAT(got.values("limit"), ElementsAre("memory=1MiB", "cpu=2"));
  EXPECT_EQ(got.value("out"), std::nullopt);
}

TEST(Command, an_optional_value_comes_behind_an_equals_sign_alone) {
  Command command = exec_command();
  command.options = {{"deterministic", Argument::optional, "SEED", "by a seed"}};
  EXPECT_EQ(parse_arguments(command, {"--deterministic", "--", "7"}).value().value("deterministic"), "");
  EXPECT_THAT(parse_arguments(command, {"--deterministic", "--", "7"}).value().operands, ElementsAre("7"));
  EXPECT_EQ(parse_arguments(command, {"--deterministic=9", "--", "x"}).value().value("deterministic"), "9");
  EXPECT_THAT(help_text(command), HasSubstr("--deterministic[=SEED]"));
}

TEST(Command, a_trailing_command_keeps_its_own_options) {
  const Arguments got =
      parse_arguments(exec_command(), {"--seed=1", "--", "ls", "--json", "--", "-l", "--help"}).value();
  EXPECT_THAT(got.operands, ElementsAre("ls", "--json", "--", "-l", "--help"));
  EXPECT_FALSE(got.has("json"));
  EXPECT_FALSE(got.has("help"));
}

TEST(Command, a_value_may_be_a_dash_or_empty_or_forced) {
  EXPECT_EQ(parse_arguments(run_command(), {"x", "--seed", "-"}).value().value("seed"), "-");
  EXPECT_EQ(parse_arguments(run_command(), {"x", "--seed", "-5"}).value().value("seed"), "-5");
  EXPECT_EQ(parse_arguments(run_command(), {"x", "--seed="}).value().value("seed"), "");
  EXPECT_EQ(parse_arguments(run_command(), {"x", "--seed=--json"}).value().value("seed"), "--json");
  EXPECT_THAT(parse_arguments(run_command(), {"-"}).value().operands, ElementsAre("-"));
}

struct Refusal {
  std::string why;
  Command command;
  std::vector<std::string> words;
  std::string says;
};

TEST(Command, wrong_words_are_refused_with_the_remedy) {
  Command none = run_command();
  none.operands = "";
  const std::vector<Refusal> rows{
      {"a typo", run_command(), {"x", "--sead", "7"}, "did you mean `--seed`?"},
      {"swapped letters", run_command(), {"x", "--jsno"}, "did you mean `--json`?"},
      {"a beginning", run_command(), {"x", "--lim", "a=b"}, "did you mean `--limit`?"},
      {"nothing near", run_command(), {"x", "--colour"}, "unknown option `--colour` ("},
      {"missing value at the end", run_command(), {"x", "--seed"}, "`--seed N`"},
      {"missing value before an option", run_command(), {"x", "--seed", "--json"}, "`--seed` needs a value"},
      {"a value for a switch", run_command(), {"x", "--json=yes"}, "takes no value"},
      {"given twice", run_command(), {"x", "--seed", "1", "--seed", "2"}, "given twice"},
      {"a switch given twice", run_command(), {"x", "--json", "--json"}, "given twice"},
      {"one dash", run_command(), {"x", "-j"}, "two dashes"},
      {"no operand", run_command(), {"--json"}, "no operand, expected SCENARIO..."},
      {"an operand where none belongs", none, {"x"}, "it takes none"},
      {"a command without the dashes", exec_command(), {"/bin/true"}, "-- /bin/true`"},
      {"no command", exec_command(), {"--json"}, "write it after `--`"},
      {"escapes stay out of messages", run_command(), {"--\x1b[2J"}, "\\x1b[2J"},
  };
  for (const Refusal& row : rows) {
    const Result<Arguments> got = parse_arguments(row.command, row.words);
    ASSERT_FALSE(got) << row.why;
    EXPECT_EQ(got.error().code(), Errc::invalid_argument) << row.why;
    EXPECT_THAT(got.error().message(), HasSubstr(row.says)) << row.why;
    EXPECT_THAT(got.error().message(), HasSubstr("belljar " + std::string{row.command.name})) << row.why;
  }
}

TEST(Command, operands_are_counted_from_the_usage) {
  struct Row {
    std::string_view usage;
    std::size_t count;
    bool accepted;
  };
  const std::vector<Row> rows{{"RUN", 1, true},       {"RUN", 2, false},      {"RUN RUN", 2, true},
                              {"RUN RUN", 1, false},  {"[FILE]", 0, true},    {"[FILE]", 2, false},
                              {"[NAME]...", 9, true}, {"[NAME...]", 0, true}, {"A [B]", 2, true},
                              {"A [B]", 3, false},    {"A...", 5, true},      {"build|list [FILE]", 7, true}};
  for (const Row& row : rows) {
    Command command = run_command();
    command.operands = row.usage;
    EXPECT_EQ(static_cast<bool>(parse_arguments(command, std::vector<std::string>(row.count, "x"))), row.accepted)
        << row.usage << " with " << row.count;
  }
}

TEST(Command, who_asks_for_help_gets_it_whatever_else_is_wrong) {
  EXPECT_TRUE(parse_arguments(run_command(), {"--nonsense", "--help"}).value().has("help"));
  EXPECT_TRUE(parse_arguments(run_command(), {"-h"}).value().has("help"));
}

TEST(Command, help_comes_from_the_table) {
  const std::string help = help_text(run_command());
  EXPECT_THAT(help, HasSubstr("usage: belljar run [OPTION]... SCENARIO..."));
  EXPECT_THAT(help, HasSubstr("--limit K=V  a quota (may be repeated)"));
  EXPECT_THAT(help, HasSubstr("--help       show this text"));
}

}  // namespace
}  // namespace belljar::cli
