// Ledger files as an enemy would write them: notes, checkpoints, keys, tile names, bundles, entries; and whole records
// with any of their files changed, of which verification must say so.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "ledger/body_pack.h"
#include "ledger/checkpoint.h"
#include "ledger/entry.h"
#include "ledger/entry_scan.h"
#include "ledger/erasure.h"
#include "ledger/ledger.h"
#include "ledger/note.h"
#include "ledger/proof.h"
#include "ledger/tiles.h"

namespace {

using namespace belljar;          // NOLINT(google-build-using-namespace): one file, one purpose
using namespace belljar::ledger;  // NOLINT(google-build-using-namespace)

namespace fs = std::filesystem;

void parse_all(std::string_view text) {
  if (const Result<Note> note = parse_note(text)) {
    CHECK(note.value().bytes() == text, "a note that parses has one spelling");
    if (const Result<Checkpoint> checkpoint = parse_checkpoint(note.value().text)) {
      CHECK(checkpoint.value().text() == note.value().text, "so has a checkpoint");
    }
  }
  if (const Result<Checkpoint> checkpoint = parse_checkpoint(text)) {
    CHECK(checkpoint.value().text() == text, "a checkpoint that parses has one spelling");
  }
  if (const Result<VerifierKey> key = VerifierKey::parse(text)) {
    CHECK(key.value().text() == text, "a key that parses has one spelling");
  }
  if (const std::optional<TileName> name = parse_tile_path(text)) {
    CHECK(tile_path(*name) == text, "a tile's path that parses has one spelling");
  }
  if (const std::optional<EntryClaims> quick = scan_entry(text)) {
    const Result<EntryClaims> parsed = parse_entry(text);
    CHECK(parsed && parsed.value() == *quick, "the quick way says what the parser says");
  }
  (void)read_entry(text);
  (void)open_pack(text);
  PackReader pack{text};  // without its frame, whose checksum no input would guess
  for (auto body = pack.next(); body && body.value(); body = pack.next()) (void)body.value()->salted();
  if (const Result<EntryProof> proof = EntryProof::parse(text)) {
    CHECK(proof.value().text() == text, "a proof that parses has one spelling");
  }
  if (const Result<Erasures> erasures = Erasures::parse(text, "o")) {
    CHECK(erasures.value().text("o") == text, "erasures that parse have one spelling");
  }
  (void)is_bindable_path(text);
  std::string again;
  BundleReader reader{text};
  for (auto entry = reader.next(); entry && entry.value(); entry = reader.next()) {
    append_to_bundle(again, *entry.value());
    (void)read_entry(*entry.value());
  }
  CHECK(text.substr(0, again.size()) == again, "a bundle is the sum of its entries");
}

void write_bytes(const fs::path& path, std::string_view bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
}

std::string read_bytes(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

// One sealed record in memory-backed files; each input changes one file of it for the length of one verification.
class Record {
 public:
  Record() {
    std::string pattern = fs::is_directory("/dev/shm") ? "/dev/shm/ledger_fuzz_XXXXXX" : "/tmp/ledger_fuzz_XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr, "a folder for the record");
    root_ = pattern;
    write();
    for (const auto& entry : fs::recursive_directory_iterator{run()}) {
      if (!entry.is_regular_file()) continue;
      files_.emplace_back(entry.path(), read_bytes(entry.path()));
    }
    CHECK(verdict().problems.empty(), "the record verifies as it was written");
  }
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;
  ~Record() { fs::remove_all(root_); }

  void try_bytes(std::uint8_t choice, std::uint8_t how, std::string_view bytes) {
    const auto& [path, original] = files_[choice % files_.size()];
    std::string changed{bytes};
    if (how % 2 == 1 && !bytes.empty()) {
      // Spliced over the original at a place the input chooses.
      changed = original;
      const std::size_t at = static_cast<std::uint8_t>(bytes[0]) * 7U % (original.size() + 1);
      changed.replace(at, bytes.size() - 1, bytes.substr(1));
    }
    write_bytes(path, changed);
    CHECK(verdict().problems.empty() == (changed == original), "a changed record never verifies");
    write_bytes(path, original);
  }

  void try_file(std::string_view path, std::string_view bytes) {
    // Names come from the input: only those that stay inside the record.
    if (path.find("..") != std::string_view::npos || path.find('\0') != std::string_view::npos || path.size() > 200)
      return;
    const fs::path file = run() / fs::path{path}.relative_path();
    std::error_code error;
    if (fs::exists(file, error) || error) return;
    std::vector<fs::path> made;
    for (fs::path folder = file.parent_path(); !fs::exists(folder, error) && !error; folder = folder.parent_path()) {
      made.push_back(folder);
    }
    fs::create_directories(file.parent_path(), error);
    if (error) return;
    std::ofstream{file, std::ios::binary} << bytes;
    const bool there = fs::is_regular_file(file, error);
    CHECK(!there || !verdict().problems.empty(), "a file too many never verifies");
    fs::remove(file, error);
    for (const fs::path& folder : made) fs::remove(folder, error);
  }

 private:
  fs::path run() const { return fs::path{root_} / "run"; }
  VerifyReport verdict() const {
    Result<VerifyReport> report = verify_run(run(), {root_ + "/trusted.pub"});
    CHECK(report, "a record with its folders is always judged");
    return std::move(report).value();
  }
  void write() {
    const codec::SigningKey key = codec::SigningKey::from_seed(std::string(32, 'k')).value();
    write_bytes(root_ + "/trusted.pub", VerifierKey{std::string{kKeyName}, key.public_key()}.text() + '\n');
    const std::unique_ptr<Ledger> ledger = std::move(Ledger::create(run(), "belljar.fuzz", key)).value();
    for (int at = 0; at < 5; ++at) {
      CHECK(ledger->append(R"({"kind":"message","number":)" + std::to_string(at) + "}"), "appended");
    }
    CHECK(ledger->append_with_body(R"({"kind":"answer"})", "body"), "appended");
    write_bytes(run() / "verdict.json", R"({"ledger":{"size":6,"root":")" + ledger->head().root.text() + "\"}}");
    CHECK(ledger->bind_file("verdict.json"), "bound");
    CHECK(ledger->append(R"({"kind":"sealed"})"), "sealed");
    CHECK(ledger->checkpoint(), "signed");
  }

  std::string root_;
  std::vector<std::pair<fs::path, std::string>> files_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Record record;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (size < 3) return 0;
  switch (data[0] % 8) {
    case 0:
    case 1:
      record.try_bytes(data[1], data[2], text.substr(3));
      break;
    case 2: {
      const std::size_t line = text.find('\n', 1);
      if (line != std::string_view::npos) record.try_file(text.substr(1, line - 1), text.substr(line + 1));
      break;
    }
    default:
      parse_all(text.substr(1));
      break;
  }
  return 0;
}
