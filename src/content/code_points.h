// Code points of UTF-8, one after another, where text may be ill-formed: a byte that begins no well-formed sequence is
// kIllFormed and more, and is written back as that byte. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace belljar::content {

constexpr char32_t kIllFormed = 0x110000;  // plus the byte

// Takes the first of `text`, which is not empty.
inline char32_t take_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  const std::uint8_t lead = byte(0);
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  constexpr std::array<std::uint8_t, 5> kMasks{0, 0x7F, 0x1F, 0x0F, 0x07};
  constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  char32_t code = lead & kMasks[size];
  bool well = lead < 0x80 || (size > 1 && size <= text.size() && lead < 0xF8);
  for (std::size_t at = 1; well && at < size; ++at) {
    well = (byte(at) & 0xC0U) == 0x80;
    code = code << 6U | (byte(at) & 0x3FU);
  }
  well = well && code >= kLeast[size] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
  text.remove_prefix(well ? size : 1);
  return well ? code : kIllFormed + lead;
}

inline void append_code_point(char32_t code, std::string& out) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code >= kIllFormed) return put(code - kIllFormed);
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0U | code >> 6U);
  } else if (code < 0x10000) {
    put(0xE0U | code >> 12U);
    put(0x80U | (code >> 6U & 0x3FU));
  } else {
    put(0xF0U | code >> 18U);
    put(0x80U | (code >> 12U & 0x3FU));
    put(0x80U | (code >> 6U & 0x3FU));
  }
  put(0x80U | (code & 0x3FU));
}

}  // namespace belljar::content
