#include "base/text.h"

#include <array>
#include <cstdio>

namespace belljar {

namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::uint8_t byte_at(std::string_view text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }

// Length of the well-formed UTF-8 sequence at `at`, or 0 (Unicode 15, table 3-7).
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const std::uint8_t lead = byte_at(text, at);
  if (lead < 0x80) return 1;
  std::size_t length = 0;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) length = 2;
  if (lead >= 0xE0 && lead <= 0xEF) length = 3;
  if (lead >= 0xF0 && lead <= 0xF4) length = 4;
  if (lead == 0xE0) low = 0xA0;
  if (lead == 0xED) high = 0x9F;
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;
  if (length == 0 || at + length > text.size()) return 0;
  if (byte_at(text, at + 1) < low || byte_at(text, at + 1) > high) return 0;
  for (std::size_t next = 2; next < length; ++next) {
    if (byte_at(text, at + next) < 0x80 || byte_at(text, at + next) > 0xBF) return 0;
  }
  return length;
}

// C1 controls (U+0080..U+009F) move cursors on some terminals.
bool is_c1(std::string_view sequence) {
  return sequence.size() == 2 && byte_at(sequence, 0) == 0xC2 && byte_at(sequence, 1) < 0xA0;
}

// U+202A..U+202E and U+2066..U+2069 reorder what a person reads.
bool is_bidi_control(std::string_view sequence) {
  if (sequence.size() != 3 || byte_at(sequence, 0) != 0xE2) return false;
  const std::uint8_t second = byte_at(sequence, 1);
  const std::uint8_t third = byte_at(sequence, 2);
  return (second == 0x80 && third >= 0xAA && third <= 0xAE) || (second == 0x81 && third >= 0xA6 && third <= 0xA9);
}

int nibble(char c) {
  const std::size_t at = kHex.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

std::string one_decimal(double value, std::string_view unit) {
  std::array<char, 64> buffer{};
  const int decimals = value == static_cast<double>(static_cast<long long>(value)) ? 0 : 1;
  const int length = std::snprintf(buffer.data(), buffer.size(), "%.*f ", decimals, value);
  return std::string{buffer.data(), static_cast<std::size_t>(length)}.append(unit);
}

void append_hex_escape(std::string& out, std::uint8_t byte) {
  out += "\\x";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    out += kHex[byte_at(bytes, at) >> 4];
    out += kHex[byte_at(bytes, at) & 15];
  }
  return out;
}

Result<std::string> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return Error{Errc::invalid_argument, "hex: odd number of digits"};
  std::string out;
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    const int high = nibble(hex[at]);
    const int low = nibble(hex[at + 1]);
    if (high < 0 || low < 0) return Error{Errc::invalid_argument, "hex: not a lower-case hex digit"};
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::string to_base64(std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t have = bytes.size() - at < 3 ? bytes.size() - at : 3;
    std::uint32_t group = static_cast<std::uint32_t>(byte_at(bytes, at)) << 16;
    if (have > 1) group |= static_cast<std::uint32_t>(byte_at(bytes, at + 1)) << 8;
    if (have > 2) group |= byte_at(bytes, at + 2);
    out += kBase64[group >> 18];
    out += kBase64[(group >> 12) & 63];
    out += have > 1 ? kBase64[(group >> 6) & 63] : '=';
    out += have > 2 ? kBase64[group & 63] : '=';
  }
  return out;
}

Result<std::string> from_base64(std::string_view text) {
  const Error bad{Errc::invalid_argument, "base64: not the canonical form"};
  if (text.size() % 4 != 0) return bad;
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 4) {
    std::uint32_t group = 0;
    std::size_t padding = 0;
    for (std::size_t next = 0; next < 4; ++next) {
      const char c = text[at + next];
      if (c == '=' && at + 4 == text.size() && next >= 2) {
        ++padding;
        group <<= 6;
        continue;
      }
      const std::size_t value = kBase64.find(c);
      if (value == std::string_view::npos || padding != 0) return bad;
      group = group << 6 | static_cast<std::uint32_t>(value);
    }
    out += static_cast<char>(group >> 16);
    if (padding < 2) out += static_cast<char>((group >> 8) & 255);
    if (padding < 1) out += static_cast<char>(group & 255);
  }
  if (to_base64(out) != text) return bad;
  return out;
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

std::string printable(std::string_view untrusted, std::size_t bytes_max) {
  std::string out;
  std::size_t at = 0;
  while (at < untrusted.size() && at < bytes_max) {
    const std::uint8_t byte = byte_at(untrusted, at);
    const std::size_t length = utf8_length(untrusted, at);
    const std::string_view sequence = untrusted.substr(at, length);
    if (length == 0 || byte < 0x20 || byte == 0x7F || is_c1(sequence) || is_bidi_control(sequence)) {
      if (byte == '\n') {
        out += "\\n";
      } else if (byte == '\t') {
        out += "\\t";
      } else {
        for (std::size_t next = 0; next < (length == 0 ? 1 : length); ++next) {
          append_hex_escape(out, byte_at(untrusted, at + next));
        }
      }
      at += length == 0 ? 1 : length;
      continue;
    }
    out += sequence;
    at += length;
  }
  if (at < untrusted.size()) out += "…(" + std::to_string(untrusted.size() - at) + " more bytes)";
  return out;
}

std::string escape_markup(std::string_view untrusted) {
  std::string out;
  for (std::size_t at = 0; at < untrusted.size();) {
    const std::size_t length = utf8_length(untrusted, at);
    const std::uint8_t byte = byte_at(untrusted, at);
    const std::string_view sequence = untrusted.substr(at, length);
    at += length == 0 ? 1 : length;
    if (length == 0 || (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F || is_c1(sequence) ||
        is_bidi_control(sequence)) {
      out += "\xEF\xBF\xBD";
    } else if (byte == '&') {
      out += "&amp;";
    } else if (byte == '<') {
      out += "&lt;";
    } else if (byte == '>') {
      out += "&gt;";
    } else if (byte == '"') {
      out += "&quot;";
    } else if (byte == '\'') {
      out += "&#39;";
    } else {
      out += sequence;
    }
  }
  return out;
}

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 6> kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return one_decimal(value, kUnits[unit]);
}

std::string human_duration(std::int64_t nanoseconds) {
  constexpr std::array<std::string_view, 3> kUnits{"ns", "µs", "ms"};
  double value = static_cast<double>(nanoseconds);
  std::size_t unit = 0;
  for (; value >= 1000 && unit < kUnits.size(); ++unit) value /= 1000;
  return one_decimal(value, unit < kUnits.size() ? kUnits[unit] : "s");
}

}  // namespace belljar
