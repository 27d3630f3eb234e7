// FileCheck: holds every file of a run's directory against what the entries say, and finds the ones they do not.
//
//   FileCheck files{run_fd, claims, head.size, Coverage::whole, findings};
//   files.check_bound();
//   files.find_uncovered();
//
// One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"
#include "ledger/verify_claims.h"
#include "ledger/verify_findings.h"

namespace belljar::ledger {

enum class Coverage {
  whole,   // the record is sealed: every file is accounted for
  so_far,  // the run was interrupted: what it had not bound yet is only noted
};

class FileCheck {
 public:
  FileCheck(int run_fd, Claims& claims, std::uint64_t size, Coverage coverage, Findings& findings)
      : run_fd_{run_fd}, claims_{&claims}, size_{size}, coverage_{coverage}, findings_{&findings} {}

  void check_bound();
  void find_uncovered();

 private:
  Result<Digest> digest_of(const std::string& path);
  void read_verdict_head();
  void visit(const std::string& folder, std::size_t depth);
  void look_at(const std::string& path, std::size_t depth);
  bool is_covered(const std::string& path) const;
  void uncovered(const std::string& path);

  int run_fd_;
  Claims* claims_;
  std::uint64_t size_;
  Coverage coverage_;
  Findings* findings_;
  std::uint64_t unpaid_bytes_ = 0;
};

}  // namespace belljar::ledger
