#include "policy/pattern_index.h"

namespace belljar::policy {

std::string_view PatternIndex::take(std::string_view& rest) const {
  const std::size_t at = from_ == From::behind ? rest.rfind(separator_) : rest.find(separator_);
  std::string_view segment = rest;
  if (at == std::string_view::npos) {
    rest = {};
  } else if (from_ == From::behind) {
    segment = rest.substr(at + 1);
    rest = rest.substr(0, at);
  } else {
    segment = rest.substr(0, at);
    rest = rest.substr(at + 1);
  }
  return segment;
}

void PatternIndex::add(std::string_view pattern, std::uint32_t rule) {
  std::uint32_t at = 0;
  while (pattern.data() != nullptr) {
    const std::string_view segment = take(pattern);
    if (segment == "**") return nodes_[at].deep.push_back(rule);
    const bool glob = segment.find('*') != std::string_view::npos;
    std::vector<Way>& ways = glob ? nodes_[at].globs : nodes_[at].literals;
    const auto known = std::find_if(ways.begin(), ways.end(), [&](const Way& way) { return way.first == segment; });
    if (known != ways.end()) {
      at = known->second;
    } else {
      const auto next = static_cast<std::uint32_t>(nodes_.size());
      ways.emplace_back(segment, next);
      nodes_.emplace_back();
      at = next;
    }
  }
  nodes_[at].here.push_back(rule);
}

void PatternIndex::sort() {
  for (Node& node : nodes_) std::sort(node.literals.begin(), node.literals.end());
}

}  // namespace belljar::policy
