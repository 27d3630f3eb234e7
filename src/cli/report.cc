#include "cli/report.h"

#include <unistd.h>

#include <array>
#include <cstdio>

#include "base/text.h"
#include "govern/record.h"
#include "govern/report.h"
#include "os/file.h"

namespace belljar::cli {

namespace {

constexpr int kDone = 0;
constexpr int kUsageError = 2;
constexpr int kHarnessError = 4;

struct Format {
  std::string_view name;
  std::string (*render)(const govern::ReportInput& input);
};

constexpr std::array<Format, 3> kFormats{{
    {"html", govern::render_html},
    {"json", govern::render_json},
    {"junit", govern::render_junit},
}};
// Named in the contract with machines, and later than this version.
constexpr std::array<std::string_view, 3> kLaterFormats{"sarif", "md", "eval"};

Result<const Format*> find_format(const std::string& name) {
  for (const Format& format : kFormats) {
    if (format.name == name) return &format;
  }
  for (const std::string_view later : kLaterFormats) {
    if (later != name) continue;
    return Error{Errc::invalid_argument,
                 "format " + name + " comes with a later version; this one writes html, json and junit"};
  }
  return Error{Errc::invalid_argument, "found format \"" + printable(name, 40) + "\", expected html, json or junit"};
}

int report_main(const Arguments& arguments, const Host&) {
  const auto complain = [](const Error& error) {
    (void)std::fprintf(stderr, "belljar report: %s\n", error.message().c_str());
    return error.code() == Errc::invalid_argument || error.code() == Errc::not_found ? kUsageError : kHarnessError;
  };
  const Result<const Format*> format = find_format(arguments.value("format").value_or("html"));
  if (!format) return complain(format.error());
  const Result<govern::RunRecord> record = govern::read_run(arguments.operands[0]);
  if (!record) return complain(record.error());
  const Result<void> written =
      os::write_all(STDOUT_FILENO, format.value()->render(record.value().input()), "the report");
  return written ? kDone : complain(written.error());
}

}  // namespace

const Command kReport{
    .name = "report",
    .operands = "RUN",
    .summary = "Draw the report of a finished run again, from its record, to standard output",
    .options =
        {{.name = "format",
          .argument = Argument::required,
          .value_name = "html|json|junit",
          .help =
              "html (the default) for people, json for programs, junit for pipelines; sarif, md and eval come later"}},
    .main = report_main,
};

}  // namespace belljar::cli
