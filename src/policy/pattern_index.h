// PatternIndex: which rules name a resource, found by its segments instead of by asking every rule.
//
//   PatternIndex hosts{'.', PatternIndex::From::behind};
//   hosts.add("*.example.com", 7);
//   hosts.visit("api.example.com", [](std::uint32_t rule) { ... });   // 7
//
// A tree of segments as spec/glob.h reads them: one level for each segment, literal ones by binary search, globs one by
// one, `**` at the end of a way. A rule is visited once for each of its patterns that match. The patterns are borrowed.
// Built once, then immutable; visiting allocates nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/glob.h"

namespace belljar::policy {

class PatternIndex {
 public:
  enum class From { front, behind };  // behind: the last segment is the top of the tree, as in host names

  PatternIndex(char separator, From from) : separator_{separator}, from_{from}, nodes_(1) {}

  void add(std::string_view pattern, std::uint32_t rule);
  void sort();  // once, after the last add()

  template <class Visit>
  void visit(std::string_view text, const Visit& found) const {
    walk(nodes_[0], text, found);
  }

 private:
  using Way = std::pair<std::string_view, std::uint32_t>;  // segment, node
  struct Node {
    std::vector<Way> literals;
    std::vector<Way> globs;
    std::vector<std::uint32_t> here;  // rules whose pattern ends here
    std::vector<std::uint32_t> deep;  // rules whose pattern goes on with `**`
  };

  std::string_view take(std::string_view& rest) const;

  template <class Visit>
  void walk(const Node& node, std::string_view rest, const Visit& found) const {
    if (rest.data() == nullptr) {
      for (const std::uint32_t rule : node.here) found(rule);
      return;
    }
    for (const std::uint32_t rule : node.deep) found(rule);
    const std::string_view segment = take(rest);
    const auto literal = std::lower_bound(node.literals.begin(), node.literals.end(), segment,
                                          [](const Way& way, std::string_view wanted) { return way.first < wanted; });
    if (literal != node.literals.end() && literal->first == segment) walk(nodes_[literal->second], rest, found);
    for (const Way& way : node.globs) {
      if (spec::glob_matches(way.first, segment)) walk(nodes_[way.second], rest, found);
    }
  }

  char separator_;
  From from_;
  std::vector<Node> nodes_;
};

}  // namespace belljar::policy
