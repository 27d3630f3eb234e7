// Conversation: which questions one model was asked and what each thing it says means. No I/O: frames in, meanings out.
//
//   Conversation talk{CaseIds{key}};
//   talk.ask(17);                                  // under the id ids.id(17), "c-17-5f0c2a91d3e8b764"
//   Heard heard = talk.hear(frame);
//   if (heard.meaning == Meaning::answer) use(heard.number, frame.object);
//   talk.give_up(17);                              // its deadline passed
//
// Ids are a keyed hash of the question's number: equal seeds and questions give equal ids, and a model cannot answer a
// question before it was asked. Memory is that of the open questions and of the last kGivenUpMax
// that were given up, whatever a model says. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "scenario/stdio_frames.h"

namespace belljar::scenario {

class CaseIds {
 public:
  // `secret` must hold what the model cannot know: the digest of held-out cases, for one.
  explicit CaseIds(Digest secret) : key_{secret.hex()} {}

  std::string id(std::uint64_t number) const;
  std::optional<std::uint64_t> number(std::string_view id) const;

 private:
  std::string key_;
};

enum class Meaning {
  answer,       // {"id": ours, ...}
  model_error,  // {"id": ours, "error": "..."}
  stray,        // belongs to no open question: `stray_kind` says why
};

struct Heard {
  Meaning meaning = Meaning::stray;
  std::uint64_t number = 0;     // answer, model_error
  std::string_view stray_kind;  // stray: as in spec::StrayMessage
  // An attempt at an answer that can never become one: a question in flight is lost to it. Noise (a printed line, a
  // message without an id, a second answer) leaves the question open until its deadline.
  bool spoils = false;
};

class Conversation {
 public:
  static constexpr std::size_t kGivenUpMax = 65'536;

  explicit Conversation(CaseIds ids) : ids_{std::move(ids)} {}

  void ask(std::uint64_t number);
  void give_up(std::uint64_t number);
  Heard hear(const Frame& frame);

 private:
  Heard hear_object(const codec::Json& object);

  CaseIds ids_;
  std::uint64_t last_ = 0;  // the highest number asked
  std::set<std::uint64_t> open_;
  std::set<std::uint64_t> given_up_;  // the last of them; an answer to an earlier one counts as a duplicate
};

}  // namespace belljar::scenario
