// metrics.jsonl, written and read: the two halves of each line stand together, so that neither changes alone.
#include <array>
#include <chrono>
#include <limits>

#include "govern/record.h"
#include "govern/record_composition.h"
#include "govern/record_fields.h"
#include "govern/well_formed.h"

namespace belljar::govern {

namespace {

using codec::Json;
using spec::CaseResult;
using spec::StrayMessage;

constexpr std::size_t kLineBytesMax = 16U << 20;

// ---- kind "run": what a report shows of the scenario

Json gate_line(const spec::GateSpec& gate) {
  return Json::Object{{"metric", gate.metric},
                      {"bound", gate.bound == spec::GateBound::at_least ? "at_least" : "at_most"},
                      {"threshold", gate.threshold},
                      {"is_duration", gate.is_duration},
                      {"confidence", gate.confidence}};
}

Result<void> read_gate(const Json& value, const std::string& where, spec::GateSpec& gate) {
  Fields fields{value, where};
  TRY(fields.text("metric", gate.metric));
  gate.bound =
      TRY(fields.choice("bound", {"at_least", "at_most"})) == 0 ? spec::GateBound::at_least : spec::GateBound::at_most;
  TRY(fields.number("threshold", gate.threshold));
  TRY(fields.truth("is_duration", gate.is_duration));
  TRY(fields.number("confidence", gate.confidence));
  return fields.done();
}

Json quotas_line(const spec::Quotas& quotas) {
  return Json::Object{{"memory_bytes", quotas.memory_bytes},
                      {"cpu_cores", quotas.cpu_cores},
                      {"cpu_time_ms", std::int64_t{quotas.cpu_time.count()}},
                      {"processes", quotas.processes},
                      {"output_bytes", quotas.output_bytes},
                      {"wall_ms", std::int64_t{quotas.wall.count()}}};
}

Result<void> read_quotas(const Json& value, const std::string& where, spec::Quotas& quotas) {
  Fields fields{value, where};
  std::int64_t cpu_time = 0;
  std::int64_t wall = 0;
  std::uint64_t processes = 0;
  TRY(fields.count("memory_bytes", quotas.memory_bytes));
  TRY(fields.number("cpu_cores", quotas.cpu_cores));
  TRY(fields.integer("cpu_time_ms", cpu_time));
  TRY(fields.count("processes", processes));
  TRY(fields.count("output_bytes", quotas.output_bytes));
  TRY(fields.integer("wall_ms", wall));
  if (processes > std::numeric_limits<std::uint32_t>::max()) return fields.wrong("processes", "a count of processes");
  quotas.processes = static_cast<std::uint32_t>(processes);
  quotas.cpu_time = std::chrono::milliseconds{cpu_time};
  quotas.wall = std::chrono::milliseconds{wall};
  return fields.done();
}

Json model_line(const spec::ModelSpec& model) {
  Json::Array run(model.run.begin(), model.run.end());
  return Json::Object{{"name", model.name},
                      {"image", model.image},
                      {"run", std::move(run)},
                      {"type", model.type},
                      {"tier", model.tier},
                      {"profile", model.profile},
                      {"quotas", quotas_line(model.quotas)}};
}

Result<void> read_model(const Json& value, const std::string& where, spec::ModelSpec& model) {
  Fields fields{value, where};
  TRY(fields.text("name", model.name));
  TRY(fields.text("image", model.image));
  TRY(fields.texts("run", model.run));
  TRY(fields.text("type", model.type));
  TRY(fields.text("tier", model.tier));
  TRY(fields.text("profile", model.profile));
  TRY(read_quotas(*TRY(fields.object("quotas")), where + ": quotas", model.quotas));
  return fields.done();
}

Json run_line(const ReportInput& input) {
  const spec::Scenario& scenario = input.scenario;
  Json line = Json::Object{{"kind", "run"},
                           {"engine", input.engine_version},
                           {"started", input.started},
                           {"scenario", scenario.name},
                           {"file", scenario.file},
                           {"cases", scenario.workload.cases},
                           {"label", scenario.workload.label},
                           {"answer", scenario.workload.answer},
                           {"gain", scenario.amplification.gain}};
  Json::Array models;
  for (const spec::ModelSpec& model : scenario.models) models.push_back(model_line(model));
  Json::Array gates;
  for (const spec::GateSpec& gate : scenario.gates) gates.push_back(gate_line(gate));
  line.set("models", std::move(models));
  line.set("gates", std::move(gates));
  return line;
}

Result<void> read_run_line(Fields& fields, RunRecord& record) {
  spec::Scenario& scenario = record.scenario;
  TRY(fields.text("engine", record.engine_version));
  TRY(fields.text("started", record.started));
  TRY(fields.text("scenario", scenario.name));
  TRY(fields.text("file", scenario.file));
  TRY(fields.text("cases", scenario.workload.cases));
  TRY(fields.text("label", scenario.workload.label));
  TRY(fields.text("answer", scenario.workload.answer));
  TRY(fields.number("gain", scenario.amplification.gain));
  for (const Json& model : TRY(fields.array("models"))->as_array()) {
    TRY(read_model(model, fields.place("models"), scenario.models.emplace_back()));
  }
  for (const Json& gate : TRY(fields.array("gates"))->as_array()) {
    TRY(read_gate(gate, fields.place("gates"), scenario.gates.emplace_back()));
  }
  scenario.seed = record.verdict.seed;
  return {};
}

// ---- kinds "drive", "case", "stray"

Json drive_line(const spec::Measurements& measurements) {
  return Json::Object{{"kind", "drive"},
                      {"ns", measurements.drive_ns},
                      {"positive", measurements.positive},
                      {"contained", measurements.contained},
                      {"composed", measurements.composed},
                      {"clock", measurements.clock},
                      {"messages", measurements.messages}};
}

Result<void> read_drive(Fields& fields, RunRecord& record) {
  TRY(fields.integer("ns", record.measurements.drive_ns));
  TRY(fields.text("positive", record.measurements.positive));
  TRY(fields.truth("contained", record.measurements.contained));
  TRY(fields.truth("composed", record.measurements.composed));
  TRY(fields.text("clock", record.measurements.clock));
  return fields.count("messages", record.measurements.messages);
}

Json case_line(const CaseResult& result) {
  Json line = Json::Object{{"kind", "case"},
                           {"case", result.case_id},
                           {"model", result.model},
                           {"end", spec::case_end_name(result.end)},
                           {"expected", result.expected},
                           {"answered", result.answered},
                           {"latency_ns", result.latency_ns}};
  if (!result.detail.empty()) line.set("detail", result.detail);
  return line;
}

Result<void> read_case(Fields& fields, RunRecord& record) {
  using spec::CaseEnd;
  CaseResult& result = record.measurements.cases.emplace_back();
  TRY(fields.text("case", result.case_id));
  TRY(fields.text("model", result.model));
  std::vector<std::string_view> ends;
  for (const CaseEnd end : {CaseEnd::answered, CaseEnd::model_error, CaseEnd::contract_error, CaseEnd::timeout,
                            CaseEnd::harness_error, CaseEnd::held}) {
    ends.push_back(spec::case_end_name(end));
  }
  result.end = static_cast<CaseEnd>(TRY(fields.choice("end", ends)));
  TRY(fields.text("expected", result.expected));
  TRY(fields.text("answered", result.answered));
  TRY(fields.integer("latency_ns", result.latency_ns));
  return fields.text("detail", result.detail, Presence::optional);
}

Json stray_line(const StrayMessage& stray) {
  return Json::Object{{"kind", "stray"},
                      {"model", stray.model},
                      {"what", stray.kind},
                      {"sample", stray.sample},
                      {"count", stray.count}};
}

Result<void> read_stray(Fields& fields, RunRecord& record) {
  StrayMessage& stray = record.measurements.strays.emplace_back();
  TRY(fields.text("model", stray.model));
  TRY(fields.text("what", stray.kind));
  TRY(fields.text("sample", stray.sample));
  return fields.count("count", stray.count);
}

// ---- kind "model": spec::report_json(), and back

Json model_run_line(const spec::ModelRun& run) {
  return Json::Object{
      {"kind", "model"}, {"model", run.model}, {"log_tail", run.log_tail}, {"sandbox", spec::report_json(run.sandbox)}};
}

Result<void> read_violation(const Json& value, const std::string& where, spec::Violation& violation) {
  Fields fields{value, where};
  int pid = 0;
  TRY(fields.text("layer", violation.layer));
  TRY(fields.text("rule", violation.rule));
  TRY(fields.text("syscall", violation.call));
  TRY(fields.text("arguments", violation.arguments));
  TRY(fields.text("process", violation.process));
  TRY(fields.text("answer", violation.answer));
  TRY(fields.small("pid", pid));
  TRY(fields.count("count", violation.count));
  TRY(fields.integer("first_ns", violation.first_ns));
  violation.pid = pid;
  return fields.done();
}

Result<void> read_stream(const Json& value, const std::string& where, spec::StreamBytes& stream) {
  Fields fields{value, where};
  TRY(fields.count("seen", stream.seen));
  TRY(fields.count("kept", stream.kept));
  return fields.done();
}

Result<void> read_memory(const Json& value, const std::string& where, spec::MemoryUse& memory) {
  Fields fields{value, where};
  TRY(fields.count("peak_bytes", memory.peak_bytes));
  TRY(fields.count("current_bytes", memory.current_bytes));
  TRY(fields.count("swap_bytes", memory.swap_bytes));
  TRY(fields.count("page_faults_minor", memory.page_faults_minor));
  TRY(fields.count("page_faults_major", memory.page_faults_major));
  TRY(fields.count("oom_events", memory.oom_events));
  TRY(fields.number("fragmentation", memory.fragmentation));
  return fields.done();
}

Result<void> read_start(const Json& value, const std::string& where, std::vector<spec::StepTime>& start) {
  Fields fields{value, where};
  const Json* steps = TRY(fields.object("step_ns"));
  for (const auto& [step, ns] : steps->as_object()) {
    if (!ns.is_int()) return fields.wrong("step_ns", "nanoseconds");
    start.push_back({step, ns.as_int()});
  }
  return fields.done();
}

Result<void> read_sandbox_parts(Fields& fields, const std::string& where, spec::SandboxReport& report) {
  TRY(read_memory(*TRY(fields.object("memory")), where + ": memory", report.memory));
  Fields output{*TRY(fields.object("output_bytes")), where + ": output_bytes"};
  TRY(read_stream(*TRY(output.object("stdout")), where + ": stdout", report.stdout_bytes));
  TRY(read_stream(*TRY(output.object("stderr")), where + ": stderr", report.stderr_bytes));
  TRY(output.done());
  TRY(read_start(*TRY(fields.object("start")), where + ": start", report.start));
  for (const Json& violation : TRY(fields.array("violations"))->as_array()) {
    TRY(read_violation(violation, where + ": violations", report.violations.emplace_back()));
  }
  return {};
}

Result<void> read_sandbox(const Json& value, const std::string& where, spec::SandboxReport& report) {
  Fields fields{value, where};
  std::vector<std::string_view> statuses;
  for (int at = 0; at <= static_cast<int>(spec::EndStatus::denied); ++at) {
    statuses.push_back(spec::status_name(static_cast<spec::EndStatus>(at)));
  }
  report.status = static_cast<spec::EndStatus>(TRY(fields.choice("status", statuses)));
  TRY(fields.small("exit_code", report.exit_code));
  TRY(fields.small("signal", report.signal));
  TRY(fields.text("reason", report.reason));
  TRY(fields.integer("wall_ns", report.wall_ns));
  TRY(fields.integer("cpu_ns", report.cpu_ns));
  (void)fields.member("memory_peak_bytes");  // the same as memory.peak_bytes
  TRY(read_sandbox_parts(fields, where, report));
  TRY(fields.text("posture", report.posture));
  TRY(fields.truth("destroyed", report.destroyed));
  TRY(fields.texts("destruction_proof", report.destruction_proof));
  TRY(fields.texts("degraded", report.degraded));
  return fields.done();
}

Result<void> read_model_run(Fields& fields, RunRecord& record) {
  spec::ModelRun& run = record.measurements.models.emplace_back();
  TRY(fields.text("model", run.model));
  TRY(fields.text("log_tail", run.log_tail));
  return read_sandbox(*TRY(fields.object("sandbox")), fields.place("sandbox"), run.sandbox);
}

// ---- all lines

struct LineKind {
  std::string_view kind;
  Result<void> (*read)(Fields& fields, RunRecord& record);
};

constexpr std::array<LineKind, 9> kLineKinds{{
    {"run", read_run_line},
    {"drive", read_drive},
    {"model", read_model_run},
    {"case", read_case},
    {"stray", read_stray},
    {"link", read_link_line},
    {"gain", read_gain_line},
    {"vote", read_vote_line},
    {"fault", read_fault_line},
}};

Result<void> read_line(std::string_view line, const std::string& where, RunRecord& record) {
  const Json value = TRY_CTX(codec::parse_json(line, {.bytes_max = kLineBytesMax}), where);
  Fields fields{value, where};
  std::string kind;
  TRY(fields.text("kind", kind));
  for (const LineKind& known : kLineKinds) {
    if (known.kind != kind) continue;
    TRY(known.read(fields, record));
    return fields.done();
  }
  return fields.wrong("kind", "run, drive, model, case, stray, link, gain, vote or fault");
}

}  // namespace

std::string metrics_lines(const ReportInput& input) {
  std::string out;
  const auto add = [&out](Json line) { out += codec::to_json(well_formed(std::move(line))) + "\n"; };
  add(run_line(input));
  add(drive_line(input.measurements));
  for (const spec::ModelRun& run : input.measurements.models) add(model_run_line(run));
  for (const CaseResult& result : input.measurements.cases) add(case_line(result));
  for (const StrayMessage& stray : input.measurements.strays) add(stray_line(stray));
  for (Json& line : composition_lines(input.measurements)) add(std::move(line));
  return out;
}

Result<void> parse_metrics(std::string_view lines, RunRecord& record) {
  std::size_t number = 0;
  if (!lines.starts_with(R"({"kind":"run")")) {
    return Error{Errc::corrupt, "metrics.jsonl:1: the first line is not of kind run"};
  }
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    const std::string where = "metrics.jsonl:" + std::to_string(++number);
    if (end == std::string_view::npos) return Error{Errc::corrupt, where + ": the last line is cut off"};
    TRY(read_line(lines.substr(0, end), where, record));
    lines.remove_prefix(end + 1);
  }
  return {};
}

}  // namespace belljar::govern
