// The writing side. The order in which a checkpoint reaches the disk is what a killed run is verified by:
//
//   0. the bodies so far go into a pack, which an entry names: no signed entry names a body that is not there;
//   1. full bundles and tiles, then the partial ones of the new size, all under names the last checkpoint does not use;
//   2. all of that is synced;
//   3. the checkpoint is replaced by a rename;
//   4. the partial tiles of the size before are removed.
//
// Killed before 3, the old checkpoint still finds each of its tiles, and what lies beyond is its unsigned tail. The
// checkpoint that seals the record does 4 before 3, so that a sealed record never holds a file too many; the old
// checkpoint then finds its hashes as the beginning of a wider tile.
#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "base/text.h"
#include "codec/crypto.h"
#include "codec/json.h"
#include "ledger/body_pack.h"
#include "ledger/checkpoint.h"
#include "ledger/entry.h"
#include "ledger/file_digest.h"
#include "ledger/ledger.h"
#include "ledger/merkle.h"
#include "ledger/note.h"
#include "ledger/record_limits.h"
#include "ledger/tiles.h"
#include "os/durable.h"
#include "os/file.h"

namespace belljar::ledger {

namespace {

constexpr mode_t kFileMode = 0644;
constexpr mode_t kFolderMode = 0755;
constexpr std::size_t kSaltsAtOnce = 256;

// Says what to do about it.
template <class T>
Result<T> or_remedy(Result<T> result) {
  if (result) return result;
  std::string remedy;
  if (result.error().code() == Errc::exhausted)
    remedy = ": free some space there, or keep the run elsewhere with --out";
  if (result.error().code() == Errc::denied) remedy = ": make it writable, or keep the run elsewhere with --out";
  return Error{result.error().code(), "record the run: " + result.error().message() + remedy};
}

std::string parent_of(const std::string& path) { return path.substr(0, path.find_last_of('/')); }

class Writer final : public Ledger {
 public:
  Writer(std::string run_directory, os::Fd run, std::string origin, const codec::SigningKey& key)
      : run_directory_{std::move(run_directory)}, run_{std::move(run)}, origin_{std::move(origin)}, key_{key} {}

  static Result<void> lay_out(const std::string& run_directory, const std::string& origin,
                              const codec::SigningKey& key);

  Result<std::uint64_t> append(std::string_view entry) override { return or_remedy(append_entry(entry)); }
  Result<std::uint64_t> append_with_body(std::string_view entry, std::string_view body) override {
    return or_remedy(append_body(entry, body));
  }
  Result<std::uint64_t> bind_file(const std::string& path) override { return or_remedy(bind(path)); }
  Result<Head> checkpoint() override { return or_remedy(write_checkpoint()); }
  Head head() const override { return {tree_.size(), tree_.root()}; }

 private:
  std::string path_of(const TileName& name) const { return run_directory_ + "/ledger/" + tile_path(name); }

  Result<std::uint64_t> append_entry(std::string_view entry);
  Result<std::uint64_t> append_body(std::string_view entry, std::string_view body);
  Result<void> admit(std::string_view entry, const EntryClaims& claims) const;
  Result<std::uint64_t> take(std::string_view entry);
  Result<std::string> next_salt();
  Result<void> close_pack();
  Result<std::uint64_t> bind(const std::string& path);
  Result<Head> write_checkpoint();

  Result<void> write_full_tiles();
  Result<std::vector<TileName>> write_partial_tiles();
  Result<void> write_tile(const TileName& name, std::string_view bytes);
  Result<void> write_below(const std::string& path, std::string_view bytes);
  Result<void> drop_superseded(const std::vector<TileName>& current);

  const std::string run_directory_;
  const os::Fd run_;
  const std::string origin_;
  const codec::SigningKey key_;

