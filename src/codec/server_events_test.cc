#include "codec/server_events.h"

#include <gtest/gtest.h>

#include <vector>

namespace belljar::codec {
namespace {

using Texts = std::vector<std::string>;

Texts read_events(std::string_view bytes, std::size_t step) {
  Texts seen;
  ServerEvents events{1024};
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    EXPECT_TRUE(events.feed(bytes.substr(at, step), [&](std::string_view data) { seen.emplace_back(data); }));
  }
  return seen;
}

struct Row {
  const char* name;
  std::string bytes;
  Texts events;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class ServerEventsRead : public testing::TestWithParam<Row> {};

TEST_P(ServerEventsRead, InPiecesOfAnySize) {
  for (const std::size_t step : {1UL, 2UL, 5UL, 1000UL})
    EXPECT_EQ(read_events(GetParam().bytes, step), GetParam().events);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ServerEventsRead,
    testing::Values(Row{"one", "data: {}\n\n", {"{}"}}, Row{"two", "data: a\n\ndata:b\n\n", {"a", "b"}},
                    Row{"carriage_returns", "data: a\r\rdata: b\r\n\r\n", {"a", "b"}},
                    Row{"lines_of_one_event", "data: a\ndata: b\n\n", {"a\nb"}},
                    Row{"other_fields", ": hello\nevent: x\nid: 7\nretry: 1\ndatabase: no\ndata: a\n\n", {"a"}},
                    Row{"an_event_without_data", "event: ping\n\n\n\ndata: a\n\n", {"a"}},
                    Row{"empty_data", "data\n\ndata:\n\n", {"", ""}}, Row{"unfinished", "data: a\n\ndata: b\n", {"a"}},
                    Row{"nothing", "", {}}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(ServerEvents, AnEventBeyondTheBoundIsAnError) {
  for (const bool in_lines : {false, true}) {
    ServerEvents events{64};
    Result<void> fed;
    for (int piece = 0; piece < 100 && fed; ++piece) {
      fed = events.feed(in_lines ? "data: 0123456789\n" : "data: 0123456789", [](std::string_view) { FAIL(); });
    }
    ASSERT_FALSE(fed);
    EXPECT_EQ(fed.error().code(), Errc::corrupt);
  }
}

}  // namespace
}  // namespace belljar::codec
