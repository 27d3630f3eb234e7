#include "scenario/conversation.h"

#include <charconv>

#include "base/check.h"
#include "codec/crypto.h"

namespace belljar::scenario {

namespace {

constexpr std::size_t kHashDigits = 16;

Heard stray(std::string_view kind) { return {Meaning::stray, 0, kind, false}; }
Heard spoiling(std::string_view kind) { return {Meaning::stray, 0, kind, true}; }

}  // namespace

std::string CaseIds::id(std::size_t index) const {
  const std::string number = std::to_string(index);
  const Digest digest = codec::sha256("belljar case id\n" + secret_.hex() + "\n" + number);
  return "c-" + number + "-" + digest.hex().substr(0, kHashDigits);
}

std::optional<std::size_t> CaseIds::index(std::string_view text) const {
  constexpr std::string_view kPrefix = "c-";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  std::size_t number = 0;
  const char* begin = text.data() + kPrefix.size();
  const auto parsed = std::from_chars(begin, text.data() + text.size(), number);
  if (parsed.ec != std::errc{} || id(number) != text) return std::nullopt;
  return number;
}

std::string Conversation::ask(std::size_t index) {
  CHECK(index < states_.size() && states_[index] == State::unasked, "a question is asked once");
  states_[index] = State::asked;
  return ids_.id(index);
}

void Conversation::give_up(std::size_t index) {
  CHECK(index < states_.size() && states_[index] == State::asked, "only an open question can be given up");
  states_[index] = State::given_up;
}

Heard Conversation::hear_object(const codec::Json& object) {
  const codec::Json* id = object.find("id");
  if (id == nullptr) return stray("unsolicited");
  const auto index = id->is_string() ? ids_.index(id->as_string()) : std::nullopt;
  if (!index || *index >= states_.size() || states_[*index] == State::unasked) return spoiling("foreign-id");
  if (states_[*index] == State::answered) return stray("duplicate");
  if (states_[*index] == State::given_up) return stray("late");
  states_[*index] = State::answered;
  const Meaning meaning = object.find("error") != nullptr ? Meaning::model_error : Meaning::answer;
  return {meaning, *index, {}, false};
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
