#include "content/generate.h"

#include <algorithm>
#include <optional>
#include <set>

#include "codec/crypto.h"
#include "content/generate_parts.h"
#include "content/number.h"

namespace belljar::content {

using codec::Json;

namespace {

constexpr std::size_t kDeep = 12;
constexpr std::size_t kTogetherMax = 200;
using Nodes = std::vector<NodeId>;

// Makes one value that keeps a list of schemas together: what refers or applies in place joins the list, of
// alternatives one is drawn. "not" and the like are left to validation and another try.
class Maker {
 public:
  // After the first try what an edge fixes is drawn, in case it cannot be had together with the rest.
  Maker(const SchemaProgram& program, Edge edge, std::uint64_t seed, bool first)
      : program_{program}, edge_{edge}, draw_{seed}, first_{first} {}

  Json make(Nodes nodes, std::size_t depth) {
    if (++values_ > kValuesMax) return {};
    join(nodes);
    if (const std::optional<Json> given = given_value(nodes)) return *given;
    switch (type_for(nodes, depth)) {
      case Json::Type::boolean:
        return draw_.chance(50);
      case Json::Type::integer:
        return make_number(number_wish(nodes, true), edge_, draw_);
      case Json::Type::number:
        return make_number(number_wish(nodes, false), edge_, draw_);
      case Json::Type::string:
        return make_text(text_wish(nodes), edge_, draw_);
      case Json::Type::array:
        return make_array(nodes, depth);
      case Json::Type::object:
        return make_object(nodes, depth);
      case Json::Type::null:
        break;
    }
    return {};
  }

 private:
  template <class Visit>
  void each_op(const Nodes& nodes, Group group, Code code, Visit visit) const {
    for (const NodeId id : nodes) {
      const Node& node = program_.nodes[id];
      const auto at = static_cast<std::size_t>(group);
      for (std::uint32_t op = node.ops[at]; op < node.ops[at + 1]; ++op) {
        if (program_.ops[op].code == code) visit(program_.ops[op].row);
      }
    }
  }

  void join(Nodes& nodes) {
    std::set<NodeId> known(nodes.begin(), nodes.end());
    const auto add = [&](NodeId id) {
      if (id != kNoNode && nodes.size() < kTogetherMax && known.insert(id).second) nodes.push_back(id);
    };
    for (std::size_t at = 0; at < nodes.size(); ++at) {
      const Nodes one{nodes[at]};
      each_op(one, Group::any, Code::ref, add);
      each_op(one, Group::any, Code::dynamic_ref, [&](std::uint32_t row) { add(program_.dynamic_refs[row].first); });
      each_op(one, Group::any, Code::all_of, [&](std::uint32_t row) {
        for (const NodeId branch : program_.branches[row]) add(branch);
      });
      for (const Code code : {Code::any_of, Code::exactly_one}) {
        each_op(one, Group::any, code, [&](std::uint32_t row) {
          const Nodes& branches = program_.branches[row];
          add(branches[draw_.below(branches.size())]);
        });
      }
      each_op(one, Group::any, Code::condition, [&](std::uint32_t row) {
        const Condition& condition = program_.conditions[row];
        const bool holds = draw_.chance(50);
        if (holds) add(condition.when);
        add(holds ? condition.then : condition.otherwise);
      });
    }
  }

  std::optional<Json> given_value(const Nodes& nodes) {
    std::optional<Json> value;
    each_op(nodes, Group::any, Code::one_of_values, [&](std::uint32_t row) {
      const std::vector<Json>& options = program_.value_lists[row];
      if (options.empty()) return;
      const std::size_t which = edge_ == Edge::smallest  ? 0
                                : edge_ == Edge::largest ? options.size() - 1
                                                         : draw_.below(options.size());
      value = options[first_ ? which : draw_.below(options.size())];
    });
    each_op(nodes, Group::any, Code::constant, [&](std::uint32_t row) { value = program_.values[row]; });
    return value;
  }

  // A type all of them take; of several, one that they say something about.
  Json::Type type_for(const Nodes& nodes, std::size_t depth) {
    std::uint8_t allowed = kEveryType;
    for (const NodeId id : nodes) allowed &= program_.nodes[id].types;
    std::vector<Json::Type> types;
    std::vector<Json::Type> telling;
    for (std::size_t at = 0; at < kTypes.size(); ++at) {
      const auto type = static_cast<Json::Type>(at);
      if ((allowed & bit(type)) == 0) continue;
      types.push_back(type);
      if (says_more(nodes, type)) telling.push_back(type);
    }
    if (types.empty()) return Json::Type::null;
    if (depth > kDeep) return types.front();
    if (!telling.empty() && draw_.chance(90)) return telling[draw_.below(telling.size())];
    return types.size() == kTypes.size() ? Json::Type::string : types[draw_.below(types.size())];
  }

