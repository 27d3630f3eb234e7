#include "boundary/service.h"

#include <algorithm>

#include "base/check.h"
#include "codec/json.h"

namespace belljar::boundary {

const std::string* find_header(const Headers& headers, std::string_view name) {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; });
  return found == headers.end() ? nullptr : &found->second;
}

void send(Reply& reply, int status, std::string_view type, std::string_view body, Headers more) {
  Headers headers;
  if (!type.empty()) headers.emplace_back("content-type", type);
  headers.emplace_back("content-length", std::to_string(body.size()));
  std::move(more.begin(), more.end(), std::back_inserter(headers));
  reply.head(status, std::move(headers));
  if (!body.empty()) reply.body(body);
  reply.end();
}

void send_problem(Reply& reply, int status, std::string_view type, std::string_view message) {
  const codec::Json::Object error{{"message", message}, {"type", type}};
  send(reply, status, "application/json", codec::to_json(codec::Json::Object{{"error", error}}));
}

Result<void> Services::add(Door door, Service service) {
  const int ways = (service.http ? 1 : 0) + (service.talk ? 1 : 0);
  CHECK(ways == (service.decoy ? 0 : 1), "a service speaks HTTP or something else, a decoy nothing");
  const auto taken = doors_.find(door);
  if (taken != doors_.end()) {
    return Error{Errc::invalid_argument, "put service \"" + service.name + "\" at " + door.host + ":" +
                                             std::to_string(door.port) + ": service \"" + taken->second.name +
                                             "\" stands there; give one of them another host or port"};
  }
  doors_.emplace(std::move(door), std::move(service));
  return {};
}

const Service* Services::find(std::string_view host, std::uint16_t port) const {
  const auto found = doors_.find(Door{std::string{host}, port});
  return found == doors_.end() ? nullptr : &found->second;
}

bool Services::knows(std::string_view host) const {
  const auto first = doors_.lower_bound(Door{std::string{host}, 0});
  return first != doors_.end() && first->first.host == host;
}

bool Services::has_decoy(std::string_view host) const {
  for (auto at = doors_.lower_bound(Door{std::string{host}, 0}); at != doors_.end() && at->first.host == host; ++at) {
    if (at->second.decoy) return true;
  }
  return false;
}

}  // namespace belljar::boundary
