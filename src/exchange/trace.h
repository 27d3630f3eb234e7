// Trace: who caused a message, in the form of W3C Trace Context: a trace of 16 bytes for each root cause, a span of 8
// for each message, and the span of the message that caused it.
//
//   const TraceKey key{run_secret};
//   Cause request = key.begin(17);                    // root cause number 17
//   Cause answer = key.after(request, ordinal);       // caused by the request, the ordinal-th message of its root
//   cause
//
// Everything follows from the key, so that equal runs have equal ids; nothing follows from time. No id is all zeros, as
// the standard asks. Pure values; safe from any thread.
// Source: https://www.w3.org/TR/trace-context/
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/digest.h"

namespace belljar::exchange {

struct Cause {
  std::array<std::uint8_t, 16> trace{};
  std::uint64_t span = 0;
  std::uint64_t parent = 0;  // 0: the root cause itself
};

class TraceKey {
 public:
  explicit TraceKey(const Digest& secret);

  Cause begin(std::uint64_t root) const;
  // `ordinal` counts the messages of a root cause, from 1 after the first.
  Cause after(const Cause& before, std::uint64_t ordinal) const;

 private:
  std::array<std::uint64_t, 2> key_{};
};

void append_hex(std::string& out, std::uint64_t value);                        // 16 digits
void append_hex(std::string& out, const std::array<std::uint8_t, 16>& bytes);  // 32 digits

}  // namespace belljar::exchange
