// What the sandboxes used, refused and proved: everything here was seen by the host.
#include <algorithm>

#include "base/text.h"
#include "govern/report_parts.h"

namespace belljar::govern {

namespace {

using spec::ModelRun;
using spec::SandboxReport;
using spec::Violation;

constexpr std::size_t kRowsMax = 200;
constexpr std::size_t kProofsMax = 40;
constexpr std::size_t kLogBytesMax = 16U << 10;

std::string more_rows(std::size_t all) {
  if (all <= kRowsMax) return "";
  return "<p class=\"lead\">" + count_words(all - kRowsMax, "further row is", "further rows are") +
         " in report.json.</p>";
}

const spec::Quotas* quotas_of(const View& view, const std::string& model) {
  for (const spec::ModelSpec& spec : view.input.scenario.models) {
    if (spec.name == model) return &spec.quotas;
  }
  return nullptr;
}

// One use against its quota: words left and right, a bar between.
std::string meter(std::string_view what, double used, double quota, const std::string& words) {
  const double share = quota > 0 ? used / quota : 0;
  const std::string_view tone = share >= 0.999 ? "wrong" : (share >= 0.8 ? "failed" : "asked");
  const std::string label = std::string{what} + ": " + words;
  return "<div class=\"" + std::string{tone} + "\"><div class=\"ends\"><span>" + std::string{what} + "</span><span>" +
         plain(words) + "</span></div><svg class=\"strip\" style=\"height:14px\" role=\"img\" aria-label=\"" +
         plain(label) +
         "\"><rect class=\"track\" width=\"100%\" y=\"3\" height=\"8\" rx=\"4\"/><rect class=\"tone\" width=\"" +
         percent_of(used, quota) + "\" y=\"3\" height=\"8\" rx=\"4\"/></svg></div>";
}

double real(std::uint64_t value) { return static_cast<double>(value); }

std::string byte_meter(std::string_view what, std::uint64_t used, std::uint64_t quota) {
  return meter(what, real(used), real(quota), human_bytes(used) + " of " + human_bytes(quota));
}

std::string time_meter(std::string_view what, std::int64_t used_ns, std::chrono::milliseconds quota) {
  const std::int64_t quota_ns = std::chrono::nanoseconds{quota}.count();
  return meter(what, static_cast<double>(used_ns), static_cast<double>(quota_ns),
               human_duration(used_ns) + " of " + human_duration(quota_ns));
}

std::string memory_words(const spec::MemoryUse& memory) {
  std::string out =
      "<p class=\"lead\">" + count_words(memory.page_faults_minor, "minor page fault", "minor page faults") + ", " +
      count_words(memory.page_faults_major, "major", "major") + "; swap " + plain(human_bytes(memory.swap_bytes)) +
      "; " + number(memory.fragmentation * 100).substr(0, number(memory.fragmentation * 100).find('.') + 2) +
      " % of the mapped memory not resident";
  if (memory.oom_events > 0)
    out += "; <b>" + count_words(memory.oom_events, "out-of-memory event", "out-of-memory events") + "</b>";
  return out + ".</p>";
}

std::string uses(const View& view, const ModelRun& run) {
  const spec::Quotas* quotas = quotas_of(view, run.model);
  const SandboxReport& box = run.sandbox;
  std::string out = view.input.measurements.models.size() > 1 ? "<h3>" + untrusted(run.model, 80) + "</h3>" : "";
  if (quotas == nullptr) return out + memory_words(box.memory);
  out += byte_meter("memory, peak", box.memory.peak_bytes, quotas->memory_bytes);
  out += time_meter("processor time", box.cpu_ns, quotas->cpu_time);
  out += time_meter("wall clock", box.wall_ns, quotas->wall);
  out += byte_meter("standard output", box.stdout_bytes.seen, quotas->output_bytes);
  out += byte_meter("standard error", box.stderr_bytes.seen, quotas->output_bytes);
  return out + memory_words(box.memory);
}

std::string violation_row(const std::string& model, const Violation& violation) {
  const std::string call =
      violation.call.empty() ? violation.arguments : violation.call + "(" + violation.arguments + ")";
  return "<tr><td>" + plain(violation.layer) + "</td><td>" + untrusted(model, 60) + "</td><td class=\"mono\">" +
         untrusted(call.empty() || call == "()" ? violation.rule : call, 160) + "</td><td>" +
         untrusted(violation.rule, 80) + "</td><td>" + untrusted(violation.process, 40) + "</td><td>" +
         plain(violation.answer) + "</td><td class=\"n\">" + std::to_string(violation.count) + "</td><td class=\"n\">" +
         plain(human_duration(violation.first_ns)) + "</td></tr>";
}

std::string how_it_ended(const SandboxReport& box) {
  std::string out = plain(spec::status_name(box.status));
  if (box.status == spec::EndStatus::exited) out += " with code " + std::to_string(box.exit_code);
  if (box.signal != 0) out += " by signal " + std::to_string(box.signal);
  if (!box.reason.empty()) out += ": " + untrusted(box.reason, 300);
  return out;
}

std::string proofs(const SandboxReport& box) {
  std::string out = "<ul class=\"proof\"><li" + std::string{box.posture == "ok" ? "" : " class=\"no\""} +
                    ">posture before the first instruction: " + untrusted(box.posture, 300) + "</li>";
  for (std::size_t at = 0; at < std::min(box.destruction_proof.size(), kProofsMax); ++at) {
    out += "<li>" + untrusted(box.destruction_proof[at], 300) + "</li>";
  }
  out += box.destroyed ? "<li>destroyed: nothing of it is left</li>" : "<li class=\"no\">its end was not proved</li>";
  for (const std::string& given_up : box.degraded)
    out += "<li class=\"no\">given up by name: " + untrusted(given_up, 100) + "</li>";
  return out + "</ul>";
}

std::string start_steps(const SandboxReport& box) {
  if (box.start.empty()) return "";
  std::int64_t all = 0;
  for (const spec::StepTime& step : box.start) all += std::max<std::int64_t>(0, step.ns);
  std::string out = "<details><summary>Started in " + plain(human_duration(all)) + ", step by step</summary>";
  for (std::size_t at = 0; at < std::min(box.start.size(), kProofsMax); ++at) {
    const spec::StepTime& step = box.start[at];
    out += meter(plain(step.step, 60), static_cast<double>(step.ns),
                 static_cast<double>(std::max<std::int64_t>(1, all)), human_duration(step.ns));
  }
  return out + "</details>";
}

// Lines were made printable when they were kept; they stay lines here.
std::string log_tail(const ModelRun& run) {
  if (run.log_tail.empty()) return "";
  std::string_view rest = std::string_view{run.log_tail}.substr(0, kLogBytesMax);
  std::string lines;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    lines += plain(line, 400) + "\n";
  }
  return "<details><summary>The last of its log</summary><pre><bdi>" + lines + "</bdi></pre></details>";
}

}  // namespace

