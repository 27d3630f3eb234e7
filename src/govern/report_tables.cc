// Findings, the cases that went wrong, and what the record holds.
#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "govern/report_parts.h"

namespace belljar::govern {

namespace {

using codec::Json;
using spec::CaseResult;
using spec::Finding;

constexpr std::size_t kFindingsMax = 200;
constexpr std::size_t kCasesMax = 60;
constexpr std::size_t kStraysMax = 40;
constexpr std::size_t kManifestRowsMax = 300;

std::string further(std::size_t all, std::size_t shown) {
  return all > shown ? "<p class=\"lead\">" + count_words(all - shown, "further one is", "further ones are") +
                           " in report.json.</p>"
                     : "";
}

std::string finding_row(const Finding& finding) {
  const std::string style{severity_style(finding.severity)};
  return "<tr><td class=\"" + style + "\"><span class=\"pill\">" + plain(finding.severity, 20) +
         "</span></td><td class=\"w\">" + plain(finding.kind, 40) + "</td><td class=\"w\">" +
         untrusted(finding.model, 60) + "</td><td>" + untrusted(finding.detail, 300) +
         "<br><span class=\"soft mono\">" + untrusted(finding.rule, 120) + "</span></td><td class=\"n\">" +
         std::to_string(finding.count) + "</td><td class=\"n\">" + plain(human_duration(finding.first_ns)) +
         "</td><td>" +
         (finding.contained ? "<span class=\"pill contained\">contained</span>"
                            : "<span class=\"soft\">recorded</span>") +
         "</td></tr>";
}

// Cases held back after containment are counted, not listed: there is nothing to say of each.
bool went_wrong(const CaseResult& result, bool labelled) {
  if (result.end == spec::CaseEnd::held) return false;
  return result.end != spec::CaseEnd::answered || (labelled && result.expected != result.answered);
}

std::string case_row(const CaseResult& result, bool labelled) {
  const bool answered = result.end == spec::CaseEnd::answered;
  return "<tr><td class=\"mono\">" + untrusted(result.case_id, 60) + "</td><td>" + untrusted(result.model, 60) +
         "</td><td>" + std::string{case_word(result, labelled)} + "</td><td>" + untrusted(result.expected, 80) +
         "</td><td>" + untrusted(answered ? result.answered : result.detail, 200) + "</td><td class=\"n\">" +
         (result.latency_ns > 0 ? plain(human_duration(result.latency_ns)) : "–") + "</td></tr>";
}

std::string error_counts(const EndTally& ends, const Metrics& metrics) {
  std::string out = "<dl class=\"numbers\">";
  const auto add = [&out](std::string_view name, std::uint64_t count) {
    out += "<div><dt>" + std::string{name} + "</dt><dd>" + std::to_string(count) + "</dd></div>";
  };
  add("answered", ends.answered);
  add("model errors", ends.model_error);
  add("broken contracts", ends.contract_error);
  add("no answer in time", ends.timeout);
  add("harness errors", ends.harness_error);
  add("held back", ends.held);
  add("contract violations", metrics.contract_violations);
  return out + "</dl>";
}

std::string strays(const View& view) {
  const std::vector<spec::StrayMessage>& all = view.input.measurements.strays;
  if (all.empty()) return "";
  std::string out = "<h3>Messages that belong to no case</h3><div class=\"scroll\"><table>" +
                    table_head({"model", "kind", "sample", "#times"}) + "<tbody>";
  for (std::size_t at = 0; at < std::min(all.size(), kStraysMax); ++at) {
    out += "<tr><td>" + untrusted(all[at].model, 60) + "</td><td>" + plain(all[at].kind, 40) +
           "</td><td class=\"mono\">" + untrusted(all[at].sample, 240) + "</td><td class=\"n\">" +
           std::to_string(all[at].count) + "</td></tr>";
  }
  return out + "</tbody></table></div>" + further(all.size(), kStraysMax);
}

// The manifest as rows of path and value, without recursion: its depth is somebody's input.
struct Place {
  std::string path;
  const Json* value;
};

std::string leaf_text(const Json& value) { return value.is_string() ? value.as_string() : codec::to_json(value); }

std::vector<Place> children(const Place& place) {
  std::vector<Place> out;
  if (place.value->is_object()) {
    for (const auto& [key, value] : place.value->as_object())
      out.push_back({place.path + (place.path.empty() ? "" : ".") + key, &value});
  }
  if (place.value->is_array()) {
    const Json::Array& items = place.value->as_array();
    for (std::size_t at = 0; at < items.size(); ++at)
      out.push_back({place.path + "[" + std::to_string(at) + "]", &items[at]});
  }
  return out;
}

bool has_children(const Json& value) {
  return (value.is_object() && !value.as_object().empty()) || (value.is_array() && !value.as_array().empty());
}

std::string manifest_rows(const Json& manifest) {
  std::string out;
  std::size_t rows = 0;
  std::vector<Place> open{{"", &manifest}};
  while (!open.empty() && rows < kManifestRowsMax) {
    const Place place = std::move(open.back());
    open.pop_back();
    if (has_children(*place.value)) {
      std::vector<Place> inner = children(place);
      std::move(inner.rbegin(), inner.rend(), std::back_inserter(open));
      continue;
    }
    ++rows;
    out +=
        "<tr><td>" + untrusted(place.path, 120) + "</td><td>" + untrusted(leaf_text(*place.value), 300) + "</td></tr>";
  }
  return out + (open.empty() ? "" : "<tr><td>…</td><td>the rest is in manifest.json</td></tr>");
}

// A path as one word of a shell, whatever its letters.
std::string shell_word(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return out + "'";
}

bool needs_quotes(const std::string& text) {
  return text.empty() || text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-") !=
                             std::string::npos;
}

}  // namespace

std::string findings_section(const View& view) {
  const std::vector<Finding>& all = view.input.verdict.findings;
  if (all.empty()) return "";
  std::string rows = "<div class=\"scroll\"><table>" +
                     table_head({"severity", "kind", "model", "what happened", "#times", "#first", "answer"}) +
                     "<tbody>";
  for (std::size_t at = 0; at < std::min(all.size(), kFindingsMax); ++at) rows += finding_row(all[at]);
  return card("Findings", "What the detectors saw, and what followed.",
              rows + "</tbody></table></div>" + further(all.size(), kFindingsMax));
}

std::string errors_section(const View& view) {
  const std::vector<CaseResult>& cases = view.input.measurements.cases;
  std::string rows;
  std::size_t wrong = 0;
  for (const CaseResult& result : cases) {
    if (!went_wrong(result, view.metrics.labelled) || ++wrong > kCasesMax) continue;
    rows += case_row(result, view.metrics.labelled);
  }
  std::string body = error_counts(view.metrics.ends, view.metrics);
  if (wrong > 0) {
    body += "<div class=\"scroll\"><table>" +
            table_head({"case", "model", "end", "expected", "answer or reason", "#latency"}) + "<tbody>" + rows +
            "</tbody></table></div>" + further(wrong, kCasesMax);
  }
  return card("Cases",
              wrong == 0 && view.metrics.ends.held == 0 ? "None went wrong."
                                                        : "How they ended, and those that did not go as they should.",
              body + strays(view));
}

std::string record_section(const View& view) {
  const spec::Verdict& verdict = view.input.verdict;
  std::string body = "<div class=\"scroll\"><table class=\"keys\"><tbody>";
  const auto row = [&body](std::string_view name, const std::string& value) {
    body += "<tr><td>" + std::string{name} + "</td><td>" + (value.empty() ? std::string{"–"} : untrusted(value, 300)) +
            "</td></tr>";
  };
  row("manifest", verdict.manifest_digest);
  row("transcript", verdict.transcript_digest);
  row("ledger root", verdict.ledger.root);
  row("ledger entries", std::to_string(verdict.ledger.size));
  body += "</tbody></table></div>";
  const std::string directory = needs_quotes(verdict.directory) ? shell_word(verdict.directory) : verdict.directory;
  body += "<h3>How to verify</h3><pre><bdi>belljar verify " + plain(directory, 400) + "</bdi></pre>";
  if (!view.input.manifest.is_null()) {
    body +=
        "<details><summary>Everything that went in (the manifest)</summary><div class=\"scroll\"><table "
        "class=\"keys\"><tbody>" +
        manifest_rows(view.input.manifest) + "</tbody></table></div></details>";
  }
  return card("Record",
              "Every message, step and finding is an entry of a Merkle tree whose head is signed. This page is covered "
              "too: its digest is "
              "an entry. Equal inputs give an equal transcript digest.",
              body);
}

}  // namespace belljar::govern
