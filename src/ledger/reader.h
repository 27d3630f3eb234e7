// RecordReader: the entries of a record in order, with their bodies, in memory that does not grow with them: for
// replay, resume, diff and reports.
//
//   RecordReader record = TRY(RecordReader::open(run, {}));
//   while (const RecordReader::Item* item = TRY(record.next())) {
//     if (item->body_state == BodyState::there) use(item->entry, item->body);
//   }
//
// Nothing is handed out before it is proven: open() checks the checkpoint's signature and the hashes under it, next()
// each bundle of entries against those hashes and each body against its entry. What follows the last checkpoint is
// nobody's word and is not read. An Error says which file is not what was signed. What an entry or a body says is still
// only what a model or the run said: parse it as any text from outside.
//
// Memory: one bundle of entries, one pack of bodies, and 32 bytes for each 256 entries. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/body_pack.h"
#include "ledger/entry.h"
#include "ledger/erasure.h"
#include "ledger/ledger.h"
#include "ledger/note.h"
#include "ledger/tile_store.h"
#include "os/fd.h"

namespace belljar::ledger {

enum class BodyState { none, there, erased };
enum class Bodies { read, skip };  // skip: `body` stays empty, of bodies only the claim is known

class RecordReader {
 public:
  struct Item {
    std::uint64_t index = 0;
    std::string_view entry;  // JSON; as `body`, until the next call
    BodyState body_state = BodyState::none;
    std::string_view body;
    EntryClaims claims;
  };

  static Result<RecordReader> open(const std::string& run_directory, const VerifyOptions& options,
                                   Bodies bodies = Bodies::read);
  static Result<RecordReader> open(const std::string& run_directory, const VerifierKey& key, Bodies bodies);

  // Null at the end. After an Error there is no more.
  Result<const Item*> next();

  const std::string& origin() const { return origin_; }
  const Head& head() const { return head_; }
  // Once the end is reached: whether the run had reached its own.
  bool complete() const { return item_.claims.sealed; }
  int run_fd() const { return run_.get(); }
  const Erasures& erasures() const { return erasures_; }

 private:
  RecordReader(os::Fd run, Bodies bodies) : run_{std::move(run)}, store_{run_.get()}, bodies_{bodies} {}

  Result<void> read_hashes();
  Result<void> read_bundle();
  Result<void> find_body();
  Result<void> open_pack_of(const BodyClaim& claim);

  os::Fd run_;
  TileStore store_;
  Bodies bodies_;
  std::string origin_;
  Head head_;
  Erasures erasures_;
  std::vector<Digest> bundle_roots_;  // proven

  // Apart, so that views into them outlive a move of the reader.
  std::unique_ptr<std::string> bundle_;
  BundleReader entries_{{}};
  std::uint64_t next_index_ = 0;
  std::unique_ptr<std::string> pack_;
  PackReader pack_reader_{{}};
  std::optional<std::uint64_t> pack_number_;
  std::uint64_t next_body_ = 0;
  Item item_;
};

}  // namespace belljar::ledger
