// BodyCheck: holds the packs of bodies against what the entries say of them, one pack at a time while the entries are
// read, in memory for one pack.
//
//   BodyCheck bodies{run_fd, erasures, findings};
//   bodies.take_body(17, claim);      // entry 17 names a body
//   bodies.take_pack(40, claim);      // entry 40 names the pack that holds the bodies since the last
//   bodies.finish();
//
// A body that is gone is a problem, except where the owner's signed erasure accounts for it (erasure.h).
// One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/body_pack.h"
#include "ledger/entry.h"
#include "ledger/erasure.h"
#include "ledger/verify_findings.h"

namespace belljar::ledger {

class BodyCheck {
 public:
  BodyCheck(int run_fd, Erasures erasures, Findings& findings)
      : run_fd_{run_fd}, erasures_{std::move(erasures)}, findings_{&findings} {}

  void take_body(std::uint64_t entry, const BodyClaim& claim);
  void take_pack(std::uint64_t entry, const PackClaim& claim);
  void finish();

  std::uint64_t packs() const { return packs_; }
  std::uint64_t erased() const { return erased_; }

 private:
  struct Named {
    std::uint64_t entry = 0;
    BodyClaim claim;
  };

  void check_pack(const std::string& path, const PackClaim& claim);
  void check_bodies(const std::string& path, std::string_view raw, bool may_be_erased);
  void check_digest(const std::string& path, const PackClaim& claim, const Digest& found);

  int run_fd_;
  Erasures erasures_;
  Findings* findings_;
  std::vector<Named> named_;  // of the pack that no entry has named yet
  std::uint64_t packs_ = 0;
  std::uint64_t erased_ = 0;
};

}  // namespace belljar::ledger
