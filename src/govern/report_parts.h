// The sections of the HTML report and the few words they are written with. Inner part of report.h.
//
// Three ways for text to reach the page, and no fourth: words of ours are literals; text of a person or a sandbox goes
// through untrusted() or plain(); numbers come from the functions here. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "govern/gates.h"
#include "govern/report.h"

namespace belljar::govern {

struct View {
  const ReportInput& input;
  Metrics metrics;
  std::vector<GateAssessment> gates;  // as the verdict decided them
};

// Printable, bounded, escaped: for attributes and titles.
std::string plain(std::string_view text, std::size_t bytes_max = 200);
// The same, and fenced in: neither writing direction nor stacked accents reach beyond it.
std::string untrusted(std::string_view text, std::size_t bytes_max = 200);
std::string count_words(std::uint64_t count, std::string_view one, std::string_view many);  // "1 case", "2 cases"
std::string shortened(std::string_view text, std::size_t letters);  // with an ellipsis; not escaped
std::string_view severity_style(std::string_view severity);         // a class of the style sheet
std::string number(double value);                   // a coordinate: three decimals, never NaN or infinite
std::string percent_of(double part, double whole);  // "37.5%", clamped to 0..100
std::string card(std::string_view title, std::string_view lead, const std::string& body);
std::string table_head(const std::vector<std::string_view>& columns);

std::string gates_section(const View& view);
std::string confusion_section(const View& view);
std::string latency_section(const View& view);
std::string composition_section(const View& view);  // empty where each model is asked by itself
std::string timeline_section(const View& view);
std::string story_section(const View& view);  // empty where nothing was contained or grave
std::string findings_section(const View& view);
std::string resources_section(const View& view);
std::string walls_section(const View& view);
std::string sandboxes_section(const View& view);
std::string errors_section(const View& view);
std::string record_section(const View& view);

std::string_view report_style();

}  // namespace belljar::govern
