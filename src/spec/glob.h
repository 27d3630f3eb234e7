// Globs: the patterns of policies. In a word `*` stands for any run of characters; in a pattern of segments ("/v1/*",
// "files/read_*", "patient.**") `*` stays within its segment and a segment `**` stands for one and more whole segments.
//
//   glob_matches("triage-*", "triage-2");                      // true
//   segments_match("/v1/**", "/v1/users/7", '/');              // true; "/v1" does not match
//   segments_cover("*.example.com", "api.example.com", '.');   // true: all that the second matches, the first does
//
// `**` may stand once, at either end. Pure functions, no allocation; the time is at most |pattern| * |text|.
#pragma once

#include <string_view>

namespace belljar::spec {

bool glob_matches(std::string_view pattern, std::string_view text);
bool segments_match(std::string_view pattern, std::string_view text, char separator);
// Sound, not complete: true means that every text that `inner` matches is matched by `outer`.
bool segments_cover(std::string_view outer, std::string_view inner, char separator);
// Whether some text is matched by both; errs towards true.
bool segments_overlap(std::string_view a, std::string_view b, char separator);

}  // namespace belljar::spec
