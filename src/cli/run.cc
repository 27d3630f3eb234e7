#include "cli/run.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"
#include "codec/json.h"
#include "govern/again.h"
#include "govern/conduct.h"
#include "govern/judge.h"
#include "govern/progress.h"
#include "os/file.h"
#include "scenario/load.h"

namespace belljar::cli {

namespace {

constexpr int kPass = 0;
constexpr int kUsageError = 2;
constexpr int kHarnessError = 4;

// From best to worst. What was not run at all comes last: its silence must not look like a pass.
constexpr std::array<int, 6> kFromBest{kPass, 3, 1, 5, kUsageError, kHarnessError};

int worse(int a, int b) {
  const auto rank = [](int code) { return std::find(kFromBest.begin(), kFromBest.end(), code); };
  return rank(a) < rank(b) ? b : a;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): no thread has started
  return value == nullptr ? std::string{} : std::string{value};
}

Result<std::optional<std::uint64_t>> read_seed(const Arguments& arguments) {
  const auto text = arguments.value("seed");
  if (!text) return std::optional<std::uint64_t>{};
  std::uint64_t seed = 0;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), seed);
  if (parsed.ec != std::errc{} || parsed.ptr != text->data() + text->size()) {
    return Error{Errc::invalid_argument, "--seed: found \"" + printable(*text) + "\", expected a whole number"};
  }
  return std::optional{seed};
}

govern::ProgressOptions progress_of(const Arguments& arguments) {
  const bool json = arguments.has("json");
  const auto kind = json ? govern::ProgressKind::json
                         : (arguments.has("quiet") ? govern::ProgressKind::none : govern::ProgressKind::plain);
  return govern::choose_progress(json ? STDOUT_FILENO : STDERR_FILENO, kind, environment("TERM"),
                                 environment("NO_COLOR"));
}

// A run that could not begin has a verdict too, for whoever reads JSON.
spec::Verdict refused(const std::string& scenario, const Error& error) {
  spec::Verdict verdict;
  verdict.scenario = scenario;
  verdict.error = error.message();
  verdict.exit_code = error.code() == Errc::invalid_argument ? kUsageError : kHarnessError;
  return verdict;
}

void print_verdict(const spec::Verdict& verdict, const Arguments& arguments) {
  if (arguments.has("json")) {
    (void)std::printf("%s\n", codec::to_json(spec::verdict_json(verdict)).c_str());
  } else if (verdict.run.empty()) {
    (void)std::fprintf(stderr, "%s\n", verdict.error.c_str());
  } else {
    (void)std::printf("%s\n", govern::verdict_sentence(verdict).c_str());
    for (const spec::Finding& finding : verdict.findings) {
      (void)std::printf("  %-8s %s\n", finding.severity.c_str(), govern::finding_sentence(finding).c_str());
    }
    (void)std::printf("record %s\n", verdict.directory.c_str());
    const std::string report = verdict.directory + "/report.html";
    if (os::exists(report)) (void)std::printf("report %s\n", report.c_str());
  }
  (void)std::fflush(stdout);
}

// The folder of one run; several scenarios under one --out get a folder each.
std::string directory_for(const Arguments& arguments, const std::string& scenario) {
  const auto out = arguments.value("out");
  if (!out || arguments.operands.size() == 1) return out.value_or("");
  const std::string name = scenario.substr(scenario.find_last_of('/') + 1);
  return *out + "/" + name.substr(0, name.find_last_of('.'));
}

// With several scenarios none is run before all are right: a typing error in the last must not cost the first's hour.
int check_all(const Arguments& arguments, std::optional<std::uint64_t> seed) {
  int code = kPass;
  if (arguments.operands.size() < 2) return code;
  for (const std::string& path : arguments.operands) {
    const auto loaded = scenario::load(path, seed);
    if (loaded) continue;
    const spec::Verdict verdict = refused(path, loaded.error());
    print_verdict(verdict, arguments);
    code = worse(code, verdict.exit_code);
  }
  return code;
}

// A run that was killed goes on: in its own folder, with the scenario it keeps.
int resume(const std::string& run, const Arguments& arguments, const Host& host) {
  if (!arguments.operands.empty() || arguments.has("out") || arguments.has("seed")) {
    (void)std::fputs("belljar run: --resume takes its scenario, seed and folder from the run\n", stderr);
    return kUsageError;
  }
  const auto progress = govern::make_progress(progress_of(arguments), host.clock);
  const auto repeated =
      govern::conduct_again({.kind = govern::AgainKind::resume, .run = run, .model = {}, .until = {}, .scenario = {}},
                            {run, {}, {}}, {host.clock, host.entropy, *progress});
  const spec::Verdict shown = repeated ? repeated.value().verdict : refused(run, repeated.error());
  print_verdict(shown, arguments);
  return shown.exit_code;
}

int run_main(const Arguments& arguments, const Host& host) {
  if (const auto killed = arguments.value("resume")) return resume(*killed, arguments, host);
  if (arguments.operands.empty()) {
    (void)std::fputs("belljar run: which scenario? expected SCENARIO...\n", stderr);
    return kUsageError;
  }
  const auto seed = read_seed(arguments);
  if (!seed) {
    (void)std::fprintf(stderr, "belljar run: %s\n", seed.error().message().c_str());
    return kUsageError;
  }
  int code = check_all(arguments, seed.value());
  if (code != kPass) return code;
  for (const std::string& path : arguments.operands) {
    const auto progress = govern::make_progress(progress_of(arguments), host.clock);
    const auto verdict =
        govern::conduct({path, seed.value(), directory_for(arguments, path)}, {host.clock, host.entropy, *progress});
    const spec::Verdict shown = verdict ? verdict.value() : refused(path, verdict.error());
    print_verdict(shown, arguments);
    code = worse(code, shown.exit_code);
  }
  return code;
}

}  // namespace

const Command kRun{
    "run",
    "[SCENARIO...]",
    "Run scenarios to their verdicts: 0 pass, 1 fail, 3 inconclusive, 5 contained, 2 bad input, 4 harness error",
    {
        {"seed", Argument::required, "N", "instead of the scenario's own"},
        {"out", Argument::required, "DIR", "keep the record in DIR (several scenarios: in folders below it)"},
        {"json", Argument::none, "", "progress as JSON lines, then one verdict object per scenario"},
        {"quiet", Argument::none, "", "no progress, the verdict alone"},
        {"resume", Argument::required, "RUN", "go on with a run that was killed"},
    },
    false,
    run_main};

}  // namespace belljar::cli
