#include "spec/measurements.h"

#include <array>

namespace belljar::spec {

std::string_view case_end_name(CaseEnd end) {
  constexpr std::array<std::string_view, 6> kNames{"answered", "model_error",   "contract_error",
                                                   "timeout",  "harness_error", "held"};
  return kNames.at(static_cast<std::size_t>(end));
}

}  // namespace belljar::spec