std::string resources_section(const View& view) {
  const std::vector<ModelRun>& models = view.input.measurements.models;
  if (models.empty()) return "";
  std::string body = "<div style=\"margin-top:12px\">";
  for (const ModelRun& run : models) body += uses(view, run);
  return card("Use against quota", "Read from kernel counters, never from the model's words.", body + "</div>");
}

std::string walls_section(const View& view) {
  std::vector<std::pair<const ModelRun*, const Violation*>> all;
  for (const ModelRun& run : view.input.measurements.models) {
    for (const Violation& violation : run.sandbox.violations) all.emplace_back(&run, &violation);
  }
  if (view.input.measurements.models.empty()) return "";
  if (all.empty()) return card("Walls", "No wall was touched: nothing was tried that is not allowed.", "");
  std::string rows = "<div class=\"scroll\"><table>" +
                     table_head({"wall", "model", "what was tried", "rule", "process", "answer", "#times", "#first"}) +
                     "<tbody>";
  for (std::size_t at = 0; at < std::min(all.size(), kRowsMax); ++at)
    rows += violation_row(all[at].first->model, *all[at].second);
  return card("Walls", "What was tried and refused. Each row is one distinct attempt; times count its repetitions.",
              rows + "</tbody></table></div>" + more_rows(all.size()));
}

std::string sandboxes_section(const View& view) {
  std::string body;
  for (const ModelRun& run : view.input.measurements.models) {
    body += "<h3>" + untrusted(run.model, 80) + "</h3><p class=\"lead\">" + how_it_ended(run.sandbox) + "</p>" +
            proofs(run.sandbox) + start_steps(run.sandbox) + log_tail(run);
  }
  if (body.empty()) return "";
  return card("Sandboxes", "Each is used once. What follows was checked from outside.", body);
}

}  // namespace belljar::govern
