#include "ledger/proof.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <span>

#include "base/text.h"
#include "ledger/merkle.h"
#include "ledger/reader.h"
#include "ledger/trust.h"

namespace belljar::ledger {

namespace {

constexpr unsigned kTileHeight = 8;
constexpr std::string_view kProofLine = "c2sp.org/tlog-proof@v1\n";
constexpr std::size_t kPathMax = 64;

Error bad_proof(const std::string& why) { return {Errc::corrupt, "proof: " + why}; }

// The largest power of two below n, for n > 1.
std::uint64_t split_of(std::uint64_t n) { return std::bit_floor(n - 1); }

// The root of leaves [from, to): `from` is a multiple of every split of the range, as in a tree's own subtrees.
Result<Digest> range_root(std::uint64_t from, std::uint64_t to, const HashAt& hash_at) {
  const std::uint64_t count = to - from;
  if (std::has_single_bit(count)) {
    const auto height = static_cast<unsigned>(std::countr_zero(count));
    return hash_at(height, from >> height);
  }
  const std::uint64_t split = split_of(count);
  const Digest left = TRY(range_root(from, from + split, hash_at));
  return node_hash(left, TRY(range_root(from + split, to, hash_at)));
}

// What is left of a line of base64 in `rest`; that and its newline are taken off.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

}  // namespace

HashAt hashes_of(TileStore store, std::uint64_t size) {
  return [store, size](unsigned height, std::uint64_t index) -> Result<Digest> {
    const unsigned level = height / kTileHeight;
    const std::uint64_t first = index << (height % kTileHeight);
    const std::uint64_t hashes = size >> (kTileHeight * level);
    const std::uint64_t tile = first / kTileWidth;
    const std::uint64_t count = std::uint64_t{1} << (height % kTileHeight);
    if (first + count > hashes) return bad_proof("the tree has no such node");
    const auto width = static_cast<unsigned>(std::min(kTileWidth, hashes - tile * kTileWidth));
    const std::vector<Digest> stored = TRY(store.hashes({level, tile, width}));
    return tree_root(std::span{stored}.subspan(first % kTileWidth, count));
  };
}

Result<std::vector<Digest>> prove_inclusion(std::uint64_t index, std::uint64_t size, const HashAt& hash_at) {
  if (index >= size) {
    return Error{Errc::invalid_argument,
                 "prove inclusion: no entry " + std::to_string(index) + " in a tree of " + std::to_string(size)};
  }
  std::vector<Digest> proof;
  std::uint64_t from = 0;
  std::uint64_t to = size;
  while (to - from > 1) {
    const std::uint64_t middle = from + split_of(to - from);
    const bool right = index >= middle;
    proof.push_back(right ? TRY(range_root(from, middle, hash_at)) : TRY(range_root(middle, to, hash_at)));
    (right ? from : to) = middle;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

Result<std::vector<Digest>> prove_consistency(std::uint64_t old_size, std::uint64_t size, const HashAt& hash_at) {
  if (old_size > size || (old_size == 0 && size > 0)) {
    return Error{Errc::invalid_argument, "prove consistency: of a tree of " + std::to_string(size) + " with one of " +
                                             std::to_string(old_size) +
                                             ": expected one that is not empty and no larger"};
  }
  std::vector<Digest> proof;
  if (old_size == size) return proof;
  std::uint64_t from = 0;
  std::uint64_t to = size;
  while (to != old_size) {
    const std::uint64_t middle = from + split_of(to - from);
    const bool right = old_size > middle;
    proof.push_back(right ? TRY(range_root(from, middle, hash_at)) : TRY(range_root(middle, to, hash_at)));
    (right ? from : to) = middle;
  }
  // A whole tree from the first leaf on is the old root, which the verifier has.
  if (from != 0) proof.push_back(TRY(range_root(from, to, hash_at)));
  std::reverse(proof.begin(), proof.end());
  return proof;
}

Result<Digest> root_from_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                                   const std::vector<Digest>& proof) {
  if (index >= size) return Error{Errc::invalid_argument, "check inclusion: the entry lies beyond the tree"};
  Digest root = leaf;
  std::uint64_t last = size - 1;
  std::size_t used = 0;
  for (; last > 0; index /= 2, last /= 2) {
    // The last node of a level that has no partner rises as it is.
    if (index % 2 == 0 && index == last) continue;
    if (used == proof.size()) return Error{Errc::corrupt, "check inclusion: the proof is too short"};
    root = index % 2 == 1 ? node_hash(proof[used], root) : node_hash(root, proof[used]);
    ++used;
  }
  if (used != proof.size()) return Error{Errc::corrupt, "check inclusion: the proof is too long"};
  return root;
}

Result<void> check_consistency(std::uint64_t old_size, const Digest& old_root, std::uint64_t size, const Digest& root,
                               const std::vector<Digest>& proof) {
  const auto refused = [](const char* why) { return Error{Errc::corrupt, std::string{"check consistency: "} + why}; };
  if (old_size > size) return refused("the older tree is the larger");
  if (old_size == size) {
    if (!proof.empty()) return refused("the proof is too long");
    if (old_root != root) return refused("the roots differ");
    if (size == 0 && root != empty_root()) return refused("an empty tree has another root");
    return {};
  }
  if (old_size == 0) return refused("every tree grew from the empty one, which proves nothing");
  auto next = proof.begin();
  std::uint64_t node = old_size - 1;
  std::uint64_t last = size - 1;
  for (; node % 2 == 1; node /= 2) last /= 2;
  if (node > 0 && next == proof.end()) return refused("the proof is too short");
  Digest from_old = node > 0 ? *next++ : old_root;
  Digest from_new = from_old;
  for (; last > 0; node /= 2, last /= 2) {
    if (node % 2 == 0 && node == last) continue;
    if (next == proof.end()) return refused("the proof is too short");
    if (node % 2 == 1) {
      from_old = node_hash(*next, from_old);
      from_new = node_hash(*next, from_new);
    } else {
      from_new = node_hash(from_new, *next);
    }
    ++next;
  }
  if (next != proof.end()) return refused("the proof is too long");
  if (from_old != old_root) return refused("it does not lead to the older root");
  if (from_new != root) return refused("it does not lead to the newer root");
  return {};
}

std::string EntryProof::text() const {
  std::string text{kProofLine};
  text += "extra " + to_base64(entry) + "\nindex " + std::to_string(index) + '\n';
  for (const Digest& hash : path) {
    text += to_base64({reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size()}) + '\n';
  }
  return text + '\n' + checkpoint;
}

Result<EntryProof> EntryProof::parse(std::string_view text) {
  if (text.size() > kProofBytesMax) return bad_proof("larger than " + human_bytes(kProofBytesMax));
  if (!text.starts_with(kProofLine)) return bad_proof("its first line is not that of c2sp.org/tlog-proof@v1");
  std::string_view rest = text.substr(kProofLine.size());
  const std::string_view extra = take_line(rest);
  const std::string_view index = take_line(rest);
  if (!extra.starts_with("extra ") || !index.starts_with("index ")) return bad_proof("no entry or no index in it");
  EntryProof proof;
  Result<std::string> entry = from_base64(extra.substr(6));
  if (!entry) return bad_proof("its entry is not base64");
  proof.entry = std::move(entry).value();
  const auto [end, error] = std::from_chars(index.data() + 6, index.data() + index.size(), proof.index);
  if (error != std::errc{} || end != index.data() + index.size()) return bad_proof("its index is no number");
  for (std::string_view line = take_line(rest); !line.empty(); line = take_line(rest)) {
    const Result<std::string> raw = from_base64(line);
    const bool is_hash = raw && raw.value().size() == kHashBytes && proof.path.size() < kPathMax;
    if (!is_hash) return bad_proof("a line that is no hash");
    std::copy(raw.value().begin(), raw.value().end(), proof.path.emplace_back().bytes.begin());
  }
  proof.checkpoint = rest;
  if (proof.text() != text) return bad_proof("not in canonical form");
  return proof;
}

Result<EntryProof> prove_entry(const std::string& run_directory, std::uint64_t index, const VerifyOptions& options) {
  RecordReader record = TRY(RecordReader::open(run_directory, options, Bodies::skip));
  const std::uint64_t size = record.head().size;
  EntryProof proof;
  proof.index = index;
  proof.path = TRY(prove_inclusion(index, size, hashes_of(TileStore{record.run_fd()}, size)));
  proof.checkpoint = TRY(read_beneath(record.run_fd(), "ledger/checkpoint", kNoteBytesMax));
  for (const auto* item = TRY(record.next()); item != nullptr && item->index <= index; item = TRY(record.next())) {
    if (item->index == index) proof.entry = item->entry;
  }
  (void)TRY(check_proof(proof.text(), options));
  return proof;
}

Result<ProvenEntry> check_proof(std::string_view text, const VerifyOptions& options) {
  const EntryProof proof = TRY(EntryProof::parse(text));
  const std::optional<VerifierKey> key = TRY(trusted_key(options));
  if (!key) return Error{Errc::denied, "check a proof: there is no key here to trust: name one with --key FILE"};
  const Note note = TRY_CTX(parse_note(proof.checkpoint), "proof");
  if (!verify_note(note, *key)) return bad_proof("its checkpoint is not signed by " + key->text());
  if (!options.witness_key_file.empty()) {
    const VerifierKey witness = TRY(witness_key(options.witness_key_file));
    if (!verify_note(note, witness)) return bad_proof("its checkpoint is not cosigned by " + witness.text());
  }
  const Checkpoint checkpoint = TRY_CTX(parse_checkpoint(note.text), "proof");
  const Result<Digest> root =
      root_from_inclusion(leaf_hash(proof.entry), proof.index, checkpoint.head.size, proof.path);
  if (!root || root.value() != checkpoint.head.root)
    return bad_proof("it does not lead from its entry to the root that is signed");
  return ProvenEntry{proof.entry, proof.index, checkpoint.origin, checkpoint.head};
}

}  // namespace belljar::ledger
