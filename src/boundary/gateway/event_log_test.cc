#include "boundary/gateway/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belljar::boundary {
namespace {

using ::testing::SizeIs;

spec::NetworkEvent event_of(const std::string& host) {
  spec::NetworkEvent event;
  event.host = host;
  return event;
}

TEST(EventLog, EqualOnesAreCountedAndDistinctOnesBounded) {
  EventLog log{os::Signal::make().value()};
  for (int at = 0; at < 3; ++at) log.add(event_of("same"));
  for (int at = 0; at < 10'000; ++at) log.add(event_of("n" + std::to_string(at)));
  const auto events = log.take();
  ASSERT_THAT(events, SizeIs(EventLog::kDistinctMax + 1));
  EXPECT_EQ(events[0].count, 3U);
  EXPECT_EQ(events.back().kind, spec::NetworkKind::overflow);
  std::uint64_t count = 0;
  for (const auto& event : events) count += event.count;
  EXPECT_EQ(count, 10'003U);
  EXPECT_THAT(log.take(), SizeIs(0));
}

// What asks for the end of whoever tried must not drown in what does not.
TEST(EventLog, AFloodHidesNoEventThatSomethingFollows) {
  EventLog log{os::Signal::make().value()};
  for (std::size_t at = 0; at < EventLog::kDistinctMax + 10; ++at) log.add(event_of(std::to_string(at) + ".example"));
  spec::NetworkEvent grave = event_of("drop.example");
  grave.rule = "no-drop";
  grave.consequence = "kill";
  log.add(grave);
  const auto events = log.take();
  EXPECT_EQ(events.size(), EventLog::kDistinctMax + 2);
  EXPECT_EQ(events.back().consequence, "kill");
  EXPECT_EQ(events.back().rule, "no-drop");
  EXPECT_EQ(events[EventLog::kDistinctMax].count, 10U);
}

TEST(EventLog, AnEventIsAnObjectOfTheLedger) {
  spec::NetworkEvent event = event_of("a.example");
  event.sandbox = "agent";
  event.door = "http";
  event.port = 80;
  event.rule = "default";
  event.reason = "no rule permits it";
  EXPECT_EQ(codec::to_json(spec::to_json(event)),
            R"({"sandbox":"agent","kind":"refused","door":"http","host":"a.example","port":80,"rule":"default",)"
            R"("reason":"no rule permits it","count":1,"first_ns":0})");
}

}  // namespace
}  // namespace belljar::boundary
