// Host names and paths in the one form that policies compare: what is in another form could mean the same thing and
// slip past a rule, so it is refused and never repaired here.
//
//   is_host_name("api.example.com");     // true; not "API.example.com", "api.example.com.", "api..com"
//   is_address("10.0.0.1");              // true; not "10.1", "0x0a000001", "010.0.0.1"
//   is_plain_path("/v1/users");          // true; not "/v1/../users", "//", "/%2e%2e/", "/a\\b"
//
// Pure functions, no allocation.
#pragma once

#include <string_view>

namespace belljar::spec {

// Labels of a-z, 0-9, - and _, at most 63 bytes each and 253 in all, the last not all digits.
bool is_host_name(std::string_view text);
// IPv4 with four decimal numbers; IPv6 in lower case as RFC 5952 writes it, without brackets or zone.
bool is_address(std::string_view text);
// A host name, "*." or "**." before one, "**", or an address.
bool is_host_pattern(std::string_view text);
// Absolute, no empty, "." or ".." segment but an empty last one, no control character, '\\', '?' or '#'; percent
// escapes in upper case, and only of what cannot be written otherwise ("%20", not "%41", "%2F" or "%25").
bool is_plain_path(std::string_view text);

}  // namespace belljar::spec
