// Clock: the time, handed down from main() so that tests hold it in their hands.
// Implementations are safe to call from any thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace belljar {

using Nanoseconds = std::chrono::nanoseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  // Monotonic, from an arbitrary origin: for durations and deadlines.
  virtual Nanoseconds monotonic() const = 0;
  // Since 1970-01-01 UTC: for people and records.
  virtual Nanoseconds wall() const = 0;
};

}  // namespace belljar
