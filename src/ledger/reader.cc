#include "ledger/reader.h"

#include <algorithm>

#include "ledger/merkle.h"
#include "ledger/trust.h"
#include "os/durable.h"
#include "os/file.h"

namespace belljar::ledger {

namespace {

std::string entry_place(std::uint64_t index) { return "entry " + std::to_string(index); }

}  // namespace

Result<RecordReader> RecordReader::open(const std::string& run_directory, const VerifyOptions& options, Bodies bodies) {
  const std::string doing = "read the record of " + run_directory;
  const std::optional<VerifierKey> key = TRY_CTX(trusted_key(options), doing);
  if (!key) return Error{Errc::denied, doing + ": there is no key here to check it with: name one with --key FILE"};
  return open(run_directory, *key, bodies);
}

Result<RecordReader> RecordReader::open(const std::string& run_directory, const VerifierKey& key, Bodies bodies) {
  const std::string doing = "read the record of " + run_directory;
  RecordReader record{TRY_CTX(os::open_folder(run_directory), doing), bodies};
  const Checkpoint checkpoint = TRY_CTX(signed_checkpoint(record.run_.get(), key), doing);
  record.origin_ = checkpoint.origin;
  record.head_ = checkpoint.head;
  record.erasures_ = TRY_CTX(read_erasures(record.run_.get(), checkpoint.origin, key), doing);
  TRY_CTX(record.read_hashes(), doing);
  return record;
}

// The tree over 256 entries at a time is the tree over the roots of the bundles: below that width no split is uneven.
Result<void> RecordReader::read_hashes() {
  const std::uint64_t full = head_.size / kTileWidth;
  for (std::uint64_t index = 0; index * kTileWidth < full; ++index) {
    const auto width = static_cast<unsigned>(std::min(kTileWidth, full - index * kTileWidth));
    const std::vector<Digest> hashes = TRY(store_.hashes({1, index, width}));
    bundle_roots_.insert(bundle_roots_.end(), hashes.begin(), hashes.end());
  }
  if (const auto rest = static_cast<unsigned>(head_.size % kTileWidth); rest > 0) {
    bundle_roots_.push_back(tree_root(TRY(store_.hashes({0, full, rest}))));
  }
  if (tree_root(bundle_roots_) == head_.root) return {};
  return Error{Errc::corrupt, "ledger/tile: its hashes do not lead to the root that ledger/checkpoint signs"};
}

Result<const RecordReader::Item*> RecordReader::next() {
  const Item* const end = nullptr;
  if (next_index_ == head_.size) return end;
  if (next_index_ % kTileWidth == 0) TRY(read_bundle());
  const std::optional<std::string_view> entry = TRY(entries_.next());
  if (!entry) return Error{Errc::corrupt, entry_place(next_index_) + ": missing"};
  item_ = Item{};
  item_.index = next_index_++;
  item_.entry = *entry;
  item_.claims = TRY_CTX(read_entry(*entry), entry_place(item_.index));
  if (item_.claims.body && bodies_ == Bodies::read) TRY_CTX(find_body(), entry_place(item_.index));
  return &item_;
}

Result<void> RecordReader::read_bundle() {
  const std::uint64_t index = next_index_ / kTileWidth;
  const TileName name{kEntriesLevel, index, static_cast<unsigned>(std::min(kTileWidth, head_.size - next_index_))};
  bundle_ = std::make_unique<std::string>(TRY(store_.read_or_wider(name)).bytes);
  std::vector<Digest> leaves;
  BundleReader reader{*bundle_};
  for (auto entry = TRY(reader.next()); entry && leaves.size() < name.width; entry = TRY(reader.next())) {
    leaves.push_back(leaf_hash(*entry));
  }
  const bool whole = leaves.size() == name.width && reader.left() == 0;
  if (!whole || tree_root(leaves) != bundle_roots_[index]) {
    return Error{Errc::corrupt, record_path(name) + ": its entries are not the ones that were signed"};
  }
  entries_ = BundleReader{*bundle_};
  return {};
}

Result<void> RecordReader::find_body() {
  const BodyClaim& claim = *item_.claims.body;
  if (pack_number_ != claim.pack) TRY(open_pack_of(claim));
  const std::string path = pack_path(claim.pack);
  if (claim.at < next_body_) return Error{Errc::corrupt, path + ": its body was another entry's already"};
  std::optional<PackedBody> body;
  do {
    body = TRY_CTX(pack_reader_.next(), path);
  } while (body && next_body_++ < claim.at);
  if (!body) return Error{Errc::corrupt, path + ": its body is not there"};
  if (body->erased) {
    if (erasures_.of(claim.pack) == nullptr) {
      return Error{Errc::corrupt, path + ": its body is gone, and no signed erasure says so"};
    }
    item_.body_state = BodyState::erased;
    return {};
  }
  if (body->body.size() != claim.bytes || body->salted() != claim.salted) {
    return Error{Errc::corrupt, path + ": its body is not the one it names"};
  }
  item_.body_state = BodyState::there;
  item_.body = body->body;
  return {};
}

Result<void> RecordReader::open_pack_of(const BodyClaim& claim) {
  const std::string path = pack_path(claim.pack);
  const std::string file = TRY_CTX(read_beneath(run_.get(), path, kPackFileBytesMax), path);
  pack_ = std::make_unique<std::string>(TRY_CTX(open_pack(file), path));
  pack_reader_ = PackReader{*pack_};
  pack_number_ = claim.pack;
  next_body_ = 0;
  return {};
}

}  // namespace belljar::ledger
