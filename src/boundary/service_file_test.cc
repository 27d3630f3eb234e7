#include "boundary/service_file.h"

#include "boundary/service_canaries.h"

namespace belljar::boundary {
namespace {

using testing::HasSubstr;

constexpr std::string_view kShop = R"(belljar-services: 1
services:
  - name: shop
    kind: http
    hosts: [api.example.com]
    latency: 20ms
    faults: [{every: 10, status: 503}]
    routes:
      - on: GET /orders/{id}
        find: "orders/${/path/id}"
        body: "${/found}"
  - name: db
    kind: postgres
    hosts: [db.internal]
    rows: [{table: users, rows: [{id: 1, token: "${/canary/db}"}]}]
)";

TEST(ServiceFile, ReadsWhatItSays) {
  const auto file = parse_services(kShop, "services.yaml");
  ASSERT_TRUE(file) << file.error().message();
  ASSERT_EQ(file.value().services.size(), 2U);
  const ServiceSpec& shop = file.value().services[0];
  EXPECT_EQ(shop.kind, ServiceKind::http);
  EXPECT_EQ(shop.latency_ns, 20'000'000);
  ASSERT_EQ(shop.routes.size(), 1U);
  ASSERT_EQ(shop.routes[0].steps.size(), 2U);
  EXPECT_TRUE(shop.routes[0].steps[1].named);
  EXPECT_EQ(shop.faults[0].every, 10U);
}

TEST(ServiceFile, KnowsThePlacesOfItsCanaries) {
  const auto file = parse_services(R"(belljar-services: 1
services:
  - name: shop
    kind: http
    hosts: [a.test]
    routes:
      - {on: GET /a, text: "key ${/canary/a} and ${/canary/b} at ${/path/x}", headers: {x-key: "${/canary/c}"}}
      - {on: GET /b, body: {deep: [{er: "${/canary/a}"}], no: "$${/canary/d}"}}
  - {name: store, kind: s3, hosts: [b.test], canaries: [backups/.aws/credentials]}
)",
                                   "services.yaml");
  ASSERT_TRUE(file) << file.error().message();
  const ServiceSpec& shop = file.value().services[0];
  EXPECT_THAT(canary_places(shop), testing::ElementsAre("service:shop/a", "service:shop/b", "service:shop/c"));
  EXPECT_THAT(canary_places(file.value().services[1]), testing::ElementsAre("service:store/backups/.aws/credentials"));
  EXPECT_EQ(canary_texts(shop, "one run"), canary_texts(shop, "one run"));
  EXPECT_NE(canary_texts(shop, "one run"), canary_texts(shop, "another"));
  std::set<std::string> names;
  std::vector<std::string> places;
  EXPECT_TRUE(add_canary_places(file.value(), names, places));
  const auto again = add_canary_places(file.value(), names, places);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message(), HasSubstr("services.yaml:3:5: found a service \"shop\" as in another file"));
}

struct Wrong {
  std::string_view name;
  std::string_view service;  // the lines of one service
  std::string_view says;
};

class WrongServiceFile : public testing::TestWithParam<Wrong> {};

TEST_P(WrongServiceFile, SaysWhereAndWhat) {
  const std::string text = "belljar-services: 1\nservices:\n" + std::string{GetParam().service};
  const auto file = parse_services(text, "services.yaml");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code(), Errc::invalid_argument);
  EXPECT_THAT(file.error().message(), HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Each, WrongServiceFile,
    testing::Values(
        Wrong{"UnknownKind", "  - {name: a, kind: ftp, hosts: [a.test]}\n", "services.yaml:3:"},
        Wrong{"UpperCaseHost", "  - {name: a, kind: smtp, hosts: [A.test]}\n", "expected a host name in lower case"},
        Wrong{"HostThatIsAnAddressWithPort", "  - {name: a, kind: smtp, hosts: [\"a.test:25\"]}\n", "host name"},
        Wrong{"NoRoutes", "  - {name: a, kind: http, hosts: [a.test]}\n", "\"routes\" or \"openapi\""},
        Wrong{"KeyOfAnotherKind", "  - {name: a, kind: smtp, hosts: [a.test], rules: x}\n",
              "\"rules\" in a service of kind smtp"},
        Wrong{"NoFiles", "  - {name: a, kind: directory, hosts: [a.test]}\n", "without \"files\""},
        Wrong{"Twice", "  - {name: a, kind: smtp, hosts: [a.test]}\n  - {name: a, kind: smtp, hosts: [b.test]}\n",
              "a second service \"a\""},
        Wrong{"BadRoute", "  - {name: a, kind: http, hosts: [a.test], routes: [{on: \"GET orders\"}]}\n",
              "a method and a path"},
        Wrong{"BadTemplate", "  - {name: a, kind: http, hosts: [a.test], routes: [{on: GET /, text: \"${x\"}]}\n",
              "\"}\""},
        Wrong{"CanaryOfTwoSteps",
              "  - {name: a, kind: http, hosts: [a.test], routes: [{on: GET /, text: \"${/canary/a/b}\"}]}\n",
              "the canary \"a/b\""},
        Wrong{"CanaryBesideTheBuckets", "  - {name: a, kind: s3, hosts: [a.test], canaries: [key]}\n",
              "a bucket and a key"},
        Wrong{"CanaryOutside", "  - {name: a, kind: s3, hosts: [a.test], canaries: [a/../b]}\n", "a path of letters"},
        Wrong{"DecoyThatAnswers", "  - {name: a, kind: s3, hosts: [a.test], decoy: true, buckets: [b]}\n",
              "\"buckets\" in a decoy, expected none"},
        Wrong{"DecoyRouteThatAnswers",
              "  - {name: a, kind: http, hosts: [a.test], routes: [{on: GET /, decoy: true, text: x}]}\n",
              "a decoy that answers"},
        Wrong{"FramingHeader",
              "  - {name: a, kind: http, hosts: [a.test], routes: [{on: GET /, headers: {content-length: \"1\"}}]}\n",
              "nothing to do with framing"},
        Wrong{"FaultThatDoesNothing",
              "  - {name: a, kind: http, hosts: [a.test], routes: [{on: GET /}], faults: [{every: 2}]}\n",
              "a fault that does nothing"},
        Wrong{"TlsWherePlain", "  - {name: a, kind: postgres, hosts: [a.test], tls: true}\n", "answered in clear"}),
    [](const auto& param) { return std::string{param.param.name}; });

TEST(ServiceFile, TellsAllErrorsAtOnce) {
  const auto file = parse_services(
      "belljar-services: 2\nservices:\n  - {name: a, kind: ftp, hosts: [A]}\n  - {kind: smtp, hosts: [b.test]}\n",
      "s.yaml");
  ASSERT_FALSE(file);
  const std::string& text = file.error().message();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;
}

}  // namespace
}  // namespace belljar::boundary
