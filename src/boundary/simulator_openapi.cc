#include "boundary/simulator_openapi.h"

#include <algorithm>
#include <array>
#include <set>

#include "codec/json_pointer.h"
#include "content/format.h"

namespace belljar::boundary {

namespace {

using codec::Json;

constexpr std::string_view kComponents = "#/components/schemas/";
constexpr int kReferencesMax = 16;
constexpr std::size_t kOperationsMax = 1024;

// Follows "$ref" of parameters, bodies and responses.
const Json* resolve(const Json& document, const Json* value) {
  for (int hop = 0; value != nullptr && hop < kReferencesMax; ++hop) {
    const Json* reference = value->find("$ref");
    if (reference == nullptr) return value;
    if (!reference->is_string() || !reference->as_string().starts_with("#")) return nullptr;
    value = codec::find_pointer(document, reference->as_string().substr(1));
  }
  return nullptr;
}

// A schema of OpenAPI as JSON Schema says it. `used` collects the components it refers to.
Json translate(const Json& schema, std::set<std::string>& used) {
  if (schema.is_array()) {
    Json::Array items;
    for (const Json& item : schema.as_array()) items.push_back(translate(item, used));
    return items;
  }
  if (!schema.is_object()) return schema;
  Json::Object out;
  bool nullable = false;
  for (const auto& [key, value] : schema.as_object()) {
    if (key == "$ref" && value.is_string() && value.as_string().starts_with(kComponents)) {
      const std::string name = value.as_string().substr(kComponents.size());
      used.insert(name);
      out.emplace_back(key, "#/$defs/" + name);
    } else if (key == "nullable" && value.is_bool()) {
      nullable = value.as_bool();
    } else if (key == "format" && value.is_string() && content::find_format(value.as_string()) == nullptr) {
      continue;
    } else if ((key == "exclusiveMinimum" || key == "exclusiveMaximum") && value.is_bool()) {
      const Json* bound = schema.find(key == "exclusiveMinimum" ? "minimum" : "maximum");
      if (value.as_bool() && bound != nullptr) out.emplace_back(key, *bound);
    } else if (key == "example" || key == "examples" || key == "enum" || key == "const" || key == "default") {
      out.emplace_back(key, value);
    } else {
      out.emplace_back(key, translate(value, used));
    }
  }
  if (!nullable) return out;
  return Json::Object{{"anyOf", Json::Array{Json::Object{{"type", "null"}}, Json{std::move(out)}}}};
}

// With the components it refers to, directly or not, as its definitions.
Json whole_schema(const Json& document, const Json& schema) {
  std::set<std::string> used;
  Json top = translate(schema, used);
  Json::Object definitions;
  std::set<std::string> done;
  while (done.size() < used.size()) {
    const std::set<std::string> wanted = used;
    for (const std::string& name : wanted) {
      if (!done.insert(name).second) continue;
      const Json* found = codec::find_pointer(document, "/components/schemas/" + name);
      if (found != nullptr) definitions.emplace_back(name, translate(*found, used));
    }
  }
  if (definitions.empty() || !top.is_object()) return top;
  return Json::Object{{"$defs", std::move(definitions)}, {"allOf", Json::Array{std::move(top)}}};
}

Result<content::Schema> compile(const Json& document, const Json& schema, std::string_view on) {
  content::SchemaOptions options;
  options.unknown = content::UnknownKeywords::ignored;
  return TRY_CTX(content::compile_schema(whole_schema(document, schema), options), std::string{on} + ": its schema");
}

// Text that is to stand as it is must not read as a template.
Json literal(const Json& value) {
  if (value.is_string()) {
    std::string out;
    const std::string& text = value.as_string();
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text.compare(at, 2, "${") == 0) out += '$';
      out += text[at];
    }
    return out;
  }
  if (value.is_array()) {
    Json::Array items;
    for (const Json& item : value.as_array()) items.push_back(literal(item));
    return items;
  }
  if (!value.is_object()) return value;
  Json::Object members;
  for (const auto& [key, item] : value.as_object()) members.emplace_back(key, literal(item));
  return members;
}

const Json* example_of(const Json& media) {
  if (const Json* example = media.find("example")) return example;
  if (const Json* examples = media.find("examples"); examples != nullptr && examples->is_object()) {
    for (const auto& [name, example] : examples->as_object()) {
      if (const Json* value = example.find("value")) return value;
    }
  }
  const Json* schema = media.find("schema");
  return schema == nullptr ? nullptr : schema->find("example");
}

