// A table from characters to texts, as the programs here write it for C++ to include. With PREFIX kFold:
// kFoldTexts, the distinct texts one after another; kFoldStarts, where each begins (and the last ends);
// kFoldPages, for each block of 256 characters the index of its page, 0 where all stay as they are; kFoldEntries,
// pages of 256: 0 stays, n becomes text n - 1.
#pragma once

#include <unicode/unistr.h>

#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace belljar::content {

template <class Numbers>
void write_numbers(std::FILE* file, const char* type, const std::string& name, const Numbers& numbers) {
  (void)std::fprintf(file, "constexpr %s %s[] = {", type, name.c_str());
  std::size_t column = 0;
  for (const auto number : numbers) {
    (void)std::fprintf(file, "%s%u,", column++ % 24 == 0 ? "\n  " : "", static_cast<unsigned>(number));
  }
  (void)std::fprintf(file, "\n};\n");
}

// `becomes` is asked of every character beyond ASCII that is no half of a pair.
template <class Becomes>
void write_table(std::FILE* file, const std::string& prefix, const Becomes& becomes) {
  constexpr UChar32 kBlocks = 0x1100;
  std::map<std::string, unsigned> texts;
  std::vector<std::string> in_order;
  std::vector<unsigned> pages;
  std::vector<unsigned> entries(256, 0);
  for (UChar32 block = 0; block < kBlocks; ++block) {
    std::vector<unsigned> page;
    bool changes = false;
    for (UChar32 code = block * 256; code < block * 256 + 256; ++code) {
      page.push_back(0);
      if (code < 0x80 || (code >= 0xD800 && code <= 0xDFFF)) continue;
      std::string same;
      icu::UnicodeString{code}.toUTF8String(same);
      const std::string text = becomes(code);
      if (text == same) continue;
      const auto [known, fresh] = texts.emplace(text, static_cast<unsigned>(texts.size() + 1));
      if (fresh) in_order.push_back(text);
      page.back() = known->second;
      changes = true;
    }
    pages.push_back(changes ? static_cast<unsigned>(entries.size() / 256) : 0);
    if (changes) entries.insert(entries.end(), page.begin(), page.end());
  }
  std::vector<unsigned> starts{0};
  (void)std::fprintf(file, "constexpr char %sTexts[] =", prefix.c_str());
  for (const std::string& text : in_order) {
    (void)std::fprintf(file, "\n  \"");
    for (const char byte : text) (void)std::fprintf(file, "\\%03o", static_cast<unsigned char>(byte));
    (void)std::fprintf(file, "\"");
    starts.push_back(starts.back() + static_cast<unsigned>(text.size()));
  }
  (void)std::fprintf(file, ";\n");
  write_numbers(file, "std::uint32_t", prefix + "Starts", starts);
  write_numbers(file, "std::uint16_t", prefix + "Pages", pages);
  write_numbers(file, "std::uint16_t", prefix + "Entries", entries);
}

}  // namespace belljar::content
