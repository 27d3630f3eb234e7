// A mirror from a real connection to a page inside: recorded from a stand-in for the world, served again.
#include "boundary/gateway/mirror_record.h"

#include <cstdlib>

#include "boundary/gateway/stage_test.h"
#include "boundary/reply_for_tests.h"
#include "os/file.h"

namespace belljar::boundary {
namespace {

using ::testing::ElementsAre;
using testing::enter_own_network;
using ::testing::HasSubstr;
using testing::StandIn;

constexpr const char* kPublic = "93.184.216.34";

std::string ok(const std::string& body, const std::string& more = {}) {
  return "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" + more + "\r\n" + body;
}

std::string world(const std::string& request) {
  if (request.starts_with("GET /old ")) return "HTTP/1.1 302 Found\r\nlocation: /guide\r\ncontent-length: 0\r\n\r\n";
  if (request.starts_with("GET /away ")) {
    return "HTTP/1.1 302 Found\r\nlocation: http://other.example.com/x\r\ncontent-length: 0\r\n\r\n";
  }
  if (request.starts_with("GET /guide ")) return ok("the guide", "content-type: text/plain\r\nset-cookie: a=b\r\n");
  return "HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\nnone";
}

TEST(MirrorRecord, RecordsThroughTheGatewayAndReplaysInside) {
  if (!enter_own_network({kPublic})) GTEST_SKIP() << "needs a network namespace of its own";
  std::string folder = ::testing::TempDir() + "belljar-mirror-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string hosts = folder + "/hosts";
  ASSERT_TRUE(os::write_file_atomic(
      hosts, std::string{kPublic} + " docs.example.com other.example.com\n127.0.0.1 inward.example.com\n", 0644));
  const StandIn server{kPublic, 80, world};
  auto recording = record_mirror({"http://docs.example.com/old", "http://docs.example.com/away",
                                  "http://docs.example.com/none", "http://inward.example.com/"},
                                 {.hosts_file = hosts, .resolver_file = "/dev/null", .trust_file = "/dev/null"});
  ASSERT_TRUE(recording) << recording.error().message();
  ASSERT_EQ(recording.value().entries.size(), 4U);
  ASSERT_EQ(recording.value().missed.size(), 2U);
  EXPECT_THAT(recording.value().missed[0], HasSubstr("http://other.example.com/x: a redirect leads there"));
  EXPECT_THAT(recording.value().missed[1], HasSubstr("http://inward.example.com/: refused"))
      << "loopback is not dialled";

  ASSERT_TRUE(write_mirror(folder + "/docs", recording.value().entries));
  ServiceSpec spec;
  spec.name = "docs";
  const auto mirror = Mirror::make(spec, folder + "/docs", std::make_shared<ServiceNotes>());
  ASSERT_TRUE(mirror) << mirror.error().message();
  const auto page = [&](const std::string& target) {
    HttpAsk ask = make_ask("GET", target);
    ask.host = "docs.example.com";
    return asked(*mirror.value(), ask);
  };
  EXPECT_EQ(page("/guide").text, "the guide");
  EXPECT_EQ(find_header(page("/guide").headers, "set-cookie"), nullptr);
  EXPECT_EQ(*find_header(page("/old").headers, "location"), "/guide");
  EXPECT_EQ(page("/none").status, 404);
  EXPECT_TRUE(os::remove_tree(folder));
}

TEST(MirrorRecord, RefusesWhatIsNoUrlOfAName) {
  for (const char* url : {"docs.example.com", "ftp://docs.example.com/", "http://93.184.216.34/"}) {
    EXPECT_FALSE(record_mirror({url}, {.hosts_file = "/dev/null"})) << url;
  }
}

}  // namespace
}  // namespace belljar::boundary
