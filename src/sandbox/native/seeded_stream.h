// SeededStream: the random bytes of one task of a deterministic sandbox, from the seed alone.
//
//   SeededStream root = SeededStream::from_seed(7);
//   SeededStream child = root.child(0);             // the first task it makes
//   root.fill(buffer, 16);                          // as getrandom(2) answers it
//
// ChaCha20 (RFC 8439). Every task has a key of its own, derived from its parent's and from which child it is: what one
// task draws is the same however it and its siblings are interleaved. A draw begins with a new block of 64 bytes.
// Plain value without allocation: belljar-init uses it. Repeatable bytes are no secret; nothing outside a deterministic
// sandbox may take its randomness from here.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace belljar::sandbox::native {

struct ChaChaBlock {
  std::uint8_t bytes[64] = {};
};

// The block function of RFC 8439, section 2.3, with the counter and nonce words as given. Little-endian machines.
inline ChaChaBlock chacha20_block(const std::uint32_t (&key)[8], const std::uint32_t (&counter_and_nonce)[4]) {
  std::uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  std::memcpy(start + 4, key, sizeof key);
  std::memcpy(start + 12, counter_and_nonce, sizeof counter_and_nonce);
  std::uint32_t x[16];
  std::memcpy(x, start, sizeof x);
  const auto quarter = [&x](int a, int b, int c, int d) {
    x[a] += x[b];
    x[d] = std::rotl(x[d] ^ x[a], 16);
    x[c] += x[d];
    x[b] = std::rotl(x[b] ^ x[c], 12);
    x[a] += x[b];
    x[d] = std::rotl(x[d] ^ x[a], 8);
    x[c] += x[d];
    x[b] = std::rotl(x[b] ^ x[c], 7);
  };
  for (int round = 0; round < 10; ++round) {
    quarter(0, 4, 8, 12);
    quarter(1, 5, 9, 13);
    quarter(2, 6, 10, 14);
    quarter(3, 7, 11, 15);
    quarter(0, 5, 10, 15);
    quarter(1, 6, 11, 12);
    quarter(2, 7, 8, 13);
    quarter(3, 4, 9, 14);
  }
  for (int word = 0; word < 16; ++word) x[word] += start[word];
  ChaChaBlock block;
  std::memcpy(block.bytes, x, sizeof x);
  return block;
}

class SeededStream {
 public:
  static SeededStream from_seed(std::uint64_t seed) {
    SeededStream stream;
    std::memcpy(stream.key_, &seed, sizeof seed);
    return stream;
  }

  SeededStream child(std::uint64_t which) const {
    SeededStream stream;
    const ChaChaBlock block = at(which, kForChildren);
    std::memcpy(stream.key_, block.bytes, sizeof stream.key_);
    return stream;
  }

  void fill(void* into, std::size_t bytes) {
    auto* to = static_cast<std::uint8_t*>(into);
    while (bytes > 0) {
      const ChaChaBlock block = at(drawn_++, kForDraws);
      const std::size_t piece = bytes < sizeof block.bytes ? bytes : sizeof block.bytes;
      std::memcpy(to, block.bytes, piece);
      to += piece;
      bytes -= piece;
    }
  }

 private:
  static constexpr std::uint32_t kForDraws = 0;
  static constexpr std::uint32_t kForChildren = 1;

  ChaChaBlock at(std::uint64_t counter, std::uint32_t purpose) const {
    const std::uint32_t words[4] = {static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32),
                                    purpose, 0};
    return chacha20_block(key_, words);
  }

  std::uint32_t key_[8] = {};
  std::uint64_t drawn_ = 0;
};

}  // namespace belljar::sandbox::native