const Json* json_media(const Json& document, const Json* holder) {
  holder = resolve(document, holder);
  const Json* content = holder == nullptr ? nullptr : holder->find("content");
  if (content == nullptr || !content->is_object()) return nullptr;
  for (const auto& [type, media] : content->as_object()) {
    if (type.starts_with("application/json") || type.find("+json") != std::string::npos) return &media;
  }
  return nullptr;
}

Result<void> take_answer(const Json& document, const Json& operation, RouteSpec& route) {
  const Json* responses = operation.find("responses");
  const Json* chosen = nullptr;
  std::string lowest = "300";
  if (responses != nullptr && responses->is_object()) {
    for (const auto& [status, response] : responses->as_object()) {
      if (status.size() == 3 && status[0] == '2' && status < lowest) {
        lowest = status;
        chosen = &response;
      } else if (status == "default" && chosen == nullptr) {
        chosen = &response;
      }
    }
  }
  const bool exact = lowest[1] >= '0' && lowest[1] <= '9' && lowest[2] >= '0' && lowest[2] <= '9' && lowest != "300";
  route.status = exact ? std::stoi(lowest) : 200;
  const Json* media = json_media(document, chosen);
  if (media == nullptr) return {};
  const Json* schema = media->find("schema");
  if (schema != nullptr) route.answer = TRY(compile(document, *schema, route.on));
  if (const Json* example = example_of(*media)) {
    route.body = literal(*example);
  } else if (route.answer) {
    route.generate = route.answer;
  }
  return {};
}

std::string base_path(const Json& document) {
  const Json* url = codec::find_pointer(document, "/servers/0/url");
  if (url == nullptr || !url->is_string()) return {};
  std::string path = url->as_string();
  if (const std::size_t scheme = path.find("://"); scheme != std::string::npos) {
    const std::size_t slash = path.find('/', scheme + 3);
    path = slash == std::string::npos ? std::string{} : path.substr(slash);
  }
  while (path.ends_with("/")) path.pop_back();
  return path.starts_with("/") ? path : std::string{};
}

}  // namespace

Result<std::vector<RouteSpec>> openapi_routes(const Json& document, std::string_view file) {
  constexpr std::array<std::string_view, 8> kMethods{"get",   "put",  "post",    "delete",
                                                     "patch", "head", "options", "trace"};
  const auto wrong = [&](const std::string& what) {
    return Error{Errc::invalid_argument, "read the OpenAPI document " + std::string{file} + ": " + what};
  };
  const Json* version = document.find("openapi");
  if (version == nullptr || !version->is_string() || !version->as_string().starts_with("3.")) {
    return wrong("found no \"openapi: 3.x\", expected an OpenAPI document of version 3");
  }
  const Json* paths = document.find("paths");
  if (paths == nullptr || !paths->is_object()) return wrong("found no \"paths\", expected a map of them");
  std::vector<RouteSpec> routes;
  for (const auto& [path, item] : paths->as_object()) {
    const Json* operations = resolve(document, &item);
    if (operations == nullptr || !operations->is_object()) continue;
    for (const auto& [method, operation] : operations->as_object()) {
      if (std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end()) continue;
      std::string on = method;
      std::transform(on.begin(), on.end(), on.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
      on += " " + base_path(document) + path;
      std::optional<RouteSpec> route = parse_route(on);
      if (!route) return wrong("found the path \"" + path + "\", expected one such as /orders/{id}");
      if (const Json* media = json_media(document, operation.find("requestBody"))) {
        if (const Json* schema = media->find("schema")) route->request = TRY_CTX(compile(document, *schema, on), file);
      }
      TRY_CTX(take_answer(document, operation, *route), file);
      routes.push_back(std::move(*route));
      if (routes.size() > kOperationsMax) return wrong("found more than 1024 operations");
    }
  }
  if (routes.empty()) return wrong("found no operation");
  // Literal steps before named ones, as the specification has it: /orders/latest is not an order called "latest".
  std::stable_sort(routes.begin(), routes.end(), [](const RouteSpec& left, const RouteSpec& right) {
    const auto named = [](const RouteSpec& route) {
      return std::count_if(route.steps.begin(), route.steps.end(), [](const RouteStep& step) { return step.named; });
    };
    return named(left) < named(right);
  });
  return routes;
}

}  // namespace belljar::boundary
