// LogReader: reads a log's entries from their bundles, rebuilds the tree over them and holds every stored tile and the
// signed root against it. Sizes, widths and lengths in the record are claims and never trusted.
//
//   LogReader log{TileStore{run_fd}, checkpoint.head, findings};
//   bool whole = log.read([&](std::uint64_t index, std::string_view entry, const Tree& before) { ... });
//   if (complete) log.refuse_substitutes();
//
// One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/ledger.h"
#include "ledger/merkle.h"
#include "ledger/tile_store.h"
#include "ledger/tiles.h"
#include "ledger/verify_findings.h"

namespace belljar::ledger {

class LogReader {
 public:
  // `before` is the tree of the entries before this one.
  using Visit = std::function<void(std::uint64_t index, std::string_view entry, const Tree& before)>;

  LogReader(TileStore store, const Head& head, Findings& findings) : store_{store}, head_{head}, findings_{&findings} {}

  // False when a bundle cannot be read, which ends the reading: where the next entry begins is unknown.
  bool read(const Visit& visit);
  // The roots of the first `sizes` entries (ascending, at most the head's size), reading the bundles again.
  Result<std::vector<Digest>> roots_at(const std::vector<std::uint64_t>& sizes) const;
  // Counts the entries that lie beyond the head.
  std::uint64_t count_tail() const;
  // A wider tile may stand in for one of the exact width while a record is not sealed; in a sealed one that is a fault.
  void refuse_substitutes();

 private:
  struct Mismatch {
    TileName tile;
    std::uint64_t hash = 0;
  };

  Result<std::string> read_tile_or_wider(const TileName& name);
  bool read_bundle(std::uint64_t index, unsigned width, const Visit& visit);
  void refuse_bundle(const TileName& name, const std::string& what);
  void check_tiles(std::vector<Tile>& tiles);
  void check_tile(const Tile& tile);
  void tell_mismatches();

  TileStore store_;
  Head head_;
  Findings* findings_;
  Tree tree_;
  std::vector<std::string> substitutes_;
  std::vector<Mismatch> mismatches_;
  // For each hash of the growing tile of a level: whether a fault below it has been found already.
  std::vector<std::vector<bool>> faulty_below_;
};

}  // namespace belljar::ledger
