// Claims: gathers what the entries of a record say about its files, bodies and heads while they are read.
//
//   Claims claims{std::move(bodies), findings};
//   log.read([&](auto index, auto entry, const Tree& before) { claims.take(index, entry, before); });
//   claims.bodies().finish();
//
// One thread at a time.
#pragma once

#include <cstdint>
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
#include "ledger/verify_bodies.h"
#include "ledger/verify_findings.h"

namespace belljar::ledger {

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
  Claims(BodyCheck bodies, Findings& findings) : bodies_{std::move(bodies)}, findings_{&findings} {}

  void take(std::uint64_t index, std::string_view entry, const Tree& before);

  bool last_is_sealed() const { return last_is_sealed_; }
  BodyCheck& bodies() { return bodies_; }
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

  BodyCheck bodies_;
  Findings* findings_;
  Files files_;
  std::map<std::uint64_t, Digest> known_roots_;
  std::vector<HeadClaim> open_heads_;
  bool last_is_sealed_ = false;
};

}  // namespace belljar::ledger
