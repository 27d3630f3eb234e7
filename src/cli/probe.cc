#include "cli/probe.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"
#include "cli/find_run.h"
#include "codec/json.h"
#include "os/durable.h"
#include "os/file.h"
#include "sandbox/engine.h"
#include "suite/probe/run.h"
#include "suite/probe/world.h"

namespace belljar::cli {

namespace {

constexpr int kUsageError = 2;
constexpr int kFailed = 1;
constexpr int kCannotRun = 4;

// A deterministic sandbox has its own tracer, and a process has one: what the probes with a tracer outside try, the
// filter's tests show to be refused there as everywhere (TracedFilter.opens_nothing). And that two sandboxes of one
// seed draw the same is its purpose.
bool speaks_of_deterministic(const suite::Probe& probe) {
  return !probe.needs_tracer() && probe.oracle.sight != suite::Sight::same;
}

Result<std::vector<const suite::Probe*>> select(const Arguments& arguments) {
  std::vector<const suite::Probe*> chosen;
  const std::vector<std::string> classes = arguments.values("class");
  for (const std::string& name : classes) {
    const auto known = suite::class_names();
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return Error{Errc::invalid_argument,
                   "--class: found \"" + name + "\", expected FS, NET, PROC, KRN, RES, COV, LEAK, PRIV or TTY"};
    }
  }
  for (const std::string& id : arguments.values("only")) {
    const suite::Probe* probe = suite::find_probe(id);
    if (probe == nullptr)
      return Error{Errc::invalid_argument, "--only: no probe \"" + id + "\"; docs/probes.md lists them"};
    chosen.push_back(probe);
  }
  if (!chosen.empty()) return chosen;
  for (const suite::Probe& probe : suite::catalogue()) {
    if (arguments.has("deterministic") && !speaks_of_deterministic(probe)) continue;
    const bool wanted =
        classes.empty() || std::find(classes.begin(), classes.end(), suite::class_of(probe)) != classes.end();
    if (wanted) chosen.push_back(&probe);
  }
  return chosen;
}

// Without root no control group can be had for certain; what is missing is accepted by name, shows in the matrix as
// degraded where an attack gets through because of it, and is held otherwise.
std::vector<std::string> accepted(const Arguments& arguments) {
  std::vector<std::string> names = arguments.values("allow-degraded");
  if (os::current_user() == 0) return names;
  for (const char* name : {"cgroup-memory", "cgroup-processes", "cgroup-cpu", "user-namespace-range"})
    names.emplace_back(name);
  return names;
}

// Before the engine starts, so that whatever it starts could have inherited it.
Result<void> set_host_variable(Entropy& entropy) {
  std::array<std::byte, 16> bytes{};
  entropy.fill(bytes);
  const std::string value = to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (::setenv(suite::kHostVariable, value.c_str(), 1) != 0) return Error{Errc::internal, "set a variable of our own"};
  return {};
}

Result<std::vector<suite::ProbeResult>> run_all(const Arguments& arguments, const Host& host) {
  if (const std::string tier = arguments.value("tier").value_or("native"); tier != "native") {
    return Error{Errc::invalid_argument, "--tier " + tier + ": this version has the tier native alone"};
  }
  const std::vector<const suite::Probe*> chosen = TRY(select(arguments));
  suite::Surroundings around;
  around.program = TRY(find_attacker());
  around.profile = arguments.value("profile").value_or(around.profile);
  around.degraded = accepted(arguments);
  around.deterministic = arguments.has("deterministic");
  TRY(set_host_variable(host.entropy));
  const bool shows_progress = ::isatty(STDERR_FILENO) == 1;
  std::unique_ptr<sandbox::Engine> engine;
  if (!arguments.has("controls-only")) engine = TRY(sandbox::Engine::start({}, host.clock));
  std::vector<suite::ProbeResult> results;
  for (const suite::Probe* probe : chosen) {
    if (shows_progress)
      (void)std::fprintf(stderr, "\r%zu of %zu  %-8s", results.size() + 1, chosen.size(), probe->id.data());
    results.push_back(engine ? TRY(suite::run_probe(*probe, around, *engine, host.entropy))
                             : TRY(suite::run_control_only(*probe, around, host.entropy)));
  }
  if (shows_progress) (void)std::fprintf(stderr, "\r%40s\r", "");
  return results;
}

int probe_main(const Arguments& arguments, const Host& host) {
  if (arguments.has("document")) {
    (void)std::fputs(suite::document().c_str(), stdout);
    return 0;
  }
  const Result<std::vector<suite::ProbeResult>> results = run_all(arguments, host);
  if (!results) {
    (void)std::fprintf(stderr, "belljar probe: %s\n", results.error().message().c_str());
    return results.error().code() == Errc::invalid_argument ? kUsageError : kCannotRun;
  }
  const std::string text = arguments.has("json") ? codec::to_json_pretty(suite::results_json(results.value()))
                                                 : suite::matrix_text(results.value());
  (void)std::fputs(text.c_str(), stdout);
  return suite::total(results.value()).passed() ? 0 : kFailed;
}

}  // namespace

const Command kProbe{
    "probe",
    "",
    "Try to escape from and abuse a sandbox on this host, in every way the suite knows",
    {
        {"tier", Argument::required, "TIER", "native"},
        {"class", Argument::required, "CLASS", "FS, NET, PROC, KRN, RES, COV, LEAK, PRIV or TTY alone", true},
        {"only", Argument::required, "ID", "this probe alone, such as FS01", true},
        {"profile", Argument::required, "NAME", "system calls the sandbox allows (default agent, the widest)"},
        {"deterministic", Argument::none, "",
         "against deterministic sandboxes; without the probes that cannot be shown there"},
        {"json", Argument::none, "", "one JSON object instead of the matrix"},
        {"controls-only", Argument::none, "", "show the attacks unprotected, without sandboxes"},
        {"document", Argument::none, "", "print the catalogue as docs/probes.md has it"},
        {"allow-degraded", Argument::required, "NAME", "accept a missing protection by name", true},
    },
    false,
    probe_main,
};

}  // namespace belljar::cli
