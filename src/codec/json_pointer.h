// JSON Pointer (RFC 6901): how a part of a JSON value is named in a message: "/features/3".
// Pure functions; safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "codec/json.h"

namespace belljar::codec {

// "/" and the key with its own "~" and "/" escaped: append it to the pointer of the parent.
std::string pointer_step(std::string_view key);

// The value that a pointer names, or null where there is none; the empty pointer names the whole value. Elements of
// arrays are named by their decimal index without leading zeros.
const Json* find_pointer(const Json& value, std::string_view pointer);
Json* find_pointer(Json& value, std::string_view pointer);
// Whether it is one: empty, or steps that each begin with "/" and hold no "~" but "~0" and "~1".
bool is_pointer(std::string_view text);

}  // namespace belljar::codec
