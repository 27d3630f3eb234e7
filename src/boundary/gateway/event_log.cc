#include "boundary/gateway/event_log.h"

#include <utility>

namespace belljar::boundary {

namespace {

std::string key_of(const spec::NetworkEvent& event) {
  // A NUL parts them, which no printable text has.
  std::string key = event.sandbox;
  for (const std::string* part : {&event.door, &event.host, &event.rule, &event.reason}) {
    key += '\0';
    key += *part;
  }
  key += '\0';
  key += std::to_string(event.port) + '\0' + std::to_string(static_cast<int>(event.kind));
  key += '\0';
  key += event.consequence;
  return key;
}

}  // namespace

void EventLog::add(spec::NetworkEvent event) {
  const std::lock_guard held{lock_};
  std::string key = key_of(event);
  auto known = places_.find(key);
  if (known == places_.end() && events_.size() >= kDistinctMax) {
    // Rules and what follows from them are few, and nobody may hide the one that ends him behind a flood of others.
    event.kind = spec::NetworkKind::overflow;
    event.host = event.door = {};
    event.reason = "more distinct events than are told apart";
    event.port = 0;
    key = key_of(event);
    known = places_.find(key);
  }
  if (known != places_.end()) {
    spec::NetworkEvent& same = events_[known->second];
    same.count += event.count;
    same.bytes_up += event.bytes_up;
    same.bytes_down += event.bytes_down;
    return;
  }
  places_.emplace(std::move(key), events_.size());
  events_.push_back(std::move(event));
  signal_.raise();
}

std::vector<spec::NetworkEvent> EventLog::take() {
  const std::lock_guard held{lock_};
  signal_.clear();
  places_.clear();
  return std::exchange(events_, {});
}

}  // namespace belljar::boundary
