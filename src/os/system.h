// The machine's own clock and entropy, for main() to hand down.
#pragma once

#include "base/clock.h"
#include "base/entropy.h"

namespace belljar::os {

class SystemClock final : public Clock {
 public:
  Nanoseconds monotonic() const override;
  Nanoseconds wall() const override;
};

// getrandom(2).
class SystemEntropy final : public Entropy {
 public:
  void fill(std::span<std::byte> out) override;
};

}  // namespace belljar::os
