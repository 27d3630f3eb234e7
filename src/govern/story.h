// Story: how it came to what ended a model, told from the record: each message of the case it was in, what the networks
// of its models saw meanwhile, and what was found and done, in the order of the record.
//
//   if (has_story(verdict)) story = TRY(read_story(run_directory));
//   for (const StoryStep& step : story.steps) ...
//
// It is the story of the first containment, else of the first finding of severity "critical" or "high"; the case is
// that of the last message from or to the finding's model before it. Bodies are shown as they were sent, at most
// kStoryTextBytesMax of them, with what the content filters found in them masked; of a body with more findings than the
// record tells nothing is shown. All text is printable, and untrusted: what a model said is only what it said.
//
// Reads the record through ledger/reader.h, so nothing unsigned is told: twice over the entries, the bodies once.
// Memory is that of kStoryStepsMax steps and of the message under way. Safe from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "ledger/ledger.h"
#include "spec/verdict.h"

namespace belljar::govern {

constexpr std::size_t kStoryStepsMax = 60;  // a longer story loses its middle
constexpr std::size_t kStoryTextBytesMax = 400;

struct StoryStep {
  enum class Kind {
    request,
    answer,
    failure,
    network,    // what the gateway saw of a model: `to` is the place
    violation,  // a wall that a model ran into
    finding,
    containment,
  };
  Kind kind = Kind::request;
  std::int64_t at_ns = 0;  // since the run began
  std::uint64_t seq = 0;   // of a message; 0: not one
  std::string from;        // a model, or "workload"
  std::string to;          // of messages and of the network; of a violation the wall: "seccomp", "canary", ...
  std::string text;        // what was said, or what happened
  std::string state;       // of messages: "dispatched", "refused", ...; of the network: "allowed", "refused", ...
  std::string why;         // rule and reason, where there is one
  bool grave = false;      // it is what the story leads to, or a part of it
};

struct Story {
  std::string case_id;
  std::string model;    // whose end, or whose finding
  std::string finding;  // "f-1"
  std::string unread;   // why the record could not be read, where it could not
  std::uint64_t left_out = 0;
  std::vector<StoryStep> steps;
};

// Whether something was contained or grave.
bool has_story(const spec::Verdict& verdict);

// An Error says which file of the record is not what was signed.
Result<Story> read_story(const std::string& run_directory, const ledger::VerifyOptions& options = {});

}  // namespace belljar::govern
