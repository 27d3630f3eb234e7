// The version of Belljar, as --version prints it and every manifest names it.
#pragma once

#include <string_view>

namespace belljar {

constexpr std::string_view kVersion = "0.1.0";

}  // namespace belljar
