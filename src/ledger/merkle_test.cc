#include "ledger/merkle.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "ledger/tiles.h"

namespace belljar::ledger {
namespace {

// The entries and roots that implementations of RFC 6962 have long shared.
constexpr const char* kEntries[] = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
constexpr const char* kRoots[] = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

// The definition of RFC 6962 section 2.1, word for word.
Digest root_by_definition(const std::vector<Digest>& leaves, std::size_t from, std::size_t to) {
  if (from == to) return empty_root();
  if (to - from == 1) return leaves[from];
  std::size_t k = 1;
  while (k * 2 < to - from) k *= 2;
  return node_hash(root_by_definition(leaves, from, from + k), root_by_definition(leaves, from + k, to));
}

std::vector<Digest> some_leaves(std::size_t count) {
  std::vector<Digest> leaves;
  for (std::size_t at = 0; at < count; ++at) leaves.push_back(leaf_hash("leaf " + std::to_string(at)));
  return leaves;
}

TEST(Merkle, KnownRootsFromEmptyToEightLeaves) {
  Tree tree;
  std::vector<Tile> completed;
  EXPECT_EQ(tree.root().hex(), kRoots[0]);
  for (std::size_t at = 0; at < std::size(kEntries); ++at) {
    tree.push(leaf_hash(from_hex(kEntries[at]).value()), completed);
    EXPECT_EQ(tree.root().hex(), kRoots[at + 1]) << at + 1 << " leaves";
  }
  EXPECT_TRUE(completed.empty());
}

TEST(Merkle, GrowingAgreesWithTheDefinition) {
  const std::vector<Digest> leaves = some_leaves(600);
  Tree tree;
  std::vector<Tile> completed;
  for (std::size_t size = 0; size < leaves.size(); ++size) {
    ASSERT_EQ(tree.root(), root_by_definition(leaves, 0, size)) << size;
    tree.push(leaves[size], completed);
  }
}

// Every tile, full or partial, holds what tlog-tiles says: MTH(D[(n*256+i)*256**l : (n*256+i+1)*256**l]).
TEST(Merkle, TilesHoldWhatTheSpecificationSays) {
  const std::vector<Digest> leaves = some_leaves(65536 + 700);
  Tree tree;
  std::vector<Tile> tiles;
  for (const Digest& leaf : leaves) tree.push(leaf, tiles);
  EXPECT_EQ(tree.root(), root_by_definition(leaves, 0, leaves.size()));
  for (const Tile& tile : tree.partial_tiles()) {
    EXPECT_LT(tile.hashes.size(), kTileWidth);
    tiles.push_back(tile);
  }
  std::size_t full[3] = {0, 0, 0};
  for (const Tile& tile : tiles) {
    std::uint64_t span = 1;
    for (unsigned level = 0; level < tile.level; ++level) span *= kTileWidth;
    ASSERT_TRUE(is_part_of_tree({tile.level, tile.index, static_cast<unsigned>(tile.hashes.size())}, tree.size()));
    if (tile.hashes.size() == kTileWidth) ++full[tile.level];
    for (std::size_t at = 0; at < tile.hashes.size(); ++at) {
      const std::uint64_t first = (tile.index * kTileWidth + at) * span;
      ASSERT_EQ(tile.hashes[at], root_by_definition(leaves, first, first + span))
          << "level " << tile.level << " tile " << tile.index << " hash " << at;
    }
  }
  EXPECT_EQ(full[0], 258U);
  EXPECT_EQ(full[1], 1U);
  EXPECT_EQ(full[2], 0U);
}

struct Shape {
  std::uint64_t size;
  std::vector<std::string> partial;  // paths
  std::size_t completed;
};

class MerkleShape : public testing::TestWithParam<Shape> {};

TEST_P(MerkleShape, PartialTiles) {
  Tree tree;
  std::vector<Tile> completed;
  for (std::uint64_t at = 0; at < GetParam().size; ++at) tree.push(Digest{}, completed);
  std::vector<std::string> partial;
  for (const Tile& tile : tree.partial_tiles()) {
    partial.push_back(tile_path({tile.level, tile.index, static_cast<unsigned>(tile.hashes.size())}));
  }
  EXPECT_EQ(partial, GetParam().partial);
  EXPECT_EQ(completed.size(), GetParam().completed);
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, MerkleShape,
    testing::Values(Shape{0, {}, 0}, Shape{1, {"tile/0/000.p/1"}, 0}, Shape{255, {"tile/0/000.p/255"}, 0},
                    Shape{256, {"tile/1/000.p/1"}, 1}, Shape{257, {"tile/0/001.p/1", "tile/1/000.p/1"}, 1},
                    Shape{65536, {"tile/2/000.p/1"}, 257},
                    // The example of the specification.
                    Shape{70000, {"tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"}, 274},
                    Shape{256001, {"tile/0/x001/000.p/1", "tile/1/003.p/232", "tile/2/000.p/3"}, 1003}),
    [](const auto& shape) { return "size_" + std::to_string(shape.param.size); });

}  // namespace
}  // namespace belljar::ledger
