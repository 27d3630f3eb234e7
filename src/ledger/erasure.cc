// The order in which an erasure reaches the disk: first a note that lists, for each pack, its bytes as they are and as
// they will be; then the packs, each by a rename; then the note without the old ones. Killed between, the record
// verifies, and erasing again finishes it.
#include "ledger/erasure.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "ledger/body_pack.h"
#include "ledger/checkpoint.h"
#include "ledger/reader.h"
#include "ledger/trust.h"
#include "os/durable.h"
#include "os/file.h"

namespace belljar::ledger {

namespace {

constexpr std::string_view kErasedFile = "ledger/erased";
constexpr std::string_view kVersionLine = "belljar erased/v1";
constexpr mode_t kFileMode = 0644;

Error bad_erasures(const std::string& why) { return {Errc::corrupt, "erasures: " + why}; }

// What stands before the next newline; that and the newline are taken off `rest`.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return {};
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

}  // namespace

const Erasures::Digests* Erasures::of(std::uint64_t pack) const {
  const auto at = packs_.find(pack);
  return at == packs_.end() ? nullptr : &at->second;
}

std::optional<std::uint64_t> Erasures::last() const {
  if (packs_.empty()) return {};
  return packs_.rbegin()->first;
}

std::string Erasures::text(const std::string& origin) const {
  std::string text = origin + '\n' + std::string{kVersionLine} + '\n';
  for (const auto& [pack, digests] : packs_) {
    for (const Digest& digest : digests) text += std::to_string(pack) + ' ' + digest.text() + '\n';
  }
  return text;
}

Result<Erasures> Erasures::parse(std::string_view text, const std::string& origin) {
  std::string_view rest = text;
  if (take_line(rest) != origin) return bad_erasures("they are another record's");
  if (take_line(rest) != kVersionLine)
    return bad_erasures("the second line is not \"" + std::string{kVersionLine} + "\"");
  Erasures erasures;
  while (const std::optional<std::string_view> line = take_line(rest)) {
    const std::size_t space = line->find(' ');
    if (space == std::string_view::npos) return bad_erasures("a line that is no pack and digest");
    std::uint64_t pack = 0;
    const auto [end, error] = std::from_chars(line->data(), line->data() + space, pack);
    if (error != std::errc{} || end != line->data() + space) return bad_erasures("a line without a pack's number");
    erasures.packs_[pack].push_back(TRY_CTX(Digest::parse(line->substr(space + 1)), "erasures"));
    if (erasures.packs_[pack].size() > 2) return bad_erasures("more than two lines of one pack");
  }
  // Another order, leading zeros, a cut line: all that is not the one form.
  if (erasures.text(origin) != text) return bad_erasures("not in canonical form");
  return erasures;
}

Result<Erasures> read_erasures(int run_fd, const std::string& origin, const VerifierKey& key) {
  const Result<std::string> bytes = read_beneath(run_fd, std::string{kErasedFile}, kErasedBytesMax);
  if (!bytes && bytes.error().code() == Errc::not_found) return Erasures{};
  if (!bytes) return bytes.error();
  const Note note = TRY(parse_note(bytes.value(), kErasedBytesMax));
  // Another signature would be bytes that nothing covers.
  if (note.signatures.size() != 1 || !verify_note(note, key)) {
    return Error{Errc::corrupt, "not signed by " + key.text() + " alone"};
  }
  return Erasures::parse(note.text, origin);
}

namespace {

class Eraser {
 public:
  Eraser(std::string run_directory, const codec::SigningKey& key)
      : run_directory_{std::move(run_directory)}, key_{key} {}

  Result<ErasureReport> erase(RecordReader& record, const ChooseEntry& choose);

 private:
  struct Rewritten {
    Digest before;
    std::string file;
    std::uint64_t erased = 0;
  };

  Result<void> gather(RecordReader& record, const ChooseEntry& choose);
  Result<Rewritten> rewrite(std::uint64_t pack, const Erasures& erasures) const;
  Result<void> write_note(const Erasures& erasures, const std::string& origin) const;

