#include "scenario/mcp_talk.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/version.h"
#include "scenario/mcp_wire.h"

namespace belljar::scenario {

namespace {

using codec::Json;

constexpr std::string_view kGreetingId = "belljar-initialize";
// A line on the wire has more around it than the answer that is kept of it.
constexpr std::size_t kWireBytes = 4096;
constexpr std::size_t kWireDepth = 4;
constexpr std::size_t kCursorMax = 4096;
constexpr std::size_t kReasonMax = 1000;

std::string text_of(const Json* value) {
  return value != nullptr && value->is_string() ? value->as_string() : std::string{};
}

// As a contract tells kinds of failures apart.
std::string_view error_name(const Json* code) {
  constexpr std::array<std::pair<int, std::string_view>, 5> kNames{{{kRpcParseError, "parse-error"},
                                                                    {kRpcInvalidRequest, "invalid-request"},
                                                                    {kRpcNoMethod, "no-such-method"},
                                                                    {kRpcInvalidParams, "invalid-params"},
                                                                    {-32603, "internal-error"}}};
  for (const auto& [number, name] : kNames) {
    if (code != nullptr && code->is_int() && code->as_int() == number) return name;
  }
  return "server-error";
}

}  // namespace

McpTalk::McpTalk(FrameLimits limits, CaseIds ids)
    : limits_{limits},
      ids_{ids},
      frames_{{limits.bytes_max + kWireBytes, limits.depth_max + kWireDepth}},
      talk_{std::move(ids)} {
  Json hello{Json::Object{{"protocolVersion", kMcpVersions.back()},
                          {"capabilities", Json::Object{}},
                          {"clientInfo", Json::Object{{"name", "belljar"}, {"version", kVersion}}}}};
  lines_.push_back(rpc_request(kGreetingId, "initialize", std::move(hello)));
}

void McpTalk::ask(const Question& question) {
  talk_.ask(question.number);
  if (greeting_ == Greeting::failed) return fail(question.number, "no-agreement", greeting_failed_);
  std::string line;
  if (const Json* tool = question.body.find("tool")) {
    const Json* arguments = question.body.find("arguments");
    Json params{Json::Object{{"name", *tool}, {"arguments", arguments == nullptr ? Json{Json::Object{}} : *arguments}}};
    line = rpc_request(question.id, "tools/call", std::move(params));
  } else {
    listings_[question.number].wire_id = question.id;
    line = rpc_request(question.id, "tools/list", {});
  }
  if (greeting_ == Greeting::said) {
    waiting_.push_back({question.number, std::move(line)});
  } else {
    lines_.push_back(std::move(line));
  }
}

void McpTalk::give_up(std::uint64_t number) {
  std::erase_if(waiting_, [&](const Waiting& one) { return one.number == number; });
  listings_.erase(number);
  talk_.give_up(number);
}

void McpTalk::hear(std::string_view bytes) {
  frames_.feed(bytes, [this](const Frame& frame) { take(frame); });
}

void McpTalk::finish() {
  frames_.finish([this](const Frame& frame) { take(frame); });
}

std::optional<Arrival> McpTalk::next() {
  if (arrived_.empty()) return std::nullopt;
  std::optional<Arrival> first{std::move(arrived_.front())};
  arrived_.pop_front();
  return first;
}

void McpTalk::take(const Frame& frame) {
  if (frame.kind != FrameKind::object) return add_stray(talk_.hear(frame), frame.text, {});
  const Json& message = frame.object;
  if (message.find("method") != nullptr) return take_ask(message);
  const std::string id = text_of(message.find("id"));
  if (greeting_ == Greeting::said && id == kGreetingId) return greet(message);
  for (auto& [number, listing] : listings_) {
    if (listing.wire_id != id) continue;
    const std::uint64_t asked = number;
    if (!take_page(asked, listing, message)) return;
    Listing whole = std::move(listing);
    listings_.erase(asked);
    return conclude(asked, {{"tools", Json{std::move(whole.tools)}}});
  }
  const auto number = ids_.number(id);
  if (number && listings_.contains(*number)) {
    return add_stray({Meaning::stray, 0, "duplicate", false}, frame.text, frame.object);
  }
  take_answer(message);
}

// A request that the server makes, or a notification.
void McpTalk::take_ask(const Json& message) {
  const Result<JsonRpc> rpc = read_json_rpc(message);
  if (rpc && rpc.value().kind == JsonRpc::Kind::notification) return;
  if (!rpc || server_asks_ >= kServerAsksMax) {
    return add_stray({Meaning::stray, 0, "unsolicited", false}, codec::to_json(message), message);
  }
  ++server_asks_;
  const Json& id = rpc.value().id;
  const bool is_ping = rpc.value().method == "ping";
  lines_.push_back(is_ping ? rpc_result(id, Json{Json::Object{}}) : rpc_error(id, kRpcNoMethod, "method not found"));
}

void McpTalk::greet(const Json& answer) {
  const Json* result = answer.find("result");
  const std::string version =
      result != nullptr && result->is_object() ? text_of(result->find("protocolVersion")) : std::string{};
  if (!is_mcp_version(version)) {
    return fail_greeting(version.empty() ? "it refused to begin: " + printable(codec::to_json(answer), kReasonMax)
                                         : "it speaks version " + printable(version, 64) + " of the protocol");
  }
  greeting_ = Greeting::agreed;
  lines_.push_back(rpc_notification("notifications/initialized"));
  for (Waiting& one : waiting_) lines_.push_back(std::move(one.line));
  waiting_.clear();
}

void McpTalk::fail_greeting(std::string why) {
  greeting_ = Greeting::failed;
  greeting_failed_ = std::move(why);
  for (const Waiting& one : std::exchange(waiting_, {})) {
    listings_.erase(one.number);
    fail(one.number, "no-agreement", greeting_failed_);
  }
}

// Whether the list is whole; false too where it has failed or goes on.
bool McpTalk::take_page(std::uint64_t number, Listing& listing, const Json& message) {
  const auto give_in = [&](std::string_view code, std::string_view why) {
    listings_.erase(number);
    fail(number, code, why);
    return false;
  };
  const Json* result = message.find("result");
  if (const Json* error = message.find("error"); error != nullptr && result == nullptr) {
    const bool object = error->is_object();
    return give_in(error_name(object ? error->find("code") : nullptr),
                   object ? text_of(error->find("message")) : std::string{});
  }
  const Json* tools = result != nullptr && result->is_object() ? result->find("tools") : nullptr;
  if (tools == nullptr || !tools->is_array()) return give_in("bad-response", "its list of tools is none");
  listing.bytes += codec::to_json(*tools).size();
  if (listing.bytes > limits_.bytes_max) return give_in("bad-response", "its list of tools is too long");
  listing.tools.insert(listing.tools.end(), tools->as_array().begin(), tools->as_array().end());
  const std::string cursor = text_of(result->find("nextCursor"));
  if (cursor.empty()) return true;
  if (++listing.pages >= kPagesMax || cursor.size() > kCursorMax) {
    return give_in("bad-response", "its list of tools does not end");
  }
  listing.wire_id = ids_.id(number) + "." + std::to_string(listing.pages);
  lines_.push_back(rpc_request(listing.wire_id, "tools/list", Json{Json::Object{{"cursor", cursor}}}));
  return false;
}

// An answer to a call, in the words of a message of the run; whether its question is open is Conversation's to say.
void McpTalk::take_answer(const Json& message) {
  const Json* id = message.find("id");
  Json::Object answer;
  if (id != nullptr) answer.emplace_back("id", *id);
  const Json* result = message.find("result");
  if (result != nullptr && result->is_object()) {
    for (const std::string_view name : {"content", "structuredContent", "isError"}) {
      if (const Json* member = result->find(name)) answer.emplace_back(name, *member);
    }
  } else {
    const Json* error = message.find("error");
    const bool object = error != nullptr && error->is_object();
    answer.emplace_back("error", Json::Object{{"code", object ? error_name(error->find("code")) : "bad-response"},
                                              {"message", object ? text_of(error->find("message"))
                                                                 : "it answered neither result nor error"}});
  }
  Frame frame;
  frame.object = Json{std::move(answer)};
  const std::string text = codec::to_json(frame.object);
  frame.text = text;
  const Heard heard = talk_.hear(frame);
  if (heard.meaning == Meaning::stray) return add_stray(heard, text, std::move(frame.object));
  const Frame kept = read_frame(text, limits_);
  Arrival arrival;
  arrival.number = heard.number;
  arrival.text = text;
  if (kept.kind == FrameKind::object) {
    arrival.kind = heard.meaning == Meaning::answer ? Arrival::Kind::answer : Arrival::Kind::failure;
    arrival.body = std::move(frame.object);
  } else {
    arrival.stray = frame_kind_name(kept.kind);
    arrival.spoils = true;
  }
  arrived_.push_back(std::move(arrival));
}

// Ends a question with what the host itself has made of the server's words.
void McpTalk::conclude(std::uint64_t number, Json::Object answer) {
  const bool failed = answer.front().first == "error";
  answer.emplace(answer.begin(), "id", ids_.id(number));
  Frame frame;
  frame.object = Json{std::move(answer)};
  if (talk_.hear(frame).meaning == Meaning::stray) return;
  Arrival arrival;
  arrival.kind = failed ? Arrival::Kind::failure : Arrival::Kind::answer;
  arrival.number = number;
  arrival.text = codec::to_json(frame.object);
  arrival.body = std::move(frame.object);
  arrived_.push_back(std::move(arrival));
}

void McpTalk::fail(std::uint64_t number, std::string_view code, std::string_view message) {
  conclude(number, {{"error", Json::Object{{"code", code}, {"message", printable(message, kReasonMax)}}}});
}

void McpTalk::add_stray(const Heard& heard, std::string_view text, Json object) {
  Arrival arrival;
  arrival.text = text;
  arrival.body = std::move(object);
  arrival.number = heard.number;
  arrival.stray = heard.stray_kind;
  arrival.spoils = heard.spoils;
  arrived_.push_back(std::move(arrival));
}

}  // namespace belljar::scenario
