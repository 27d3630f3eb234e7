// JSON Pointer (RFC 6901): how a part of a JSON value is named in a message: "/features/3".
// Pure function; safe from any thread.
#pragma once

#include <string>
#include <string_view>

namespace belljar::codec {

// "/" and the key with its own "~" and "/" escaped: append it to the pointer of the parent.
std::string pointer_step(std::string_view key);

}  // namespace belljar::codec
