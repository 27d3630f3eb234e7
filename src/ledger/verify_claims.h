// Claims: gathers what the entries of a record say about its files, blobs and heads while they are read.
//
//   Claims claims{std::move(blobs), findings};
//   log.read([&](auto index, auto entry, const Tree& before) { claims.take(index, entry, before); });
//   claims.blobs().is_named(digest);
//
// One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "ledger/entry.h"
#include "ledger/merkle.h"
#include "ledger/verify_findings.h"

namespace belljar::ledger {

// The blobs that are there, and which of them an entry names. Its memory grows with the files on the disk alone.
class BlobIndex {
 public:
  static Result<BlobIndex> read(int run_fd, Findings& findings);
  // False when there is no such blob.
  bool mark_named(const Digest& digest);
  bool is_named(const Digest& digest) const;

 private:
  std::optional<std::size_t> find(const Digest& digest) const;

  std::vector<Digest> present_;  // sorted
  std::vector<bool> named_;
};

// The digest that a file of blobs/ is named for, if it is.
std::optional<Digest> digest_of_blob_name(std::string_view name);

struct BoundFile {
  Digest digest;
  std::uint64_t entry = 0;
};

struct HeadClaim {
  std::string where;
  Head head;
};

class Claims {
 public:
  Claims(BlobIndex blobs, Findings& findings) : blobs_{std::move(blobs)}, findings_{&findings} {}

  void take(std::uint64_t index, std::string_view entry, const Tree& before);

  bool last_is_sealed() const { return last_is_sealed_; }
  const BlobIndex& blobs() const { return blobs_; }
  using Files = std::map<std::string, BoundFile, std::less<>>;
  const Files& files() const { return files_; }
  // Head claims still to be compared with the tree.
  std::vector<HeadClaim>& open_heads() { return open_heads_; }
  // The root that a head entry, found true, has named for that size.
  std::optional<Digest> known_root(std::uint64_t size) const;
  void claim_head(const std::string& where, const Head& head, std::uint64_t size_max);

 private:
  void take_file(std::uint64_t index, const FileClaim& file);
  void take_head(std::uint64_t index, const Head& head, const Tree& before);

  BlobIndex blobs_;
  Findings* findings_;
  Files files_;
  std::map<std::uint64_t, Digest> known_roots_;
  std::vector<HeadClaim> open_heads_;
  bool last_is_sealed_ = false;
};

}  // namespace belljar::ledger
