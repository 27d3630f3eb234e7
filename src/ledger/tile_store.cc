#include "ledger/tile_store.h"

#include <fcntl.h>

#include <algorithm>

#include "os/durable.h"
#include "os/file.h"

namespace belljar::ledger {

std::string record_path(const TileName& name) { return "ledger/" + tile_path(name); }

Result<std::string> TileStore::read(const TileName& name) const {
  const std::string path = record_path(name);
  const os::Fd file = TRY(os::open_regular_beneath(run_fd_, path));
  return os::read_all(file.get(), name.level == kEntriesLevel ? kBundleBytesMax : kTileBytesMax, path);
}

std::optional<TileName> TileStore::wider_than(const TileName& name, Pick pick) const {
  const TileName full{name.level, name.index};
  std::optional<TileName> best;
  if (os::facts_beneath(run_fd_, record_path(full))) best = full;
  if (best && pick == Pick::widest) return best;
  const std::string folder = record_path(full) + ".p";
  const Result<os::Fd> fd = os::open_beneath(run_fd_, folder, O_RDONLY | O_DIRECTORY);
  if (!fd) return best;
  const Result<void> visited = os::visit_folder(fd.value().get(), folder, [&](std::string_view width) {
    const std::optional<TileName> found = parse_tile_path(tile_path(full) + ".p/" + std::string{width});
    if (!found || found->width <= name.width) return true;
    const bool better = !best || (found->width < best->width) == (pick == Pick::narrowest);
    if (better) best = found;
    return true;
  });
  return visited ? best : std::nullopt;
}

Result<TileStore::Found> TileStore::read_or_wider(const TileName& name) const {
  Result<std::string> bytes = read(name);
  if (bytes) return Found{std::move(bytes).value(), false};
  if (bytes.error().code() != Errc::not_found || name.width == kTileWidth) return bytes.error();
  const std::optional<TileName> wider = wider_than(name, Pick::narrowest);
  if (!wider) return bytes.error();
  Found found{TRY(read(*wider)), true};
  if (name.level != kEntriesLevel) {
    found.bytes.resize(std::min<std::size_t>(found.bytes.size(), name.width * kHashBytes));
    return found;
  }
  BundleReader reader{found.bytes};
  for (unsigned at = 0; at < name.width; ++at) {
    if (!reader.next()) return found;  // told by whoever reads the entries
  }
  found.bytes.resize(found.bytes.size() - reader.left());
  return found;
}

Result<std::vector<Digest>> TileStore::hashes(const TileName& name) const {
  const std::string bytes = TRY(read_or_wider(name)).bytes;
  if (bytes.size() != name.width * kHashBytes) {
    return Error{Errc::corrupt, record_path(name) + ": " + std::to_string(bytes.size()) + " bytes, where " +
                                    std::to_string(name.width) + " hashes take " +
                                    std::to_string(name.width * kHashBytes)};
  }
  std::vector<Digest> hashes(name.width);
  for (std::size_t at = 0; at < hashes.size(); ++at) {
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at * kHashBytes), kHashBytes, hashes[at].bytes.begin());
  }
  return hashes;
}

}  // namespace belljar::ledger
