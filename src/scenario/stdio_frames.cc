#include "scenario/stdio_frames.h"

#include <algorithm>

#include "base/text.h"

namespace belljar::scenario {

namespace {

constexpr std::size_t kSampleBytes = 512;

// The deepest nesting of brackets outside strings, right for every JSON text and harmless for any other: it decides
// before a parser spends anything on the line.
std::size_t bracket_depth(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') deepest = std::max(deepest, ++depth);
    if ((c == '}' || c == ']') && depth > 0) --depth;
  }
  return deepest;
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

std::string_view frame_kind_name(FrameKind kind) {
  switch (kind) {
    case FrameKind::object:
      return "object";
    case FrameKind::not_json:
      return "not-json";
    case FrameKind::not_utf8:
      return "not-utf8";
    case FrameKind::too_large:
      return "too-large";
    case FrameKind::too_deep:
      return "too-deep";
  }
  return "not-json";
}

Frame read_frame(std::string_view line, FrameLimits limits) {
  if (line.size() > limits.bytes_max) return {FrameKind::too_large, {}, line.substr(0, kSampleBytes)};
  if (!is_utf8(line)) return {FrameKind::not_utf8, {}, line};
  if (bracket_depth(line) > limits.depth_max) return {FrameKind::too_deep, {}, line};
  auto parsed = codec::parse_json(line, {.bytes_max = limits.bytes_max, .depth_max = limits.depth_max});
  if (!parsed || !parsed.value().is_object()) return {FrameKind::not_json, {}, line};
  return {FrameKind::object, std::move(parsed).value(), line};
}

void FrameReader::end_line(const Sink& sink) {
  if (!skipping_ && !is_blank(line_)) {
    if (line_.back() == '\r') line_.pop_back();
    sink(read_frame(line_, limits_));
  }
  skipping_ = false;
  line_.clear();
}

void FrameReader::take(std::string_view part, const Sink& sink) {
  if (skipping_ || part.empty()) return;
  // One byte of room for a carriage return, which is no part of the message.
  const std::size_t room = limits_.bytes_max + 1 - line_.size();
  const bool ends_in_return = part.size() == room && part.ends_with('\r');
  if (part.size() < room || ends_in_return) {
    line_ += part;
    return;
  }
  line_ += part.substr(0, room);
  skipping_ = true;
  sink({FrameKind::too_large, {}, std::string_view{line_}.substr(0, kSampleBytes)});
  line_ = std::string{};  // gives the memory back: the model is not owed a large buffer for its next lines
}

void FrameReader::feed(std::string_view bytes, const Sink& sink) {
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    take(bytes.substr(0, newline), sink);
    if (newline == std::string_view::npos) return;
    end_line(sink);
    bytes.remove_prefix(newline + 1);
  }
}

void FrameReader::finish(const Sink& sink) { end_line(sink); }

}  // namespace belljar::scenario
