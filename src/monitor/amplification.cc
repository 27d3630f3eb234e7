#include "monitor/amplification.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace belljar::monitor {

namespace {

std::string two_digits(double value) {
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), "%.2f", value);
  return text.data();
}

// The mean gain of a round, over `rounds` rounds from one sum to another.
double mean_gain(std::uint64_t first, std::uint64_t last, std::uint64_t rounds) {
  if (first == 0) return 0;
  return std::pow(static_cast<double>(last) / static_cast<double>(first), 1.0 / static_cast<double>(rounds));
}

}  // namespace

GainMeter::GainMeter(spec::AmplificationSpec limits, std::vector<GainEdge> edges)
    : limits_{limits}, edges_{std::move(edges)}, curves_(edges_.size()) {}

std::optional<spec::Finding> GainMeter::judge(std::size_t edge, EdgeState& state) const {
  if (state.told || state.recent.size() <= limits_.rounds) return std::nullopt;
  const Sum& first = state.recent.front();
  const Sum& last = state.recent.back();
  const std::uint64_t rounds = last.round - first.round;
  const double messages = mean_gain(first.messages, last.messages, rounds);
  const double tokens = mean_gain(first.tokens, last.tokens, rounds);
  if (std::max(messages, tokens) < limits_.gain) return std::nullopt;
  state.told = true;
  spec::Finding finding;
  finding.severity = "high";
  finding.kind = "amplification";
  finding.model = edges_[edge].from;
  finding.rule = "gain " + edges_[edge].from + " to " + edges_[edge].to;
  finding.detail = "rounds " + std::to_string(first.round) + " to " + std::to_string(last.round) +
                   " of one case: " + std::to_string(first.tokens) + " to " + std::to_string(last.tokens) +
                   " tokens, " + std::to_string(first.messages) + " to " + std::to_string(last.messages) +
                   " messages; mean gain " + two_digits(tokens) + " in tokens, " + two_digits(messages) +
                   " in messages, at most " + two_digits(limits_.gain);
  return finding;
}

std::optional<spec::Finding> GainMeter::note(std::uint64_t root, std::size_t edge, std::uint64_t round,
                                             std::uint64_t tokens) {
  if (!edges_[edge].measured) return std::nullopt;
  std::vector<spec::GainPoint>& curve = curves_[edge];
  const std::size_t at = std::min<std::size_t>(round, kRoundsKept) - 1;
  while (curve.size() <= at) curve.push_back({curve.size() + 1, 0, 0});
  ++curve[at].messages;
  curve[at].tokens += tokens;

  std::vector<EdgeState>& states = roots_[root];
  states.resize(edges_.size());
  std::vector<Sum>& recent = states[edge].recent;
  const auto known = std::find_if(recent.begin(), recent.end(), [round](const Sum& sum) { return sum.round == round; });
  if (known != recent.end()) {
    ++known->messages;
    known->tokens += tokens;
  } else if (recent.empty() || round > recent.back().round) {
    recent.push_back({round, 1, tokens});
    if (recent.size() > limits_.rounds + 1) recent.erase(recent.begin());
  }
  return judge(edge, states[edge]);
}

std::vector<spec::GainCurve> GainMeter::curves() const {
  std::vector<spec::GainCurve> curves;
  for (std::size_t edge = 0; edge < edges_.size(); ++edge) {
    if (!curves_[edge].empty()) curves.push_back({edges_[edge].from, edges_[edge].to, curves_[edge]});
  }
  return curves;
}

}  // namespace belljar::monitor
