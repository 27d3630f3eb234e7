// Trust: whose signature a record is held to, and its checkpoint under that signature.
//
//   std::optional<VerifierKey> key = TRY(trusted_key(options));   // nothing when this user has no key yet
//   Checkpoint checkpoint = TRY(signed_checkpoint(run_fd, *key));
//
// Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ledger/checkpoint.h"
#include "ledger/ledger.h"
#include "ledger/note.h"

namespace belljar::ledger {

constexpr std::uint64_t kKeyFileBytesMax = 4096;

// A regular file of the record; Errc::not_found says "missing".
Result<std::string> read_beneath(int run_fd, const std::string& path, std::uint64_t bytes_max);

Result<VerifierKey> parse_key_line(std::string_view text);
Result<std::optional<VerifierKey>> trusted_key(const VerifyOptions& options);

Result<VerifierKey> witness_key(const std::string& path);

// The error says what is wrong with the signature or the text under it.
Result<Checkpoint> signed_checkpoint(int run_fd, const VerifierKey& key);

}  // namespace belljar::ledger
