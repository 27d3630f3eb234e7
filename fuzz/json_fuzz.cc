// JSON from inside a sandbox. Whatever the bytes: no crash, and what is accepted reads back equal in every form.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "codec/json.h"

namespace {

using namespace belljar::codec;  // NOLINT(google-build-using-namespace): one small program

constexpr JsonLimits kRoomy{.bytes_max = 64U << 20, .depth_max = 512};

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's own name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const belljar::Result<Json> parsed = parse_json(text);
  if (!parsed) {
    CHECK(belljar::is_utf8(parsed.error().message()), "a message is text");
    return 0;
  }
  const Json& value = parsed.value();
  CHECK(belljar::is_utf8(to_json(value)), "JSON text is UTF-8");
  CHECK(parse_json(to_json(value), kRoomy).value() == value, "compact text reads back equal");
  CHECK(parse_json(to_json_pretty(value), kRoomy).value() == value, "indented text reads back equal");
  const std::string canonical = canonical_json(value);
  CHECK(canonical_json(parse_json(canonical, kRoomy).value()) == canonical, "the canonical form is its own");
  return 0;
}
