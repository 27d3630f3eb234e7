#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/text.h"
#include "govern/report_parts.h"

namespace belljar::govern {

// U+FFFE and U+FFFF are well-formed UTF-8, and yet no characters: XML 1.0 has no place for them.
std::string plain(std::string_view text, std::size_t bytes_max) {
  std::string out = escape_markup(printable(text, bytes_max));
  for (const std::string_view foreign : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {
    for (std::size_t at = out.find(foreign); at != std::string::npos; at = out.find(foreign, at)) {
      out.replace(at, foreign.size(), "\xEF\xBF\xBD");
    }
  }
  return out;
}

std::string untrusted(std::string_view text, std::size_t bytes_max) {
  return "<bdi class=\"u\">" + plain(text, bytes_max) + "</bdi>";
}

std::string count_words(std::uint64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string{count == 1 ? one : many};
}

std::string shortened(std::string_view text, std::size_t letters) {
  std::size_t at = 0;
  for (std::size_t seen = 0; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (begins && ++seen > letters) return std::string{text.substr(0, at)} + "…";
  }
  return std::string{text};
}

std::string_view severity_style(std::string_view severity) {
  for (const std::string_view known : {"critical", "high", "medium"}) {
    if (severity == known) return known;
  }
  return "low";
}

std::string number(double value) {
  constexpr double kMost = 1e7;
  const double safe = std::isfinite(value) ? std::clamp(value, -kMost, kMost) : 0;
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), "%.3f", safe);
  return text.data();
}

std::string percent_of(double part, double whole) {
  const double share = whole > 0 ? part / whole * 100 : 0;
  return number(std::isnan(share) ? 0 : std::clamp(share, 0.0, 100.0)) + "%";
}

std::string card(std::string_view title, std::string_view lead, const std::string& body) {
  std::string out = "<section class=\"card\"><h2>" + std::string{title} + "</h2>";
  if (!lead.empty()) out += "<p class=\"lead\">" + std::string{lead} + "</p>";
  return out + body + "</section>\n";
}

std::string table_head(const std::vector<std::string_view>& columns) {
  std::string out = "<thead><tr>";
  for (const std::string_view column : columns) {
    const bool is_number = column.starts_with('#');
    out += is_number ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">";
    out += std::string{column.substr(is_number ? 1 : 0)} + "</th>";
  }
  return out + "</tr></thead>";
}

}  // namespace belljar::govern
