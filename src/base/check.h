// CHECK(condition, "what it means"): a bug in Belljar, found. Always on; prints and aborts.
//
//   CHECK(!closed_, "append after seal");
//
// Never for input from a user or a sandbox: that is a Result.
#pragma once

namespace belljar::detail {
[[noreturn]] void check_failed(const char* file, int line, const char* condition, const char* meaning);
}

#define CHECK(condition, meaning)                                               \
  do {                                                                          \
    if (!(condition)) [[unlikely]]                                              \
      ::belljar::detail::check_failed(__FILE__, __LINE__, #condition, meaning); \
  } while (false)
