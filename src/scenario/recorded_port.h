// The recorded port: answers from an earlier run, alone or before a living model.
//
//   replay       a question that the recording does not hold is an error, which shows the nearest one; never a live
//   call resume       the living model is asked as well, so that one with a memory is in the state it would be in; what
//   it
//                says counts only once the recording is used up
//   compare      the living model answers; the first answer that is not the recorded one ends the run with an error,
//   and
//                is kept in `Difference`
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "scenario/port.h"
#include "scenario/recording.h"

namespace belljar::scenario {

enum class RecordedUse { replay, resume, compare };

struct Difference {
  std::string model;
  std::string case_id;
  std::uint64_t seq = 0;  // of the request
  std::string request;
  std::string recorded;  // "" where the recording has no answer
  std::string live;
};

// `live` is null for a replay. What is borrowed outlives the port.
std::unique_ptr<Port> make_recorded_port(const std::string& model, RecordedUse use, Recording& recording,
                                         std::unique_ptr<Port> live, std::optional<Difference>& difference);

}  // namespace belljar::scenario
