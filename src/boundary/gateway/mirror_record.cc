#include "boundary/gateway/mirror_record.h"

#include <array>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <set>

#include "base/text.h"
#include "boundary/http_message.h"
#include "boundary/target.h"
#include "policy/policy.h"
#include "spec/policy.h"

namespace belljar::boundary {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr const char* kName = "mirror-record";

// A permit for exactly these hosts, to read.
Result<std::shared_ptr<const policy::Policy>> policy_for(const std::set<std::string>& hosts) {
  std::string list;
  for (const std::string& host : hosts) list += (list.empty() ? "" : ", ") + host;
  const std::string text =
      "belljar-policy: 1\nname: mirror-record\nrules:\n"
      "  - permit: recording\n    action: connect\n    what: {hosts: [" +
      list +
      "], ports: [80, 443], schemes: [http, https], methods: [GET], paths: [/**]}\n"
      "    terms: {tls: intercept}\n";
  spec::PolicySpec spec =
      TRY(spec::parse_policy(text, "mirror-record", [](const std::string& path) -> Result<std::string> {
        return Error{Errc::not_found, path};
      }));
  return std::make_shared<const policy::Policy>(TRY(policy::compile(std::move(spec))));
}

struct Fetched {
  AnswerHead head;
  std::string body;
};

// One GET over a fresh connection: through the gateway's door, or for https its owner's way in, as after CONNECT.
Result<Fetched> fetch(Gateway& gateway, const tcp::endpoint& door, const AbsoluteTarget& target,
                      const std::string& url) {
  using asio::generic::stream_protocol;
  const std::string& host = target.authority.host.text;
  const bool sealed = target.scheme == "https";
  asio::io_context context;
  stream_protocol::socket socket{context};
  boost::system::error_code error;
  if (sealed) {
    os::Fd way = TRY(gateway.connect(kName, host, target.authority.port));
    socket.assign(stream_protocol{AF_UNIX, SOCK_STREAM}, way.release(), error);
  } else {
    socket.connect(stream_protocol::endpoint{door}, error);
  }
  const std::string port = sealed && target.authority.port == 443 ? "" : ":" + std::to_string(target.authority.port);
  const std::string request = "GET " + (sealed ? target.origin : url) + " HTTP/1.1\r\nhost: " + host + port +
                              "\r\nconnection: close\r\naccept: */*\r\n\r\n";
  if (!error) asio::write(socket, asio::buffer(request), error);
  if (error) return Error{Errc::unavailable, error.message()};
  std::string bytes;
  std::array<char, 16384> room{};
  std::size_t end = 0;
  while (end == 0) {
    const std::size_t size = socket.read_some(asio::buffer(room), error);
    if (error) return Error{Errc::corrupt, "it ended before its answer began"};
    bytes.append(room.data(), size);
    end = TRY(head_end(bytes));
  }
  Fetched fetched;
  fetched.head = TRY(parse_answer_head(std::string_view{bytes}.substr(0, end)));
  BodyReader reader{TRY(answer_framing(fetched.head, "GET"))};
  std::string_view piece = std::string_view{bytes}.substr(end);
  for (;;) {
    TRY(reader.feed(piece, fetched.body));
    if (reader.done()) return fetched;
    if (fetched.body.size() > kRecordBodyMax) return Error{Errc::exhausted, "it is larger than 64 MiB"};
    const std::size_t size = socket.read_some(asio::buffer(room), error);
    if (error == asio::error::eof) {
      TRY(reader.closed());
      return fetched;
    }
    if (error) return Error{Errc::corrupt, "it broke off: " + error.message()};
    piece = {room.data(), size};
  }
}

// Where a redirect leads: an absolute URL, or a path on the same place.
std::string next_of(const AbsoluteTarget& from, const std::string& location) {
  if (location.find("://") != std::string::npos) return location.substr(0, location.find('#'));
  if (!location.starts_with("/") || location.starts_with("//")) return {};
  return from.scheme + "://" + from.authority.host.in_url() + ":" + std::to_string(from.authority.port) +
         location.substr(0, location.find('#'));
}

class Recorder {
 public:
  Recorder(Gateway& gateway, tcp::endpoint door, std::set<std::string> hosts)
      : gateway_{gateway}, door_{std::move(door)}, hosts_{std::move(hosts)} {}

  void record(std::string url) {
    for (int hop = 0; hop <= kRedirectsMax; ++hop) {
      if (!seen_.insert(url).second) return;
      const Result<AbsoluteTarget> target = parse_url(url);
      if (!target) return miss(url, target.error().message());
      const std::string& host = target.value().authority.host.text;
      if (!hosts_.contains(host)) return miss(url, "a redirect leads there; name it too if it is to be recorded");
      const Result<Fetched> fetched = fetch(gateway_, door_, target.value(), url);
      if (!fetched) return miss(url, fetched.error().message());
      const Fetched& got = fetched.value();
      // What the gateway itself says is no page of the world's.
      if (find_header(got.head.headers, "x-belljar-rule") != nullptr)
        return miss(url, "refused: " + printable(got.body));
      recording_.entries.push_back({target.value().scheme + "://" + host + target.value().origin, got.head.status,
                                    mirror_headers(got.head.headers), got.body});
      const std::string* location = find_header(got.head.headers, "location");
      if (got.head.status < 300 || got.head.status > 399 || location == nullptr) return;
      url = next_of(target.value(), *location);
      if (url.empty()) return;
    }
    miss(url, "more than " + std::to_string(kRedirectsMax) + " redirects led here");
  }
  MirrorRecording take() { return std::move(recording_); }

 private:
  void miss(const std::string& url, const std::string& why) {
    recording_.missed.push_back(printable(url, 300) + ": " + printable(why, 300));
  }

  Gateway& gateway_;
  tcp::endpoint door_;
  std::set<std::string> hosts_;
  std::set<std::string> seen_;
  MirrorRecording recording_;
};

}  // namespace

Result<MirrorRecording> record_mirror(const std::vector<std::string>& urls, const GatewaySetup& setup) {
  if (urls.size() > kRecordUrlsMax) return Error{Errc::invalid_argument, "more than 10000 URLs at once"};
  std::set<std::string> hosts;
  for (const std::string& url : urls) {
    const AbsoluteTarget target = TRY_CTX(parse_url(url), printable(url, 300));
    if (target.authority.host.kind != HostKind::name) {
      return Error{Errc::invalid_argument, printable(url, 300) + ": found an address, expected the name of a host"};
    }
    hosts.insert(target.authority.host.text);
  }
  const std::unique_ptr<Gateway> gateway = TRY(Gateway::start(setup));
  asio::io_context context;
  boost::system::error_code error;
  tcp::acceptor door{context};
  door.open(tcp::v4(), error);
  if (!error) door.bind({asio::ip::address_v4::loopback(), 0}, error);
  if (!error) door.listen(tcp::acceptor::max_listen_connections, error);
  const tcp::endpoint place = error ? tcp::endpoint{} : door.local_endpoint(error);
  if (error) return Error{Errc::unavailable, "listen on the loopback: " + error.message()};
  Attachment attachment;
  attachment.name = kName;
  attachment.policy = TRY(policy_for(hosts));
  attachment.doors.http = os::Fd{door.release(error)};
  TRY(gateway->attach(std::move(attachment)));
  Recorder recorder{*gateway, place, std::move(hosts)};
  for (const std::string& url : urls) recorder.record(url);
  gateway->detach(kName);
  return recorder.take();
}

}  // namespace belljar::boundary
