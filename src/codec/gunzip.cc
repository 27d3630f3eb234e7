#include "codec/gunzip.h"

#include <algorithm>
#include <array>
#include <boost/beast/zlib/inflate_stream.hpp>
#include <boost/crc.hpp>
#include <cstdint>

namespace belljar::codec {

namespace {

namespace zlib = boost::beast::zlib;

Error broken(std::string_view what) { return Error{Errc::corrupt, "unpack a gzip file: " + std::string{what}}; }

// Where the deflated bytes begin; RFC 1952, 2.3.
Result<std::size_t> header_size(std::string_view bytes) {
  constexpr std::uint8_t kHeaderChecksum = 2;
  constexpr std::uint8_t kExtra = 4;
  constexpr std::uint8_t kName = 8;
  constexpr std::uint8_t kComment = 16;
  if (bytes.size() < 18 || !bytes.starts_with("\x1f\x8b\x08")) return broken("it is none");
  const auto flags = static_cast<std::uint8_t>(bytes[3]);
  std::size_t at = 10;
  if ((flags & kExtra) != 0) {
    at += 2U + static_cast<std::uint8_t>(bytes[10]) + 256U * static_cast<std::uint8_t>(bytes[11]);
  }
  for (const std::uint8_t text : {kName, kComment}) {
    if ((flags & text) == 0) continue;
    const std::size_t end = at < bytes.size() ? bytes.find('\0', at) : std::string_view::npos;
    if (end == std::string_view::npos) return broken("its header does not end");
    at = end + 1;
  }
  if ((flags & kHeaderChecksum) != 0) at += 2;
  if (at + 8 > bytes.size()) return broken("it ends in its header");
  return at;
}

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (int at = 3; at >= 0; --at)
    value = (value << 8U) | static_cast<std::uint8_t>(bytes[static_cast<std::size_t>(at)]);
  return value;
}

std::size_t octal(std::string_view digits) {
  std::size_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '7') break;
    value = value * 8 + static_cast<std::size_t>(c - '0');
  }
  return value;
}

}  // namespace

Result<std::string> gunzip(std::string_view bytes, std::size_t bytes_max) {
  const std::size_t head = TRY(header_size(bytes));
  zlib::inflate_stream stream;
  zlib::z_params params;
  params.next_in = bytes.data() + head;
  params.avail_in = bytes.size() - head;
  std::string out;
  std::array<char, 65536> room;  // written before it is read
  for (;;) {
    params.next_out = room.data();
    params.avail_out = room.size();
    boost::beast::error_code error;
    stream.write(params, zlib::Flush::sync, error);
    out.append(room.data(), room.size() - params.avail_out);
    if (out.size() > bytes_max) {
      return Error{Errc::exhausted, "unpack a gzip file: it holds more than " + std::to_string(bytes_max) + " bytes"};
    }
    if (error == zlib::error::end_of_stream) break;
    if (error) return broken(error.message());
    if (params.avail_out == room.size() && params.avail_in == 0) return broken("it ends in the middle");
  }
  if (params.avail_in != 8) return broken(params.avail_in < 8 ? "it ends in the middle" : "something follows it");
  boost::crc_32_type crc;
  crc.process_bytes(out.data(), out.size());
  const std::string_view trailer = bytes.substr(bytes.size() - 8);
  if (little_endian(trailer) != crc.checksum()) return broken("its checksum is wrong");
  return out;
}

std::optional<std::string_view> find_in_tar(std::string_view tar, std::string_view name) {
  constexpr std::size_t kBlock = 512;
  while (tar.size() >= kBlock && tar[0] != '\0') {
    const std::string_view header = tar.substr(0, kBlock);
    const std::string_view written = header.substr(0, std::min<std::size_t>(100, header.find('\0')));
    const std::size_t size = octal(header.substr(124, 11));
    const char type = header[156];
    tar.remove_prefix(kBlock);
    if (size > tar.size()) return std::nullopt;
    if (written == name && (type == '0' || type == '\0')) return tar.substr(0, size);
    tar.remove_prefix(std::min(tar.size(), (size + kBlock - 1) / kBlock * kBlock));
  }
  return std::nullopt;
}

}  // namespace belljar::codec
