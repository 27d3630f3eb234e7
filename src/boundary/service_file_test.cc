#include "boundary/service_file.h"

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
