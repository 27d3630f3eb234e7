#include "codec/zstd.h"

#include <zstd.h>

#include <memory>

#include "base/check.h"
#include "base/text.h"

namespace belljar::codec {

namespace {

// The fastest level that still finds what JSON repeats.
constexpr int kLevel = 1;

struct Free {
  void operator()(ZSTD_CCtx* context) const { (void)ZSTD_freeCCtx(context); }
};

Error bad_frame(const std::string& why) { return {Errc::corrupt, "zstd frame: " + why}; }

}  // namespace

std::string zstd_compress(std::string_view bytes) {
  const std::unique_ptr<ZSTD_CCtx, Free> context{ZSTD_createCCtx()};
  CHECK(context, "memory for a compressor");
  CHECK(ZSTD_isError(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel)) == 0, "a known level");
  CHECK(ZSTD_isError(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1)) == 0, "a known flag");
  std::string frame(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress2(context.get(), frame.data(), frame.size(), bytes.data(), bytes.size());
  CHECK(ZSTD_isError(size) == 0, "any bytes compress into their bound");
  frame.resize(size);
  return frame;
}

Result<std::string> zstd_decompress(std::string_view frame, std::size_t bytes_max) {
  const unsigned long long said = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (said == ZSTD_CONTENTSIZE_ERROR) return bad_frame("it does not begin as one");
  if (said == ZSTD_CONTENTSIZE_UNKNOWN) return bad_frame("it does not say its size");
  if (said > bytes_max) {
    return Error{Errc::exhausted,
                 "zstd frame: it holds " + std::to_string(said) + " bytes, more than " + human_bytes(bytes_max)};
  }
  const std::size_t length = ZSTD_findFrameCompressedSize(frame.data(), frame.size());
  if (ZSTD_isError(length) != 0) return bad_frame("it is cut off");
  if (length != frame.size()) return bad_frame(std::to_string(frame.size() - length) + " bytes after it");
  std::string bytes(static_cast<std::size_t>(said), '\0');
  const std::size_t size = ZSTD_decompress(bytes.data(), bytes.size(), frame.data(), frame.size());
  if (ZSTD_isError(size) != 0) return bad_frame(ZSTD_getErrorName(size));
  if (size != bytes.size()) return bad_frame("it holds less than it says");
  return bytes;
}

}  // namespace belljar::codec
