// Ledger: the append-only record of one run, in C2SP tlog-tiles form, under a C2SP signed-note checkpoint.
//
//   auto ledger = TRY(Ledger::create(dir, "belljar.local/run/r_01...", key));
//   TRY(ledger->append(R"({"kind":"step","step":"seal"})"));   // one JSON object, at most 65535 bytes
//   TRY(ledger->append_with_body(R"({"kind":"request"})", body));
//   TRY(ledger->checkpoint());                                  // durable and signed up to here
//   TRY(ledger->bind_file("report.html"));                      // its digest becomes an entry
//
// Layout of the run's directory (every byte of it is covered by `belljar verify`):
//   ledger/checkpoint                          signed note: origin, size, base64 root
//   ledger/tile/entries/<NNN>[.p/<W>]          256 entries each: big-endian uint16 length, bytes
//   ledger/tile/<L>/<NNN>[.p/<W>]              Merkle hashes, RFC 6962 (leaf 0x00, node 0x01)
//   ledger/key.pub                             the signed-note verifier key of the checkpoint
//   ledger/erased                              what of the bodies was erased, signed (erasure.h); seldom there
//   blobs/<NNN>                                bodies of messages, which may be erased one by one (body_pack.h)
//   anything else                              named by a {"kind":"file","path":..,"digest":..} entry
// Source: c2sp.org/tlog-tiles, c2sp.org/tlog-checkpoint, c2sp.org/signed-note (Ed25519, algorithm 0x01).
//
// One thread at a time. A killed process leaves a record that verifies up to its last checkpoint.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "codec/crypto.h"

namespace belljar::ledger {

struct Head {
  std::uint64_t size = 0;
  Digest root;

  bool operator==(const Head&) const = default;
};

class Ledger {
 public:
  static Result<std::unique_ptr<Ledger>> create(const std::string& run_directory, const std::string& origin,
                                                const codec::SigningKey& key);
  virtual ~Ledger() = default;

  virtual Result<std::uint64_t> append(std::string_view entry) = 0;  // its index
  // As append(), with `body` kept beside under a salted digest, so that it can be erased: `entry`, which ends in its
  // brace, gains the member "body". At most 64 MiB.
  virtual Result<std::uint64_t> append_with_body(std::string_view entry, std::string_view body) = 0;
  virtual Result<std::uint64_t> bind_file(const std::string& path_in_run) = 0;
  // The commit of everything appended since the last: durable and signed when it returns. It costs some tens of
  // milliseconds of the disk however many entries it is for, so commit them in groups.
  virtual Result<Head> checkpoint() = 0;
  virtual Head head() const = 0;  // of everything appended, signed or not
};

// The key this user's runs are signed with; made on first use, private file mode 0600.
Result<codec::SigningKey> open_signing_key();

struct Problem {
  std::string where;  // "entry 17", "ledger/checkpoint", "blobs/ab12..."
  std::string what;
};

struct VerifyReport {
  std::string origin;
  std::string key;  // verifier key of the checkpoint
  Head signed_head;
  std::uint64_t entries_after = 0;  // found beyond the last checkpoint: recorded, unsigned (an interrupted run)
  std::uint64_t erased = 0;         // bodies that are gone, as ledger/erased says under the signer's name
  bool complete = false;            // the run reached its last step: the final entry is {"kind":"sealed"}
  std::vector<Problem> problems;    // empty: the record is as it was written
  std::vector<std::string> notes;   // no faults: what an interrupted run left that no signature covers
};

struct VerifyOptions {
  std::string trusted_key_file = {};  // empty: this user's own key
  std::string witness_key_file = {};  // not empty: the checkpoint must bear this witness's cosignature too
};

// Reads everything, trusts nothing. An Error only when the directory cannot be read at all.
Result<VerifyReport> verify_run(const std::string& run_directory, const VerifyOptions& options);

}  // namespace belljar::ledger
