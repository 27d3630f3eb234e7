#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace belljar::detail {

void check_failed(const char* file, int line, const char* condition, const char* meaning) {
  (void)std::fprintf(stderr, "%s:%d: bug in belljar: expected %s: %s\n", file, line, condition, meaning);
  std::abort();
}

}  // namespace belljar::detail
