#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "spec/asyncapi.h"
#include "spec/contract_parts.h"
#include "spec/quantity.h"

namespace belljar::spec {

using codec::Json;
using codec::Yaml;

namespace {

constexpr std::string_view kSchemas = "#/components/schemas/";
constexpr codec::YamlLimits kLimits{.bytes_max = 4U << 20, .depth_max = 64, .nodes_max = 200'000};

std::string unescaped(std::string_view token) {
  std::string out;
  for (std::size_t at = 0; at < token.size(); ++at) {
    const bool escape = token[at] == '~' && at + 1 < token.size() && (token[at + 1] == '0' || token[at + 1] == '1');
    out += !escape ? token[at] : token[++at] == '0' ? '~' : '/';
  }
  return out;
}

class Importer {
 public:
  Importer(const Yaml& root, std::string_view file) : root_{root}, problems_{file} {}

  Result<Imported> import(std::string_view wanted) {
    check_version();
    const Yaml::Entry* operation = problems_.none() ? find_operation(wanted) : nullptr;
    TRY(problems_.result());
    out_.contract.request_schema = true;
    out_.contract.answer_schema = true;
    read_operation(*operation);
    TRY(problems_.result());
    return std::move(out_);
  }

 private:
  void check_version() {
    if (!require_map(problems_, root_, "an AsyncAPI document")) return;
    const Yaml* version = root_.find("asyncapi");
    if (version == nullptr) {
      problems_.add(root_.mark, "a document without \"asyncapi\"", "an AsyncAPI document of version 3.0 or 3.1");
    } else if (!version->scalar.starts_with("3.0.") && !version->scalar.starts_with("3.1.")) {
      problems_.add(version->mark, describe(*version), "version 3.0 or 3.1 of AsyncAPI");
    }
    for (const Yaml::Entry& entry : root_.entries) {
      constexpr std::array<std::string_view, 7> kRead{"asyncapi", "info",       "id",        "defaultContentType",
                                                      "channels", "operations", "components"};
      if (std::find(kRead.begin(), kRead.end(), entry.key) == kRead.end())
        out_.left_out.push_back(printable(entry.key, 60));
    }
  }

  const Yaml::Entry* find_operation(std::string_view wanted) {
    const Yaml* operations = root_.find("operations");
    if (operations == nullptr || operations->kind != Yaml::Kind::map || operations->entries.empty()) {
      problems_.add(root_.mark, "a document without operations", "an operation, which becomes the contract");
      return nullptr;
    }
    std::vector<std::string_view> names;
    for (const Yaml::Entry& entry : operations->entries) {
      if (entry.key == wanted || (wanted.empty() && operations->entries.size() == 1)) return &entry;
      names.push_back(entry.key);
    }
    problems_.add(operations->mark,
                  wanted.empty() ? std::to_string(names.size()) + " operations" : "no operation " + quote(wanted),
                  "one of them to be named: " + printable(one_of(names), 300));
    return nullptr;
  }

  // Follows `$ref` inside the document, some hops deep.
  const Yaml* follow(const Yaml& value) {
    const Yaml* at = &value;
    for (int hops = 0; hops < 16; ++hops) {
      const Yaml* reference = at->find("$ref");
      if (reference == nullptr) return at;
      at = pointed(reference->scalar);
      if (at != nullptr) continue;
      problems_.add(reference->mark, "a reference to " + quote(reference->scalar), "something in this document");
      return nullptr;
    }
    problems_.add(value.mark, "a reference that leads round in circles", "something in this document");
    return nullptr;
  }

  const Yaml* pointed(std::string_view reference) const {
    if (!reference.starts_with("#/")) return nullptr;
    const Yaml* at = &root_;
    reference.remove_prefix(2);
    while (at != nullptr) {
      const std::size_t slash = std::min(reference.find('/'), reference.size());
      at = at->find(unescaped(reference.substr(0, slash)));
      if (slash == reference.size()) return at;
      reference.remove_prefix(slash + 1);
    }
    return nullptr;
  }

  void read_operation(const Yaml::Entry& entry) {
    const Yaml* operation = follow(entry.value);
    if (operation == nullptr || !require_map(problems_, *operation, "an operation")) return;
    constexpr std::array<std::string_view, 8> kRead{"action",  "channel",     "messages", "reply",
                                                    "summary", "description", "title",    "x-belljar"};
    for (const Yaml::Entry& part : operation->entries) {
      if (std::find(kRead.begin(), kRead.end(), part.key) == kRead.end()) {
        out_.left_out.push_back(printable("operations/" + entry.key + "/" + part.key, 200));
      }
    }
    std::vector<Json> requests;
    std::vector<Json> answers;
    std::vector<Json> failures;
    read_messages(*operation, "request", requests, requests);
    if (const Yaml* reply = operation->find("reply")) {
      if (const Yaml* said = follow(*reply)) read_messages(*said, "answer", answers, failures);
    }
    if (!requests.empty()) out_.contract.request_schema = together(std::move(requests));
    if (!answers.empty()) out_.contract.answer_schema = together(std::move(answers));
    if (!failures.empty()) out_.contract.error_schema = together(std::move(failures));
    if (const Yaml* terms = operation->find("x-belljar")) read_terms(problems_, *terms, out_.contract);
  }

  static Json together(std::vector<Json> schemas) {
    if (schemas.size() == 1) return std::move(schemas.front());
    Json::Object defs;
    for (Json& schema : schemas) {
      if (!schema.is_object()) continue;
      Json::Object rest;
      for (auto& [name, member] : schema.as_object()) {
        if (name != "$defs") {
          rest.emplace_back(name, std::move(member));
          continue;
        }
        for (auto& [def, inside] : member.as_object()) {
          const bool known =
              std::any_of(defs.begin(), defs.end(), [&d = def](const auto& one) { return one.first == d; });
          if (!known) defs.emplace_back(def, std::move(inside));
        }
      }
      schema = Json{std::move(rest)};
    }
    Json json;
    json.set("anyOf", Json::Array{schemas.begin(), schemas.end()});
    if (!defs.empty()) json.set("$defs", std::move(defs));
    return json;
  }

  // The messages an operation names, or all of its channel.
  void read_messages(const Yaml& owner, const std::string& section, std::vector<Json>& schemas,
                     std::vector<Json>& failures) {
    const Yaml* list = owner.find("messages");
    if (list != nullptr && list->kind == Yaml::Kind::list) {
      for (const Yaml& item : list->items) read_message(item, section, schemas, failures);
      return;
    }
    const Yaml* channel = owner.find("channel");
    const Yaml* said = channel == nullptr ? nullptr : follow(*channel);
    const Yaml* messages = said == nullptr ? nullptr : said->find("messages");
    if (messages == nullptr || messages->kind != Yaml::Kind::map) return;
    for (const Yaml::Entry& entry : messages->entries) read_message(entry.value, section, schemas, failures);
  }

  void read_message(const Yaml& value, std::string section, std::vector<Json>& schemas, std::vector<Json>& failures) {
    const Yaml* message = follow(value);
    if (message == nullptr || !require_map(problems_, *message, "a message")) return;
    const Yaml* failure = message->find("x-belljar-failure");
    const bool fails = failure != nullptr && failure->scalar == "true";
    if (fails) section = "error";
    for (const std::string_view part : {"headers", "correlationId", "bindings", "traits"}) {
      if (message->find(part) != nullptr) out_.left_out.push_back(section + " " + std::string{part});
    }
    const Yaml* payload = message->find("payload");
    if (payload == nullptr) {
      (fails ? failures : schemas).emplace_back(true);
      return;
    }
    if (const Yaml* format = payload->find("schemaFormat")) {
      const bool known = format->scalar.starts_with("application/schema+json") ||
                         format->scalar.starts_with("application/schema+yaml") ||
                         format->scalar.starts_with("application/vnd.aai.asyncapi");
      if (!known) return problems_.add(format->mark, describe(*format), "JSON Schema, or AsyncAPI's own of it");
      payload = payload->find("schema");
      if (payload == nullptr) return problems_.add(format->mark, "a schemaFormat without schema", "both");
    }
    (fails ? failures : schemas).push_back(schema_of(*payload, section));
  }

  Json schema_of(const Yaml& value, const std::string& section) {
    Json schema = plain_json(problems_, value);
    std::vector<std::string> wanted;
    std::set<std::string> known;
    move_references(schema, {section, value.mark, wanted}, Inside::schema);
    Json defs = Json::Object{};
    while (!wanted.empty()) {
      const std::string name = std::move(wanted.back());
      wanted.pop_back();
      if (!known.insert(name).second) continue;
      const Yaml* found = pointed(std::string{kSchemas} + name);
      if (found == nullptr) {
        problems_.add(value.mark, "a reference to the schema " + quote(name), "one of components/schemas");
        continue;
      }
      Json inside = plain_json(problems_, *found);
      move_references(inside, {section, found->mark, wanted}, Inside::schema);
      defs.set(local_name(unescaped(name), section), std::move(inside));
    }
    if (!schema.is_object() || defs.as_object().empty()) return schema;
    // In the order of the document, so that what is exported comes back as it was.
    std::sort(defs.as_object().begin(), defs.as_object().end(),
              [this](const auto& a, const auto& b) { return position(a.first) < position(b.first); });
    schema.set("$defs", std::move(defs));
    return schema;
  }

  std::size_t position(const std::string& name) const {
    const Yaml* schemas = pointed("#/components/schemas");
    for (std::size_t at = 0; at < schemas->entries.size(); ++at) {
      const std::string& key = schemas->entries[at].key;
      if (key == name || key.ends_with("." + name)) return at;
    }
    return schemas->entries.size();
  }

  // "request.address" is what export_asyncapi() made of the definition "address" of the request.
  static std::string local_name(const std::string& name, const std::string& section) {
    return name.starts_with(section + ".") ? name.substr(section.size() + 1) : name;
  }

  struct Context {
    const std::string& section;
    codec::Mark mark;
    std::vector<std::string>& wanted;  // schemas of components that are referred to
  };

  void move_references(Json& value, const Context& context, Inside inside) {
    if (inside == Inside::data) return;
    if (value.is_array()) {
      for (Json& item : value.as_array()) move_references(item, context, Inside::schema);
    }
    if (!value.is_object()) return;
    Json::Object kept;
    for (auto& [name, member] : value.as_object()) {
      if (inside == Inside::schema && name.starts_with("x-")) continue;
      if (inside == Inside::schema && name == "$ref" && member.is_string()) {
        member = Json{moved(member.as_string(), context)};
      } else {
        move_references(member, context, inside == Inside::names ? Inside::schema : inside_of(name));
      }
      kept.emplace_back(name, std::move(member));
    }
    value = Json{std::move(kept)};
  }

  std::string moved(const std::string& reference, const Context& context) {
    const std::string own = "#/components/messages/" + context.section + "/payload/schema";
    if (reference == own || reference.starts_with(own + "/")) return "#" + reference.substr(own.size());
    if (!reference.starts_with(kSchemas)) {
      problems_.add(context.mark, "a reference to " + quote(reference) + " in a schema here",
                    "one below #/components/schemas");
      return reference;
    }
    const std::string_view rest = std::string_view{reference}.substr(kSchemas.size());
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    context.wanted.emplace_back(rest.substr(0, slash));
    return "#/$defs/" + local_name(std::string{rest.substr(0, slash)}, context.section) +
           std::string{rest.substr(slash)};
  }

  const Yaml& root_;
  Problems problems_;
  Imported out_;
};

}  // namespace

Result<Imported> import_asyncapi(std::string_view text, std::string_view file, std::string_view operation) {
  const std::string name = printable(file, 4096);
  const Yaml root = TRY(codec::parse_yaml(text, name, kLimits));
  return Importer{root, name}.import(operation);
}

}  // namespace belljar::spec
