// make_normal_table FILE: writes the tables that normal_text.cc includes, from the Unicode data of the ICU at hand:
// kPlain and kCaseless as table_writer.h says, without the syllables of Hangul, which follow from arithmetic; and
// kMarks, the combining marks in order, with kMarkClasses, their canonical combining classes.
#include <cstdio>
#include <cstdlib>

#include "content/programs/normal_of.h"
#include "content/programs/table_writer.h"

int main(int count, char** arguments) {
  using belljar::content::Letters;
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfkd = icu::Normalizer2::getNFKDInstance(status);
  std::FILE* file = count == 2 ? std::fopen(arguments[1], "we") : nullptr;
  if (U_FAILURE(status) != 0 || file == nullptr) {
    (void)std::fprintf(stderr, "make_normal_table: %s\n",
                       file == nullptr ? "cannot write the file" : u_errorName(status));
    return EXIT_FAILURE;
  }
  (void)std::fprintf(file, "// Made by make_normal_table from ICU %s, Unicode %s.\n", U_ICU_VERSION, U_UNICODE_VERSION);
  const auto table = [&](const char* prefix, Letters letters) {
    belljar::content::write_table(file, prefix, [&](UChar32 code) {
      std::string same;
      if (code >= 0xAC00 && code <= 0xD7A3) return icu::UnicodeString{code}.toUTF8String(same);
      return belljar::content::normal_of(code, letters, *nfkd);
    });
  };
  table("kPlain", Letters::as_they_are);
  table("kCaseless", Letters::folded);
  std::vector<unsigned> marks;
  std::vector<unsigned> classes;
  for (UChar32 code = 0x80; code <= 0x10FFFF; ++code) {
    const unsigned order = u_getCombiningClass(code);
    if (order == 0) continue;
    marks.push_back(static_cast<unsigned>(code));
    classes.push_back(order);
  }
  belljar::content::write_numbers(file, "std::uint32_t", "kMarks", marks);
  belljar::content::write_numbers(file, "std::uint8_t", "kMarkClasses", classes);
  return std::fclose(file) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
