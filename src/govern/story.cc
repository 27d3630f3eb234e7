#include "govern/story.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/text.h"
#include "codec/json.h"
#include "ledger/reader.h"

namespace belljar::govern {

namespace {

using codec::Json;
using ledger::RecordReader;

// As many findings of a message as its entry tells at most: with so many there may be more, which nobody could mask.
constexpr std::size_t kFindingsTold = 32;

std::string text_of(const Json& entry, std::string_view member) {
  const Json* found = entry.find(member);
  return found != nullptr && found->is_string() ? found->as_string() : std::string{};
}

std::int64_t number_of(const Json& entry, std::string_view member) {
  const Json* found = entry.find(member);
  return found != nullptr && found->is_int() ? found->as_int() : 0;
}

bool is_message(std::string_view kind) { return kind == "request" || kind == "answer" || kind == "failure"; }

bool is_grave(std::string_view severity) { return severity == "critical" || severity == "high"; }

// Where the story leads to.
struct End {
  std::uint64_t entry = 0;
  bool contained = false;
  std::string finding;
  std::string model;
  std::string case_id;
};

// ---- what a body says, for people

std::string content_text(const Json& content) {
  if (content.is_string()) return content.as_string();
  std::string out;
  if (!content.is_array()) return codec::to_json(content);
  for (const Json& part : content.as_array()) {
    const std::string text = part.is_object() ? text_of(part, "text") : "";
    out += (out.empty() ? "" : " ") + (text.empty() ? codec::to_json(part) : text);
  }
  return out;
}

// A chat request by its newest message, its answer by the text, a call of a tool by name and arguments; anything else
// as it is. Shapes of messages: docs/openai_models.md, docs/tools.md.
std::string readable(const Json& body) {
  if (!body.is_object()) return codec::to_json(body);
  const Json* messages = body.find("messages");
  if (messages != nullptr && messages->is_array() && !messages->as_array().empty()) {
    const Json& newest = messages->as_array().back();
    const Json* content = newest.is_object() ? newest.find("content") : nullptr;
    if (content != nullptr) return content_text(*content);
  }
  if (body.find("finish") != nullptr && !text_of(body, "text").empty()) return text_of(body, "text");
  if (const std::string tool = text_of(body, "tool"); !tool.empty()) {
    const Json* arguments = body.find("arguments");
    return tool + (arguments == nullptr ? "" : " " + codec::to_json(*arguments));
  }
  if (const Json* content = body.find("content"); content != nullptr && content->is_array()) {
    return content_text(*content);
  }
  Json::Object rest;
  for (const auto& [name, value] : body.as_object()) {
    if (name != "id") rest.emplace_back(name, value);
  }
  return codec::to_json(rest);
}

std::string shown(std::string_view body) {
  const auto parsed = codec::parse_json(body);
  return printable(parsed ? readable(parsed.value()) : std::string{body}, kStoryTextBytesMax);
}

// The body without what the filters found in it; nothing where they found more than the record tells.
std::string masked(const std::string& body, const Json* findings) {
  if (findings == nullptr || !findings->is_array()) return body;
  const Json::Array& all = findings->as_array();
  if (all.size() >= kFindingsTold) return "not shown: the content filters found too much in it";
  std::map<std::size_t, std::pair<std::size_t, std::string>> spans;  // begin: end, what stands there instead
  for (const Json& found : all) {
    const auto begin = static_cast<std::size_t>(std::max<std::int64_t>(number_of(found, "begin"), 0));
    const auto end = static_cast<std::size_t>(std::max<std::int64_t>(number_of(found, "end"), 0));
    auto& [last, instead] = spans[std::min(begin, body.size())];
    last = std::max(last, std::min(end, body.size()));
    instead = "[" + text_of(found, "kind") + "]";
  }
  std::string out;
  std::size_t at = 0;
  for (const auto& [begin, span] : spans) {
    if (span.first <= at) continue;
    // One that begins inside the last goes on where that ended.
    if (begin >= at) out += body.substr(at, begin - at) + span.second;
    at = span.first;
  }
  return out + body.substr(at);
}

// ---- the first time over the entries: where the story leads

class EndFinder {
 public:
  // Whether the record needs to be read on.
  bool take(std::uint64_t index, const Json& entry) {
    const std::string kind = text_of(entry, "kind");
    if (is_message(kind) && text_of(entry, "state") == "attempted") {
      for (const std::string_view side : {"from", "to"}) cases_[text_of(entry, side)] = text_of(entry, "case");
    } else if (kind == "containment") {
      settle(index, entry, true, text_of(entry, "finding"));
      return false;
    } else if (kind == "finding" && !end_ && is_grave(text_of(entry, "severity"))) {
      settle(index, entry, false, text_of(entry, "id"));
    }
    return kind != "verdict";
  }
  const std::optional<End>& end() const { return end_; }

