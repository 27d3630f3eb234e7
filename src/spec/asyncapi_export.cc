#include "spec/asyncapi.h"
#include "spec/contract_parts.h"

namespace belljar::spec {

using codec::Json;

namespace {

constexpr std::string_view kSchemaFormat = "application/schema+json;version=draft-2020-12";

// References of a schema stand in its own document; in AsyncAPI they stand in the whole one.
void move_references(Json& value, const std::string& section, Inside inside) {
  if (inside == Inside::data) return;
  if (value.is_array()) {
    for (Json& item : value.as_array()) move_references(item, section, Inside::schema);
  }
  if (!value.is_object()) return;
  for (auto& [name, member] : value.as_object()) {
    constexpr std::string_view kDefs = "#/$defs/";
    if (inside == Inside::names || name != "$ref" || !member.is_string()) {
      move_references(member, section, inside == Inside::names ? Inside::schema : inside_of(name));
      continue;
    }
    const std::string reference = member.as_string();
    if (reference.starts_with(kDefs)) {
      member = Json{"#/components/schemas/" + section + "." + reference.substr(kDefs.size())};
    } else if (reference == "#" || reference.starts_with("#/")) {
      member = Json{"#/components/messages/" + section + "/payload/schema" + reference.substr(1)};
    }
  }
}

Json message(const Json& schema_in, const std::string& section, Json& components) {
  Json schema = schema_in;
  Json schemas = components.find("schemas") == nullptr ? Json::Object{} : *components.find("schemas");
  move_references(schema, section, Inside::schema);
  if (schema.is_object()) {
    Json::Object rest;
    for (auto& [name, member] : schema.as_object()) {
      if (name != "$defs" || !member.is_object()) {
        rest.emplace_back(name, std::move(member));
        continue;
      }
      for (auto& [def, inside] : member.as_object()) schemas.set(section + "." + def, std::move(inside));
    }
    schema = Json{std::move(rest)};
  }
  components.set("schemas", std::move(schemas));
  Json payload;
  payload.set("schemaFormat", kSchemaFormat);
  payload.set("schema", std::move(schema));
  Json json;
  json.set("contentType", "application/json");
  json.set("payload", std::move(payload));
  return json;
}

Json reference_to(const std::string& pointer) { return Json::Object{{"$ref", pointer}}; }

Json channel(std::string_view address, const std::vector<std::string>& sections) {
  Json messages;
  for (const std::string& section : sections) messages.set(section, reference_to("#/components/messages/" + section));
  Json json;
  json.set("address", address);
  json.set("messages", std::move(messages));
  return json;
}

}  // namespace

Json export_asyncapi(const Contract& contract, std::string_view name) {
  Json components = Json::Object{};
  Json messages;
  messages.set("request", message(contract.request_schema, "request", components));
  messages.set("answer", message(contract.answer_schema, "answer", components));
  Json failure = message(contract.error_schema, "error", components);
  failure.set("x-belljar-failure", true);
  messages.set("error", std::move(failure));
  components.set("messages", std::move(messages));

  Json reply;
  reply.set("channel", reference_to("#/channels/answers"));
  reply.set("messages", Json::Array{reference_to("#/channels/answers/messages/answer"),
                                    reference_to("#/channels/answers/messages/error")});
  Json terms = Json::Object{};
  add_terms(contract, terms);
  Json operation;
  operation.set("action", "receive");
  operation.set("channel", reference_to("#/channels/requests"));
  operation.set("messages", Json::Array{reference_to("#/channels/requests/messages/request")});
  operation.set("reply", std::move(reply));
  operation.set("x-belljar", std::move(terms));

  Json channels;
  channels.set("requests", channel("requests", {"request"}));
  channels.set("answers", channel("answers", {"answer", "error"}));
  Json json;
  json.set("asyncapi", "3.1.0");
  json.set("info", Json::Object{{"title", name}, {"version", "1"}});
  json.set("defaultContentType", "application/json");
  json.set("channels", std::move(channels));
  json.set("operations", Json::Object{{"ask", std::move(operation)}});
  json.set("components", std::move(components));
  return json;
}

}  // namespace belljar::spec
