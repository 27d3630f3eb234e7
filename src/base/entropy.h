// Entropy: unpredictable bytes, handed down from main() so that tests can name them.
#pragma once

#include <cstddef>
#include <span>

namespace belljar {

class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual void fill(std::span<std::byte> out) = 0;
};

}  // namespace belljar