  bool says_more(const Nodes& nodes, Json::Type type) const {
    constexpr std::array<Group, 7> kGroupOf{Group::any,    Group::any,   Group::number, Group::number,
                                            Group::string, Group::array, Group::object};
    const auto group = static_cast<std::size_t>(kGroupOf[static_cast<std::size_t>(type)]);
    return std::any_of(nodes.begin(), nodes.end(), [&](NodeId id) {
      const Node& node = program_.nodes[id];
      return node.ops[group + 1] - node.ops[group] > node.ops[1] - node.ops[0];
    });
  }

  NumberWish number_wish(const Nodes& nodes, bool whole) const {
    NumberWish wish;
    wish.whole = whole;
    each_op(nodes, Group::number, Code::bound,
            [&](std::uint32_t row) { wish.bounds.push_back(&program_.bounds[row]); });
    each_op(nodes, Group::number, Code::multiple,
            [&](std::uint32_t row) { wish.steps.push_back(program_.values[row]); });
    return wish;
  }

  TextWish text_wish(const Nodes& nodes) const {
    TextWish wish;
    each_op(nodes, Group::string, Code::length, [&](std::uint32_t row) {
      wish.least = std::max(wish.least, program_.counts[row].least);
      wish.most = std::min(wish.most, program_.counts[row].most);
    });
    each_op(nodes, Group::string, Code::pattern, [&](std::uint32_t row) { wish.pattern = &program_.patterns[row]; });
    each_op(nodes, Group::string, Code::format, [&](std::uint32_t row) { wish.format = program_.formats[row]; });
    return wish;
  }

  Counts counts_of(const Nodes& nodes, Group group, Code code) const {
    Counts counts;
    each_op(nodes, group, code, [&](std::uint32_t row) {
      counts.least = std::max(counts.least, program_.counts[row].least);
      counts.most = std::min(counts.most, program_.counts[row].most);
    });
    return counts;
  }

  bool takes_nothing(NodeId id) const { return id != kNoNode && program_.nodes[id].types == 0; }

  Nodes items_at(const Nodes& nodes, std::size_t index) const {
    Nodes items;
    each_op(nodes, Group::array, Code::items, [&](std::uint32_t row) {
      const Items& rule = program_.items[row];
      const NodeId id = index < rule.prefix.size() ? rule.prefix[index] : rule.rest;
      if (id != kNoNode) items.push_back(id);
    });
    return items;
  }

  Json make_array(const Nodes& nodes, std::size_t depth) {
    Counts counts = counts_of(nodes, Group::array, Code::item_count);
    Nodes wanted;
    each_op(nodes, Group::array, Code::contains, [&](std::uint32_t row) {
      const Contains& contains = program_.contains[row];
      for (std::uint64_t at = 0; at < std::min<std::uint64_t>(contains.least, 100); ++at)
        wanted.push_back(contains.node);
    });
    bool unique = false;
    each_op(nodes, Group::array, Code::unique, [&](std::uint32_t) { unique = true; });
    counts.least = std::max<std::uint64_t>(counts.least, wanted.size());
    const std::uint64_t size =
        make_count(counts.least, std::max(counts.least, counts.most), depth > kDeep ? 0 : 4, edge_, draw_);
    Json::Array array;
    for (std::size_t at = 0; at < size && values_ < kValuesMax; ++at) {
      Nodes items = items_at(nodes, at);
      if (std::any_of(items.begin(), items.end(), [this](NodeId id) { return takes_nothing(id); })) break;
      if (at < wanted.size()) items.push_back(wanted[at]);
      Json item = make(items, depth + 1);
      const auto known = [&] {
        return std::any_of(array.begin(), array.end(), [&](const Json& other) { return same(other, item); });
      };
      for (int again = 0; unique && again < 10 && known(); ++again) item = make(items, depth + 1);
      if (unique && known()) continue;
      array.push_back(std::move(item));
    }
    return array;
  }

  // What the rules say of one member; a name that one of them refuses has a schema that takes nothing.
  Nodes member_nodes(const Nodes& nodes, const std::string& name) const {
    Nodes found;
    each_op(nodes, Group::object, Code::members, [&](std::uint32_t row) {
      const Members& rule = program_.members[row];
      bool known = false;
      for (const Members::Property& property : rule.properties) {
        if (property.name != name || property.node == kNoNode) continue;
        found.push_back(property.node);
        known = true;
      }
      for (const Members::Matching& matching : rule.matching) {
        if (!matching.pattern.matches(name)) continue;
        found.push_back(matching.node);
        known = true;
      }
      if (!known && rule.additional != kNoNode) found.push_back(rule.additional);
    });
    return found;
  }

