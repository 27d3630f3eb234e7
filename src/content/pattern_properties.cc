#include "content/pattern_properties.h"

#include <algorithm>
#include <array>
#include <utility>

namespace belljar::content {

namespace {

// Unicode's PropertyValueAliases for General_Category; RE2 knows the short names alone.
constexpr std::array<std::pair<std::string_view, std::string_view>, 39> kCategories{{
    {"Letter", "L"},
    {"Uppercase_Letter", "Lu"},
    {"Lowercase_Letter", "Ll"},
    {"Titlecase_Letter", "Lt"},
    {"Modifier_Letter", "Lm"},
    {"Other_Letter", "Lo"},
    {"Mark", "M"},
    {"Combining_Mark", "M"},
    {"Nonspacing_Mark", "Mn"},
    {"Spacing_Mark", "Mc"},
    {"Enclosing_Mark", "Me"},
    {"Number", "N"},
    {"Decimal_Number", "Nd"},
    {"digit", "Nd"},
    {"Letter_Number", "Nl"},
    {"Other_Number", "No"},
    {"Punctuation", "P"},
    {"punct", "P"},
    {"Connector_Punctuation", "Pc"},
    {"Dash_Punctuation", "Pd"},
    {"Open_Punctuation", "Ps"},
    {"Close_Punctuation", "Pe"},
    {"Initial_Punctuation", "Pi"},
    {"Final_Punctuation", "Pf"},
    {"Other_Punctuation", "Po"},
    {"Symbol", "S"},
    {"Math_Symbol", "Sm"},
    {"Currency_Symbol", "Sc"},
    {"Modifier_Symbol", "Sk"},
    {"Other_Symbol", "So"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Line_Separator", "Zl"},
    {"Paragraph_Separator", "Zp"},
    {"Control", "Cc"},
    {"cntrl", "Cc"},
    {"Format", "Cf"},
    {"Private_Use", "Co"},
    {"Surrogate", "Cs"},
}};

constexpr std::array<std::string_view, 26> kScripts{
    "Arabic",   "Armenian",  "Bengali",   "Bopomofo", "Cyrillic", "Devanagari", "Ethiopic", "Georgian", "Greek",
    "Gujarati", "Gurmukhi",  "Han",       "Hangul",   "Hebrew",   "Hiragana",   "Kannada",  "Katakana", "Khmer",
    "Lao",      "Malayalam", "Mongolian", "Myanmar",  "Tamil",    "Telugu",     "Thai",     "Latin"};

std::string category(std::string_view name) {
  for (const auto& [longer, shorter] : kCategories) {
    if (name == longer || name == shorter) return std::string{shorter};
  }
  return {};
}

std::string script(std::string_view name) {
  return std::find(kScripts.begin(), kScripts.end(), name) == kScripts.end() ? "" : std::string{name};
}

}  // namespace

std::string re2_property(std::string_view name) {
  const std::size_t equals = name.find('=');
  if (equals == std::string_view::npos) return name == "Any" ? "Any" : category(name);
  const std::string_view kind = name.substr(0, equals);
  if (kind == "General_Category" || kind == "gc") return category(name.substr(equals + 1));
  return kind == "Script" || kind == "sc" ? script(name.substr(equals + 1)) : "";
}

}  // namespace belljar::content
