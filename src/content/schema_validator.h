// Validator: runs a SchemaProgram over one value. For schema_validate*.cc alone.
//
// Without a sink it answers yes or no and stops at the first no; with one it goes on and says what was wrong. Branches
// that may fail without harm run with the sink put aside. One use, one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "content/schema.h"
#include "content/schema_program.h"

namespace belljar::content {

class Validator {
 public:
  Validator(const SchemaProgram& program, std::vector<SchemaError>* sink)
      : program_{program}, sink_{sink}, scoped_{!program.dynamic_refs.empty()} {}

  bool run(const codec::Json& value) { return check(0, value, nullptr, nullptr) && !exhausted_; }
  bool exhausted() const { return exhausted_; }

 private:
  using Json = codec::Json;

  // The way to a value, as a list on the stack: a path is written only when something is wrong there.
  struct Where {
    const Where* parent;
    std::string_view key;
    std::size_t index;
    bool is_index;
  };
  // Which items or members of one value a schema has looked at, for unevaluated*.
  using Marks = std::vector<bool>;
  struct At {
    NodeId id;
    const Json& value;
    const Where* where;
    Marks* marks;  // null where nobody asks
  };
  using Run = bool (Validator::*)(const At&, std::uint32_t row);
  static const std::array<Run, static_cast<std::size_t>(Code::unevaluated_properties) + 1> kRuns;

  bool check(NodeId id, const Json& value, const Where* where, Marks* marks);
  bool check_scoped(NodeId id, const Json& value, const Where* where, Marks* marks);
  bool check_marking(NodeId id, const Json& value, const Where* where, Marks* marks);
  bool run_ops(const At& at);
  bool silent(NodeId id, const Json& value, const Where* where, Marks* marks);
  bool branch(NodeId id, const At& at);
  bool spend(std::uint64_t steps) {
    steps_ += steps;
    if (steps_ > kStepsMax) exhausted_ = true;
    return !exhausted_;
  }
  bool going_on() const { return sink_ != nullptr && sink_->size() < kErrorsMax; }

  // Always false, so that a rule may return what it reports.
  bool report(const At& at, std::string_view keyword, const std::string& found, const std::string& expected);
  bool report_nothing_here(const At& at);
  bool report_type(const At& at);
  bool report_bound(const At& at, const Bound& bound);
  static std::string path_to(const Where* where);

  bool constant(const At&, std::uint32_t row);
  bool one_of_values(const At&, std::uint32_t row);
  bool bound(const At&, std::uint32_t row);
  bool multiple(const At&, std::uint32_t row);
  bool length(const At&, std::uint32_t row);
  bool format(const At&, std::uint32_t row);
  bool pattern(const At&, std::uint32_t row);
  bool item_count(const At&, std::uint32_t row);
  bool unique(const At&, std::uint32_t row);
  bool items(const At&, std::uint32_t row);
  bool contains(const At&, std::uint32_t row);
  bool member_count(const At&, std::uint32_t row);
  bool dependent_required(const At&, std::uint32_t row);
  bool members(const At&, std::uint32_t row);
  bool property_names(const At&, std::uint32_t row);
  bool dependent_schemas(const At&, std::uint32_t row);
  bool ref(const At&, std::uint32_t row);
  bool dynamic_ref(const At&, std::uint32_t row);
  bool all_of(const At&, std::uint32_t row);
  bool any_of(const At&, std::uint32_t row);
  bool exactly_one(const At&, std::uint32_t row);
  bool negation(const At&, std::uint32_t row);
  bool condition(const At&, std::uint32_t row);
  bool unevaluated_items(const At&, std::uint32_t row);
  bool unevaluated_properties(const At&, std::uint32_t row);

  struct CountWords {
    std::string_view least, most, things;
  };
  bool counted(const At& at, const CountWords& words, std::uint64_t count, const Counts& counts);
  bool member(const At& at, const Members& members, std::size_t index, std::uint32_t& required_seen);
  bool twice(const At& at, std::size_t first, std::size_t second);
  bool missing(const At& at, const Members& members);
  bool explain(const At& at, std::string_view keyword, const std::vector<NodeId>& branches);

  const SchemaProgram& program_;
  std::vector<SchemaError>* sink_;
  const bool scoped_;
  std::uint64_t steps_ = 0;
  std::size_t nesting_ = 0;
  bool exhausted_ = false;
  std::vector<std::uint32_t> scope_;  // resources entered, for dynamic references
};

}  // namespace belljar::content