  Tree tree_;
  std::string bundle_;           // the entries of the partial bundle
  std::vector<Tile> completed_;  // full tiles of hashes not yet written
  std::string full_bundle_;      // the full bundle not yet written, empty for none
  PackWriter pack_;              // bodies not yet written
  std::uint64_t pack_number_ = 0;
  std::string salts_;  // drawn and not yet used
  std::uint64_t signed_size_ = 0;
  std::vector<TileName> partials_;  // on the disk
  std::set<std::string, std::less<>> bound_;
  bool sealed_ = false;
};

// The folder appears under its name with its first checkpoint in it: a ledger without one was tampered with.
Result<void> Writer::lay_out(const std::string& run_directory, const std::string& origin,
                             const codec::SigningKey& key) {
  const std::string ledger = run_directory + "/ledger";
  const std::string beside = ledger + ".new";
  TRY(os::make_directories(run_directory, kFolderMode));
  TRY(os::remove_tree(beside));
  TRY(os::make_directories(beside, kFolderMode));
  const VerifierKey verifier{std::string{kKeyName}, key.public_key()};
  TRY(os::write_file(beside + "/key.pub", verifier.text() + '\n', kFileMode));
  TRY(os::write_file(beside + "/checkpoint", sign_checkpoint({origin, {0, empty_root()}}, key), kFileMode));
  TRY(os::sync_path(beside + "/key.pub"));
  TRY(os::sync_path(beside + "/checkpoint"));
  TRY(os::sync_path(beside));
  TRY(os::rename_folder(beside, ledger));
  return os::sync_path(run_directory);
}

Result<void> Writer::admit(std::string_view entry, const EntryClaims& claims) const {
  if (sealed_) return Error{Errc::invalid_argument, "append to the ledger: it is sealed"};
  if (entry.size() > kEntryBytesMax) {
    return Error{Errc::invalid_argument, "append to the ledger: an entry of " + std::to_string(entry.size()) +
                                             " bytes: more than " + std::to_string(kEntryBytesMax) +
                                             ": keep its body beside it"};
  }
  const bool wrong_head = claims.head && (claims.head->size > tree_.size() ||
                                          (claims.head->size == tree_.size() && claims.head->root != tree_.root()));
  if (wrong_head) return Error{Errc::invalid_argument, "append to the ledger: a head that is not this ledger's"};
  return {};
}

Result<std::uint64_t> Writer::append_entry(std::string_view entry) {
  // What verification refuses must never get in.
  const EntryClaims claims = TRY_CTX(read_entry(entry), "append to the ledger");
  TRY(admit(entry, claims));
  if (claims.body || claims.pack) {
    return Error{Errc::invalid_argument, "append to the ledger: an entry that names a body: append it with the body"};
  }
  if (claims.sealed) TRY(close_pack());
  const std::uint64_t index = TRY(take(entry));
  sealed_ = claims.sealed;
  return index;
}

Result<std::uint64_t> Writer::append_body(std::string_view entry, std::string_view body) {
  if (body.size() > kBodyBytesMax) {
    return Error{Errc::invalid_argument, "append to the ledger: a body of " + human_bytes(body.size()) +
                                             ": more than " + human_bytes(kBodyBytesMax)};
  }
  if (!entry.starts_with('{') || !entry.ends_with('}')) {
    return Error{Errc::invalid_argument, "append to the ledger: not a JSON object"};
  }
  if (pack_.is_full()) TRY(close_pack());
  const std::string salt = TRY(next_salt());
  const BodyClaim claim{pack_number_, pack_.count(), body.size(), salted_digest(salt, body)};
  const std::string whole = with_body_claim(entry, claim);
  const EntryClaims claims = TRY_CTX(read_entry(whole), "append to the ledger");
  if (!claims.body || claims.pack || claims.sealed) {
    return Error{Errc::invalid_argument, "append to the ledger: an entry that can have no body"};
  }
  TRY(admit(whole, claims));
  const std::uint64_t index = TRY(take(whole));
  pack_.add(salt, body);
  return index;
}

Result<std::uint64_t> Writer::take(std::string_view entry) {
  // What is full goes to the disk before more is taken in: memory stays small, and a full disk refuses the entry that
  // it has no room for, with nothing half done.
  TRY(write_full_tiles());
  const std::uint64_t index = tree_.size();
  append_to_bundle(bundle_, entry);
  tree_.push(leaf_hash(entry), completed_);
  if (!completed_.empty()) full_bundle_ = std::exchange(bundle_, {});
  return index;
}

Result<std::string> Writer::next_salt() {
  if (salts_.empty()) salts_ = TRY(codec::random_bytes(kSaltsAtOnce * kSaltBytes));
  std::string salt = salts_.substr(salts_.size() - kSaltBytes);
  salts_.resize(salts_.size() - kSaltBytes);
  return salt;
}

Result<void> Writer::close_pack() {
  if (pack_.count() == 0) return {};
  const std::string path = run_directory_ + '/' + pack_path(pack_number_);
  const std::string file = pack_.file();
  TRY(write_below(path, file));
  TRY(take(pack_entry({pack_number_, pack_.count(), codec::sha256(file)})));
  pack_.clear();
  ++pack_number_;
  return {};
}

Result<std::uint64_t> Writer::bind(const std::string& path) {
  if (!is_bindable_path(path)) {
    return Error{Errc::invalid_argument, "bind " + printable(path) + ": not a path of a file beside the ledger"};
  }
  if (bound_.contains(path)) return Error{Errc::invalid_argument, "bind " + path + ": it is bound already"};
  if (bound_.size() == kBoundFilesMax) {
    return Error{Errc::exhausted, "bind " + path + ": more than " + std::to_string(kBoundFilesMax) + " files"};
  }
  const os::Fd file = TRY(os::open_regular_beneath(run_.get(), path));
  const Digest digest = TRY(file_digest(file.get(), path));
  codec::Json entry;
  entry.set("kind", "file");
  entry.set("path", path);
  entry.set("digest", digest.text());
  const std::uint64_t index = TRY(append_entry(codec::to_json(entry)));
  bound_.insert(path);
  return index;
}

Result<void> Writer::write_tile(const TileName& name, std::string_view bytes) {
  return write_below(path_of(name), bytes);
}

Result<void> Writer::write_below(const std::string& path, std::string_view bytes) {
  Result<void> written = os::write_file(path, bytes, kFileMode);
  if (written || written.error().code() != Errc::not_found) return written;
  TRY(os::make_directories(parent_of(path), kFolderMode));
  return os::write_file(path, bytes, kFileMode);
}

Result<void> Writer::write_full_tiles() {
  while (!completed_.empty()) {
    const Tile& tile = completed_.back();
    // The bundle belongs to the first of them, which is written last.
    if (tile.level == 0) TRY(write_tile({kEntriesLevel, tile.index}, full_bundle_));
    TRY(write_tile({tile.level, tile.index}, tile_bytes(tile.hashes)));
    completed_.pop_back();
  }
  full_bundle_.clear();
  return {};
}

Result<std::vector<TileName>> Writer::write_partial_tiles() {
  std::vector<TileName> current;
  const auto keep = [&](const TileName& name, std::string_view bytes) -> Result<void> {
    current.push_back(name);
    if (std::find(partials_.begin(), partials_.end(), name) != partials_.end()) return {};
    TRY(write_tile(name, bytes));
    partials_.push_back(name);
    return {};
  };
  for (const Tile& tile : tree_.partial_tiles()) {
    const auto width = static_cast<unsigned>(tile.hashes.size());
    if (tile.level == 0) TRY(keep({kEntriesLevel, tile.index, width}, bundle_));
    TRY(keep({tile.level, tile.index, width}, tile_bytes(tile.hashes)));
  }
  return current;
}

Result<void> Writer::drop_superseded(const std::vector<TileName>& current) {
  while (true) {
    const auto old = std::find_if(partials_.begin(), partials_.end(), [&current](const TileName& name) {
      return std::find(current.begin(), current.end(), name) == current.end();
    });
    if (old == partials_.end()) return {};
    const std::string path = path_of(*old);
    const bool is_full_now = std::none_of(current.begin(), current.end(), [&old](const TileName& name) {
      return name.level == old->level && name.index == old->index;
    });
    TRY(os::remove_file(path));
    partials_.erase(old);
    if (!is_full_now) continue;
    // Refused while another stale width lies there, whose turn comes.
    (void)os::remove_empty_folder(parent_of(path));
  }
}

Result<Head> Writer::write_checkpoint() {
  if (tree_.size() == signed_size_) return head();
  TRY(close_pack());
  TRY(write_full_tiles());
  const std::vector<TileName> current = TRY(write_partial_tiles());
  // Of a commit's dozen of files and folders each costs a flush of the disk when synced alone; together they cost one,
  // be it at the price of waiting for what others wrote there.
  TRY(os::sync_file_system(run_directory_));
  if (sealed_) TRY(drop_superseded(current));
  const std::string ledger = run_directory_ + "/ledger";
  TRY(os::write_file_atomic(ledger + "/checkpoint", sign_checkpoint({origin_, head()}, key_), kFileMode));
  signed_size_ = tree_.size();
  TRY(os::sync_path(ledger));
  TRY(drop_superseded(current));
  return head();
}

}  // namespace

Result<std::unique_ptr<Ledger>> Ledger::create(const std::string& run_directory, const std::string& origin,
                                               const codec::SigningKey& key) {
  if (!is_origin(origin)) {
    return Error{Errc::invalid_argument, "create ledger: \"" + printable(origin) + "\" is no origin: one line of text"};
  }
  if (os::exists(run_directory + "/ledger")) {
    return Error{Errc::invalid_argument, "create ledger: " + run_directory + " holds a record already: choose another"};
  }
  TRY(or_remedy(os::make_directories(run_directory, kFolderMode)));
  std::string absolute = TRY(os::absolute_path(run_directory));
  TRY(or_remedy(Writer::lay_out(absolute, origin, key)));
  os::Fd run = TRY(os::open_folder(absolute));
  return std::unique_ptr<Ledger>{std::make_unique<Writer>(std::move(absolute), std::move(run), origin, key)};
}

}  // namespace belljar::ledger