  std::string run_directory_;
  codec::SigningKey key_;
  std::map<std::uint64_t, std::vector<std::uint64_t>> chosen_;  // pack: ascending places in it
  std::map<std::uint64_t, Digest> written_;                     // as the ledger says of the packs chosen
};

Result<void> Eraser::gather(RecordReader& record, const ChooseEntry& choose) {
  while (const RecordReader::Item* item = TRY(record.next())) {
    if (const auto& pack = item->claims.pack; pack && chosen_.contains(pack->number)) {
      written_[pack->number] = pack->digest;
    }
    if (!item->claims.body || !choose(item->index, item->entry)) continue;
    chosen_[item->claims.body->pack].push_back(item->claims.body->at);
  }
  return {};
}

Result<Eraser::Rewritten> Eraser::rewrite(std::uint64_t pack, const Erasures& erasures) const {
  const std::string path = run_directory_ + '/' + pack_path(pack);
  const std::string file = TRY(os::read_file(path, kPackFileBytesMax));
  Rewritten rewritten;
  rewritten.before = codec::sha256(file);
  // The owner's signature must not make good what somebody else has changed.
  const Erasures::Digests* listed = erasures.of(pack);
  const Erasures::Digests good = listed != nullptr ? *listed : Erasures::Digests{written_.at(pack)};
  if (std::find(good.begin(), good.end(), rewritten.before) == good.end()) {
    return Error{Errc::corrupt, path + ": not as it was written: see belljar verify"};
  }
  const std::string raw = TRY_CTX(open_pack(file), path);
  const std::vector<std::uint64_t>& places = chosen_.at(pack);
  auto next = places.begin();
  PackReader reader{raw};
  PackWriter writer;
  while (const std::optional<PackedBody> body = TRY_CTX(reader.next(), path)) {
    const bool is_chosen = next != places.end() && *next == writer.count();
    if (is_chosen) ++next;
    if (is_chosen && !body->erased) ++rewritten.erased;
    if (is_chosen || body->erased) {
      writer.add_erased();
    } else {
      writer.add(body->salt, body->body);
    }
  }
  if (rewritten.erased > 0) rewritten.file = writer.file();
  return rewritten;
}

Result<void> Eraser::write_note(const Erasures& erasures, const std::string& origin) const {
  const std::string text = erasures.text(origin);
  if (text.size() > kErasedBytesMax - kNoteBytesMax) {
    return Error{Errc::exhausted, "erasures of more packs than " + human_bytes(kErasedBytesMax) + " list"};
  }
  const std::string path = run_directory_ + '/' + std::string{kErasedFile};
  return os::write_file_atomic(path, sign_note(text, kKeyName, key_), kFileMode);
}

Result<ErasureReport> Eraser::erase(RecordReader& record, const ChooseEntry& choose) {
  TRY(gather(record, choose));
  Erasures during = record.erasures();
  Erasures after = record.erasures();
  ErasureReport report;
  for (const auto& [pack, places] : chosen_) {
    const Rewritten rewritten = TRY(rewrite(pack, record.erasures()));
    const Digest now = rewritten.erased > 0 ? codec::sha256(rewritten.file) : rewritten.before;
    if (rewritten.erased > 0) {
      during.set(pack, {rewritten.before, now});
      report.bodies += rewritten.erased;
      ++report.packs;
    }
    // Listed twice where an erasure was interrupted; not at all where the bodies chosen are none.
    if (rewritten.erased > 0 || after.of(pack) != nullptr) after.set(pack, {now});
  }
  if (after == record.erasures()) return report;
  TRY(write_note(during, record.origin()));
  for (const auto& [pack, places] : chosen_) {
    // Made again and not kept: of a large record all packs at once would not fit.
    const Rewritten rewritten = TRY(rewrite(pack, record.erasures()));
    if (rewritten.erased == 0) continue;
    TRY(os::write_file_atomic(run_directory_ + '/' + pack_path(pack), rewritten.file, kFileMode));
  }
  TRY(write_note(after, record.origin()));
  return report;
}

}  // namespace

Result<ErasureReport> erase_bodies(const std::string& run_directory, const ChooseEntry& choose,
                                   const codec::SigningKey& key) {
  const std::string doing = "erase from " + run_directory;
  const VerifierKey verifier{std::string{kKeyName}, key.public_key()};
  RecordReader record = TRY_CTX(RecordReader::open(run_directory, verifier, Bodies::skip), doing);
  return TRY_CTX(Eraser(run_directory, key).erase(record, choose), doing);
}

}  // namespace belljar::ledger
