#include <algorithm>

#include "base/text.h"
#include "content/schema_compiler.h"
#include "content/uri.h"
#include "spec/quantity.h"

namespace belljar::content {

using codec::Json;

namespace {

constexpr std::size_t kNodesMax = 100'000;
constexpr std::size_t kProblemsShown = 100;
constexpr std::string_view kStandard = "https://json-schema.org/draft/2020-12/";
constexpr std::string_view kDialect = "https://json-schema.org/draft/2020-12/schema";

// `required` names join the properties, so that one look-up per member serves both.
void join_required(Members& members) {
  std::unordered_map<std::string_view, std::size_t> rows;
  for (std::size_t at = 0; at < members.properties.size(); ++at) rows.emplace(members.properties[at].name, at);
  std::vector<Members::Property> more;
  for (const std::string& name : members.required_names) {
    const auto known = rows.find(name);
    if (known == rows.end()) {
      more.push_back({name, kNoNode, true});
    } else {
      members.properties[known->second].required = true;
    }
  }
  members.required = static_cast<std::uint32_t>(members.required_names.size());
  members.properties.insert(members.properties.end(), more.begin(), more.end());
}

void fill_buckets(Members& members) {
  std::size_t size = 4;
  while (size < members.properties.size() * 2) size *= 2;
  members.buckets.assign(size, 0);
  for (std::uint32_t at = 0; at < members.properties.size(); ++at) {
    std::size_t bucket = name_hash(members.properties[at].name) & (size - 1);
    while (members.buckets[bucket] != 0) bucket = (bucket + 1) & (size - 1);
    members.buckets[bucket] = at + 1;
  }
}

bool has_limit(const Counts& counts) { return counts.least > 0 || counts.most != kNoLimit; }

}  // namespace

void Compiler::wrong(const std::string& path, std::string_view found, std::string_view expected) {
  problems_.push_back({path, "found " + std::string{found} + ", expected " + std::string{expected}});
}

Error Compiler::problems_error() const {
  std::string text;
  for (std::size_t at = 0; at < problems_.size() && at < kProblemsShown; ++at) {
    const std::string& path = problems_[at].path;
    text += at == 0 ? "" : "\n";
    text += (path.empty() ? "schema" : printable(path, kPathBytesMax)) + ": " + problems_[at].text;
  }
  return Error{Errc::invalid_argument, text};
}

void Compiler::add_documents(const Json& schema) {
  documents_.add(options_.uri, schema);
  for (const auto& [uri, document] : options_.documents) documents_.add(uri, document);
  for (const SchemaDocuments::Problem& problem : documents_.problems()) {
    wrong(problem.path, problem.found, problem.expected);
  }
}

void Compiler::add_standard() {
  if (std::exchange(standard_added_, true)) return;
  for (const auto& [uri, document] : standard_documents()) documents_.add(uri, document);
}

// A resource without `$schema` speaks as the one it is embedded in; parents come first.
void Compiler::read_dialects() {
  for (std::uint32_t at = 0; at < documents_.resource_count(); ++at) {
    Resource& resource = documents_.resource(at);
    if (resource.parent != at) resource.dialect = documents_.resource(resource.parent).dialect;
    const Json* dialect = resource.root->find("$schema");
    if (dialect == nullptr) continue;
    resource.dialect = dialect_of(*dialect, at).value_or(kStandardDialect);
  }
}

std::optional<std::uint8_t> Compiler::dialect_of(const Json& uri, std::uint32_t resource) {
  constexpr std::array<std::string_view, 8> kNames{"core",      "applicator",        "unevaluated",      "validation",
                                                   "meta-data", "format-annotation", "format-assertion", "content"};
  const std::string path = step_into(documents_.resource(resource).path, "$schema");
  if (uri.is_string() && uri.as_string() == kDialect) return kStandardDialect;
  const Resource* meta = uri.is_string() ? documents_.by_uri(uri.as_string()) : nullptr;
  const Json* vocabularies = meta == nullptr ? nullptr : meta->root->find("$vocabulary");
  if (vocabularies == nullptr || !vocabularies->is_object()) {
    // The documents of others may be written in other drafts; only what is used of them counts.
    if (resource == 0) wrong(path, "another dialect", kDialect);
    return std::nullopt;
  }
  std::uint8_t dialect = kCore;
  for (const auto& [name, needed] : vocabularies->as_object()) {
    std::string_view word = name;
    const bool standard = word.starts_with(kStandard) && word.substr(kStandard.size()).starts_with("vocab/");
    if (standard) word.remove_prefix(kStandard.size() + 6);
    const auto* const known = std::find(kNames.begin(), kNames.end(), word);
    if (standard && known != kNames.end()) {
      dialect |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(known - kNames.begin()));
    } else if (needed.is_bool() && needed.as_bool() && resource == 0) {
      wrong(path, "a dialect that needs vocabulary " + printable(name, 100), "one of the standard's");
    }
  }
  return dialect;
}

NodeId Compiler::node_for(const Json& schema, std::uint32_t resource, const std::string& path) {
  const auto known = ids_.find(&schema);
  if (known != ids_.end()) return known->second;
  if (program_->nodes.size() == kNodesMax) {
    if (problems_.empty() || problems_.back().path != "") wrong("", "more than 100000 subschemas", "fewer");
    return 0;
  }
  const auto id = static_cast<NodeId>(program_->nodes.size());
  ids_.emplace(&schema, id);
  program_->nodes.emplace_back();
  program_->paths.push_back(path);
  program_->type_words.emplace_back();
  waiting_.push_back({&schema, documents_.resource_of(schema, resource), path, id});
  return id;
}

