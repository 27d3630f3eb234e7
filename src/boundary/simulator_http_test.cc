#include "boundary/simulator_http.h"

#include "boundary/reply_for_tests.h"
#include "boundary/simulator_openapi.h"
#include "content/canary.h"

namespace belljar::boundary {
namespace {

using codec::Json;
using testing::HasSubstr;

constexpr std::string_view kShop = R"(belljar-services: 1
services:
  - name: shop
    kind: http
    hosts: [api.example.com]
    faults:
      - {when: [{at: /query/slow}], delay: 1s}
      - {when: [{at: /query/break}], reset: true}
      - {when: [{at: /query/busy}], every: 2, status: 503}
    routes:
      - on: POST /orders
        request: {type: object, required: [item], properties: {item: {type: string}}}
        keep: "orders/${/count}"
        status: 201
        headers: {location: "/orders/${/count}"}
        body: {id: "${/count}", item: "${/body/item}"}
      - on: GET /orders/{id}
        find: "orders/${/path/id}"
        body: {order: "${/found}", agent: "${/header/user-agent}"}
      - on: DELETE /orders/{id}
        drop: "orders/${/path/id}"
        status: 204
      - on: GET /orders
        list: "orders/"
        body: "${/found}"
      - on: GET /files/{path...}
        text: "${/path/path}"
      - on: GET /draw
        body: "${/random}"
      - on: GET /echo
        headers: {x-echo: "${/query/q}"}
      - {on: "GET /old/{rest...}", decoy: true}
      - on: GET /bait
        text: "${/canary/bait}"
)";

std::shared_ptr<SimulatedHttp> shop(std::uint64_t seed = 7) {
  auto file = parse_services(kShop, "shop.yaml");
  EXPECT_TRUE(file) << file.error().message();
  return std::make_shared<SimulatedHttp>(file.value().services.at(0), SimulatorSeed{seed, "a key"});
}

TEST(SimulatedHttp, KeepsFindsListsAndDrops) {
  const auto service = shop();
  HttpAsk get = make_ask("GET", "/orders/1");
  get.headers.emplace_back("user-agent", "curl");
  EXPECT_EQ(asked(*service, get).status, 404);
  const GatheredReply made = asked(*service, make_ask("POST", "/orders", R"({"item": "tea"})"));
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(*find_header(made.headers, "location"), "/orders/1");
  EXPECT_EQ(made.text, R"({"id":1,"item":"tea"})");
  EXPECT_EQ(asked(*service, get).text, R"({"order":{"item":"tea"},"agent":"curl"})");
  EXPECT_EQ(asked(*service, make_ask("GET", "/orders")).text, R"([{"item":"tea"}])");
  EXPECT_EQ(asked(*service, make_ask("DELETE", "/orders/1")).status, 204);
  EXPECT_EQ(asked(*service, get).status, 404);
}

TEST(SimulatedHttp, ADecoyRingsAndAnswersNothing) {
  const auto service = shop();
  const GatheredReply reply = asked(*service, make_ask("GET", "/old/keys"));
  EXPECT_EQ(reply.rang, "shop/GET /old/{rest...}");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(asked(*service, make_ask("GET", "/bait")).rang, "");
}

TEST(SimulatedHttp, RefusesABodyThatBreaksItsSchemaAndSaysWhere) {
  const auto service = shop();
  const GatheredReply reply = asked(*service, make_ask("POST", "/orders", R"({"item": 3})"));
  EXPECT_EQ(reply.status, 422);
  EXPECT_THAT(reply.text, HasSubstr("/item: found"));
  EXPECT_EQ(asked(*service, make_ask("POST", "/orders")).status, 422);
  EXPECT_EQ(asked(*service, make_ask("GET", "/orders")).text, "[]") << "nothing of it was kept";
}

TEST(SimulatedHttp, SaysWhatItHasInstead) {
  const auto service = shop();
  const GatheredReply reply = asked(*service, make_ask("GET", "/order"));
  EXPECT_EQ(reply.status, 404);
  EXPECT_THAT(reply.text, HasSubstr("did you mean /orders?"));
  EXPECT_EQ(asked(*service, make_ask("PUT", "/orders")).status, 405);
  EXPECT_EQ(asked(*service, make_ask("GET", "/orders/%2e%2e/x")).status, 400);
}

TEST(SimulatedHttp, FaultsStrikeAsWritten) {
  const auto service = shop();
  EXPECT_EQ(asked(*service, make_ask("GET", "/orders?slow=1")).waited_ns, 1'000'000'000);
  EXPECT_TRUE(asked(*service, make_ask("GET", "/orders?break=1")).broken);
  EXPECT_EQ(asked(*service, make_ask("GET", "/orders?busy=1")).status, 200);
  EXPECT_EQ(asked(*service, make_ask("GET", "/orders?busy=1")).status, 503);
  EXPECT_EQ(asked(*service, make_ask("GET", "/orders")).status, 200);
}

TEST(SimulatedHttp, DrawsFromTheSeedAlone) {
  const std::string first = asked(*shop(), make_ask("GET", "/draw")).text;
  EXPECT_EQ(asked(*shop(), make_ask("GET", "/draw")).text, first);
  EXPECT_NE(asked(*shop(8), make_ask("GET", "/draw")).text, first);
  const auto service = shop();
  asked(*service, make_ask("GET", "/draw"));
  EXPECT_NE(asked(*service, make_ask("GET", "/draw")).text, first);
}

TEST(SimulatedHttp, PutsItsCanaryAndTakesRestsOfPaths) {
  EXPECT_EQ(asked(*shop(), make_ask("GET", "/bait")).text, content::make_canary("a key", "service:shop/bait").token);
  EXPECT_EQ(asked(*shop(), make_ask("GET", "/files/a/b%20c")).text, "a/b c");
}

TEST(SimulatedHttp, NoTemplateCanBreakAHeader) {
  const GatheredReply reply = asked(*shop(), make_ask("GET", "/echo?q=a%0d%0aset-cookie:%20x"));
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(find_header(reply.headers, "x-echo"), nullptr);
}

TEST(SimulatedHttp, ItsStoreIsBounded) {
  const auto service = shop();
  const std::string body = R"({"item":")" + std::string(1 << 20, 'x') + "\"}";
  int status = 201;
  for (int at = 0; at < 20; ++at) status = asked(*service, make_ask("POST", "/orders", body)).status;
  EXPECT_EQ(status, 507);
}

constexpr std::string_view kPets = R"(openapi: 3.0.3
info: {title: Pets, version: "1"}
servers: [{url: "https://pets.example.com/v2"}]
paths:
  /pets/{id}:
    get:
      responses:
        "200":
          description: one
          content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}
  /pets/latest:
    get:
      responses:
        "200": {description: x, content: {application/json: {example: {id: 9, name: "${x}"}}}}
  /pets:
    post:
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
      responses:
        "201": {description: made}