 private:
  void settle(std::uint64_t index, const Json& entry, bool contained, std::string finding) {
    const std::string model = text_of(entry, "model");
    end_ = End{index, contained, std::move(finding), model, cases_[model]};
  }

  std::map<std::string, std::string> cases_;  // of the last message of each model
  std::optional<End> end_;
};

// ---- the second time: what happened on the way

class Teller {
 public:
  explicit Teller(End end) : end_{std::move(end)} {}

  void take(const RecordReader::Item& item, const Json& entry) {
    const std::string kind = text_of(entry, "kind");
    if (is_message(kind)) return take_message(entry, kind, item);
    if (item.index == end_.entry) return take_end(entry);
    const std::string model = text_of(entry, "model");
    if (!models_.contains(model)) return;
    if (kind == "network") take_network(entry, model);
    if (kind == "violation" && model == end_.model) take_violation(entry, model);
  }

  Story tell() && {
    Story story;
    story.case_id = printable(end_.case_id, 80);
    story.model = printable(end_.model, 80);
    story.finding = printable(end_.finding, 40);
    story.left_out = left_out_;
    for (auto& [number, step] : steps_) story.steps.push_back(std::move(step));
    return story;
  }

 private:
  void take_message(const Json& entry, std::string_view kind, const RecordReader::Item& item) {
    const auto seq = static_cast<std::uint64_t>(number_of(entry, "seq"));
    if (text_of(entry, "state") != "attempted") return decide(entry, seq, item);
    if (text_of(entry, "case") != end_.case_id) return;
    StoryStep step;
    step.kind = kind == "answer"    ? StoryStep::Kind::answer
                : kind == "failure" ? StoryStep::Kind::failure
                                    : StoryStep::Kind::request;
    step.seq = seq;
    step.from = text_of(entry, "from");
    step.to = text_of(entry, "to");
    models_.insert(step.from);
    models_.insert(step.to);
    open_.insert_or_assign(seq, Open{add(std::move(step), entry), std::string{item.body}});
  }

  // What became of it: only now is known what of its body may be shown.
  void decide(const Json& entry, std::uint64_t seq, const RecordReader::Item& item) {
    const auto open = open_.find(seq);
    if (open == open_.end()) return;
    const auto found = steps_.find(open->second.step);
    if (found != steps_.end()) {
      StoryStep& step = found->second;
      step.state = text_of(entry, "state");
      step.grave = step.state != "dispatched";
      const std::string rule = text_of(entry, "rule");
      const std::string reason = text_of(entry, "reason");
      step.why = printable(rule + (rule.empty() || reason.empty() ? "" : ": ") + reason, kStoryTextBytesMax);
      // What a policy's rule takes away is not told either: then what went on is shown.
      const bool taken = rule.starts_with("policy.") && item.claims.body.has_value();
      const bool elsewhere = !text_of(entry, "found_in").empty();
      step.text = elsewhere ? "not shown: the filters read it after another rule had changed it"
                  : taken   ? shown(item.body)
                            : shown(masked(open->second.body, entry.find("findings")));
    }
    open_.erase(open);
  }

