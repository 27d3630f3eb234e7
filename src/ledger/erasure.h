// Erasure: bodies taken out of a record for good, with the owner's signature that says so.
//
//   ErasureReport done = TRY(erase_bodies(run, [](std::uint64_t entry, std::string_view text) { return entry == 17; },
//   key));
//
// The entries stay, so the tree, its checkpoint and every proof stand; a body and its salt leave their pack, and the
// salted digest that remains in the entry tells nothing about them. `ledger/erased` is a C2SP signed note by the key of
// the checkpoint:
//
//   belljar.local/run/r_1                      the record's origin
//   belljar erased/v1                          no checkpoint: there this line is a number
//   0 sha256:<64 hex>                          pack 0 was rewritten, and these are its bytes now
//
// Packs ascend. Two lines of one pack, the second of them what it is to become, are an erasure that was interrupted.
// A pack that lost a body without a line is tampered with; so is one whose bytes are not those of a line.
// What was on the disk before is overwritten by no one: use a disk that forgets, or encrypt it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "codec/crypto.h"
#include "ledger/note.h"

namespace belljar::ledger {

constexpr std::size_t kErasedBytesMax = 16U << 20;

// What a record's erasures say, as data.
class Erasures {
 public:
  using Digests = std::vector<Digest>;  // one, or two while an erasure is under way

  // Null when nothing of that pack was erased.
  const Digests* of(std::uint64_t pack) const;
  std::optional<std::uint64_t> last() const;
  void set(std::uint64_t pack, Digests digests) { packs_[pack] = std::move(digests); }

  std::string text(const std::string& origin) const;
  // Accepts exactly what text() writes of that origin.
  static Result<Erasures> parse(std::string_view text, const std::string& origin);

  bool operator==(const Erasures&) const = default;

 private:
  std::map<std::uint64_t, Digests> packs_;
};

// The erasures of a record, signed by `key`; none when there is no such file.
Result<Erasures> read_erasures(int run_fd, const std::string& origin, const VerifierKey& key);

struct ErasureReport {
  std::uint64_t bodies = 0;  // erased now
  std::uint64_t packs = 0;   // rewritten for it
};

// Erases the bodies of the entries chosen; those erased before stay so. The record must bear the key's signature.
// One process at a time.
using ChooseEntry = std::function<bool(std::uint64_t index, std::string_view entry)>;
Result<ErasureReport> erase_bodies(const std::string& run_directory, const ChooseEntry& choose,
                                   const codec::SigningKey& key);

}  // namespace belljar::ledger