components:
  schemas:
    Pet:
      type: object
      required: [id, name, owner]
      properties:
        id: {type: integer, format: int64, minimum: 0, exclusiveMinimum: true}
        name: {type: string, nullable: true, maxLength: 8}
        owner: {$ref: "#/components/schemas/Owner"}
    Owner:
      type: object
      required: [email]
      properties: {email: {type: string, format: email}, pets: {type: array, maxItems: 0, items: {$ref: "#/components/schemas/Pet"}}}
)";

Json yaml_json(const codec::Yaml& yaml) {
  if (yaml.kind == codec::Yaml::Kind::list) {
    Json::Array items;
    for (const codec::Yaml& item : yaml.items) items.push_back(yaml_json(item));
    return items;
  }
  if (yaml.kind == codec::Yaml::Kind::map) {
    Json::Object members;
    for (const codec::Yaml::Entry& entry : yaml.entries) members.emplace_back(entry.key, yaml_json(entry.value));
    return members;
  }
  const auto plain = codec::parse_json(yaml.scalar);
  return plain && !yaml.quoted ? plain.value() : Json{yaml.scalar};
}

TEST(OpenApi, ADocumentAloneIsEnough) {
  const auto document = codec::parse_yaml(kPets, "pets.yaml");
  ASSERT_TRUE(document) << document.error().message();
  auto routes = openapi_routes(yaml_json(document.value()), "pets.yaml");
  ASSERT_TRUE(routes) << routes.error().message();
  ServiceSpec spec;
  spec.name = "pets";
  spec.routes = std::move(routes).value();
  SimulatedHttp service{std::move(spec), SimulatorSeed{3, {}}};
  const GatheredReply latest = asked(service, make_ask("GET", "/v2/pets/latest"));
  EXPECT_EQ(latest.text, R"({"id":9,"name":"${x}"})");
  const GatheredReply made = asked(service, make_ask("GET", "/v2/pets/5"));
  ASSERT_EQ(made.status, 200) << made.text;
  const Json pet = made.json();
  ASSERT_NE(pet.find("owner"), nullptr);
  EXPECT_GT(pet.find("id")->as_int(), 0);
  EXPECT_THAT(pet.find("owner")->find("email")->as_string(), HasSubstr("@"));
  EXPECT_EQ(asked(service, make_ask("POST", "/v2/pets", R"({"id": 0})")).status, 422);
  EXPECT_EQ(
      asked(service, make_ask("POST", "/v2/pets", R"({"id": 1, "name": null, "owner": {"email": "a@b.de"}})")).status,
      201);
  EXPECT_EQ(asked(service, make_ask("GET", "/pets/latest")).status, 404) << "the server's path stands before";
}

TEST(OpenApi, SaysWhatIsNoDocument) {
  const auto routes = openapi_routes(Json::Object{{"swagger", "2.0"}}, "old.yaml");
  ASSERT_FALSE(routes);
  EXPECT_THAT(routes.error().message(), HasSubstr("old.yaml: found no \"openapi: 3.x\""));
}

}  // namespace
}  // namespace belljar::boundary
