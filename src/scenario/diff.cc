#include "scenario/diff.h"

#include <algorithm>
#include <array>
#include <functional>
#include <unordered_map>

#include "base/text.h"
#include "codec/crypto.h"
#include "codec/json.h"
#include "ledger/reader.h"
#include "ledger/trust.h"

namespace belljar::scenario {

namespace {

using codec::Json;
using ledger::BodyState;
using ledger::RecordReader;

constexpr std::size_t kMembers = 8;
constexpr std::array<std::string_view, kMembers> kMemberNames{"kind", "state", "from", "to",
                                                              "rule", "end",   "t_ns", "body"};
constexpr std::size_t kBody = kMembers - 1;
constexpr std::uint64_t kManifestBytesMax = 16U << 20;
constexpr std::size_t kManifestDepthMax = 16;
constexpr std::size_t kShownValueBytesMax = 200;
constexpr std::size_t kRecentAttempts = 4096;

std::string text_of(const Json& entry, std::string_view name) {
  const Json* member = entry.find(name);
  if (member == nullptr) return {};
  return member->is_string() ? member->as_string() : codec::to_json(*member);
}

// What is compared of a message, short enough to keep.
struct Kept {
  std::uint64_t entry = 0;
  bool erased = false;
  std::array<std::uint64_t, kMembers> members{};  // the first 64 bits of a SHA-256 of each
};

std::uint64_t short_digest(std::string_view text) {
  const Digest digest = codec::sha256(text);
  std::uint64_t value = 0;
  for (std::size_t at = 0; at < 8; ++at) value = value << 8 | digest.bytes[at];
  return value;
}

// The wire id is chosen by a run and says nothing.
std::string logical_body(std::string_view body) {
  Result<Json> parsed = codec::parse_json(body);
  if (!parsed) return std::string{body};
  if (parsed.value().is_object()) {
    Json::Object& members = parsed.value().as_object();
    members.erase(std::remove_if(members.begin(), members.end(), [](const Json::Member& m) { return m.first == "id"; }),
                  members.end());
  }
  return codec::canonical_json(parsed.value());
}

std::string logical_member(const Json& entry, const RecordReader::Item& item, std::size_t member) {
  if (member == kBody) return item.body_state == BodyState::there ? logical_body(item.body) : std::string{};
  return text_of(entry, kMemberNames[member]);
}

// The messages of one record, in order, and what else of it a comparison needs.
class MessageReader {
 public:
  explicit MessageReader(RecordReader record) : record_{std::move(record)} {}

  // False at the end.
  Result<bool> next();

  std::uint64_t key() const { return key_; }  // of its case and its place in it
  const Kept& kept() const { return kept_; }
  ShownMessage shown() const;
  const std::string& transcript_digest() const { return transcript_digest_; }
  // Once the end is reached; null where the run has none.
  Result<Json> manifest() const;

 private:
  struct Attempt {
    std::uint64_t seq = 0;
    std::string case_id;
    std::string from;
    std::string to;
  };

  bool take(const RecordReader::Item& item);
  const Attempt& attempt_of(const Json& entry, bool is_attempt);

