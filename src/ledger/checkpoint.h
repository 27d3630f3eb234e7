// Checkpoint: C2SP tlog-checkpoint, the signed head of a ledger.
//
//   std::string bytes = sign_checkpoint({"belljar.local/run/r_1", {size, root}}, key);
//   Checkpoint checkpoint = TRY(parse_checkpoint(note.text));
//
// Extension lines, which the specification advises against, are refused. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/crypto.h"
#include "ledger/ledger.h"

namespace belljar::ledger {

// One key signs all runs of a user, so it is named by its maker and not by the run as an origin is.
constexpr std::string_view kKeyName = "belljar";

struct Checkpoint {
  std::string origin;
  Head head;

  std::string text() const;
};

// Accepts exactly what text() writes.
Result<Checkpoint> parse_checkpoint(std::string_view text);
// True for one line of at most 1 KiB of printable UTF-8.
bool is_origin(std::string_view origin);
std::string sign_checkpoint(const Checkpoint& checkpoint, const codec::SigningKey& key);

}  // namespace belljar::ledger
