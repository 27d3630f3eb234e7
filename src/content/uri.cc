#include "content/uri.h"

#include <algorithm>

namespace belljar::content {

namespace {

struct Parts {
  std::string_view scheme, authority, path, query, fragment;
  bool has_scheme = false, has_authority = false, has_query = false, has_fragment = false;
};

// RFC 3986, appendix B.
Parts split(std::string_view uri) {
  Parts parts;
  if (const std::size_t at = uri.find('#'); at != std::string_view::npos) {
    parts.fragment = uri.substr(at + 1);
    parts.has_fragment = true;
    uri = uri.substr(0, at);
  }
  if (const std::size_t at = uri.find('?'); at != std::string_view::npos) {
    parts.query = uri.substr(at + 1);
    parts.has_query = true;
    uri = uri.substr(0, at);
  }
  const std::size_t colon = uri.find_first_of(":/");
  if (colon != std::string_view::npos && colon > 0 && uri[colon] == ':') {
    parts.scheme = uri.substr(0, colon);
    parts.has_scheme = true;
    uri = uri.substr(colon + 1);
  }
  if (uri.starts_with("//")) {
    const std::size_t end = std::min(uri.find('/', 2), uri.size());
    parts.authority = uri.substr(2, end - 2);
    parts.has_authority = true;
    uri = uri.substr(end);
  }
  parts.path = uri;
  return parts;
}

// RFC 3986, section 5.2.4, segment by segment.
std::string without_dots(std::string_view path) {
  const std::string root = path.starts_with('/') ? "/" : "";  // which no ".." leaves
  std::string out;
  std::size_t at = root.size();
  while (at < path.size()) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, slash - at);
    const bool last = slash == path.size();
    if (segment == "..") {
      if (!out.empty()) out.pop_back();  // the slash before it
      const std::size_t parent = out.rfind('/');
      out.resize(parent == std::string::npos ? 0 : parent + 1);
    } else if (segment != ".") {
      out.append(segment).append(last ? "" : "/");
    }
    at = slash + 1;
  }
  return root + out;
}

std::string merged_path(const Parts& base, std::string_view path) {
  if (path.starts_with('/')) return without_dots(path);
  if (base.has_authority && base.path.empty()) return without_dots("/" + std::string{path});
  const std::size_t slash = base.path.rfind('/');
  const std::string_view folder = slash == std::string_view::npos ? "" : base.path.substr(0, slash + 1);
  return without_dots(std::string{folder} + std::string{path});
}

}  // namespace

SplitUri split_uri(std::string_view uri) {
  const std::size_t at = uri.find('#');
  if (at == std::string_view::npos) return {uri, "", false};
  return {uri.substr(0, at), uri.substr(at + 1), true};
}

std::string resolve_uri(std::string_view base, std::string_view reference) {
  const Parts ref = split(reference);
  if (ref.has_scheme || base.empty()) return std::string{reference};
  const Parts from = split(base);
  std::string out;
  if (from.has_scheme) out.append(from.scheme).append(":");
  const bool own_authority = ref.has_authority;
  if (own_authority || from.has_authority) out.append("//").append(own_authority ? ref.authority : from.authority);
  const bool same_path = !own_authority && ref.path.empty();
  if (own_authority) {
    out += without_dots(ref.path);
  } else {
    out += same_path ? std::string{from.path} : merged_path(from, ref.path);
  }
  if (ref.has_query) {
    out.append("?").append(ref.query);
  } else if (same_path && from.has_query) {
    out.append("?").append(from.query);
  }
  if (ref.has_fragment) out.append("#").append(ref.fragment);
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    if (at + 2 >= text.size() || digit(text[at + 1]) < 0 || digit(text[at + 2]) < 0) return std::nullopt;
    out += static_cast<char>(digit(text[at + 1]) * 16 + digit(text[at + 2]));
    at += 2;
  }
  return out;
}

}  // namespace belljar::content