  RecordReader record_;
  Json entry_;
  Attempt attempt_;
  std::string body_;
  std::uint64_t key_ = 0;
  Kept kept_;
  std::unordered_map<std::uint64_t, std::uint64_t> places_;  // of each case: messages so far
  std::vector<Attempt> recent_ = std::vector<Attempt>(kRecentAttempts);
  std::optional<Digest> manifest_digest_;
  std::string transcript_digest_;
};

Result<bool> MessageReader::next() {
  while (const RecordReader::Item* item = TRY(record_.next())) {
    if (take(*item)) return true;
  }
  return false;
}

bool MessageReader::take(const RecordReader::Item& item) {
  if (item.claims.file && item.claims.file->path == "manifest.json") manifest_digest_ = item.claims.file->digest;
  Result<Json> entry = codec::parse_json(item.entry);
  if (!entry) return false;
  const std::string kind = text_of(entry.value(), "kind");
  if (kind == "verdict") transcript_digest_ = text_of(entry.value(), "transcript_digest");
  const bool is_message = kind == "request" || kind == "answer" || kind == "failure" || kind == "lost";
  if (!is_message) return false;
  entry_ = std::move(entry).value();
  body_ = item.body;
  attempt_ = attempt_of(entry_, text_of(entry_, "state") == "attempted");
  const std::uint64_t place = places_[short_digest(attempt_.case_id)]++;
  key_ = short_digest(attempt_.case_id + '\n' + std::to_string(place));
  kept_ = {item.index, item.body_state == BodyState::erased, {}};
  for (std::size_t member = 0; member < kMembers; ++member) {
    kept_.members[member] = short_digest(logical_member(entry_, item, member));
  }
  return true;
}

// What follows an attempt, soon, names it by its number alone.
const MessageReader::Attempt& MessageReader::attempt_of(const Json& entry, bool is_attempt) {
  const Json* number = entry.find("seq");
  const std::uint64_t seq = number != nullptr && number->is_int() ? static_cast<std::uint64_t>(number->as_int()) : 0;
  Attempt& recent = recent_[seq % kRecentAttempts];
  if (is_attempt || recent.seq != seq) {
    recent = {seq, text_of(entry, "case"), text_of(entry, "from"), text_of(entry, "to")};
  }
  return recent;
}

ShownMessage MessageReader::shown() const {
  const std::string rule = text_of(entry_, "rule");
  std::string what = text_of(entry_, "kind") + ' ' + text_of(entry_, "state") + ", " + attempt_.from + " to " +
                     attempt_.to + ", case " + attempt_.case_id;
  if (!rule.empty()) what += ", " + rule;
  return {kept_.entry, printable(what, kShownValueBytesMax),
          kept_.erased ? "(erased)" : printable(body_, kShownBodyBytesMax)};
}

Result<Json> MessageReader::manifest() const {
  if (!manifest_digest_) return Json{};
  const std::string text = TRY(ledger::read_beneath(record_.run_fd(), "manifest.json", kManifestBytesMax));
  if (codec::sha256(text) != *manifest_digest_) {
    return Error{Errc::corrupt, "manifest.json: its digest is not the one in the ledger"};
  }
  return TRY_CTX(codec::parse_json(text), "manifest.json");
}

class ManifestDiff {
 public:
  explicit ManifestDiff(RunDiff& into) : into_{&into} {}

  void compare(const std::string& where, const Json* one, const Json* two, std::size_t depth);

 private:
  void add(const std::string& where, const Json* one, const Json* two);

  RunDiff* into_;
};

std::string shown_value(const Json* value) {
  return value == nullptr ? "(none)" : printable(codec::to_json(*value), kShownValueBytesMax);
}

void ManifestDiff::add(const std::string& where, const Json* one, const Json* two) {
  if (into_->manifest.size() == kListedChangesMax) {
    ++into_->further_changes;
  } else {
    into_->manifest.push_back({printable(where, kShownValueBytesMax), shown_value(one), shown_value(two)});
  }
}

// Elements of a list go by their name where they have one: a model that was added shifts no other.
const Json* named_element(const Json::Array& list, const std::string& name) {
  const auto at =
      std::find_if(list.begin(), list.end(), [&name](const Json& element) { return text_of(element, "name") == name; });
  return at == list.end() ? nullptr : &*at;
}

bool all_named(const Json::Array& list) {
  return std::all_of(list.begin(), list.end(), [](const Json& element) { return !text_of(element, "name").empty(); });
}

void ManifestDiff::compare(const std::string& where, const Json* one, const Json* two, std::size_t depth) {
  if (one != nullptr && two != nullptr && *one == *two) return;
  const bool objects = one != nullptr && two != nullptr && one->is_object() && two->is_object();
  const bool lists = one != nullptr && two != nullptr && one->is_array() && two->is_array() &&
                     all_named(one->as_array()) && all_named(two->as_array());
  if (depth == kManifestDepthMax || (!objects && !lists)) {
    add(where, one, two);
    return;
  }
  if (objects) {
    const std::string prefix = where.empty() ? "" : where + '.';
    for (const Json::Member& member : one->as_object()) {
      compare(prefix + member.first, &member.second, two->find(member.first), depth + 1);
    }
    for (const Json::Member& member : two->as_object()) {
      if (one->find(member.first) == nullptr) compare(prefix + member.first, nullptr, &member.second, depth + 1);
    }
    return;
  }
  for (const Json& element : one->as_array()) {
    const std::string name = text_of(element, "name");
    compare(where + '[' + name + ']', &element, named_element(two->as_array(), name), depth + 1);
  }
  for (const Json& element : two->as_array()) {
    const std::string name = text_of(element, "name");
    if (named_element(one->as_array(), name) == nullptr)
      compare(where + '[' + name + ']', nullptr, &element, depth + 1);
  }
}

// Pairs the messages of two records that are read in turns.
class Pairing {
 public:
  Result<void> take_one(const MessageReader& message) { return take(message, ahead_one_, ahead_two_, false); }
  Result<void> take_two(const MessageReader& message) { return take(message, ahead_two_, ahead_one_, true); }
  void finish(RunDiff& into);

