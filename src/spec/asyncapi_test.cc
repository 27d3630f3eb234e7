#include "spec/asyncapi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace belljar::spec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kContract = R"(belljar-contract: 1
request:
  type: object
  required: [id, tree]
  properties:
    id: {type: string}
    tree: {$ref: "#/$defs/node"}
    again: {$ref: "#/properties/id"}
    x-kept: {const: {$ref: "not a reference"}}
  $defs:
    node: {type: object, properties: {left: {$ref: "#/$defs/node"}, leaf: {$ref: "#/$defs/leaf"}}}
    leaf: {type: [number, "null"], minimum: -1.5e3}
answer: {$ref: "#/$defs/node", $defs: {node: {enum: [yes-or-no, "yes", 1, null]}}}
error: {type: object, required: [code]}
errors: {agent: [refused], timeout: ["504"]}
retry: {attempts: 3, backoff: 150ms, factor: 1.5, most: 2s, jitter: 0.05, idempotent: true, on: [environment, contract]}
deadline: 1500ms
size: 100KiB
depth: 9
fan-out: 2
rate: 30/min
)";

// All of it but where it stood in a file.
std::string words(const Contract& contract) { return to_json(contract_json(contract)); }

TEST(ContractJson, what_is_written_is_read_back_equal) {
  const Contract contract = parse_contract(kContract, "c.yaml").value();
  const Contract again = parse_contract(codec::to_yaml(contract_json(contract)), "again.yaml").value();
  EXPECT_EQ(words(again), words(contract));
  EXPECT_EQ(again.retry, contract.retry);
  EXPECT_EQ(again.errors, contract.errors);
  EXPECT_EQ(again.rate, contract.rate);
  EXPECT_EQ(again.fan_out_max, contract.fan_out_max);
  EXPECT_EQ(again.deadline, contract.deadline);
  EXPECT_EQ(again.message_bytes_max, contract.message_bytes_max);
}

TEST(AsyncApi, a_contract_comes_back_as_it_went_in_both_spellings) {
  for (const Contract& contract : {parse_contract(kContract, "c.yaml").value(), open_contract(),
                                   parse_contract("belljar-contract: 1\n", "c.yaml").value()}) {
    const codec::Json document = export_asyncapi(contract, "triage");
    for (const std::string& text : {codec::to_yaml(document), codec::to_json_pretty(document)}) {
      const auto imported = import_asyncapi(text, "a.yaml", "");
      ASSERT_TRUE(imported) << imported.error().message() << text;
      EXPECT_EQ(words(imported.value().contract), words(contract));
      EXPECT_THAT(imported.value().left_out, testing::IsEmpty());
      EXPECT_EQ(to_json(export_asyncapi(imported.value().contract, "triage")), to_json(document));
    }
  }
}

TEST(AsyncApi, references_move_to_where_the_whole_document_finds_them) {
  const std::string text = to_json(export_asyncapi(parse_contract(kContract, "c.yaml").value(), "t"));
  EXPECT_THAT(text, HasSubstr(R"("tree":{"$ref":"#/components/schemas/request.node"})"));
  EXPECT_THAT(text, HasSubstr(R"("again":{"$ref":"#/components/messages/request/payload/schema/properties/id"})"));
  EXPECT_THAT(text, HasSubstr(R"("const":{"$ref":"not a reference"})"));
}

TEST(AsyncApi, the_documents_of_others_are_read_and_what_is_left_out_is_told) {
  const auto imported = import_asyncapi(R"(asyncapi: 3.1.0
info: {title: RPC, version: 1.0.0}
servers: {production: {host: rabbitmq.example.org, protocol: amqp}}
channels:
  rpc: {address: rpc, messages: {sum: {$ref: "#/components/messages/sum"}, difference: {payload: {type: string}}}}
  replies: {address: null, messages: {result: {correlationId: {location: $message.header#/id}, payload: {type: number, x-unit: m}}}}
operations:
  send: {action: send, channel: {$ref: "#/channels/replies"}}
  calculate:
    action: receive
    channel: {$ref: "#/channels/rpc"}
    bindings: {amqp: {ack: true}}
    reply: {channel: {$ref: "#/channels/replies"}}
    x-belljar: {deadline: 3s}
components:
  messages: {sum: {payload: {$ref: "#/components/schemas/numbers"}}}
  schemas: {numbers: {type: array, items: {$ref: "#/components/schemas/number"}}, number: {type: number}, unused: {}}
)",
                                        "rpc.yaml", "calculate");
  ASSERT_TRUE(imported) << imported.error().message();
  EXPECT_EQ(
      to_json(imported.value().contract.request_schema),
      R"({"anyOf":[{"$ref":"#/$defs/numbers"},{"type":"string"}],"$defs":{"numbers":{"type":"array","items":{"$ref":"#/$defs/number"}},"number":{"type":"number"}}})");
  EXPECT_EQ(to_json(imported.value().contract.answer_schema), R"({"type":"number"})");
  EXPECT_EQ(imported.value().contract.deadline, std::chrono::seconds{3});
  EXPECT_THAT(imported.value().left_out,
              ElementsAre("servers", "operations/calculate/bindings", "answer correlationId"));
}

TEST(AsyncApi, what_cannot_be_read_is_told_with_its_place) {
  const auto says = [](const std::string& text) { return import_asyncapi(text, "a.yaml", "").error().message(); };
  const std::string head = "asyncapi: 3.1.0\n";
  EXPECT_EQ(says("asyncapi: 2.6.0\n"), "a.yaml:1:11: found \"2.6.0\", expected version 3.0 or 3.1 of AsyncAPI");
  EXPECT_THAT(says("{}"), HasSubstr("a.yaml:1:1: found a document without \"asyncapi\""));
  EXPECT_THAT(says(head), HasSubstr("found a document without operations"));
  EXPECT_THAT(says(head + "operations: {a: {}, b: {}}\n"),
              HasSubstr("a.yaml:2:13: found 2 operations, expected one of them to be named: a or b"));
  EXPECT_THAT(says(head + "operations: {a: {messages: [{$ref: \"#/nowhere\"}]}}\n"),
              HasSubstr("a.yaml:2:36: found a reference to \"#/nowhere\", expected something in this document"));
  EXPECT_THAT(says(head + "operations: {a: {$ref: \"#/operations/a\"}}\n"), HasSubstr("leads round in circles"));
  EXPECT_THAT(
      says(head +
           "operations: {a: {messages: [{payload: {schemaFormat: application/vnd.apache.avro, schema: {}}}]}}\n"),
      HasSubstr("expected JSON Schema, or AsyncAPI's own of it"));
  EXPECT_THAT(says(head + "operations: {a: {x-belljar: {deadline: soon}}}\n"), HasSubstr("expected a duration"));
}

// Of the specification's own examples, where this project's data lies beside it.
TEST(AsyncApi, the_specifications_examples_are_read) {
  const std::filesystem::path folder =
      std::filesystem::path{BELLJAR_SOURCE_DIR} / "../shared/data/protocol-schemas/asyncapi";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no AsyncAPI examples at " << folder;
  std::ifstream file{folder / "rpc-server-asyncapi.yml"};
  std::ostringstream text;
  text << file.rdbuf();
  const auto imported = import_asyncapi(text.str(), "rpc-server-asyncapi.yml", "sum");
  ASSERT_TRUE(imported) << imported.error().message();
  EXPECT_THAT(to_json(imported.value().contract.request_schema), HasSubstr(R"("numbers":{"type":"array")"));
}

}  // namespace
}  // namespace belljar::spec
