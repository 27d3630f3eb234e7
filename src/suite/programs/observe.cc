#include "suite/programs/observe.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include "suite/programs/attack.h"
#include "suite/programs/observe_descriptors.h"

namespace belljar::suite {

namespace {

struct Process {
  int pid = 0;
  int parent = 0;
  int inner_pid = 0;
  std::size_t depth = 0;
  std::string mode;  // the second word of its command line
  std::map<std::string, std::string> status;
};

std::string proc_path(int pid, const std::string& name) { return "/proc/" + std::to_string(pid) + "/" + name; }

std::string second_word(const std::string& command_line) {
  const std::size_t first = command_line.find('\0');
  if (first == std::string::npos) return {};
  return command_line.substr(first + 1, command_line.find('\0', first + 1) - first - 1);
}

Process read_process(int pid) {
  Process process;
  process.pid = pid;
  std::istringstream lines{read_text(proc_path(pid, "status"))};
  std::string line;
  while (std::getline(lines, line)) {
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos) process.status[line.substr(0, colon)] = line.substr(colon + 1);
  }
  process.parent = std::atoi(process.status["PPid"].c_str());
  std::istringstream numbers{process.status["NSpid"]};
  int number = 0;
  while (numbers >> number) {
    process.inner_pid = number;
    ++process.depth;
  }
  process.mode = second_word(read_text(proc_path(pid, "cmdline")));
  return process;
}

std::vector<Process> all_processes() {
  std::vector<Process> all;
  DIR* directory = ::opendir("/proc");
  if (directory == nullptr) return all;
  while (const dirent* entry = ::readdir(directory)) {
    const int pid = std::atoi(entry->d_name);
    if (pid > 0) all.push_back(read_process(pid));
  }
  (void)::closedir(directory);
  return all;
}

// Everything below `root` in a deeper pid namespace. Orphans go to their namespace's pid 1, so the tree stays whole.
std::vector<Process> sealed_below(int root) {
  std::map<int, Process> by_pid;
  for (Process& process : all_processes()) by_pid[process.pid] = std::move(process);
  const std::size_t own_depth = by_pid[root].depth;
  std::vector<Process> below;
  for (const auto& [pid, process] : by_pid) {
    int ancestor = process.parent;
    for (int steps = 0; ancestor > 1 && ancestor != root && steps < 100'000; ++steps)
      ancestor = by_pid[ancestor].parent;
    if (ancestor == root && process.depth > own_depth) below.push_back(process);
  }
  return below;
}

// Sums and extremes over the whole tree, printed once at the end.
class Totals {
 public:
  void add(const std::string& name, long value) { values_[name] += value; }
  void most(const std::string& name, long value) {
    const auto [at, fresh] = values_.emplace(name, value);
    if (!fresh) at->second = std::max(at->second, value);
  }
  void append_to(std::vector<std::string>& facts) const {
    for (const auto& [name, value] : values_) facts.push_back("fact " + name + " " + std::to_string(value));
  }

 private:
  std::map<std::string, long> values_;
};

long status_number(const Process& process, const std::string& key, int base = 10) {
  const auto found = process.status.find(key);
  return found == process.status.end() ? 0 : static_cast<long>(std::strtoull(found->second.c_str(), nullptr, base));
}

void add_status(const Process& process, Totals& totals) {
  totals.add("procs", 1);
  totals.add("threads", status_number(process, "Threads"));
  totals.add("rss_kib", status_number(process, "RssAnon") + status_number(process, "RssShmem"));
  totals.add("page_table_kib", status_number(process, "VmPTE"));
  totals.add("locked_kib", status_number(process, "VmLck"));
  totals.most("queued_signals", status_number(process, "SigQ"));
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    totals.most(set, status_number(process, set, 16) != 0 ? 1 : 0);
  }
  totals.most("may_gain_privileges", status_number(process, "NoNewPrivs") == 0 ? 1 : 0);
  totals.most("unfiltered", status_number(process, "Seccomp") == 0 ? 1 : 0);
  std::istringstream ids{process.status.contains("Uid") ? process.status.at("Uid") : ""};
  long real = 1;
  long effective = 1;
  ids >> real >> effective;
  totals.most("host_root", effective == 0 ? 1 : 0);
  const std::string name = read_text(proc_path(process.pid, "comm"));
  const std::string_view text = std::string_view{name}.substr(0, name.empty() ? 0 : name.size() - 1);
  totals.most("control_bytes_in_name", std::any_of(text.begin(), text.end(), [](char c) { return c < ' '; }) ? 1 : 0);
}

// Fields of /proc/PID/stat after the name: tty_nr is the 5th, utime and stime the 12th and 13th, nice the 17th, policy
// the 39th.
void add_stat(const Process& process, Totals& totals) {
  const std::string text = read_text(proc_path(process.pid, "stat"));
  const std::size_t after_name = text.rfind(')');
  if (after_name == std::string::npos) return;
  std::istringstream fields{text.substr(after_name + 1)};
  std::vector<long> values;
  std::string word;
  while (fields >> word) values.push_back(std::strtol(word.c_str(), nullptr, 10));
  if (values.size() < 39) return;
  totals.most("terminal", values[4] != 0 ? 1 : 0);
  totals.add("cpu_ms", (values[11] + values[12]) * 1000 / ::sysconf(_SC_CLK_TCK));
  totals.most("priority_raised", values[16] < 0 ? 1 : 0);
  totals.most("realtime", values[38] == 1 || values[38] == 2 || values[38] == 6 ? 1 : 0);
}

void add_limits(const Process& process, Totals& totals) {
  std::istringstream lines{read_text(proc_path(process.pid, "limits"))};
  std::string line;
  const auto soft = [&line] {
    const std::string value = line.substr(26, line.find(' ', 26) - 26);
    return value == "unlimited" ? 1L << 40 : std::strtol(value.c_str(), nullptr, 10);
  };
  while (std::getline(lines, line)) {
    if (line.starts_with("Max open files")) totals.most("open_files_limit", soft());
    if (line.starts_with("Max core file size")) totals.most("core_limit", soft());
  }
}

void add_mappings(const Process& process, Totals& totals) {
  const long personality = std::strtol(read_text(proc_path(process.pid, "personality")).c_str(), nullptr, 16);
  totals.most("personality_executable", (personality & 0x0400000) != 0 ? 1 : 0);
  totals.most("io_priority_realtime", io_priority_class(process.pid) == 1 ? 1 : 0);
}

void add_scratch(const Process& process, Totals& totals) {
  std::string line = read_text(proc_path(process.pid, "cmdline"));
  const std::size_t at = line.find("scratch=");
  if (at == std::string::npos) return;
  const std::string scratch = line.substr(at + 8, line.find('\0', at) - at - 8);
  DIR* directory = ::opendir((proc_path(process.pid, "root") + scratch).c_str());
  if (directory == nullptr) return;
  long entries = 0;
  while (::readdir(directory) != nullptr && entries < 100'000) ++entries;
  (void)::closedir(directory);
  totals.most("scratch_entries", entries);
}

}  // namespace

std::string read_text(const std::string& path) {
  std::string text;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  std::array<char, 8192> buffer{};
  ssize_t got = 0;
  while (text.size() < (1U << 20) && (got = ::read(fd, buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  (void)::close(fd);
  return text;
}

bool write_text(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return false;
  const ssize_t put = ::write(fd, text.data(), text.size());
  (void)::close(fd);
  return put == static_cast<ssize_t>(text.size());
}

std::vector<int> attackers_below(int root) {
  std::vector<int> found;
  for (const Process& process : sealed_below(root)) {
    if (process.mode == "attack") found.push_back(process.pid);
  }
  return found;
}

std::vector<std::string> inspect(int root) {
  std::vector<std::string> facts;
  Totals totals;
  DescriptorFacts descriptors;
  std::set<std::string> user_namespaces;
  for (const Process& process : sealed_below(root)) {
    const bool trusted = process.inner_pid == 1 || process.mode == "witness";
    totals.most("supervisor_traced", trusted && status_number(process, "TracerPid") != 0 ? 1 : 0);
    if (trusted) continue;
    add_status(process, totals);
    add_stat(process, totals);
    add_limits(process, totals);
    add_mappings(process, totals);
    add_scratch(process, totals);
    descriptors.add(process.pid);
    user_namespaces.insert(descriptors.link(proc_path(process.pid, "ns/user")));
  }
  totals.most("user_namespaces", static_cast<long>(user_namespaces.size()));
  descriptors.append_to(facts);
  totals.append_to(facts);
  return facts;
}

int print_inspection(int root) {
  for (const std::string& fact : inspect(root)) tell(fact + "\n");
  return 0;
}

std::vector<std::string> survivors(const std::string& marker) {
  std::vector<std::string> found;
  for (const Process& process : all_processes()) {
    const bool lingering = process.mode == "linger" || process.mode == "attack";
    if (!lingering) continue;
    const std::string line = read_text(proc_path(process.pid, "cmdline"));
    if (line.find(marker) != std::string::npos) found.push_back("survivor " + std::to_string(process.pid));
  }
  return found;
}

int print_survivors(const std::string& marker) {
  for (const std::string& line : survivors(marker)) tell(line + "\n");
  return 0;
}

}  // namespace belljar::suite
