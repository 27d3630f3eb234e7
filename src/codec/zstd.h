// Zstd: whole buffers in one frame, and frames nobody vouches for taken apart within a bound.
//
//   std::string frame = zstd_compress(bytes);
//   std::string again = TRY(zstd_decompress(frame, 1 << 20));   // Errc::exhausted when it says that it holds more
//
// What is accepted is exactly one frame that says its size, with its checksum, and nothing after it; a frame that lies
// about its size is Errc::corrupt. Memory is at most `bytes_max` and the library's window. Pure.
// Format: RFC 8878.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace belljar::codec {

std::string zstd_compress(std::string_view bytes);
Result<std::string> zstd_decompress(std::string_view frame, std::size_t bytes_max);

}  // namespace belljar::codec
