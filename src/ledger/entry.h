// Entry: what one entry of the ledger says that verification must hold it to. Entries are JSON objects; most members
// are the run's own business. These are not:
//
//   {"kind":"file","path":"report.html","digest":"sha256:.."}       the bytes of a file of the run
//   {"kind":"head","size":12,"root":"sha256:.."}                    the tree of the first 12 entries
//   {"kind":"pack","number":0,"bodies":3,"digest":"sha256:.."}      the bytes of blobs/000 and the bodies it holds
//   {"kind":"sealed"}                                               the run reached its last step; nothing follows
//   "body":{"pack":0,"at":2,"bytes":17,"salted":"sha256:.."}        in any entry: the third body of that pack
//
// A member "body" that is no object is the run's own business. What a model wrote enters an entry as text or as a body
// beside it, never as members, so it claims nothing. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"
#include "ledger/ledger.h"

namespace belljar::ledger {

struct FileClaim {
  std::string path;
  Digest digest;

  bool operator==(const FileClaim&) const = default;
};

struct PackClaim {
  std::uint64_t number = 0;
  std::uint64_t bodies = 0;
  Digest digest;

  bool operator==(const PackClaim&) const = default;
};

struct BodyClaim {
  std::uint64_t pack = 0;
  std::uint64_t at = 0;  // from 0 within its pack
  std::uint64_t bytes = 0;
  Digest salted;

  bool operator==(const BodyClaim&) const = default;
};

struct EntryClaims {
  std::optional<FileClaim> file;
  std::optional<Head> head;
  std::optional<PackClaim> pack;
  std::optional<BodyClaim> body;
  bool sealed = false;

  bool operator==(const EntryClaims&) const = default;
};

// An Error when it is no JSON object or a claim in it cannot be read.
Result<EntryClaims> read_entry(std::string_view entry);
// The same by the JSON parser alone, which is the judge of what the quicker way may say.
Result<EntryClaims> parse_entry(std::string_view entry);

// `entry`, which stands between its braces, with the member "body" as its last.
std::string with_body_claim(std::string_view entry, const BodyClaim& claim);
std::string pack_entry(const PackClaim& claim);

// A relative path, spelled in its one way, of at most 1 KiB, that lies neither in ledger/ nor in blobs/.
bool is_bindable_path(std::string_view path);

}  // namespace belljar::ledger
