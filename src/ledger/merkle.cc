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

// The largest power of two below n, for n > 1.
std::uint64_t split_of(std::uint64_t n) {
  std::uint64_t k = 1;
  while (k * 2 < n) k *= 2;
  return k;
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

Result<std::vector<Digest>> inclusion_proof(const std::vector<Digest>& leaves, std::uint64_t index) {
  if (index >= leaves.size()) {
    return Error{Errc::invalid_argument, "prove inclusion: no entry " + std::to_string(index) + " in a tree of " +
                                             std::to_string(leaves.size())};
  }
  std::vector<Digest> proof;
  std::span<const Digest> rest{leaves};
  while (rest.size() > 1) {
    const std::uint64_t split = split_of(rest.size());
    const bool right = index >= split;
    proof.push_back(tree_root(right ? rest.first(split) : rest.subspan(split)));
    rest = right ? rest.subspan(split) : rest.first(split);
    if (right) index -= split;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

Result<Digest> root_from_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                                   const std::vector<Digest>& proof) {
  if (index >= size) return Error{Errc::invalid_argument, "check inclusion: the entry lies beyond the tree"};
  Digest root = leaf;
  std::uint64_t last = size - 1;
  std::size_t used = 0;
  for (; last > 0; index /= 2, last /= 2) {
    // The last node of a level that has no partner rises as it is.
    if (index % 2 == 0 && index == last) continue;
    if (used == proof.size()) return Error{Errc::corrupt, "check inclusion: the proof is too short"};
    root = index % 2 == 1 ? node_hash(proof[used], root) : node_hash(root, proof[used]);
    ++used;
  }
  if (used != proof.size()) return Error{Errc::corrupt, "check inclusion: the proof is too long"};
  return root;
}

}  // namespace belljar::ledger
