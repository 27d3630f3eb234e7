// make_fold_table FILE: writes the table that fold.cc includes, from the Unicode data of the ICU at hand.
#include <cstdio>
#include <cstdlib>

#include "content/programs/fold_of.h"
#include "content/programs/table_writer.h"

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
  (void)std::fprintf(file, "// Made by make_fold_table from ICU %s, Unicode %s.\n", U_ICU_VERSION, U_UNICODE_VERSION);
  belljar::content::write_table(file, "kFold",
                                [&](UChar32 code) { return belljar::content::fold_of(code, *nfkd, spoof); });
  uspoof_close(spoof);
  return std::fclose(file) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