  // Calls of models and tools are messages already.
  void take_network(const Json& entry, const std::string& model) {
    const Json* event = entry.find("event");
    if (event == nullptr || !event->is_object()) return;
    const std::string host = text_of(*event, "host");
    const std::string kind = text_of(*event, "kind");
    if (kind == "allowed" && host.ends_with(".belljar")) return;
    StoryStep step;
    step.kind = StoryStep::Kind::network;
    step.from = model;
    const std::int64_t port = number_of(*event, "port");
    step.to = printable(host + (port == 0 ? "" : ":" + std::to_string(port)), 200);
    step.state = kind;
    step.grave = kind != "allowed";
    const std::string reason = text_of(*event, "reason");
    step.why = printable(text_of(*event, "rule") + (reason.empty() ? "" : ": " + reason), kStoryTextBytesMax);
    add(std::move(step), entry);
  }

  void take_violation(const Json& entry, const std::string& model) {
    const Json* violation = entry.find("violation");
    if (violation == nullptr || !violation->is_object() || text_of(*violation, "layer") == "gateway") return;
    StoryStep step;
    step.kind = StoryStep::Kind::violation;
    step.from = model;
    step.to = text_of(*violation, "layer");
    step.grave = step.to == "canary";
    step.state = text_of(*violation, "answer");
    const std::string arguments = text_of(*violation, "arguments");
    step.text =
        printable(text_of(*violation, "syscall") + (arguments.empty() ? "" : " ") + arguments, kStoryTextBytesMax);
    step.why = printable(text_of(*violation, "rule"), kStoryTextBytesMax);
    add(std::move(step), entry);
  }

  void take_end(const Json& entry) {
    StoryStep step;
    step.kind = end_.contained ? StoryStep::Kind::containment : StoryStep::Kind::finding;
    step.from = end_.model;
    step.text = printable(text_of(entry, end_.contained ? "why" : "detail"), kStoryTextBytesMax);
    step.why = text_of(entry, "rule");
    step.grave = true;
    add(std::move(step), entry);
  }

  // The beginning is kept, and the newest.
  std::uint64_t add(StoryStep step, const Json& entry) {
    step.at_ns = number_of(entry, "at_ns");
    steps_.emplace(++last_, std::move(step));
    if (steps_.size() > kStoryStepsMax) {
      steps_.erase(std::next(steps_.begin(), kStoryStepsMax / 3));
      ++left_out_;
    }
    return last_;
  }

  struct Open {
    std::uint64_t step = 0;
    std::string body;
  };

  End end_;
  std::set<std::string, std::less<>> models_;
  std::map<std::uint64_t, StoryStep> steps_;  // by the order they came in
  std::map<std::uint64_t, Open> open_;        // by number of the message, until it is decided on
  std::uint64_t last_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace

bool has_story(const spec::Verdict& verdict) {
  return verdict.contained || std::any_of(verdict.findings.begin(), verdict.findings.end(),
                                          [](const spec::Finding& finding) { return is_grave(finding.severity); });
}

Result<Story> read_story(const std::string& run_directory, const ledger::VerifyOptions& options) {
  EndFinder finder;
  RecordReader record = TRY(RecordReader::open(run_directory, options, ledger::Bodies::skip));
  while (const auto* item = TRY(record.next())) {
    const auto entry = codec::parse_json(item->entry);
    if (entry && !finder.take(item->index, entry.value())) break;
  }
  if (!finder.end()) return Story{};
  Teller teller{*finder.end()};
  RecordReader again = TRY(RecordReader::open(run_directory, options));
  while (const auto* item = TRY(again.next())) {
    const auto entry = codec::parse_json(item->entry);
    if (entry) teller.take(*item, entry.value());
    if (item->index == finder.end()->entry) break;
  }
  return std::move(teller).tell();
}

}  // namespace belljar::govern
