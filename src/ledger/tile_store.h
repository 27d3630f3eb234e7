// TileStore: the tiles of a record's folder as files nobody vouches for: regular, of bounded size, and no more.
//
//   std::string bundle = TRY(store.read({kEntriesLevel, 0, 44}));
//   TileStore::Found found = TRY(store.read_or_wider({0, 0, 44}));   // or the beginning of tile/0/000.p/60
//
// Errc::not_found where there is no such tile. One thread at a time; the descriptor is borrowed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ledger/tiles.h"

namespace belljar::ledger {

std::string record_path(const TileName& name);  // "ledger/tile/..."

class TileStore {
 public:
  explicit TileStore(int run_fd) : run_fd_{run_fd} {}

  struct Found {
    std::string bytes;
    bool from_wider = false;
  };
  enum class Pick { narrowest, widest };

  Result<std::string> read(const TileName& name) const;
  // Killed between the two halves of sealing, a record holds wider tiles than its checkpoint names.
  Result<Found> read_or_wider(const TileName& name) const;
  std::optional<TileName> wider_than(const TileName& name, Pick pick) const;
  // The hashes of a tile, as many as its name says.
  Result<std::vector<Digest>> hashes(const TileName& name) const;

 private:
  int run_fd_;
};

}  // namespace belljar::ledger
