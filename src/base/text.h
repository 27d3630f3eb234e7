// Text: the few transformations of bytes that every floor needs, strict in what they accept.
// Pure functions; safe from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace belljar {

std::string to_hex(std::string_view bytes);
Result<std::string> from_hex(std::string_view hex);  // lower case, even length

// RFC 4648 section 4 with padding. Decoding accepts the canonical form alone: what it accepts encodes to the same text.
std::string to_base64(std::string_view bytes);
Result<std::string> from_base64(std::string_view text);

// True for well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
bool is_utf8(std::string_view text);

// Text from a sandbox made harmless for a terminal or a log line: control characters, escapes and ill-formed UTF-8
// become \xNN, newlines \n; cut at `bytes_max` with a trailing "…(N more bytes)".
std::string printable(std::string_view untrusted, std::size_t bytes_max = 200);

// For element content and quoted attributes of HTML and XML; ill-formed UTF-8 and control characters become U+FFFD.
std::string escape_markup(std::string_view untrusted);

// 1536 -> "1.5 KiB".
std::string human_bytes(std::uint64_t bytes);
// 1500000 -> "1.5 ms".
std::string human_duration(std::int64_t nanoseconds);

}  // namespace belljar
