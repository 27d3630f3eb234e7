// Unicode properties by the names ECMA-262 gives them, in RE2's words. For pattern_*.cc alone. Pure.
#pragma once

#include <string>
#include <string_view>

namespace belljar::content {

// "Letter", "Script=Greek", "gc=Lu" -> "L", "Greek", "Lu"; empty for what RE2 does not know.
std::string re2_property(std::string_view name);

}  // namespace belljar::content