void Compiler::compile_waiting() {
  while (!waiting_.empty()) {
    const Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    read_node(next);
  }
}

void Compiler::read_node(const Waiting& waiting) {
  const Json& schema = *waiting.schema;
  program_->nodes[waiting.id].resource = waiting.resource;
  if (schema.is_bool()) {
    if (schema.as_bool()) return;
    program_->nodes[waiting.id].types = 0;
    program_->type_words[waiting.id] = "nothing here";
    return;
  }
  if (!schema.is_object()) return wrong(waiting.path, schema.kind(), "a schema: an object, true or false");
  Draft draft;
  draft.schema = &schema;
  draft.id = waiting.id;
  draft.resource = waiting.resource;
  draft.path = waiting.path;
  for (const Json::Member& member : schema.as_object()) read_keyword(draft, member);
  finish(draft);
}

void Compiler::read_keyword(Draft& draft, const Json::Member& member) {
  const Keyword* keyword = find_keyword(member.first);
  const Place place{step_into(draft.path, member.first), keyword == nullptr ? "" : keyword->name};
  const bool strict = options_.unknown == UnknownKeywords::refused;
  if (keyword == nullptr || (keyword->vocabulary & documents_.resource(draft.resource).dialect) == 0) {
    if (!strict) return;
    std::vector<std::string_view> known;
    for (const Keyword& one : keywords()) known.push_back(one.name);
    const std::string_view near = spec::nearest(member.first, known);
    return wrong(place.path, "keyword " + printable(member.first, 60),
                 near.empty() ? "a keyword of JSON Schema 2020-12" : "\"" + std::string{near} + "\"");
  }
  if (strict && !keyword->needs.empty() && draft.schema->find(keyword->needs) == nullptr) {
    return wrong(place.path, "\"" + member.first + "\" without \"" + std::string{keyword->needs} + "\"",
                 "both, for it says nothing alone");
  }
  (this->*keyword->read)(draft, member.second, place);
}

// Operations on any value join those of each type, all in the order of their codes.
void Compiler::finish(Draft& draft) {
  SchemaProgram& program = *program_;
  const auto add_counts = [&](Group group, Code code, const Counts& counts) {
    if (!has_limit(counts)) return;
    program.counts.push_back(counts);
    add(draft, group, code, program.counts.size() - 1);
  };
  add_counts(Group::string, Code::length, draft.length);
  add_counts(Group::array, Code::item_count, draft.item_count);
  add_counts(Group::object, Code::member_count, draft.member_count);
  if (draft.members) {
    join_required(*draft.members);
    fill_buckets(*draft.members);
    program.members.push_back(std::move(*draft.members));
    add(draft, Group::object, Code::members, program.members.size() - 1);
  }
  if (draft.items) {
    program.items.push_back(std::move(*draft.items));
    add(draft, Group::array, Code::items, program.items.size() - 1);
  }
  Node& node = program.nodes[draft.id];
  for (std::size_t group = 0; group < kGroups; ++group) {
    std::vector<Op> ops = draft.ops[group];
    if (group != 0) ops.insert(ops.end(), draft.ops[0].begin(), draft.ops[0].end());
    std::stable_sort(ops.begin(), ops.end(), [](const Op& a, const Op& b) { return a.code < b.code; });
    node.ops[group] = static_cast<std::uint32_t>(program.ops.size());
    program.ops.insert(program.ops.end(), ops.begin(), ops.end());
  }
  node.ops[kGroups] = static_cast<std::uint32_t>(program.ops.size());
}

void Compiler::resolve_dynamic() {
  for (std::size_t at = 0; at < dynamic_.size(); ++at) {
    for (std::uint32_t r = 0; r < documents_.resource_count(); ++r) {
      const auto& anchors = documents_.resource(r).dynamic_anchors;
      const auto anchor = anchors.find(dynamic_[at].name);
      if (anchor == anchors.end()) continue;
      const NodeId id = node_for(*anchor->second.schema, r, anchor->second.path);
      program_->dynamic_refs[dynamic_[at].row].anchors[r] = id;
    }
    compile_waiting();  // may find more dynamic references, and load the standard's documents
  }
}

Result<std::shared_ptr<const SchemaProgram>> Compiler::compile(const Json& schema) {
  add_documents(schema);
  read_dialects();
  if (!documents_.problems().empty()) return problems_error();
  node_for(schema, 0, "");
  compile_waiting();
  std::size_t resources = 0;
  while (std::exchange(resources, documents_.resource_count()) != documents_.resource_count()) resolve_dynamic();
  if (problems_.empty()) refuse_endless();
  if (!problems_.empty()) return problems_error();
  return std::shared_ptr<const SchemaProgram>{std::move(program_)};
}

Schema::Schema() : Schema{compile_schema(true).value()} {}

Result<Schema> compile_schema(const Json& schema, const SchemaOptions& options) {
  return Schema{TRY(Compiler{options}.compile(schema))};
}

}  // namespace belljar::content
