// What the engine's epoll set tells apart: a kind of descriptor, and the slot or template it belongs to.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace belljar::sandbox::native {

enum class Source : std::uint32_t { launcher, control, listener, inotify, timer, loading };

Result<void> poll_for(int epoll, int fd, Source source, std::uint32_t index);

}  // namespace belljar::sandbox::native
