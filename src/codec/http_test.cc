#include "codec/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belljar::codec {
namespace {

using testing::HasSubstr;

constexpr std::string_view kPlain =
    "HTTP/1.1 200 OK\r\nContent-Type: Application/JSON; charset=utf-8\r\nContent-Length: "
    "16\r\n\r\n{\"text\":\"hello\"}";
constexpr std::string_view kChunked =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    "6\r\ndata: \r\n4;x=y\r\n{}\n\n\r\n0\r\n\r\n";

struct Read {
  Result<void> fed;
  std::string body;
  bool done = false;
};

// All bytes, `step` at a time.
Read read_all(HttpResponseReader& reader, std::string_view bytes, std::size_t step) {
  Read read{{}, "", false};
  for (std::size_t at = 0; at < bytes.size() && read.fed; at += step) {
    read.fed = reader.feed(bytes.substr(at, step));
    read.body += reader.take_body();
  }
  read.done = reader.done();
  return read;
}

TEST(HttpResponse, PiecesOfAnySizeGiveTheSameResponse) {
  for (std::size_t step : {1UL, 2UL, 3UL, 7UL, 16UL, 1000UL}) {
    HttpResponseReader plain{{}};
    const Read read = read_all(plain, kPlain, step);
    ASSERT_TRUE(read.fed) << read.fed.error().message();
    EXPECT_TRUE(read.done);
    EXPECT_EQ(read.body, "{\"text\":\"hello\"}");
    EXPECT_EQ(plain.status(), 200);
    EXPECT_EQ(plain.content_type(), "application/json");
    EXPECT_TRUE(plain.keep_alive());
    HttpResponseReader chunked{{}};
    const Read pieces = read_all(chunked, kChunked, step);
    ASSERT_TRUE(pieces.fed) << pieces.fed.error().message();
    EXPECT_TRUE(pieces.done);
    EXPECT_EQ(pieces.body, "data: {}\n\n");
    EXPECT_EQ(chunked.content_type(), "text/event-stream");
  }
}

// An empty body in chunks, its end in every pair of pieces: the library behind the reader asserts on some of them.
TEST(HttpResponse, AnEmptyChunkedBodyMayBeCutAnywhere) {
  const std::string bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTrailer: x\r\n\r\n";
  for (std::size_t first = 1; first < bytes.size(); ++first) {
    for (std::size_t second = first; second < bytes.size(); ++second) {
      HttpResponseReader reader{{}};
      ASSERT_TRUE(reader.feed(bytes.substr(0, first)));
      ASSERT_TRUE(reader.feed(bytes.substr(first, second - first)));
      ASSERT_TRUE(reader.feed(bytes.substr(second)));
      EXPECT_TRUE(reader.done()) << first << " " << second;
      EXPECT_EQ(reader.take_body(), "");
    }
  }
}

TEST(HttpResponse, ABodyWithoutALengthEndsWithTheConnection) {
  HttpResponseReader reader{{}};
  ASSERT_TRUE(reader.feed("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nsome"));
  EXPECT_FALSE(reader.done());
  ASSERT_TRUE(reader.closed());
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(reader.take_body(), "some");
  EXPECT_FALSE(reader.keep_alive());
}

struct Hostile {
  const char* name;
  std::string bytes;
  const char* message;
};

void PrintTo(const Hostile& hostile, std::ostream* out) { *out << hostile.name; }

class HttpResponseRefuses : public testing::TestWithParam<Hostile> {};

TEST_P(HttpResponseRefuses, AndStaysRefused) {
  for (const std::size_t step : {1UL, 4096UL}) {
    HttpResponseReader reader{{.head_bytes_max = 1024, .body_bytes_max = 1024}};
    Read read = read_all(reader, GetParam().bytes, step);
    if (read.fed) read.fed = reader.closed();
    ASSERT_FALSE(read.fed);
    EXPECT_EQ(read.fed.error().code(), Errc::corrupt);
    EXPECT_THAT(read.fed.error().message(), HasSubstr(GetParam().message));
    EXPECT_FALSE(reader.done());
    EXPECT_FALSE(reader.feed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    EXPECT_FALSE(reader.closed());
  }
}

const std::string kOk = "HTTP/1.1 200 OK\r\n";

INSTANTIATE_TEST_SUITE_P(
    Table, HttpResponseRefuses,
    testing::Values(
        Hostile{"no_http", "hello, I am a model\r\n\r\n", "bad version"}, Hostile{"nothing", "", "ended before"},
        Hostile{"cut", kOk + "Content-Length: 10\r\n\r\nabc", "ended before"},
        Hostile{"cut_chunk", kOk + "Transfer-Encoding: chunked\r\n\r\nA\r\nabc", "ended before"},
        Hostile{"endless_head", kOk + "X: " + std::string(5000, 'x'), "limit"},
        Hostile{"large_body", kOk + "Content-Length: 99999999999\r\n\r\n", "limit"},
        Hostile{"large_chunk", kOk + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n", "limit"},
        Hostile{"chunk_overflow", kOk + "Transfer-Encoding: chunked\r\n\r\n1FFFFFFFFFFFFFFFFF\r\n", ""},
        Hostile{"no_chunk", kOk + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc", "bad chunk"},
        Hostile{"endless_extension", kOk + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(5000, 'e'), ""},
        Hostile{"two_lengths", kOk + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", ""},
        Hostile{"length_and_chunks", kOk + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", ""},
        Hostile{"negative_length", kOk + "Content-Length: -1\r\n\r\n", ""},
        Hostile{"unasked", kOk + "Content-Length: 1\r\n\r\nab", "after its end"},
        Hostile{"unasked_after_chunks", kOk + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nb", "after its end"},
        Hostile{"informational", "HTTP/1.1 100 Continue\r\n\r\n", "status 100"},
        Hostile{"switching", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "status 101"},
        Hostile{"odd_status", "HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", "status 999"},
        Hostile{"bad_field", kOk + "Content Length: 1\r\n\r\n", ""}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(HttpRequestText, CarriesItsBodyWithItsLength) {
  EXPECT_EQ(http_request({.method = "POST", .target = "/v1/x", .host = "127.0.0.1:8080", .body = "{}"}),
            "POST /v1/x HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAccept: application/json, text/event-stream\r\n"
            "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
}

}  // namespace
}  // namespace belljar::codec
