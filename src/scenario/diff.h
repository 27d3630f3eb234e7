// Diff: two runs message by message, by what was said and decided and not by when the clock on the wall said so.
//
//   RunDiff diff = TRY(diff_runs(one, two, {}));
//   if (diff.first) show(diff.first->one, diff.first->two);   // the first message in which they differ
//   for (const ManifestChange& change : diff.manifest) ...    // what went into the runs and is not the same
//
// Messages are paired by their case and their place in it, so runs with many questions in flight compare, whatever the
// order in which they went. Compared are kind, state, sender, receiver, rule, end, logical time and body; ids on the
// wire are not. Both records are read through ledger/reader.h: nothing unsigned is compared, and a record that is not
// as it was written is an Error. Text in the result is printable. Memory: some 40 bytes for each case, and 100 for each
// message by which one run is ahead of the other in some case, at most kAheadMax of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "codec/json.h"
#include "ledger/ledger.h"

namespace belljar::scenario {

constexpr std::size_t kAheadMax = 1'000'000;
constexpr std::size_t kListedChangesMax = 100;
constexpr std::size_t kShownBodyBytesMax = 2000;

// A message as people see it.
struct ShownMessage {
  std::uint64_t entry = 0;  // of the ledger
  std::string what;         // "answer attempted, classifier to workload, case 7"
  std::string body;         // empty for none, "(erased)" for one that is gone
};

struct FirstDifference {
  std::vector<std::string> members;  // "body", "rule"; empty where one run has no such message
  std::optional<ShownMessage> one;
  std::optional<ShownMessage> two;
};

struct ManifestChange {
  std::string where;  // "models[classifier].files.digest"
  std::string one;    // JSON, "(none)" where it is absent
  std::string two;
};

struct RunDiff {
  std::uint64_t equal = 0;
  std::uint64_t different = 0;
  std::uint64_t only_one = 0;
  std::uint64_t only_two = 0;
  std::uint64_t erased = 0;  // equal as far as can be told: a body is gone
  std::optional<FirstDifference> first;
  std::vector<ManifestChange> manifest;
  std::uint64_t further_changes = 0;  // of the manifest, not listed
  std::string transcript_one;         // digests as the runs recorded them; empty without
  std::string transcript_two;

  bool same() const { return different + only_one + only_two == 0 && manifest.empty(); }
};

// What differs between two manifests, at most kListedChangesMax of it.
std::vector<ManifestChange> manifest_changes(const codec::Json& one, const codec::Json& two);

Result<RunDiff> diff_runs(const std::string& one, const std::string& two, const ledger::VerifyOptions& options);

}  // namespace belljar::scenario
