// Terminal: whether a descriptor is one, and how wide.
//
//   if (os::is_terminal(2)) columns = os::terminal_columns(2).value_or(80);
//
// Safe from any thread; the descriptor is borrowed.
#pragma once

#include <cstdint>
#include <optional>

namespace belljar::os {

bool is_terminal(int fd);
// Absent where the descriptor is no terminal or will not say.
std::optional<std::uint32_t> terminal_columns(int fd);

}  // namespace belljar::os
