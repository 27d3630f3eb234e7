// Entry: what one entry of the ledger says that verification must hold it to. Entries are JSON objects; most members
// are the run's own business. These are not:
//
//   {"kind":"file","path":"report.html","digest":"sha256:.."}    the bytes of a file of the run
//   {"kind":"head","size":12,"root":"sha256:.."}                 the tree of the first 12 entries
//   {"kind":"sealed"}                                            the run reached its last step; nothing follows
//   a member named `blob` or `blobs`, or ending in `_blob` or `_blobs`, anywhere in the entry: its text, or each text
//   of its array, "blob:sha256:.." or "sha256:..", names a file of blobs/
//
// Members are told by their name and not by what they hold, so that text which a model wrote names no blob. What a
// model wrote enters an entry as text or as a blob, never as members.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "ledger/ledger.h"

namespace belljar::ledger {

struct FileClaim {
  std::string path;
  Digest digest;
};

struct EntryClaims {
  std::optional<FileClaim> file;
  std::optional<Head> head;
  bool sealed = false;
  std::vector<Digest> blobs;
};

// An Error when it is no JSON object or a claim in it cannot be read.
Result<EntryClaims> read_entry(std::string_view entry);

// A relative path, spelled in its one way, of at most 1 KiB, that lies neither in ledger/ nor in blobs/.
bool is_bindable_path(std::string_view path);

}  // namespace belljar::ledger
