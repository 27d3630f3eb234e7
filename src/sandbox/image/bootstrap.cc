#include "sandbox/image/bootstrap.h"

#include <algorithm>
#include <array>
#include <sstream>

#include "base/text.h"
#include "os/file.h"
#include "os/run_program.h"

namespace belljar::sandbox {

namespace {

constexpr std::chrono::minutes kPatience{30};
constexpr std::size_t kErrorLines = 8;
constexpr std::size_t kErrorLine = 300;

// Never unpacked, whatever the list says: what no program reads and no package's script needs.
constexpr std::array<std::string_view, 9> kExcluded{"/usr/share/man/*", "/usr/share/info/*",    "/usr/share/locale/*",
                                                    "/usr/share/doc/*", "/usr/share/lintian/*", "/usr/share/bug/*",
                                                    "/usr/include/*",   "/usr/share/gtk-doc/*", "*.a"};
// Licences ask to travel with what they cover.
constexpr std::string_view kKept = "/usr/share/doc/*/copyright";

std::string effective_user() {
  Result<os::ProgramOutput> id = os::run_program({"id", "-un"}, {});
  if (!id || id.value().exit_code != 0) return "nobody";
  return id.value().output.substr(0, id.value().output.find('\n'));
}

// A line "NAME:FIRST:COUNT" or "UID:FIRST:COUNT".
Result<bool> has_subordinate_ids(const std::string& file, const std::string& user, const std::string& uid) {
  if (!os::exists(file)) return false;
  std::istringstream lines{TRY(os::read_file(file, 1U << 20))};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(user + ":") || line.starts_with(uid + ":")) return true;
  }
  return false;
}

Result<void> check_subordinate_ids() {
  const std::string user = effective_user();
  os::ProgramOutput uid = TRY(os::run_program({"id", "-u"}, {}));
  uid.output.erase(std::remove(uid.output.begin(), uid.output.end(), '\n'), uid.output.end());
  for (const std::string file : {"/etc/subuid", "/etc/subgid"}) {
    if (TRY(has_subordinate_ids(file, user, uid.output))) continue;
    return Error{Errc::unavailable,
                 "user " + user + " has no range in " + file +
                     ": as root, run `usermod --add-subuids 100000-165535 --add-subgids 100000-165535 " + user +
                     "`, or build the image as root"};
  }
  const Result<os::ProgramOutput> mapper = os::run_program({"newuidmap"}, {});
  if (!mapper) {
    return Error{Errc::unavailable, "newuidmap is not installed: as root, run `apt-get install uidmap`"};
  }
  return {};
}

// The last lines of what a tool said, which is where it says why.
std::string tail_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) lines.push_back(printable(line, kErrorLine));
  std::string tail;
  for (std::size_t at = lines.size() - std::min(lines.size(), kErrorLines); at < lines.size(); ++at) {
    tail += "\n  " + lines[at];
  }
  return tail;
}

// Runs a tool of the build. When we die, it dies: setpriv asks the kernel for that.
Result<void> run_tool(std::vector<std::string> argv, const std::string& input) {
  const std::string name = argv.front();
  argv.insert(argv.begin(), {"setpriv", "--pdeathsig", "KILL", "--"});
  os::ProgramOptions options;
  options.input = input;
  options.timeout = kPatience;
  const os::ProgramOutput got = TRY(os::run_program(argv, options));
  if (got.exit_code == 0) return {};
  if (got.exit_code == 127 && got.error.find("No such file") != std::string::npos) {
    const std::string package = name == "npm" ? "npm" : "mmdebstrap";
    return Error{Errc::unavailable, name + " is not installed: as root, run `apt-get install " + package + "`"};
  }
  return Error{Errc::unavailable, name + " ended with exit code " + std::to_string(got.exit_code) + ":" +
                                      tail_of(got.error.empty() ? got.output : got.error)};
}

std::string join(const std::vector<std::string>& words, char separator) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

