#include "base/digest.h"

#include "base/text.h"

namespace belljar {

namespace {
constexpr std::string_view kPrefix = "sha256:";
}

std::string Digest::hex() const { return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()}); }

std::string Digest::text() const { return std::string{kPrefix} + hex(); }

Result<Digest> Digest::parse(std::string_view text) {
  if (!text.starts_with(kPrefix)) return Error{Errc::invalid_argument, "digest: expected sha256:<64 hex digits>"};
  std::string raw = TRY(from_hex(text.substr(kPrefix.size())));
  if (raw.size() != 32) return Error{Errc::invalid_argument, "digest: expected sha256:<64 hex digits>"};
  Digest digest;
  for (std::size_t at = 0; at < raw.size(); ++at) digest.bytes[at] = static_cast<std::uint8_t>(raw[at]);
  return digest;
}

}  // namespace belljar
