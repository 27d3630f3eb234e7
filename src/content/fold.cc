#include "content/fold.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace belljar::content {

namespace {

#include <content/fold_table.inc>  // made by the build

constexpr std::size_t kLongest = 24;  // bytes that one unit can need to be decided
constexpr std::size_t kBackslashes = 8;

// Of one unit at the front of the text: how many bytes it takes, and what it becomes; nothing: it stays as it is.
struct Step {
  std::size_t size = 1;
  std::optional<std::string> becomes;
};

std::uint8_t byte_at(std::string_view text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }

std::size_t sequence_size(std::string_view text) {
  const std::uint8_t lead = byte_at(text, 0);
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  if (size > text.size()) return 1;
  for (std::size_t at = 1; at < size; ++at) {
    if ((byte_at(text, at) & 0xC0) != 0x80) return 1;
  }
  return size;
}

char32_t code_of(std::string_view sequence) {
  constexpr std::array<std::uint8_t, 5> kMasks{0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t code = byte_at(sequence, 0) & kMasks[sequence.size()];
  for (std::size_t at = 1; at < sequence.size(); ++at) code = (code << 6) | (byte_at(sequence, at) & 0x3FU);
  return code;
}

// What the table makes of a character; nothing where it stays.
std::optional<std::string> look_of(char32_t code) {
  if (code > 0x10FFFF) return std::nullopt;
  const std::uint16_t entry = kFoldEntries[kFoldPages[code >> 8] * 256U + (code & 255U)];
  if (entry == 0) return std::nullopt;
  return std::string{kFoldTexts + kFoldStarts[entry - 1], kFoldTexts + kFoldStarts[entry]};
}

// A character written by its number: ASCII and what looks like it becomes that; others are left as written.
std::optional<std::string> numbered(std::uint32_t code) {
  if (code >= 0x80) return look_of(code);
  if (code < 0x20 && code != '\n' && code != '\t' && code != '\r') return std::nullopt;
  return std::string(1, static_cast<char>(code));
}

std::optional<std::uint32_t> number_of(std::string_view digits, std::uint32_t base) {
  std::uint32_t value = 0;
  if (digits.empty()) return std::nullopt;
  for (const char c : digits) {
    std::uint32_t digit = 99;
    if (c >= '0' && c <= '9') digit = static_cast<std::uint32_t>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<std::uint32_t>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') digit = static_cast<std::uint32_t>(c - 'A') + 10;
    if (digit >= base || value > 0x10FFFF) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

Step backslash_step(std::string_view text) {
  const std::size_t run = std::min(text.find_first_not_of('\\'), text.size());
  if (run > kBackslashes || run == text.size()) return {std::min(run, kBackslashes), std::nullopt};
  constexpr std::string_view kPlain = "\"'/nrt";
  constexpr std::string_view kMeant = "\"'/\n\r\t";
  const char kind = text[run];
  if (const std::size_t at = kPlain.find(kind); at != std::string_view::npos) {
    return {run + 1, std::string(1, kMeant[at])};
  }
  const std::size_t digits = kind == 'u' ? 4 : kind == 'x' ? 2 : 0;
  if (digits != 0 && text.size() >= run + 1 + digits) {
    if (const auto code = number_of(text.substr(run + 1, digits), 16)) {
      if (auto becomes = numbered(*code)) return {run + 1 + digits, std::move(becomes)};
    }
  }
  return {run, std::nullopt};
}

Step percent_step(std::string_view text) {
  if (text.size() >= 3) {
    const auto code = number_of(text.substr(1, 2), 16);
    if (code && *code < 0x80) {
      if (auto becomes = numbered(*code)) return {3, std::move(becomes)};
    }
  }
  return {};
}

Step entity_step(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kNames{
      {{"quot", "\""}, {"apos", "'"}, {"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"nbsp", " "}}};
  const std::size_t end = text.substr(0, 12).find(';');
  if (end == std::string_view::npos) return {};
  const std::string_view name = text.substr(1, end - 1);
  for (const auto& [known, meant] : kNames) {
    if (name == known) return {end + 1, std::string{meant}};
  }
  if (!name.starts_with('#')) return {};
  const bool hex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
  if (const auto code = number_of(name.substr(hex ? 2 : 1), hex ? 16 : 10)) {
    if (auto becomes = numbered(*code)) return {end + 1, std::move(becomes)};
  }
  return {};
}

bool is_tag(std::string_view text) {
  return text.size() >= 4 && sequence_size(text) == 4 && code_of(text.substr(0, 4)) >= 0xE0020 &&
         code_of(text.substr(0, 4)) <= 0xE007E;
}

Step character_step(std::string_view text, bool& in_tags) {
  const std::size_t size = sequence_size(text);
  if (size == 1) return {};
  if (is_tag(text) && (in_tags || is_tag(text.substr(4)))) {
    in_tags = true;
    return {4, std::string(1, static_cast<char>(code_of(text.substr(0, 4)) - 0xE0000))};
  }
  return {size, look_of(code_of(text.substr(0, size)))};
}

bool is_plain(char byte) {
  return static_cast<std::uint8_t>(byte) < 0x80 && byte != '\\' && byte != '%' && byte != '&';
}

}  // namespace

void Folder::fold(std::string_view bytes, bool at_end, Folded& out) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::size_t plain_begin = at;
    while (at < bytes.size() && is_plain(bytes[at])) ++at;
    if (at != plain_begin) {
      out.text.append(bytes.substr(plain_begin, at - plain_begin));
      from_ += at - plain_begin;
      to_ += at - plain_begin;
      in_tags_ = false;
      continue;
    }
    const std::string_view rest = bytes.substr(at, kLongest);
    if (rest.size() < kLongest && !at_end) break;
    const bool was_in_tags = std::exchange(in_tags_, false);
    Step step;
    switch (rest[0]) {
      case '\\':
        step = backslash_step(rest);
        break;
      case '%':
        step = percent_step(rest);
        break;
      case '&':
        step = entity_step(rest);
        break;
      default:
        in_tags_ = was_in_tags;
        step = character_step(rest, in_tags_);
        in_tags_ = in_tags_ && is_tag(rest);
    }
    const std::size_t made = step.becomes ? step.becomes->size() : step.size;
    if (step.becomes) {
      out.units.push_back({from_, to_, static_cast<std::uint32_t>(step.size), static_cast<std::uint32_t>(made)});
    }
    out.text.append(step.becomes ? std::string_view{*step.becomes} : rest.substr(0, step.size));
    from_ += step.size;
    to_ += made;
    at += step.size;
  }
  carried_.assign(bytes.substr(at));
}

void Folder::push(std::string_view bytes, Folded& out) {
  if (carried_.empty()) return fold(bytes, false, out);
  const std::string joined = std::move(carried_) + std::string{bytes};
  fold(joined, false, out);
}

void Folder::finish(Folded& out) {
  const std::string last = std::move(carried_);
  fold(last, true, out);
}

Folded fold(std::string_view text) {
  Folder folder;
  Folded out;
  folder.push(text, out);
  folder.finish(out);
  return out;
}

}  // namespace belljar::content
