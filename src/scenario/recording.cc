#include "scenario/recording.h"

#include <algorithm>

#include "base/text.h"
#include "codec/crypto.h"
#include "ledger/reader.h"
#include "scenario/flow.h"

namespace belljar::scenario {

namespace {

using codec::Json;

constexpr std::size_t kShownMax = 300;

std::string text_of(const Json& entry, std::string_view member) {
  const Json* found = entry.find(member);
  return found != nullptr && found->is_string() ? found->as_string() : std::string{};
}

std::uint64_t count_of(const Json& entry, std::string_view member) {
  const Json* found = entry.find(member);
  return found != nullptr && found->is_int() && found->as_int() > 0 ? static_cast<std::uint64_t>(found->as_int()) : 0;
}

std::string key_of(const Json& body) { return codec::sha256(codec::canonical_json(without_id(body))).hex(); }

spec::CaseEnd end_of(const std::string& name) {
  for (int at = 0; at <= static_cast<int>(spec::CaseEnd::held); ++at) {
    if (spec::case_end_name(static_cast<spec::CaseEnd>(at)) == name) return static_cast<spec::CaseEnd>(at);
  }
  return spec::CaseEnd::model_error;
}

// How much of the beginning and the end two texts share: enough to find the one that was changed a little.
std::size_t likeness(std::string_view a, std::string_view b) {
  const auto front = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  const auto back = std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend());
  return static_cast<std::size_t>((front.first - a.begin()) + (back.first - a.rbegin()));
}

}  // namespace

RecordedReply* Recording::at(std::uint64_t seq) {
  const auto place = by_seq_.find(seq);
  return place == by_seq_.end() ? nullptr : &models_[place->second.model].replies[place->second.index];
}

void Recording::take_request(const Json& entry, std::string_view body, std::uint64_t seq) {
  auto parsed = codec::parse_json(body);
  if (!parsed) return;
  const std::string model = text_of(entry, "to");
  OfModel& of = models_[model];
  RecordedReply reply;
  reply.seq = seq;
  reply.id = text_of(entry, "id");
  reply.case_id = text_of(entry, "case");
  reply.request = body;
  of.by_request[key_of(parsed.value())].push_back(of.replies.size());
  of.by_id[text_of(entry, "id")] = of.replies.size();
  by_seq_[seq] = {model, of.replies.size()};
  of.replies.push_back(std::move(reply));
  questions_[text_of(entry, "span")] = {model, text_of(entry, "id")};
  // A request that a question caused, and not an answer, was made by whoever worked on that question.
  const auto cause = questions_.find(text_of(entry, "parent"));
  if (cause == questions_.end() || cause->second.first != text_of(entry, "from")) return;
  const auto& [caller, question] = cause->second;
  calls(caller, question).push_back({seq, caller, model, without_id(parsed.value())});
}

void Recording::take_reply(const Json& entry, std::string_view body) {
  OfModel& of = models_[text_of(entry, "from")];
  const auto asked = of.by_id.find(text_of(entry, "id"));
  if (asked == of.by_id.end()) return;
  RecordedReply& reply = of.replies[asked->second];
  reply.kind = text_of(entry, "kind") == "answer" ? RecordedReply::Kind::answer : RecordedReply::Kind::failure;
  reply.text = body;
  reply.tokens = count_of(entry, "tokens");
  reply.said = std::min(reply.tokens, count_of(entry, "said"));
  of.by_id.erase(asked);
}

void Recording::take_lost(const Json& entry) {
  RecordedReply* reply = at(count_of(entry, "seq"));
  if (reply == nullptr || reply->kind != RecordedReply::Kind::none) return;
  reply->kind = RecordedReply::Kind::lost;
  reply->end = end_of(text_of(entry, "end"));
  reply->why = text_of(entry, "why");
}

Result<void> Recording::take_entry(const Json& entry, std::string_view body, std::optional<std::uint64_t> until) {
  const std::string kind = text_of(entry, "kind");
  if (kind == "verdict") {
    transcript_digest_ = text_of(entry, "transcript_digest");
    const Json* contained = entry.find("contained");
    contained_ = contained != nullptr && contained->is_bool() && contained->as_bool();
  }
  // What came of a message beyond the cut is beyond it too.
  const bool beyond = until && messages_ > *until;
  if (kind == "lost" && !beyond) take_lost(entry);
  if (kind == "gone" && !beyond) {
    if (RecordedReply* reply = at(count_of(entry, "seq"))) reply->final = true;
  }
  const bool is_message = kind == "request" || kind == "answer" || kind == "failure";
  if (!is_message || text_of(entry, "state") != "attempted") return {};
  const std::uint64_t seq = count_of(entry, "seq");
  messages_ = std::max(messages_, seq);
  if (until && seq > *until) return {};
  if (kind == "request") {
    take_request(entry, body, seq);
  } else {
    take_reply(entry, body);
  }
  return {};
}

Result<Recording> Recording::read(const std::string& run_directory, std::optional<std::uint64_t> until) {
  ledger::RecordReader record = TRY(ledger::RecordReader::open(run_directory, {}));
  Recording recording;
  while (const auto* item = TRY(record.next())) {
    const auto entry = codec::parse_json(item->entry);
    if (!entry) continue;
    if (item->body_state == ledger::BodyState::erased && entry.value().find("seq") != nullptr) {
      return Error{Errc::not_found, "replay " + printable(run_directory) + ": the body of entry " +
                                        std::to_string(item->index) + " was erased: what was said is gone for good"};
    }
    if (item->claims.file) recording.files_.insert_or_assign(item->claims.file->path, item->claims.file->digest);
    TRY(recording.take_entry(entry.value(), item->body, until));
  }
  recording.complete_ = record.complete();
  return recording;
}

const RecordedReply* Recording::take(const std::string& model, const Json& request) {
  const auto of = models_.find(model);
  if (of == models_.end()) return nullptr;
  const auto equal = of->second.by_request.find(key_of(request));
  if (equal == of->second.by_request.end() || equal->second.empty()) return nullptr;
  const std::string id = text_of(request, "id");
  auto chosen = std::find_if(equal->second.begin(), equal->second.end(),
                             [&](std::size_t index) { return of->second.replies[index].id == id; });
  if (chosen == equal->second.end()) chosen = equal->second.begin();
  const RecordedReply& reply = of->second.replies[*chosen];
  equal->second.erase(chosen);
  return reply.kind == RecordedReply::Kind::none ? nullptr : &reply;
}

std::string Recording::nearest(const std::string& model, const Json& request) const {
  const auto of = models_.find(model);
  if (of == models_.end() || of->second.replies.empty()) return "the recording holds no request to " + model;
  const std::string asked = codec::canonical_json(without_id(request));
  const RecordedReply* best = nullptr;
  std::string best_text;
  std::size_t most = 0;
  for (const RecordedReply& reply : of->second.replies) {
    const auto parsed = codec::parse_json(reply.request);
    if (!parsed) continue;
    std::string text = codec::canonical_json(without_id(parsed.value()));
    const std::size_t shared = likeness(asked, text);
    if (best != nullptr && shared <= most) continue;
    best = &reply;
    best_text = std::move(text);
    most = shared;
  }
  if (best == nullptr) return "the recording holds no request to " + model;
  const auto differ = std::mismatch(asked.begin(), asked.end(), best_text.begin(), best_text.end());
  return "nearest is message " + std::to_string(best->seq) + " of case " + printable(best->case_id) + ": " +
         printable(best_text, kShownMax) + ", which differs from byte " + std::to_string(differ.first - asked.begin()) +
         " on";
}

}  // namespace belljar::scenario
