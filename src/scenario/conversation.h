// Conversation: which questions one model was asked and what each thing it says means. No I/O: frames in, meanings out.
//
//   Conversation talk{CaseIds{key}, cases.size()};
//   std::string id = talk.ask(17);                 // "c-17-5f0c2a91d3e8b764"
//   Heard heard = talk.hear(frame);
//   if (heard.meaning == Meaning::answer) use(heard.index, frame.object);
//   talk.give_up(17);                              // its deadline passed
//
// Ids are a keyed hash of the case's number: equal seeds and cases give equal ids, and a model cannot answer a question
// before it was asked. Memory is one byte per case, whatever a model says. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "scenario/stdio_frames.h"

namespace belljar::scenario {

class CaseIds {
 public:
  // `secret` must hold what the model cannot know: the digest of held-out cases, for one.
  explicit CaseIds(Digest secret) : secret_{secret} {}

  std::string id(std::size_t index) const;
  std::optional<std::size_t> index(std::string_view id) const;

 private:
  Digest secret_;
};

enum class Meaning {
  answer,       // {"id": ours, ...}
  model_error,  // {"id": ours, "error": "..."}
  stray,        // belongs to no case: `stray_kind` says why
};

struct Heard {
  Meaning meaning = Meaning::stray;
  std::size_t index = 0;        // answer, model_error
  std::string_view stray_kind;  // stray: as in spec::StrayMessage
  // An attempt at an answer that can never become one: the question in flight is lost to it. Noise (a printed line, a
  // message without an id, a second answer) leaves the question open until its deadline.
  bool spoils = false;
};

class Conversation {
 public:
  Conversation(CaseIds ids, std::size_t cases) : ids_{ids}, states_(cases, State::unasked) {}

  std::string ask(std::size_t index);
  void give_up(std::size_t index);
  Heard hear(const Frame& frame);

 private:
  enum class State : std::uint8_t { unasked, asked, answered, given_up };

  Heard hear_object(const codec::Json& object);

  CaseIds ids_;
  std::vector<State> states_;
};

}  // namespace belljar::scenario
