// Tiles: the names and the bytes of C2SP tlog-tiles resources.
//
//   tile_path({0, 1234067})                       // "tile/0/x001/x234/067"
//   tile_path({kEntriesLevel, 0, 44})             // "tile/entries/000.p/44"
//   std::optional<TileName> name = parse_tile_path("tile/0/000.p/7");
//
// A path that parses is the only spelling of its name. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/merkle.h"

namespace belljar::ledger {

// Entry bundles lie beside the levels of hashes and are named alike.
constexpr unsigned kEntriesLevel = 64;
constexpr unsigned kLevelMax = 7;  // a tree of 2^64 leaves needs no more
constexpr std::size_t kEntryBytesMax = 65535;
constexpr std::size_t kBundleBytesMax = kTileWidth * (2 + kEntryBytesMax);
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kTileBytesMax = kTileWidth * kHashBytes;

struct TileName {
  unsigned level = 0;
  std::uint64_t index = 0;
  unsigned width = kTileWidth;  // 1 to 256

  bool operator==(const TileName&) const = default;
};

// Decimal in groups of three digits, all but the last behind an x: 1234067 is "x001/x234/067".
std::string index_path(std::uint64_t index);
std::optional<std::uint64_t> parse_index_path(std::string_view path);

std::string tile_path(const TileName& name);
std::optional<TileName> parse_tile_path(std::string_view path);
// True when a tree of that size is made of this tile among others.
bool is_part_of_tree(const TileName& name, std::uint64_t size);

std::string tile_bytes(const std::vector<Digest>& hashes);
void append_to_bundle(std::string& bundle, std::string_view entry);  // at most kEntryBytesMax

// Takes a bundle apart, entry by entry.
class BundleReader {
 public:
  explicit BundleReader(std::string_view bundle) : rest_{bundle} {}
  // The next entry; nothing at the end, an Error where the bytes stop short of what a length says.
  Result<std::optional<std::string_view>> next();
  std::size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
};

}  // namespace belljar::ledger