  // Entries of the first difference, for the second reading that shows them.
  struct Place {
    std::optional<std::uint64_t> one;
    std::optional<std::uint64_t> two;
    std::vector<std::string> members;

    std::uint64_t order() const { return std::min(one.value_or(UINT64_MAX), two.value_or(UINT64_MAX)); }
  };
  const std::optional<Place>& first() const { return first_; }

 private:
  using Ahead = std::unordered_map<std::uint64_t, Kept>;

  Result<void> take(const MessageReader& message, Ahead& own, Ahead& other, bool swapped);
  void compare(const Kept& one, const Kept& two);
  void consider(Place place);

  Ahead ahead_one_;
  Ahead ahead_two_;
  RunDiff counts_;
  std::optional<Place> first_;
};

Result<void> Pairing::take(const MessageReader& message, Ahead& own, Ahead& other, bool swapped) {
  const auto match = other.find(message.key());
  if (match == other.end()) {
    if (own.size() == kAheadMax) {
      return Error{Errc::exhausted,
                   "one run is more than " + std::to_string(kAheadMax) + " messages ahead of the other"};
    }
    own.emplace(message.key(), message.kept());
    return {};
  }
  compare(swapped ? match->second : message.kept(), swapped ? message.kept() : match->second);
  other.erase(match);
  return {};
}

void Pairing::compare(const Kept& one, const Kept& two) {
  const bool unknown_body = one.erased || two.erased;
  Place place{one.entry, two.entry, {}};
  for (std::size_t member = 0; member < kMembers; ++member) {
    if (member == kBody && unknown_body) continue;
    if (one.members[member] != two.members[member]) place.members.emplace_back(kMemberNames[member]);
  }
  if (!place.members.empty()) {
    ++counts_.different;
    consider(std::move(place));
  } else if (unknown_body) {
    ++counts_.erased;
  } else {
    ++counts_.equal;
  }
}

void Pairing::consider(Place place) {
  if (!first_ || place.order() < first_->order()) first_ = std::move(place);
}

void Pairing::finish(RunDiff& into) {
  for (const auto& [key, kept] : ahead_one_) consider({kept.entry, {}, {}});
  for (const auto& [key, kept] : ahead_two_) consider({{}, kept.entry, {}});
  into.equal = counts_.equal;
  into.different = counts_.different;
  into.erased = counts_.erased;
  into.only_one = ahead_one_.size();
  into.only_two = ahead_two_.size();
}

Result<MessageReader> open_messages(const std::string& run, const ledger::VerifyOptions& options) {
  return MessageReader{TRY(RecordReader::open(run, options))};
}

Result<std::optional<ShownMessage>> show(const std::string& run, const ledger::VerifyOptions& options,
                                         std::optional<std::uint64_t> entry) {
  if (!entry) return std::optional<ShownMessage>{};
  MessageReader messages = TRY(open_messages(run, options));
  while (TRY(messages.next())) {
    if (messages.kept().entry == *entry) return std::optional<ShownMessage>{messages.shown()};
  }
  return Error{Errc::corrupt, "read " + run + " again: it has changed since"};
}

}  // namespace

std::vector<ManifestChange> manifest_changes(const Json& one, const Json& two) {
  RunDiff diff;
  ManifestDiff{diff}.compare("", &one, &two, 0);
  return std::move(diff.manifest);
}

Result<RunDiff> diff_runs(const std::string& one, const std::string& two, const ledger::VerifyOptions& options) {
  MessageReader first = TRY(open_messages(one, options));
  MessageReader second = TRY(open_messages(two, options));
  Pairing pairing;
  for (bool more_one = true, more_two = true; more_one || more_two;) {
    if (more_one && (more_one = TRY_CTX(first.next(), one))) TRY(pairing.take_one(first));
    if (more_two && (more_two = TRY_CTX(second.next(), two))) TRY(pairing.take_two(second));
  }
  RunDiff diff;
  pairing.finish(diff);
  diff.transcript_one = printable(first.transcript_digest());
  diff.transcript_two = printable(second.transcript_digest());
  const Json manifest_one = TRY_CTX(first.manifest(), one);
  const Json manifest_two = TRY_CTX(second.manifest(), two);
  ManifestDiff{diff}.compare("", &manifest_one, &manifest_two, 0);
  if (const std::optional<Pairing::Place>& place = pairing.first()) {
    diff.first.emplace();
    diff.first->members = place->members;
    diff.first->one = TRY(show(one, options, place->one));
    diff.first->two = TRY(show(two, options, place->two));
  }
  return diff;
}

}  // namespace belljar::scenario
