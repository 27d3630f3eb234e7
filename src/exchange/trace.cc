#include "exchange/trace.h"

#include <cstring>

#include "base/mix.h"
#include "base/text.h"

namespace belljar::exchange {

namespace {

std::uint64_t not_zero(std::uint64_t value) { return value == 0 ? 1 : value; }

std::uint64_t low_half(const std::array<std::uint8_t, 16>& bytes) {
  std::uint64_t half = 0;
  std::memcpy(&half, bytes.data() + sizeof half, sizeof half);
  return half;
}

}  // namespace

TraceKey::TraceKey(const Digest& secret) { std::memcpy(key_.data(), secret.bytes.data(), sizeof key_); }

Cause TraceKey::begin(std::uint64_t root) const {
  Cause cause;
  const std::array<std::uint64_t, 2> halves{mix(key_[0] ^ root), not_zero(mix(key_[1] ^ root))};
  std::memcpy(cause.trace.data(), halves.data(), sizeof halves);
  cause.span = not_zero(mix(halves[1]));
  return cause;
}

Cause TraceKey::after(const Cause& before, std::uint64_t ordinal) const {
  return {before.trace, not_zero(mix(low_half(before.trace) + ordinal)), before.span};
}

void append_hex(std::string& out, std::uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (unsigned shift = 64; shift > 0;) {
    shift -= 4;
    out += kDigits[(value >> shift) & 15U];
  }
}

void append_hex(std::string& out, const std::array<std::uint8_t, 16>& bytes) {
  out += to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace belljar::exchange
