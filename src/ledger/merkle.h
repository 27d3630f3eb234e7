// Merkle: the tree of RFC 6962 section 2.1, grown one leaf at a time in O(log n) memory plus one partial tile a level.
//
//   Tree tree;
//   std::vector<Tile> completed;
//   tree.push(leaf_hash(entry), completed);   // completed: tiles that this leaf filled (C2SP tlog-tiles)
//   Digest root = tree.root();
//
// Pure; one thread at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace belljar::ledger {

constexpr std::uint64_t kTileWidth = 256;

Digest leaf_hash(std::string_view entry);                   // SHA-256(0x00 || entry)
Digest node_hash(const Digest& left, const Digest& right);  // SHA-256(0x01 || left || right)
Digest empty_root();                                        // SHA-256("")
Digest tree_root(std::span<const Digest> leaves);

// Hash i is the root of the 256^level leaves from (index * 256 + i) * 256^level on.
struct Tile {
  unsigned level = 0;
  std::uint64_t index = 0;
  std::vector<Digest> hashes;  // 256, or 1 to 255 of a partial tile
};

class Tree {
 public:
  void push(const Digest& leaf, std::vector<Tile>& completed);

  std::uint64_t size() const { return size_; }
  Digest root() const;
  // The rightmost tiles that are not full, lowest level first; none of them is empty.
  std::vector<Tile> partial_tiles() const;

 private:
  std::uint64_t size_ = 0;
  // Roots of the perfect subtrees that the bits of size_ name, largest first.
  std::vector<Digest> frontier_;
  std::vector<std::vector<Digest>> levels_;
};

}  // namespace belljar::ledger
