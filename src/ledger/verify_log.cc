#include "ledger/verify_log.h"

#include <algorithm>

namespace belljar::ledger {

namespace {

std::string entry_place(std::uint64_t index) { return "entry " + std::to_string(index); }

unsigned width_of_bundle(std::uint64_t index, std::uint64_t size) {
  return static_cast<unsigned>(std::min(kTileWidth, size - index * kTileWidth));
}

// Nothing when the name is not there.
bool is_absent(const Error& error) { return error.code() == Errc::not_found; }

}  // namespace

Result<std::string> LogReader::read_tile_or_wider(const TileName& name) {
  TileStore::Found found = TRY(store_.read_or_wider(name));
  if (found.from_wider) substitutes_.push_back(record_path(name));
  return std::move(found.bytes);
}

bool LogReader::read(const Visit& visit) {
  const std::uint64_t bundles = head_.size / kTileWidth + (head_.size % kTileWidth == 0 ? 0 : 1);
  for (std::uint64_t index = 0; index < bundles; ++index) {
    if (!read_bundle(index, width_of_bundle(index, head_.size), visit)) return false;
  }
  std::vector<Tile> partial = tree_.partial_tiles();
  check_tiles(partial);
  tell_mismatches();
  if (tree_.root() != head_.root) {
    findings_->problem("ledger/checkpoint", "it says root " + head_.root.text() + ", but the root of the " +
                                                std::to_string(tree_.size()) + " entries is " + tree_.root().text());
  }
  return true;
}

bool LogReader::read_bundle(std::uint64_t index, unsigned width, const Visit& visit) {
  const TileName name{kEntriesLevel, index, width};
  const Result<std::string> bundle = read_tile_or_wider(name);
  if (!bundle) {
    findings_->problem(record_path(name), is_absent(bundle.error()) ? "missing: it holds the entries from " +
                                                                          std::to_string(tree_.size()) + " on"
                                                                    : bundle.error().message());
    return false;
  }
  BundleReader reader{bundle.value()};
  std::vector<Tile> completed;
  for (unsigned at = 0; at < width; ++at) {
    const Result<std::optional<std::string_view>> entry = reader.next();
    if (!entry || !entry.value()) {
      refuse_bundle(name, entry ? "it is missing" : entry.error().message());
      return false;
    }
    visit(tree_.size(), *entry.value(), tree_);
    tree_.push(leaf_hash(*entry.value()), completed);
  }
  if (reader.left() > 0) {
    findings_->problem(record_path(name), std::to_string(reader.left()) + " bytes after its last entry");
  }
  check_tiles(completed);
  return true;
}

// A false length shows where a later entry should begin: the stored hashes tell the first entry that is not itself.
void LogReader::refuse_bundle(const TileName& name, const std::string& what) {
  const std::string path = record_path(name);
  const Result<std::string> stored = read_tile_or_wider({0, name.index, name.width});
  const std::vector<Tile> partial = tree_.partial_tiles();
  const bool comparable = stored && !partial.empty() && partial.front().level == 0;
  const std::string hashes = comparable ? tile_bytes(partial.front().hashes) : std::string{};
  for (std::size_t at = 0; at < hashes.size(); at += kHashBytes) {
    if (stored.value().size() < at + kHashBytes) break;
    if (stored.value().compare(at, kHashBytes, hashes, at, kHashBytes) == 0) continue;
    findings_->problem(entry_place(name.index * kTileWidth + at / kHashBytes),
                       "its hash is not the one in " + record_path({0, name.index, name.width}));
    break;
  }
  findings_->problem(entry_place(tree_.size()), what + ", in " + path);
}

// Lowest level first, as a tile's faults excuse the hash above it.
void LogReader::check_tiles(std::vector<Tile>& tiles) {
  for (const Tile& tile : tiles) check_tile(tile);
  tiles.clear();
}

void LogReader::check_tile(const Tile& tile) {
  const auto width = static_cast<unsigned>(tile.hashes.size());
  const TileName name{tile.level, tile.index, width};
  if (faulty_below_.size() < tile.level + 2U) faulty_below_.resize(tile.level + 2U);
  std::vector<bool>& below = faulty_below_[tile.level];
  below.resize(width);  // of leaves, nothing is below
  const Result<std::string> stored = read_tile_or_wider(name);
  bool faulty = std::find(below.begin(), below.end(), true) != below.end();
  if (!stored) {
    findings_->problem(record_path(name), is_absent(stored.error()) ? "missing" : stored.error().message());
  } else if (stored.value().size() != width * kHashBytes) {
    findings_->problem(record_path(name), std::to_string(stored.value().size()) + " bytes, where " +
                                              std::to_string(width) + " hashes take " +
                                              std::to_string(width * kHashBytes));
  } else {
    const std::string expected = tile_bytes(tile.hashes);
    for (std::size_t at = 0; at < width && stored.value() != expected; ++at) {
      const bool same = stored.value().compare(at * kHashBytes, kHashBytes, expected, at * kHashBytes, kHashBytes) == 0;
      if (same) continue;
      faulty = true;
      if (!below[at] && mismatches_.size() < kListedProblemsMax) mismatches_.push_back({name, at});
    }
  }
  below.clear();
  faulty_below_[tile.level + 1].push_back(faulty);
}

// The signed root tells which of two that differ is the false one.
void LogReader::tell_mismatches() {
  const bool entries_are_true = tree_.root() == head_.root;
  for (const Mismatch& mismatch : mismatches_) {
    const std::uint64_t below = mismatch.tile.index * kTileWidth + mismatch.hash;
    const std::string path = record_path(mismatch.tile);
    if (mismatch.tile.level > 0) {
      const std::string child = record_path({mismatch.tile.level - 1, below});
      findings_->problem(path, "hash " + std::to_string(mismatch.hash) + " is not the root of " + child);
    } else if (entries_are_true) {
      findings_->problem(path,
                         "hash " + std::to_string(mismatch.hash) + " is not that of entry " + std::to_string(below));
    } else {
      findings_->problem(entry_place(below), "its hash is not the one in " + path);
    }
  }
}

Result<std::vector<Digest>> LogReader::roots_at(const std::vector<std::uint64_t>& sizes) const {
  std::vector<Digest> roots;
  Tree tree;
  std::vector<Tile> completed;
  LogReader again{store_, head_, *findings_};
  const auto take_root = [&] {
    while (roots.size() < sizes.size() && sizes[roots.size()] == tree.size()) roots.push_back(tree.root());
  };
  take_root();
  for (std::uint64_t index = 0; roots.size() < sizes.size(); ++index) {
    const std::string bundle =
        TRY(again.read_tile_or_wider({kEntriesLevel, index, width_of_bundle(index, head_.size)}));
    BundleReader reader{bundle};
    while (const std::optional<std::string_view> entry = TRY(reader.next())) {
      tree.push(leaf_hash(*entry), completed);
      completed.clear();
      take_root();
    }
    if (tree.size() >= head_.size && roots.size() < sizes.size()) {
      return Error{Errc::corrupt, "read the entries again: they have changed since"};
    }
  }
  return roots;
}

std::uint64_t LogReader::count_tail() const {
  const std::uint64_t first = head_.size / kTileWidth;
  std::uint64_t total = head_.size;
  for (std::uint64_t index = first;; ++index) {
    const std::optional<TileName> name = store_.wider_than({kEntriesLevel, index, 0}, TileStore::Pick::widest);
    if (!name) return total;
    const Result<std::string> bundle = store_.read(*name);
    if (!bundle) return total;
    BundleReader reader{bundle.value()};
    std::uint64_t count = 0;
    for (auto entry = reader.next(); entry && entry.value(); entry = reader.next()) ++count;
    total = std::max(total, index * kTileWidth + count);
    if (count != kTileWidth || name->width != kTileWidth) return total;
  }
}

void LogReader::refuse_substitutes() {
  for (const std::string& path : substitutes_) findings_->problem(path, "missing");
}

}  // namespace belljar::ledger
