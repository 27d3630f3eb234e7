// Gunzip: a gzip file that nobody vouches for, unpacked within a bound; and one file out of a tar archive.
//
//   std::string tar = TRY(gunzip(bytes, 16 << 20));            // Errc::exhausted when it holds more
//   std::optional<std::string_view> text = find_in_tar(tar, "package/package.json");
//
// One member, its checksum held; what follows it is an error. The inflater is Boost.Beast's. Pure.
// Formats: RFC 1952; POSIX ustar.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace belljar::codec {

Result<std::string> gunzip(std::string_view bytes, std::size_t bytes_max);

// The first regular file of that name; a view into `tar`.
std::optional<std::string_view> find_in_tar(std::string_view tar, std::string_view name);

}  // namespace belljar::codec
