// BodyPack: the bodies of messages, kept beside the ledger so that they can be erased while every proof still stands.
//
//   PackWriter pack;
//   Digest salted = salted_digest(salt, body);         // what the entry says of the body
//   pack.add(salt, body);
//   std::string file = pack.file();                    // the bytes of blobs/<N>
//
//   std::string raw = TRY(open_pack(file));
//   PackReader reader{raw};
//   while (std::optional<PackedBody> body = TRY(reader.next())) ...
//
// Format of blobs/<N>: one zstd frame (RFC 8878, with its size and checksum) of 1 to 1024 records, each
//   0x01, salt (16 bytes), length (4 bytes, high byte first), body      a body that is there
//   0x00                                                                one that was erased, its salt with it
// The salted digest is SHA-256(0x02 || salt || body): without the salt it tells nothing about the body, however few
// bodies there could have been. N is written as the tiles' index is: 0 is blobs/000, 1234067 blobs/x001/x234/067.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"

namespace belljar::ledger {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kPackBodiesMax = 1024;
constexpr std::size_t kPackBytesFull = 1U << 20;  // a pack that holds this much takes no more
constexpr std::size_t kBodyBytesMax = 64U << 20;
constexpr std::size_t kPackBytesMax = kPackBytesFull + 1 + kSaltBytes + 4 + kBodyBytesMax;
constexpr std::size_t kPackFileBytesMax = kPackBytesMax + (kPackBytesMax >> 7) + 1024;  // what does not compress

std::string pack_path(std::uint64_t number);  // "blobs/000"
// The number of the pack which that path names, spelled in its one way.
std::optional<std::uint64_t> parse_pack_path(std::string_view path);

Digest salted_digest(std::string_view salt, std::string_view body);

// Gathers the records of one pack.
class PackWriter {
 public:
  void add(std::string_view salt, std::string_view body);  // at most kBodyBytesMax
  void add_erased();

  std::size_t count() const { return count_; }
  bool is_full() const { return count_ == kPackBodiesMax || raw_.size() >= kPackBytesFull; }
  std::string file() const;
  void clear();

 private:
  std::string raw_;
  std::size_t count_ = 0;
};

// The records of a pack's file, which nobody vouches for.
Result<std::string> open_pack(std::string_view file);

struct PackedBody {
  bool erased = false;
  std::string_view salt;
  std::string_view body;

  Digest salted() const { return salted_digest(salt, body); }
};

class PackReader {
 public:
  explicit PackReader(std::string_view raw) : rest_{raw} {}
  // Nothing at the end; an Error where a record is cut off or none.
  Result<std::optional<PackedBody>> next();

 private:
  std::string_view rest_;
};

}  // namespace belljar::ledger
