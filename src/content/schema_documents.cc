#include "content/schema_documents.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/text.h"
#include "codec/json_pointer.h"
#include "content/schema_program.h"
#include "content/uri.h"

namespace belljar::content {

using codec::Json;

namespace {

constexpr std::size_t kDepthMax = 64;

// What a keyword holds, for finding subschemas.
enum class Holds { schema, list, map };
struct Holder {
  std::string_view keyword;
  Holds holds;
};
constexpr std::array<Holder, 19> kHolders{{
    {"$defs", Holds::map},
    {"properties", Holds::map},
    {"patternProperties", Holds::map},
    {"dependentSchemas", Holds::map},
    {"allOf", Holds::list},
    {"anyOf", Holds::list},
    {"oneOf", Holds::list},
    {"prefixItems", Holds::list},
    {"items", Holds::schema},
    {"contains", Holds::schema},
    {"additionalProperties", Holds::schema},
    {"propertyNames", Holds::schema},
    {"unevaluatedItems", Holds::schema},
    {"unevaluatedProperties", Holds::schema},
    {"if", Holds::schema},
    {"then", Holds::schema},
    {"else", Holds::schema},
    {"not", Holds::schema},
    {"contentSchema", Holds::schema},
}};

bool is_anchor(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [&letter](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

std::string unescaped(std::string_view token) {
  std::string out;
  for (std::size_t at = 0; at < token.size(); ++at) {
    const bool escape = token[at] == '~' && at + 1 < token.size() && (token[at + 1] == '0' || token[at + 1] == '1');
    if (!escape) {
      out += token[at];
    } else {
      out += token[++at] == '0' ? '~' : '/';
    }
  }
  return out;
}

const Json* step(const Json& value, const std::string& token) {
  if (!value.is_array()) return value.find(token);
  std::size_t index = 0;
  const auto end = token.data() + token.size();
  const auto parsed = std::from_chars(token.data(), end, index);
  const bool plain = parsed.ec == std::errc{} && parsed.ptr == end && (token == "0" || token[0] != '0');
  return plain && index < value.as_array().size() ? &value.as_array()[index] : nullptr;
}

}  // namespace

std::string step_into(const std::string& path, std::string_view key) {
  if (path.size() + key.size() > kPathBytesMax) return path;
  return path + codec::pointer_step(key);
}

void SchemaDocuments::add(std::string_view uri, const Json& document) {
  const std::uint32_t resource = open(document, std::string{split_uri(uri).document}, "", resource_count());
  walk(document, {resource, "", 0});
}

std::uint32_t SchemaDocuments::open(const Json& schema, std::string uri, const std::string& path,
                                    std::uint32_t parent) {
  const auto index = static_cast<std::uint32_t>(resources_.size());
  if (!uris_.emplace(uri, index).second && !path.empty()) {
    problems_.push_back({step_into(path, "$id"), "a second schema named " + printable(uri, 100), "one"});
  }
  Resource resource;
  resource.uri = std::move(uri);
  resource.root = &schema;
  resource.path = path;
  resource.parent = parent;
  resources_.push_back(std::move(resource));
  return index;
}

void SchemaDocuments::add_anchors(const Json& schema, const Walk& at) {
  for (const std::string_view keyword : {"$anchor", "$dynamicAnchor"}) {
    const Json* name = schema.find(keyword);
    if (name == nullptr) continue;
    if (!name->is_string() || !is_anchor(name->as_string())) {
      problems_.push_back({step_into(at.path, keyword),
                           name->is_string() ? printable(name->as_string(), 60) : std::string{name->kind()},
                           "a name: a letter or _, then letters, digits, - _ or ."});
      continue;
    }
    Resource& resource = resources_[at.resource];
    const auto [known, added] = resource.anchors.emplace(name->as_string(), Anchor{&schema, at.path});
    if (!added && known->second.schema != &schema) {
      problems_.push_back({step_into(at.path, keyword), "a second anchor " + printable(name->as_string(), 60), "one"});
    }
    if (keyword == "$dynamicAnchor") resource.dynamic_anchors.emplace(name->as_string(), Anchor{&schema, at.path});
  }
}

void SchemaDocuments::walk(const Json& schema, Walk at) {
  if (!schema.is_object()) return;
  if (at.depth > kDepthMax) {
    problems_.push_back({at.path, "a schema nested deeper than 64 levels", "fewer"});
    return;
  }
  const Json* id = schema.find("$id");
  if (id != nullptr && id->is_string()) {
    const std::string uri = resolve_uri(resources_[at.resource].uri, id->as_string());
    const SplitUri split = split_uri(uri);
    if (!split.fragment.empty()) {
      problems_.push_back({step_into(at.path, "$id"), printable(id->as_string(), 100), "a URI without fragment"});
    } else if (at.depth > 0) {
      at.resource = open(schema, std::string{split.document}, at.path, at.resource);
    } else {
      resources_[at.resource].uri = split.document;
      uris_.emplace(std::string{split.document}, at.resource);
    }
  }
  owners_.emplace(&schema, at.resource);
  add_anchors(schema, at);
  walk_below(schema, at);
}

void SchemaDocuments::walk_below(const Json& schema, const Walk& at) {
  for (const Json::Member& member : schema.as_object()) {
    const auto* const holder = std::find_if(kHolders.begin(), kHolders.end(),
                                            [&member](const Holder& one) { return one.keyword == member.first; });
    if (holder == kHolders.end()) continue;
    const std::string path = step_into(at.path, member.first);
    if (holder->holds == Holds::schema) walk(member.second, {at.resource, path, at.depth + 1});
    if (holder->holds == Holds::map && member.second.is_object()) {
      for (const auto& [name, below] : member.second.as_object()) {
        walk(below, {at.resource, step_into(path, name), at.depth + 1});
      }
    }
    if (holder->holds == Holds::list && member.second.is_array()) {
      for (std::size_t i = 0; i < member.second.as_array().size(); ++i) {
        walk(member.second.as_array()[i], {at.resource, step_into(path, std::to_string(i)), at.depth + 1});
      }
    }
  }
}

std::uint32_t SchemaDocuments::resource_of(const Json& schema, std::uint32_t parent) const {
  const auto found = owners_.find(&schema);
  return found == owners_.end() ? parent : found->second;
}

const Resource* SchemaDocuments::by_uri(std::string_view uri) const {
  const auto found = uris_.find(std::string{uri});
  return found == uris_.end() ? nullptr : &resources_[found->second];
}

Result<Target> SchemaDocuments::find(std::uint32_t from, std::string_view reference) const {
  const std::string uri = resolve_uri(resources_[from].uri, reference);
  const SplitUri split = split_uri(uri);
  const auto named = uris_.find(std::string{split.document});
  const bool here = split.document.empty() || split.document == resources_[from].uri;
  if (!here && named == uris_.end()) {
    return Error{Errc::not_found, "a reference to " + printable(uri, 100) + ", which is not in this document"};
  }
  const std::uint32_t resource = here ? from : named->second;
  const std::optional<std::string> fragment = percent_decode(split.fragment);
  if (!fragment) return Error{Errc::not_found, "a reference " + printable(uri, 100) + " with a wrong escape"};
  if (fragment->empty() || fragment->starts_with('/')) return pointed(resource, *fragment, reference);
  const auto anchor = resources_[resource].anchors.find(*fragment);
  if (anchor == resources_[resource].anchors.end()) {
    return Error{Errc::not_found, "a reference to the anchor " + printable(*fragment, 60) + ", which is nowhere here"};
  }
  return Target{anchor->second.schema, resource, anchor->second.path, *fragment};
}

Result<Target> SchemaDocuments::pointed(std::uint32_t resource, const std::string& pointer,
                                        std::string_view reference) const {
  Target target{resources_[resource].root, resource, resources_[resource].path, {}};
  std::size_t at = 0;
  while (at < pointer.size()) {
    const std::size_t end = std::min(pointer.find('/', at + 1), pointer.size());
    const std::string token = unescaped(std::string_view{pointer}.substr(at + 1, end - at - 1));
    target.schema = step(*target.schema, token);
    if (target.schema == nullptr) {
      return Error{Errc::not_found, "a reference " + printable(reference, 100) + " that leads to nothing"};
    }
    target.resource = resource_of(*target.schema, target.resource);
    target.path = step_into(target.path, token);
    at = end;
  }
  return target;
}

}  // namespace belljar::content
