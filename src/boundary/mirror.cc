#include "boundary/mirror.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "boundary/path_and_query.h"
#include "codec/crypto.h"
#include "codec/json.h"
#include "os/file.h"
#include "spec/quantity.h"

namespace belljar::boundary {

namespace {

using codec::Json;

constexpr std::uint64_t kListBytesMax = 64ULL << 20;
constexpr std::uint64_t kBodyBytesMax = 64ULL << 20;
constexpr std::uint64_t kAllBytesMax = 1ULL << 30;

// "https://Docs.example.com:443/a?b" -> "docs.example.com/a?b": scheme and port are the door's.
Result<std::string> key_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return Error{Errc::corrupt, "found a URL without a scheme"};
  std::string_view rest = url.substr(scheme + 3);
  const std::size_t slash = std::min(rest.find_first_of("/?"), rest.size());
  std::string host{rest.substr(0, slash)};
  host = host.substr(0, host.find(':'));
  std::transform(host.begin(), host.end(), host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  rest.remove_prefix(slash);
  rest = rest.substr(0, rest.find('#'));
  return host + (rest.starts_with("/") ? "" : "/") + std::string{rest};
}

Result<MirrorEntry> read_entry(const Json& line) {
  const Json* url = line.find("url");
  const Json* status = line.find("status");
  const Json* headers = line.find("headers");
  const Json* body = line.find("body");
  if (url == nullptr || !url->is_string() || status == nullptr || !status->is_int() || status->as_int() < 200 ||
      status->as_int() > 599 || headers == nullptr || !headers->is_object() || body == nullptr || !body->is_string()) {
    return Error{Errc::corrupt, "expected url, status, headers and body"};
  }
  MirrorEntry entry;
  entry.url = url->as_string();
  entry.status = static_cast<int>(status->as_int());
  for (const auto& [name, value] : headers->as_object()) {
    if (value.is_string()) entry.headers.emplace_back(name, value.as_string());
  }
  entry.headers = mirror_headers(entry.headers);
  entry.body = body->as_string();
  return entry;
}

}  // namespace

Headers mirror_headers(const Headers& headers) {
  constexpr std::array<std::string_view, 5> kKept{"content-type", "etag", "location", "last-modified", "cache-control"};
  Headers out;
  for (const auto& [name, value] : headers) {
    const bool plain =
        std::none_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (plain && std::find(kKept.begin(), kKept.end(), name) != kKept.end()) out.emplace_back(name, value);
  }
  return out;
}

Result<void> write_mirror(const std::string& folder, const std::vector<MirrorEntry>& entries) {
  TRY(os::make_directories(folder + "/bodies", 0755));
  const std::string path = folder + "/mirror.jsonl";
  std::string lines = os::exists(path) ? TRY(os::read_file(path, kListBytesMax)) : std::string{};
  for (const MirrorEntry& entry : entries) {
    const Digest digest = codec::sha256(entry.body);
    TRY(os::write_file_atomic(folder + "/bodies/" + digest.hex(), entry.body, 0644));
    Json::Object headers;
    for (const auto& [name, value] : mirror_headers(entry.headers)) headers.emplace_back(name, printable(value, 1000));
    lines += codec::to_json(Json::Object{{"method", "GET"},
                                         {"url", entry.url},
                                         {"status", entry.status},
                                         {"headers", std::move(headers)},
                                         {"body", digest.text()}}) +
             "\n";
  }
  return os::write_file_atomic(path, lines, 0644);
}

Result<std::shared_ptr<Mirror>> Mirror::make(const ServiceSpec& spec, const std::string& folder,
                                             std::shared_ptr<ServiceNotes> notes) {
  std::shared_ptr<Mirror> made{new Mirror{spec, std::move(notes)}};
  TRY_CTX(made->load(folder), "service " + spec.name + ": load the recording " + folder);
  return made;
}

Result<void> Mirror::load(const std::string& folder) {
  const std::string text = TRY(os::read_file(folder + "/mirror.jsonl", kListBytesMax));
  std::uint64_t bytes = 0;
  std::size_t number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::string where = "line " + std::to_string(++number);
    const Json parsed = TRY_CTX(codec::parse_json(line), where);
    MirrorEntry entry = TRY_CTX(read_entry(parsed), where);
    const Digest digest = TRY_CTX(Digest::parse(entry.body), where);
    entry.body = TRY_CTX(os::read_file(folder + "/bodies/" + digest.hex(), kBodyBytesMax), where);
    if (codec::sha256(entry.body) != digest)
      return Error{Errc::corrupt, where + ": its body is not as it was recorded"};
    bytes += entry.body.size();
    if (bytes > kAllBytesMax) return Error{Errc::exhausted, "it holds more than 1 GiB"};
    answers_[TRY_CTX(key_of(entry.url), where)].entries.push_back(std::move(entry));
  }
  return {};
}

void Mirror::answer(const HttpAsk& ask, std::shared_ptr<Reply> reply) {
  if (latency_ns_ > 0) reply->wait(latency_ns_);
  const Result<PathAndQuery> target = parse_path_and_query(ask.target);
  if (!target) return send_problem(*reply, 400, "bad_request", target.error().message());
  if (faults_.strike(ask_source(ask, target.value()), *reply)) return;
  if (ask.method != "GET" && ask.method != "HEAD") {
    notes_->add({name_, ask.subject, "write",
                 Json::Object{{"method", printable(ask.method, 32)},
                              {"url", ask.scheme + "://" + ask.host + ask.target},
                              {"bytes", static_cast<std::uint64_t>(ask.body.size())},
                              {"digest", codec::sha256(ask.body).text()},
                              {"accepted", accepts_}}});
    if (accepts_) return send(*reply, 202, "application/json", "{}");
    return send_problem(*reply, 403, "read_only", "this is a recording: nothing can be written to it");
  }
  const auto found = answers_.find(ask.host + ask.target);
  if (found == answers_.end()) {
    std::vector<std::string_view> recorded;
    for (const auto& [key, answers] : answers_) recorded.emplace_back(key);
    const std::string wanted = ask.host + ask.target;
    std::string_view near = spec::nearest(wanted, recorded);
    if (near.empty()) {
      // No slip of the pen: the recorded address that begins most alike.
      std::size_t best = ask.host.size();
      for (const std::string_view one : recorded) {
        const auto differ = std::mismatch(one.begin(), one.end(), wanted.begin(), wanted.end()).first;
        const auto alike = static_cast<std::size_t>(differ - one.begin());
        if (alike > best) {
          best = alike;
          near = one;
        }
      }
    }
    return send_problem(*reply, 404, "not_recorded",
                        "this was never recorded" +
                            (near.empty() ? std::string{} : "; the nearest that was is " + printable(near, 300)));
  }
  Answers& answers = found->second;
  const MirrorEntry& entry = answers.entries[std::min(answers.next, answers.entries.size() - 1)];
  ++answers.next;
  const std::string* type = find_header(entry.headers, "content-type");
  Headers more;
  for (const auto& header : entry.headers) {
    if (header.first != "content-type") more.push_back(header);
  }
  send(*reply, entry.status, type == nullptr ? "" : *type, entry.body, std::move(more));
}

}  // namespace belljar::boundary
