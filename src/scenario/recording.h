// Recording: what each model answered in an earlier run, by what it was asked: the source of replay, fork and resume.
//
//   Recording recording = TRY(Recording::read(run, {}));
//   if (const RecordedReply* reply = recording.take("a", question.body)) ...   // each at most once
//   std::string hint = recording.nearest("a", question.body);                   // for people, when there is none
//
// Requests are told apart by the digest of their canonical JSON without the id. Of equal ones the one with the same id
// is meant, which follows from the seed; where none has it, the first of those left. Answers are those that the models
// gave, before any fault or contract had its say: a replay gives both their say again. It is read through
// ledger/reader.h, so nothing that was not signed is in it. Memory grows with the bodies of the record. One thread at a
// time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "codec/json.h"
#include "scenario/call_desk.h"
#include "spec/measurements.h"

namespace belljar::scenario {

struct RecordedReply {
  enum class Kind { none, answer, failure, lost };
  Kind kind = Kind::none;  // none: the record ends before it
  std::uint64_t seq = 0;   // of the request
  std::string id;          // of the request, on the wire
  std::string case_id;
  std::string request;  // as sent
  std::string text;     // answer, failure
  std::uint64_t tokens = 0;
  std::uint64_t said = 0;                          // of the tokens, those of the answer itself
  spec::CaseEnd end = spec::CaseEnd::model_error;  // lost
  std::string why;                                 // lost
  bool final = false;                              // lost: the model was gone from there on
};

class Recording {
 public:
  // Replies with a seq beyond `until` are left out.
  static Result<Recording> read(const std::string& run_directory, std::optional<std::uint64_t> until);

  const RecordedReply* take(const std::string& model, const codec::Json& request);
  // The recorded request of that model most like this one and where it differs, in a sentence.
  std::string nearest(const std::string& model, const codec::Json& request) const;

  // The files beside the record that it vouches for, by path.
  const std::map<std::string, Digest>& files() const { return files_; }
  // What a model asked others while it worked on the question of that id, in order; each once.
  std::deque<Call>& calls(const std::string& model, const std::string& question) {
    return calls_[model + "\n" + question];
  }
  bool has_calls() const { return !calls_.empty(); }
  bool contained() const { return contained_; }  // so the run's own verdict says
  bool complete() const { return complete_; }
  std::uint64_t messages() const { return messages_; }
  const std::string& transcript_digest() const { return transcript_digest_; }  // empty: the run has no verdict

 private:
  struct OfModel {
    std::vector<RecordedReply> replies;
    std::unordered_map<std::string, std::deque<std::size_t>> by_request;  // by digest, in order
    std::unordered_map<std::string, std::size_t> by_id;                   // of requests not answered yet
  };
  struct Place {
    std::string model;
    std::size_t index = 0;
  };

  Result<void> take_entry(const codec::Json& entry, std::string_view body, std::optional<std::uint64_t> until);
  void take_request(const codec::Json& entry, std::string_view body, std::uint64_t seq);
  void take_reply(const codec::Json& entry, std::string_view body);
  void take_lost(const codec::Json& entry);
  RecordedReply* at(std::uint64_t seq);

  std::map<std::string, OfModel> models_;
  std::map<std::string, std::pair<std::string, std::string>> questions_;  // by span: to whom, and the id
  std::map<std::string, std::deque<Call>> calls_;                         // by model and question
  std::unordered_map<std::uint64_t, Place> by_seq_;
  std::map<std::string, Digest> files_;
  bool complete_ = false;
  bool contained_ = false;
  std::uint64_t messages_ = 0;
  std::string transcript_digest_;
};

}  // namespace belljar::scenario
