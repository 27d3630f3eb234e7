// Service: what answers a program inside in place of the world: simulators, mirrors, brokered models and tools. A
// service never sees a socket, a clock or TLS; the gateway does framing, encryption and time, and a test does without.
//
//   Services services;
//   services.add({"api.example.com", 443}, {"shop", Transport::tls, shop, nullptr});
//   services.add({"db.internal", 5432}, {"db", Transport::plain, nullptr, database});
//   if (const Service* service = services.find("api.example.com", 443)) service->http->answer(ask, reply);
//
// An HTTP service gets whole requests: host checked and in lower case, header names in lower case, the body decoded and
// bounded by the gateway. It answers through the Reply, at once or later from any thread: head, then body as often as
// it likes, then end; or reset at any moment. What it leaves out of the framing (content-length, transfer-encoding,
// connection, date) the gateway adds; to HEAD it answers as to GET and the gateway leaves the body out. A Reply that is
// dropped without end is a reset. Calls on a Reply whose program has gone do nothing.
//
// A Talk is one connection of any other protocol: bytes in, bytes out. It holds at most a bounded part of what was said
// to it; what a program sends is hostile.
//
// Everything a service does follows from its file, the run's seed and what it was asked, in order. The gateway calls
// services from one thread at a time. `subject` is the sandbox that asks.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace belljar::boundary {

using Headers = std::vector<std::pair<std::string, std::string>>;  // in order; names in lower case

struct HttpAsk {
  std::string subject;
  std::string method;      // as sent: "GET"
  std::string scheme;      // "http", "https"
  std::string host;        // normalised: lower case, no trailing dot
  std::uint16_t port = 0;  // as the program named it
  std::string target;      // origin form: "/a/b?c=d", percent-encoding as sent
  Headers headers;
  std::string body;
};

// The first header of that name (lower case), or null.
const std::string* find_header(const Headers& headers, std::string_view name);

class Reply {
 public:
  virtual ~Reply() = default;
  // What follows goes out this much later than it otherwise would, on the run's clock.
  virtual void wait(std::int64_t ns) = 0;
  virtual void head(int status, Headers headers) = 0;  // once; status 200 to 599
  virtual void body(std::string_view bytes) = 0;
  virtual void end() = 0;
  virtual void reset() = 0;  // the connection breaks, as a server's that crashed
  // Before the head: this request touched a decoy (service_file.h), by which name. The gateway refuses it as a finding;
  // what else is said is not heard any more.
  virtual void ring(std::string_view decoy) = 0;
};

// A whole answer at once, with its content-length. `type` is the content type; empty: none.
void send(Reply& reply, int status, std::string_view type, std::string_view body, Headers more = {});
// {"error": {"message": ..., "type": ...}}: what clients of HTTP APIs show to people.
void send_problem(Reply& reply, int status, std::string_view type, std::string_view message);

class HttpService {
 public:
  virtual ~HttpService() = default;
  // Shared, since a brokered call outlives this one: whoever answers last holds it.
  virtual void answer(const HttpAsk& ask, std::shared_ptr<Reply> reply) = 0;
};

struct Said {
  std::string bytes;
  bool close = false;  // after the bytes
  std::int64_t after_ns = 0;
};

class Talk {
 public:
  virtual ~Talk() = default;
  virtual Said open() = 0;  // what the server says first; nothing is fine
  virtual Said feed(std::string_view bytes) = 0;
};

class TalkService {
 public:
  virtual ~TalkService() = default;
  virtual std::unique_ptr<Talk> open(std::string_view subject) = 0;
};

enum class Transport { plain, tls };

struct Service {
  std::string name;
  Transport transport = Transport::plain;
  // One of the two; neither of a decoy. Shared: a service has several doors.
  std::shared_ptr<HttpService> http;
  std::shared_ptr<TalkService> talk;
  bool decoy = false;  // answers nothing: whoever comes this far has touched it
};

// Which service stands behind a name and port. Filled before the gateway gets it, read-only from then on.
class Services {
 public:
  struct Door {
    std::string host;  // normalised
    std::uint16_t port = 0;
    auto operator<=>(const Door&) const = default;
  };

  // Errc::invalid_argument: two services behind one door.
  Result<void> add(Door door, Service service);
  const Service* find(std::string_view host, std::uint16_t port) const;
  bool knows(std::string_view host) const;  // at any port: whether DNS has an answer
  bool has_decoy(std::string_view host) const;
  const std::map<Door, Service>& all() const { return doors_; }

 private:
  std::map<Door, Service> doors_;
};

}  // namespace belljar::boundary
