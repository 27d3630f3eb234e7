// Findings: the problems and notes of one verification, bounded, harmless to print.
//
//   findings.problem("entry 17", "its hash is not the one in ledger/tile/0/000");
//   if (findings.is_full()) return;   // enough to know; a hostile record could hold millions
//
// One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "ledger/ledger.h"
#include "ledger/record_limits.h"

namespace belljar::ledger {

class Findings {
 public:
  explicit Findings(VerifyReport& report) : report_{&report} {}

  void problem(std::string_view where, std::string_view what) {
    if (is_full()) {
      ++further_problems_;
    } else {
      report_->problems.push_back({printable(where, kPlaceBytesMax), printable(what, kTextBytesMax)});
    }
  }
  void note(std::string_view what) {
    if (report_->notes.size() >= kListedProblemsMax) {
      ++further_notes_;
    } else {
      report_->notes.push_back(printable(what, kTextBytesMax));
    }
  }
  bool is_full() const { return report_->problems.size() >= kListedProblemsMax; }

  // Says how much is not listed.
  void finish() {
    if (further_problems_ > 0) {
      report_->problems.push_back(
          {"the record", std::to_string(further_problems_) + " further problems are not listed"});
    }
    if (further_notes_ > 0) report_->notes.push_back(std::to_string(further_notes_) + " further notes are not listed");
  }

 private:
  static constexpr std::size_t kPlaceBytesMax = 1200;
  static constexpr std::size_t kTextBytesMax = 1500;

  VerifyReport* report_;
  std::uint64_t further_problems_ = 0;
  std::uint64_t further_notes_ = 0;
};

}  // namespace belljar::ledger
