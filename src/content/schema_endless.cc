// A schema that applies itself to the same value without end, found before any message meets it: a cycle of references
// and applicators that stay in place.
#include "content/schema_compiler.h"

namespace belljar::content {

namespace {

void add_steps(const SchemaProgram& program, const Op& op, std::vector<NodeId>& steps) {
  switch (op.code) {
    case Code::ref:
    case Code::negation:
      steps.push_back(op.row);
      return;
    case Code::dynamic_ref:
      steps.push_back(program.dynamic_refs[op.row].first);
      return;
    case Code::all_of:
    case Code::any_of:
    case Code::exactly_one:
      steps.insert(steps.end(), program.branches[op.row].begin(), program.branches[op.row].end());
      return;
    case Code::condition: {
      const Condition& condition = program.conditions[op.row];
      for (const NodeId id : {condition.when, condition.then, condition.otherwise}) {
        if (id != kNoNode) steps.push_back(id);
      }
      return;
    }
    case Code::dependent_schemas:
      for (const Dependency& dependency : program.dependencies[op.row]) steps.push_back(dependency.node);
      return;
    default:
      return;
  }
}

std::vector<NodeId> steps_in_place(const SchemaProgram& program, NodeId id) {
  std::vector<NodeId> steps;
  const Node& node = program.nodes[id];
  for (std::uint32_t at = node.ops[0]; at < node.ops[kGroups]; ++at) add_steps(program, program.ops[at], steps);
  return steps;
}

}  // namespace

void Compiler::refuse_endless() {
  enum class Mark : std::uint8_t { fresh, open, done };
  struct Visit {
    NodeId id;
    std::vector<NodeId> steps;
    std::size_t next = 0;
  };
  const SchemaProgram& program = *program_;
  std::vector<Mark> marks(program.nodes.size(), Mark::fresh);
  for (NodeId root = 0; root < program.nodes.size(); ++root) {
    if (marks[root] != Mark::fresh) continue;
    std::vector<Visit> open;
    marks[root] = Mark::open;
    open.push_back({root, steps_in_place(program, root)});
    while (!open.empty()) {
      Visit& top = open.back();
      if (top.next == top.steps.size()) {
        marks[top.id] = Mark::done;
        open.pop_back();
        continue;
      }
      const NodeId step = top.steps[top.next++];
      if (marks[step] == Mark::open) {
        return wrong(program.paths[step], "a schema that applies itself to the same value without end",
                     "a reference below a member or an item");
      }
      if (marks[step] == Mark::done) continue;
      marks[step] = Mark::open;
      open.push_back({step, steps_in_place(program, step)});
    }
  }
}

}  // namespace belljar::content
