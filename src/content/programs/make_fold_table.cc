// make_fold_table FILE: writes the table that fold.cc includes, from the Unicode data of the ICU at hand.
//
// Format: kFoldTexts, the distinct texts one after another; kFoldStarts, where each begins (and the last ends);
// kFoldPages, for each block of 256 characters the index of its page, 0 where all stay as they are; kFoldEntries,
// pages of 256: 0 stays, n becomes text n - 1.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <vector>

#include "content/programs/fold_of.h"

namespace {

constexpr UChar32 kBlocks = 0x1100;

template <class Numbers>
void write_numbers(std::FILE* file, const char* type, const char* name, const Numbers& numbers) {
  (void)std::fprintf(file, "constexpr %s %s[] = {", type, name);
  std::size_t column = 0;
  for (const auto number : numbers) {
    (void)std::fprintf(file, "%s%u,", column++ % 24 == 0 ? "\n  " : "", static_cast<unsigned>(number));
  }
  (void)std::fprintf(file, "\n};\n");
}

}  // namespace

int main(int count, char** arguments) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfkd = icu::Normalizer2::getNFKDInstance(status);
  USpoofChecker* spoof = uspoof_open(&status);
  std::FILE* file = count == 2 ? std::fopen(arguments[1], "we") : nullptr;
  if (U_FAILURE(status) != 0 || file == nullptr) {
    (void)std::fprintf(stderr, "make_fold_table: %s\n",
                       file == nullptr ? "cannot write the file" : u_errorName(status));
    return EXIT_FAILURE;
  }
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
      const std::string folded = belljar::content::fold_of(code, *nfkd, spoof);
      if (folded == same) continue;
      const auto [known, fresh] = texts.emplace(folded, static_cast<unsigned>(texts.size() + 1));
      if (fresh) in_order.push_back(folded);
      page.back() = known->second;
      changes = true;
    }
    pages.push_back(changes ? static_cast<unsigned>(entries.size() / 256) : 0);
    if (changes) entries.insert(entries.end(), page.begin(), page.end());
  }
  std::vector<unsigned> starts{0};
  (void)std::fprintf(file, "// Made by make_fold_table from ICU %s, Unicode %s.\nconstexpr char kFoldTexts[] =",
                     U_ICU_VERSION, U_UNICODE_VERSION);
  for (const std::string& text : in_order) {
    (void)std::fprintf(file, "\n  \"");
    for (const char byte : text) (void)std::fprintf(file, "\\%03o", static_cast<unsigned char>(byte));
    (void)std::fprintf(file, "\"");
    starts.push_back(starts.back() + static_cast<unsigned>(text.size()));
  }
  (void)std::fprintf(file, ";\n");
  write_numbers(file, "std::uint16_t", "kFoldStarts", starts);
  write_numbers(file, "std::uint16_t", "kFoldPages", pages);
  write_numbers(file, "std::uint16_t", "kFoldEntries", entries);
  uspoof_close(spoof);
  return std::fclose(file) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
