// Digest: 32 bytes of SHA-256, written "sha256:<64 hex>". Computed by codec/crypto.h; this is the value alone.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace belljar {

struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  auto operator<=>(const Digest&) const = default;
  std::string text() const;  // "sha256:..."
  std::string hex() const;   // 64 lower-case hex digits
  // Accepts exactly the form text() writes.
  static Result<Digest> parse(std::string_view text);
};

}  // namespace belljar
