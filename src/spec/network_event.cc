#include "spec/network_event.h"

#include <array>

#include "base/check.h"

namespace belljar::spec {

std::string_view name_of(NetworkKind kind) {
  constexpr std::array<std::string_view, 11> kNames{"allowed",    "refused",     "malformed", "mismatch",
                                                    "unresolved", "unreachable", "budget",    "deadline",
                                                    "finding",    "condition",   "overflow"};
  const auto at = static_cast<std::size_t>(kind);
  CHECK(at < kNames.size(), "every kind has a name");
  return kNames.at(at);
}

codec::Json to_json(const NetworkEvent& event) {
  codec::Json json{codec::Json::Object{}};
  json.set("sandbox", event.sandbox);
  json.set("kind", name_of(event.kind));
  json.set("door", event.door);
  json.set("host", event.host);
  if (event.port != 0) json.set("port", static_cast<std::uint32_t>(event.port));
  json.set("rule", event.rule);
  json.set("reason", event.reason);
  if (!event.consequence.empty()) json.set("consequence", event.consequence);
  json.set("count", event.count);
  if (event.bytes_up != 0) json.set("bytes_up", event.bytes_up);
  if (event.bytes_down != 0) json.set("bytes_down", event.bytes_down);
  json.set("first_ns", event.first_ns);
  return json;
}

}  // namespace belljar::spec
