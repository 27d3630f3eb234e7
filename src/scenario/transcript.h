// Transcript: the logical content of a run as one digest: what was asked, what was answered, what was decided; no wall
// time, no wire id, no host. Equal inputs and equally behaving models give equal digests.
//
//   Transcript transcript{logical};
//   transcript.message(root, message, decision);        // each message of a root cause, in logical order
//   transcript.end(root, {"answered", "benign"});        // and its end, once
//   Digest digest = transcript.digest();                 // when every root cause has ended
//
// docs/formats/transcript.md has the format: each root cause has the SHA-256 of its lines, the run that of its root
// causes in their order. Under the logical clock lines carry its time. Messages that belong to no question are not part
// of it: when they come depends on time. Memory is that of the root causes under way. One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/digest.h"
#include "codec/crypto.h"
#include "exchange/stage.h"

namespace belljar::scenario {

class Transcript {
 public:
  explicit Transcript(bool logical) : logical_{logical} {}

  void message(const exchange::Message& message, const exchange::Decision& decision);
  // A question that got no answer: how it ended.
  void lost(std::uint64_t root, std::int64_t t_ns, std::string_view model, std::string_view end);
  void end(std::uint64_t root, std::string_view case_id, std::string_view model, std::string_view end,
           std::string_view answered);
  Digest digest();  // once

 private:
  void add(std::uint64_t root, std::string_view line);

  bool logical_;
  std::unordered_map<std::uint64_t, codec::Sha256> open_;
  std::map<std::uint64_t, Digest> ended_;  // whose turn has not come
  std::uint64_t next_ = 0;
  codec::Sha256 sum_;
};

}  // namespace belljar::scenario
