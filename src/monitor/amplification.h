// Amplification: the gain of closed loops, measured while they run. The gain of a round is what it sent over what the
// round before it sent, in messages and in tokens; a loop whose gain stays above 1 ends only by what stops it.
//
//   GainMeter meter{scenario.amplification, edges};
//   if (auto finding = meter.note(root, edge, round, tokens)) monitor.watch(*finding);
//   measurements.gains = meter.curves();
//
// `round` counts how often the chain of causes that led to this message has taken this edge, from 1. Gain is judged in
// one root cause alone, over its last rounds: cases beside it cannot hide it. Pure of clock and I/O; memory is bounded
// by the root causes under way and kRoundsKept points for each edge. One thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "spec/composition.h"
#include "spec/measurements.h"
#include "spec/verdict.h"

namespace belljar::monitor {

constexpr std::size_t kRoundsKept = 256;

struct GainEdge {
  std::string from;
  std::string to;
  bool measured = false;  // lies on a cycle
};

class GainMeter {
 public:
  GainMeter(spec::AmplificationSpec limits, std::vector<GainEdge> edges);

  // A finding once for each edge of a root cause, of kind "amplification" and the model that sends.
  std::optional<spec::Finding> note(std::uint64_t root, std::size_t edge, std::uint64_t round, std::uint64_t tokens);
  void end_root(std::uint64_t root) { roots_.erase(root); }
  std::vector<spec::GainCurve> curves() const;

 private:
  struct Sum {
    std::uint64_t round = 0;
    std::uint64_t messages = 0;
    std::uint64_t tokens = 0;
  };
  struct EdgeState {
    std::vector<Sum> recent;  // the last rounds, oldest first
    bool told = false;
  };
  std::optional<spec::Finding> judge(std::size_t edge, EdgeState& state) const;

  spec::AmplificationSpec limits_;
  std::vector<GainEdge> edges_;
  std::unordered_map<std::uint64_t, std::vector<EdgeState>> roots_;
  std::vector<std::vector<spec::GainPoint>> curves_;  // by edge
};

}  // namespace belljar::monitor