// What the mirror said about a pin or a date, as a mistake of the file with its place; otherwise the error as it is.
Error explain(const PackageList& list, const Error& error) {
  for (const Pin& pin : list.pins) {
    const std::string complaint = "Version '" + pin.version + "' for '" + pin.package + "' was not found";
    if (error.message().find(complaint) == std::string::npos) continue;
    return Error{Errc::invalid_argument, pin.place + ": found pin " + pin.package + "=" + pin.version +
                                             ", expected a version that the mirror has today (suite " + list.suite +
                                             " moved on; try the newest and pin it)"};
  }
  const bool expired = error.message().find("is expired") != std::string::npos;
  if (expired && !list.accept_expired_index) {
    return Error{Errc::unavailable, list.file + ": the mirror's index of " + list.suite +
                                        " is past its Valid-Until: use another mirror, or write `expired_index: " +
                                        "accept` into the file and know that old packages could be replayed\n" +
                                        error.message()};
  }
  return error;
}

// Programs of the packages are files like any other here: none of them runs.
Result<void> add_npm(const PackageList& list, const std::string& destination, const std::string& scratch) {
  if (list.npm.empty()) return {};
  std::vector<std::string> argv{"npm",
                                "install",
                                "--ignore-scripts",
                                "--omit=dev",
                                "--no-audit",
                                "--no-fund",
                                "--no-update-notifier",
                                "--install-strategy=hoisted",
                                "--prefix",
                                destination,
                                "--cache",
                                scratch + "/npm"};
  argv.insert(argv.end(), list.npm.begin(), list.npm.end());
  TRY(run_tool(std::move(argv), ""));
  for (const std::string rest : {"package.json", "package-lock.json"}) {
    TRY(os::remove_tree(destination + "/" + rest));
  }
  return os::remove_tree(scratch + "/npm");
}

}  // namespace

Builder builder_for_this_user() {
  const Result<os::ProgramOutput> id = os::run_program({"id", "-u"}, {});
  return id && id.value().output == "0\n" ? Builder::root : Builder::user;
}

std::vector<std::string> bootstrap_command(const PackageList& list, const AptConfiguration& apt, Builder builder,
                                           const std::string& destination) {
  std::vector<std::string> argv;
  if (builder == Builder::root) {
    // mmdebstrap mounts /proc, /sys and /dev into the tree; in namespaces of its own these cannot outlive it.
    argv = {"unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc", "--"};
  }
  const std::vector<std::string> tool{"mmdebstrap",
                                      builder == Builder::root ? "--mode=root" : "--mode=unshare",
                                      builder == Builder::root ? "--format=directory" : "--format=tar",
                                      "--variant=" + list.variant,
                                      "--skip=output/dev",
                                      "--aptopt=APT::Install-Recommends \"false\""};
  argv.insert(argv.end(), tool.begin(), tool.end());
  std::vector<std::string> packages = list.packages;
  for (const Pin& pin : list.pins) packages.push_back(pin.package + "=" + pin.version);
  if (!packages.empty()) argv.push_back("--include=" + join(packages, ','));
  for (const std::string& option : apt.fetch_options) argv.push_back("--aptopt=" + option);
  if (host_has_suite(apt, list.suite)) {
    for (const std::string& option : apt.date_options) argv.push_back("--aptopt=" + option);
  }
  for (const std::string_view path : kExcluded) argv.push_back("--dpkgopt=path-exclude=" + std::string{path});
  argv.push_back("--dpkgopt=path-include=" + std::string{kKept});
  argv.insert(argv.end(), {list.suite, destination, "-"});
  return argv;
}

Result<void> bootstrap(const PackageList& list, const AptConfiguration& apt, const std::string& destination,
                       const std::string& scratch) {
  const Builder builder = builder_for_this_user();
  const std::string sources = TRY(sources_for_suite(apt, list.suite, list.accept_expired_index));
  if (builder == Builder::root) {
    const Result<void> ran = run_tool(bootstrap_command(list, apt, builder, destination), sources);
    return ran ? add_npm(list, destination, scratch) : explain(list, ran.error());
  }
  TRY(check_subordinate_ids());
  // Unpacked by ourselves, every file is ours to read, to verify and to remove; straight from the namespace they
  // would belong to subordinate ids.
  const std::string archive = scratch + "/root.tar";
  if (const Result<void> ran = run_tool(bootstrap_command(list, apt, builder, archive), sources); !ran) {
    return explain(list, ran.error());
  }
  TRY(os::make_directories(destination, 0755));
  TRY(run_tool({"tar", "-x", "-p", "--no-same-owner", "--exclude=./dev/*", "-C", destination, "-f", archive}, ""));
  TRY(os::remove_tree(archive));
  return add_npm(list, destination, scratch);
}

}  // namespace belljar::sandbox
