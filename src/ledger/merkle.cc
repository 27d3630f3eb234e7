#include "ledger/merkle.h"

#include <algorithm>
#include <array>
#include <span>

#include "codec/crypto.h"

namespace belljar::ledger {

namespace {

constexpr unsigned kTileHeight = 8;

std::string_view as_text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};  // bytes and chars are the same memory
}

}  // namespace

Digest leaf_hash(std::string_view entry) { return codec::sha256_of({std::string_view{"\0", 1}, entry}); }

Digest node_hash(const Digest& left, const Digest& right) {
  std::array<std::uint8_t, 65> bytes{};
  bytes[0] = 1;
  std::copy(left.bytes.begin(), left.bytes.end(), bytes.begin() + 1);
  std::copy(right.bytes.begin(), right.bytes.end(), bytes.begin() + 33);
  return codec::sha256(as_text(bytes.data(), bytes.size()));
}

Digest empty_root() { return codec::sha256(""); }

Digest tree_root(std::span<const Digest> leaves) {
  if (leaves.empty()) return empty_root();
  Tree tree;
  std::vector<Tile> completed;
  for (const Digest& leaf : leaves) tree.push(leaf, completed);
  return tree.root();
}

void Tree::push(const Digest& leaf, std::vector<Tile>& completed) {
  Digest node = leaf;
  unsigned height = 0;
  for (;; ++height) {
    if (height % kTileHeight == 0) {
      const unsigned level = height / kTileHeight;
      if (levels_.size() <= level) levels_.emplace_back();
      std::vector<Digest>& hashes = levels_[level];
      hashes.push_back(node);
      if (hashes.size() == kTileWidth) {
        completed.push_back({level, size_ >> (kTileHeight * (level + 1)), std::move(hashes)});
        hashes.clear();
      }
    }
    if ((size_ >> height & 1) == 0) break;
    node = node_hash(frontier_.back(), node);
    frontier_.pop_back();
  }
  frontier_.push_back(node);
  ++size_;
}

Digest Tree::root() const {
  if (frontier_.empty()) return empty_root();
  Digest root = frontier_.back();
  for (std::size_t at = frontier_.size() - 1; at > 0; --at) root = node_hash(frontier_[at - 1], root);
  return root;
}

std::vector<Tile> Tree::partial_tiles() const {
  std::vector<Tile> tiles;
  for (unsigned level = 0; level < levels_.size(); ++level) {
    if (levels_[level].empty()) continue;
    const unsigned shift = kTileHeight * (level + 1);
    tiles.push_back({level, shift < 64 ? size_ >> shift : 0, levels_[level]});
  }
  return tiles;
}

}  // namespace belljar::ledger
