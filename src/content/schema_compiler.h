// Compiler: turns the keywords of each subschema into the operations of a SchemaProgram. For schema_compile*.cc alone.
//
// References are compiled from a list, never by recursion, so that depth is that of the document. Every reader reports
// what is wrong and goes on, so that all problems are told at once.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "content/schema.h"
#include "content/schema_documents.h"
#include "content/schema_program.h"

namespace belljar::content {

class Compiler {
 public:
  explicit Compiler(const SchemaOptions& options) : options_{options} {}
  Result<std::shared_ptr<const SchemaProgram>> compile(const codec::Json& schema);

 private:
  using Json = codec::Json;

  // A subschema while it is read.
  struct Draft {
    const Json* schema = nullptr;
    NodeId id = 0;
    std::uint32_t resource = 0;
    std::string path;
    std::vector<Op> ops[kGroups];
    Counts length, item_count, member_count;
    std::optional<Members> members;
    std::optional<Items> items;
    std::vector<Dependency> dependencies;
  };
  struct Place {
    std::string path;  // of the keyword
    std::string_view keyword;
  };
  struct Keyword {
    std::string_view name;
    std::uint8_t vocabulary;
    void (Compiler::*read)(Draft&, const Json&, const Place&);
    std::string_view needs = {};  // a keyword without which it says nothing
  };
  struct Waiting {
    const Json* schema;
    std::uint32_t resource;
    std::string path;
    NodeId id;
  };
  struct Problem {
    std::string path, text;
  };
  struct Dynamic {
    std::uint32_t row;
    std::string name;
  };

  static const std::vector<Keyword>& keywords();
  static const Keyword* find_keyword(std::string_view name);

  // schema_compile.cc
  void wrong(const std::string& path, std::string_view found, std::string_view expected);
  void add_documents(const Json& schema);
  void add_standard();
  void read_dialects();
  std::optional<std::uint8_t> dialect_of(const Json& uri, std::uint32_t resource);
  NodeId node_for(const Json& schema, std::uint32_t resource, const std::string& path);
  void compile_waiting();
  void read_node(const Waiting& waiting);
  void read_keyword(Draft& draft, const Json::Member& member);
  void finish(Draft& draft);
  void refuse_endless();
  Error problems_error() const;
  void resolve_dynamic();

  NodeId child(const Draft& draft, const Json& schema, const std::string& path) {
    return node_for(schema, draft.resource, path);
  }
  std::optional<std::uint64_t> count(const Json& value, const Place& place);
  bool require_object(const Json& value, const Place& place);
  bool require_list(const Json& value, const Place& place, std::string_view of);
  std::vector<std::string> names(const Json& value, const std::string& path);
  static void add(Draft& draft, Group group, Code code, std::size_t row) {
    draft.ops[static_cast<std::size_t>(group)].push_back({code, static_cast<std::uint32_t>(row)});
  }

  // schema_keywords.cc
  void read_type(Draft&, const Json&, const Place&);
  void add_type(Draft&, const Json&, const Place&);
  void read_const(Draft&, const Json&, const Place&);
  void read_enum(Draft&, const Json&, const Place&);
  void read_bound(Draft&, const Json&, const Place&);
  void read_multiple(Draft&, const Json&, const Place&);
  void read_count(Draft&, const Json&, const Place&);
  void read_pattern(Draft&, const Json&, const Place&);
  void read_format(Draft&, const Json&, const Place&);
  void read_unique(Draft&, const Json&, const Place&);
  void read_text(Draft&, const Json&, const Place&);
  void read_flag(Draft&, const Json&, const Place&);
  void read_list(Draft&, const Json&, const Place&);
  void read_any(Draft&, const Json&, const Place&) {}
  void read_id(Draft&, const Json&, const Place&);
  void read_vocabulary(Draft&, const Json&, const Place&);
  std::optional<Pattern> pattern_of(std::string_view text, const std::string& path);

  // schema_applicators.cc
  void read_properties(Draft&, const Json&, const Place&);
  void read_pattern_properties(Draft&, const Json&, const Place&);
  void read_additional(Draft&, const Json&, const Place&);
  void read_required(Draft&, const Json&, const Place&);
  void read_property_names(Draft&, const Json&, const Place&);
  void read_dependent_required(Draft&, const Json&, const Place&);
  void read_dependent_schemas(Draft&, const Json&, const Place&);
  void read_prefix_items(Draft&, const Json&, const Place&);
  void read_items(Draft&, const Json&, const Place&);
  void read_contains(Draft&, const Json&, const Place&);
  void read_branches(Draft&, const Json&, const Place&);
  void read_not(Draft&, const Json&, const Place&);
  void read_if(Draft&, const Json&, const Place&);
  void read_branch_of_if(Draft&, const Json&, const Place&);
  void read_unevaluated(Draft&, const Json&, const Place&);
  void read_defs(Draft&, const Json&, const Place&);
  void read_schema_annotation(Draft&, const Json&, const Place&);
  void read_ref(Draft&, const Json&, const Place&);
  void read_dynamic_ref(Draft&, const Json&, const Place&);
  static Members& members(Draft& draft);
  std::optional<Target> target(const Draft& draft, const Json& value, const Place& place);

  const SchemaOptions& options_;
  SchemaDocuments documents_;
  bool standard_added_ = false;
  std::shared_ptr<SchemaProgram> program_ = std::make_shared<SchemaProgram>();
  std::unordered_map<const Json*, NodeId> ids_;
  std::deque<Waiting> waiting_;
  std::vector<Problem> problems_;
  std::vector<Dynamic> dynamic_;
};

// In schema_meta.cc: the standard's own meta-schemas, by URI.
const std::vector<std::pair<std::string, codec::Json>>& standard_documents();

}  // namespace belljar::content
