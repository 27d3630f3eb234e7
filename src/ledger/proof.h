// Proof: that an entry is in a log of some size, and that a log only grew, as O(log n) hashes.
//
//   std::vector<Digest> path = TRY(prove_inclusion(17, size, hash_at));
//   bool in = TRY(root_from_inclusion(leaf_hash(entry), 17, size, path)) == root;
//   TRY(check_consistency(old_size, old_root, size, root, TRY(prove_consistency(old_size, size, hash_at))));
//
//   std::string text = EntryProof{17, entry, path, checkpoint}.text();   // C2SP tlog-proof, checked without the run
//
// Sources: RFC 6962 section 2.1, RFC 9162 section 2.1.4, c2sp.org/tlog-proof. The `extra` line of a tlog-proof holds
// the entry, so that one file tells all; it is believed only because its hash is the one proven.
// Pure, but for what hash_at does.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "ledger/ledger.h"
#include "ledger/tile_store.h"

namespace belljar::ledger {

// The root of the 2^height leaves from index * 2^height on, all of which the tree has.
using HashAt = std::function<Result<Digest>(unsigned height, std::uint64_t index)>;
// From the tiles of a log of that size.
HashAt hashes_of(TileStore store, std::uint64_t size);

// From the leaf's sibling up. Invalid when there is no such leaf.
Result<std::vector<Digest>> prove_inclusion(std::uint64_t index, std::uint64_t size, const HashAt& hash_at);
// That the first `old_size` leaves of a tree are its first still. Invalid when it had more, or
// none.
Result<std::vector<Digest>> prove_consistency(std::uint64_t old_size, std::uint64_t size, const HashAt& hash_at);

// The root which a proof leads to; an Error when it has another length than this size and index have.
Result<Digest> root_from_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                                   const std::vector<Digest>& proof);
Result<void> check_consistency(std::uint64_t old_size, const Digest& old_root, std::uint64_t size, const Digest& root,
                               const std::vector<Digest>& proof);

constexpr std::size_t kProofBytesMax = 256U << 10;

struct EntryProof {
  std::uint64_t index = 0;
  std::string entry;
  std::vector<Digest> path;
  std::string checkpoint;  // the bytes of the signed note

  std::string text() const;
  // Accepts exactly what text() writes.
  static Result<EntryProof> parse(std::string_view text);
};

// The proof of an entry of a record, made of its tiles and proven before it is returned.
Result<EntryProof> prove_entry(const std::string& run_directory, std::uint64_t index, const VerifyOptions& options);

struct ProvenEntry {
  std::string entry;
  std::uint64_t index = 0;
  std::string origin;
  Head head;
};
// What a proof proves, by its text and the trusted key alone; the witness too, where one is named.
Result<ProvenEntry> check_proof(std::string_view text, const VerifyOptions& options);

}  // namespace belljar::ledger
