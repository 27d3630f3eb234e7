#include "spec/filters.h"

#include <array>

namespace belljar::spec {

namespace {

constexpr std::array<std::string_view, 5> kTreatments{"allow", "redact", "hold", "refuse", "contain"};  // as Treatment

}  // namespace

std::string_view treatment_name(Treatment treatment) { return kTreatments[static_cast<std::size_t>(treatment)]; }

}  // namespace belljar::spec
