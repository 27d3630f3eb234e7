// Uri: how one schema names another (RFC 3986): a reference resolved against the place it stands in.
//
//   resolve_uri("https://example.org/a/b.json", "c.json#/x")   // "https://example.org/a/c.json#/x"
//
// An empty base is the document that has no name; a reference against it stays as it is. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace belljar::content {

struct SplitUri {
  std::string_view document;  // up to "#"
  std::string_view fragment;  // after it, still percent-encoded
  bool has_fragment = false;
};

SplitUri split_uri(std::string_view uri);
std::string resolve_uri(std::string_view base, std::string_view reference);
// Nothing for a "%" without two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace belljar::content
