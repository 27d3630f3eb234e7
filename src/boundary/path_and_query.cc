#include "boundary/path_and_query.h"

#include <algorithm>

#include "base/text.h"

namespace belljar::boundary {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

enum class Plus { plain, space };

Result<std::string> decode(std::string_view text, Plus plus) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '%') {
      const int high = at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
      const int low = at + 2 < text.size() ? hex_digit(text[at + 2]) : -1;
      if (high < 0 || low < 0) return Error{Errc::invalid_argument, "a broken percent escape"};
      c = static_cast<char>(high * 16 + low);
      at += 2;
    } else if (c == '+' && plus == Plus::space) {
      c = ' ';
    }
    if (c == '\0') return Error{Errc::invalid_argument, "a NUL"};
    out += c;
  }
  if (!is_utf8(out)) return Error{Errc::invalid_argument, "ill-formed UTF-8"};
  return out;
}

// "." or "..", also between slashes that were escaped.
bool leads_elsewhere(std::string_view step) {
  for (;;) {
    const std::size_t end = std::min(step.find('/'), step.size());
    const std::string_view part = step.substr(0, end);
    if (part == "." || part == "..") return true;
    if (end == step.size()) return false;
    step.remove_prefix(end + 1);
  }
}

Result<void> take_steps(std::string_view path, PathAndQuery& target) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    std::string step = TRY(decode(path.substr(0, end), Plus::plain));
    if (leads_elsewhere(step)) return Error{Errc::invalid_argument, "a step that leads elsewhere"};
    target.steps.push_back(std::move(step));
    path.remove_prefix(end);
  }
  return {};
}

Result<void> take_query(std::string_view query, PathAndQuery& target) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string name = TRY(decode(pair.substr(0, equals), Plus::space));
    std::string value = TRY(decode(pair.substr(std::min(equals + 1, pair.size())), Plus::space));
    target.query.emplace_back(std::move(name), std::move(value));
  }
  return {};
}

}  // namespace

std::string PathAndQuery::path() const {
  std::string out;
  for (const std::string& step : steps) out += "/" + step;
  return out;
}

const std::string* PathAndQuery::find(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return &value;
  }
  return nullptr;
}

Result<PathAndQuery> parse_path_and_query(std::string_view text) {
  if (!text.starts_with("/") || text.find('#') != std::string_view::npos) {
    return Error{Errc::invalid_argument, "read a request's target: it is no path"};
  }
  const std::size_t question = std::min(text.find('?'), text.size());
  PathAndQuery target;
  TRY_CTX(take_steps(text.substr(0, question), target), "read a request's path");
  TRY_CTX(take_query(text.substr(std::min(question + 1, text.size())), target), "read a request's query");
  return target;
}

std::string percent_encode(std::string_view text, Slash slash) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view{"-._~"}.find(c) != std::string_view::npos || (c == '/' && slash == Slash::kept);
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4U];
    out += kHex[byte & 15U];
  }
  return out;
}

}  // namespace belljar::boundary
