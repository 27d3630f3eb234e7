// StrayBook: messages that belonged to no case, counted by model and kind with one sample each. A million equal lines
// cost one entry. Pure; one thread at a time.
//
//   const spec::StrayMessage& stray = book.add("classifier", "not-json", line);   // count says which one this is
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spec/measurements.h"

namespace belljar::scenario {

class StrayBook {
 public:
  // `text` is untrusted; the sample keeps it printable and short.
  const spec::StrayMessage& add(const std::string& model, std::string_view kind, std::string_view text);
  std::vector<spec::StrayMessage> take() { return std::move(entries_); }

 private:
  std::vector<spec::StrayMessage> entries_;
};

}  // namespace belljar::scenario
