#include <array>
#include <charconv>

#include "spec/sandbox_report.h"

namespace belljar::spec {

namespace {

using codec::Json;

// One object of a report. The first member that is not as it should be is remembered; until then all are read.
class Members {
 public:
  Members(const Json& object, std::string& wrong) : object_{object}, wrong_{wrong} {}

  const Json& at(std::string_view name, Json::Type type) {
    static const Json kNull;
    const Json* member = object_.find(name);
    if (member != nullptr && member->type() == type) return *member;
    if (wrong_.empty()) wrong_ = name;
    return kNull;
  }
  void read(std::string_view name, std::string& into) {
    const Json& member = at(name, Json::Type::string);
    if (member.is_string()) into = member.as_string();
  }
  void read(std::string_view name, bool& into) {
    const Json& member = at(name, Json::Type::boolean);
    if (member.is_bool()) into = member.as_bool();
  }
  template <class Integer>
  void read(std::string_view name, Integer& into) {
    const Json& member = at(name, Json::Type::integer);
    if (member.is_int()) into = static_cast<Integer>(member.as_int());
  }
  void read_fraction(std::string_view name, double& into) {
    const Json* member = object_.find(name);
    if (member != nullptr && member->is_number()) {
      into = member->as_number();
    } else if (wrong_.empty()) {
      wrong_ = name;
    }
  }
  void read(std::string_view name, std::vector<std::string>& into) {
    const Json& member = at(name, Json::Type::array);
    if (!member.is_array()) return;
    for (const Json& one : member.as_array()) {
      if (one.is_string()) {
        into.push_back(one.as_string());
      } else if (wrong_.empty()) {
        wrong_ = name;
      }
    }
  }

 private:
  const Json& object_;
  std::string& wrong_;
};

void read_memory(const Json& json, MemoryUse& memory, std::string& wrong) {
  Members members{json, wrong};
  members.read("peak_bytes", memory.peak_bytes);
  members.read("current_bytes", memory.current_bytes);
  members.read("swap_bytes", memory.swap_bytes);
  members.read("page_faults_minor", memory.page_faults_minor);
  members.read("page_faults_major", memory.page_faults_major);
  members.read("oom_events", memory.oom_events);
  members.read_fraction("fragmentation", memory.fragmentation);
}

StreamBytes read_stream(const Json& json, std::string& wrong) {
  Members members{json, wrong};
  StreamBytes bytes;
  members.read("seen", bytes.seen);
  members.read("kept", bytes.kept);
  return bytes;
}

Violation read_violation(const Json& json, std::string& wrong) {
  Members members{json, wrong};
  Violation violation;
  members.read("layer", violation.layer);
  members.read("rule", violation.rule);
  members.read("syscall", violation.call);
  members.read("count", violation.count);
  members.read("arguments", violation.arguments);
  members.read("process", violation.process);
  members.read("pid", violation.pid);
  members.read("answer", violation.answer);
  members.read("first_ns", violation.first_ns);
  return violation;
}

void read_status(Members& members, EndStatus& status, std::string& wrong) {
  std::string name;
  members.read("status", name);
  for (const EndStatus one : {EndStatus::exited, EndStatus::signaled, EndStatus::timeout, EndStatus::memory,
                              EndStatus::limit, EndStatus::denied}) {
    if (name != status_name(one)) continue;
    status = one;
    return;
  }
  if (wrong.empty()) wrong = "status";
}

std::optional<DeterministicReport> read_deterministic(const Json& json, std::string& wrong) {
  const Json* found = json.find("deterministic");
  if (found == nullptr) return std::nullopt;
  DeterministicReport report;
  Members members{*found, wrong};
  members.read("unfixed", report.unfixed);
  const Json* seed = found->find("seed");
  // Past 2^63 - 1 it is text.
  if (seed != nullptr && seed->is_string()) {
    const std::string& text = seed->as_string();
    (void)std::from_chars(text.data(), text.data() + text.size(), report.seed);
  } else {
    members.read("seed", report.seed);
  }
  return report;
}

void read_steps(const Json& json, std::vector<StepTime>& steps, std::string& wrong) {
  Members members{json, wrong};
  const Json& found = members.at("step_ns", Json::Type::object);
  if (!found.is_object()) return;
  for (const auto& [step, ns] : found.as_object()) {
    if (ns.is_int()) {
      steps.push_back({step, ns.as_int()});
    } else if (wrong.empty()) {
      wrong = "step_ns";
    }
  }
}

}  // namespace

Result<SandboxReport> read_report(const Json& json) {
  SandboxReport report;
  std::string wrong;
  Members members{json, wrong};
  read_status(members, report.status, wrong);
  members.read("exit_code", report.exit_code);
  members.read("signal", report.signal);
  members.read("reason", report.reason);
  members.read("wall_ns", report.wall_ns);
  members.read("cpu_ns", report.cpu_ns);
  read_memory(members.at("memory", Json::Type::object), report.memory, wrong);
  const Json& streams = members.at("output_bytes", Json::Type::object);
  Members both{streams, wrong};
  report.stdout_bytes = read_stream(both.at("stdout", Json::Type::object), wrong);
  report.stderr_bytes = read_stream(both.at("stderr", Json::Type::object), wrong);
  read_steps(members.at("start", Json::Type::object), report.start, wrong);
  const Json& violations = members.at("violations", Json::Type::array);
  if (violations.is_array()) {
    for (const Json& one : violations.as_array()) report.violations.push_back(read_violation(one, wrong));
  }
  members.read("posture", report.posture);
  members.read("destroyed", report.destroyed);
  members.read("destruction_proof", report.destruction_proof);
  members.read("degraded", report.degraded);
  report.deterministic = read_deterministic(json, wrong);
  if (wrong.empty()) return report;
  return Error{Errc::corrupt, "read the report of a sandbox: member \"" + wrong + "\" is missing or not as written"};
}

}  // namespace belljar::spec
