#include "scenario/conversation.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "codec/crypto.h"

namespace belljar::scenario {

namespace {

constexpr std::size_t kHashDigits = 16;

Heard stray(std::string_view kind) { return {Meaning::stray, 0, kind, false}; }
Heard spoiling(std::string_view kind) { return {Meaning::stray, 0, kind, true}; }

}  // namespace

std::string CaseIds::id(std::uint64_t number) const {
  const std::string text = std::to_string(number);
  const Digest digest = codec::sha256("belljar case id\n" + key_ + "\n" + text);
  return "c-" + text + "-" + digest.hex().substr(0, kHashDigits);
}

std::optional<std::uint64_t> CaseIds::number(std::string_view text) const {
  constexpr std::string_view kPrefix = "c-";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  std::uint64_t number = 0;
  const char* begin = text.data() + kPrefix.size();
  const auto parsed = std::from_chars(begin, text.data() + text.size(), number);
  if (parsed.ec != std::errc{} || id(number) != text) return std::nullopt;
  return number;
}

void Conversation::ask(std::uint64_t number) {
  CHECK(open_.insert(number).second, "a question is asked once");
  last_ = std::max(last_, number);
}

void Conversation::give_up(std::uint64_t number) {
  if (open_.erase(number) == 0) return;
  given_up_.insert(number);
  if (given_up_.size() > kGivenUpMax) given_up_.erase(given_up_.begin());
}

Heard Conversation::hear_object(const codec::Json& object) {
  const codec::Json* id = object.find("id");
  if (id == nullptr) return stray("unsolicited");
  const auto number = id->is_string() ? ids_.number(id->as_string()) : std::nullopt;
  if (!number || *number == 0 || *number > last_) return spoiling("foreign-id");
  if (open_.erase(*number) == 0) return stray(given_up_.contains(*number) ? "late" : "duplicate");
  const Meaning meaning = object.find("error") != nullptr ? Meaning::model_error : Meaning::answer;
  return {meaning, *number, {}, false};
}

Heard Conversation::hear(const Frame& frame) {
  switch (frame.kind) {
    case FrameKind::object:
      return hear_object(frame.object);
    case FrameKind::not_json:
    case FrameKind::not_utf8:
      return stray(frame_kind_name(frame.kind));
    case FrameKind::too_large:
    case FrameKind::too_deep:
      return spoiling(frame_kind_name(frame.kind));
  }
  return stray("not-json");
}

}  // namespace belljar::scenario