  void choose_names(const Nodes& nodes, std::size_t depth, std::vector<std::string>& names) {
    const unsigned optional = edge_ == Edge::smallest || depth > kDeep ? 0 : edge_ == Edge::largest ? 100 : 60;
    const auto add = [&names](const std::string& name) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    };
    each_op(nodes, Group::object, Code::members, [&](std::uint32_t row) {
      for (const Members::Property& property : program_.members[row].properties) {
        if (property.required || (!takes_nothing(property.node) && draw_.chance(optional))) add(property.name);
      }
    });
    each_op(nodes, Group::object, Code::dependent_required, [&](std::uint32_t row) {
      for (const Dependency& dependency : program_.dependencies[row]) {
        if (std::find(names.begin(), names.end(), dependency.name) == names.end()) continue;
        for (const std::string& name : dependency.required) add(name);
      }
    });
  }

  std::string extra_name(const Nodes& nodes) {
    std::vector<const Pattern*> patterns;
    each_op(nodes, Group::object, Code::members, [&](std::uint32_t row) {
      for (const Members::Matching& matching : program_.members[row].matching) patterns.push_back(&matching.pattern);
    });
    Nodes naming;
    each_op(nodes, Group::object, Code::property_names, [&](std::uint32_t id) { naming.push_back(id); });
    if (!naming.empty()) {
      const Json name = make(naming, kDeep);
      if (name.is_string()) return name.as_string();
    }
    if (!patterns.empty() && draw_.chance(70)) {
      return sample_pattern(patterns[draw_.below(patterns.size())]->syntax(), draw_);
    }
    return "extra" + std::to_string(draw_.below(1000));
  }

  Json make_object(Nodes nodes, std::size_t depth) {
    const Counts counts = counts_of(nodes, Group::object, Code::member_count);
    std::vector<std::string> names;
    choose_names(nodes, depth, names);
    std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(counts.least, 1000));
    if (edge_ == Edge::largest && counts.most != kNoLimit)
      wanted = static_cast<std::size_t>(std::min<std::uint64_t>(counts.most, 1000));
    for (std::size_t tries = 0; names.size() < wanted && tries < 4 * wanted; ++tries) {
      const std::string name = extra_name(nodes);
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    // What a present member brings with it joins before the values are made.
    each_op(Nodes{nodes}, Group::object, Code::dependent_schemas, [&](std::uint32_t row) {
      for (const Dependency& dependency : program_.dependencies[row]) {
        if (std::find(names.begin(), names.end(), dependency.name) != names.end()) nodes.push_back(dependency.node);
      }
    });
    join(nodes);
    choose_required(nodes, names);
    Json::Object object;
    for (const std::string& name : names) {
      const Nodes inside = member_nodes(nodes, name);
      if (std::any_of(inside.begin(), inside.end(), [this](NodeId id) { return takes_nothing(id); })) continue;
      object.emplace_back(name, make(inside, depth + 1));
    }
    return object;
  }

  void choose_required(const Nodes& nodes, std::vector<std::string>& names) const {
    each_op(nodes, Group::object, Code::members, [&](std::uint32_t row) {
      for (const std::string& name : program_.members[row].required_names) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
      }
    });
  }

  const SchemaProgram& program_;
  Edge edge_;
  Draw draw_;
  bool first_;
  std::size_t values_ = 0;
};

}  // namespace

Result<Json> valid_message(const Schema& schema, std::uint64_t seed, Edge edge) {
  Draw seeds{seed};
  for (int at = 0; at < kTries; ++at) {
    // Where an edge cannot be met everywhere at once, the later tries are typical ones.
    Maker maker{schema.program(), at < kTries / 2 ? edge : Edge::typical, seeds.next(), at == 0};
    Json value = maker.make({0}, 0);
    if (is_valid(schema, value)) return value;
  }
  return Error{Errc::unavailable, "make a message: found none that keeps the schema in " + std::to_string(kTries) +
                                      " tries, expected one"};
}

Result<Json> stub_answer(const Schema& answer, const Json& request, std::uint64_t seed) {
  const Digest digest = codec::sha256(codec::canonical_json(request));
  std::uint64_t mixed = seed;
  for (std::size_t at = 0; at < 8; ++at) mixed ^= std::uint64_t{digest.bytes[at]} << (8 * at);
  Json value = TRY(valid_message(answer, mixed));
  const Json* id = request.find("id");
  if (id == nullptr || !value.is_object()) return value;
  Json with_id = value;
  with_id.set("id", *id);
  return is_valid(answer, with_id) ? with_id : value;
}

}  // namespace belljar::content
