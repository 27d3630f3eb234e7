#include "ledger/verify_files.h"

#include <fcntl.h>

#include "codec/json.h"
#include "ledger/body_pack.h"
#include "ledger/file_digest.h"
#include "ledger/tiles.h"
#include "os/durable.h"
#include "os/file.h"

namespace belljar::ledger {

namespace {

constexpr std::string_view kLedger = "ledger/";
constexpr std::string_view kVerdictFile = "verdict.json";
constexpr std::uint64_t kVerdictBytesMax = 16U << 20;
// Small files may lie inside an inode and so on no disk block of their own.
constexpr std::uint64_t kPaidBytes = 65536;

std::uint64_t unpaid_bytes(const os::FileFacts& facts) {
  if (facts.size <= kPaidBytes) return 0;
  if (facts.names > 1) return facts.size;
  return facts.size > facts.allocated ? facts.size - facts.allocated : 0;
}

}  // namespace

Result<Digest> FileCheck::digest_of(const std::string& path) {
  const os::Fd file = TRY(os::open_regular_beneath(run_fd_, path));
  const std::uint64_t unpaid = unpaid_bytes(TRY(os::facts_of(file.get(), path)));
  if (unpaid > kUnpaidBytesMax - unpaid_bytes_) {
    return Error{Errc::exhausted, "not read: this record's files have more than " + human_bytes(kUnpaidBytesMax) +
                                      " of holes or shared names: copy it without"};
  }
  unpaid_bytes_ += unpaid;
  return file_digest(file.get(), path);
}

void FileCheck::check_bound() {
  for (const auto& [path, bound] : claims_->files()) {
    const Result<Digest> digest = digest_of(path);
    const std::string claim = "entry " + std::to_string(bound.entry);
    if (!digest && digest.error().code() == Errc::not_found) {
      findings_->problem(path, "missing, but " + claim + " names it");
    } else if (!digest) {
      findings_->problem(path, digest.error().message());
    } else if (digest.value() != bound.digest) {
      findings_->problem(path, "its digest is not the one in " + claim);
    } else if (path == kVerdictFile) {
      read_verdict_head();
    }
    if (findings_->is_full()) return;
  }
}

// The verdict repeats a head for those who read nothing else.
void FileCheck::read_verdict_head() {
  const std::string where{kVerdictFile};
  const Result<os::Fd> file = os::open_regular_beneath(run_fd_, where);
  const Result<std::string> text =
      file ? os::read_all(file.value().get(), kVerdictBytesMax, where) : Result<std::string>{file.error()};
  const Result<codec::Json> verdict = text ? codec::parse_json(text.value()) : Result<codec::Json>{text.error()};
  if (!verdict) {
    findings_->problem(where, verdict.error().message());
    return;
  }
  const codec::Json* ledger = verdict.value().find("ledger");
  if (ledger == nullptr) return;
  const codec::Json* size = ledger->find("size");
  const codec::Json* root = ledger->find("root");
  const bool typed = size != nullptr && size->is_int() && size->as_int() >= 0 && root != nullptr && root->is_string();
  const Result<Digest> digest = typed ? Digest::parse(root->as_string()) : Error{Errc::corrupt, "no head"};
  if (!digest) {
    findings_->problem(where, "its \"ledger\" is no head: a size and a root");
    return;
  }
  claims_->claim_head(where, {static_cast<std::uint64_t>(size->as_int()), digest.value()}, size_);
}

void FileCheck::find_uncovered() { visit("", 0); }

void FileCheck::visit(const std::string& folder, std::size_t depth) {
  const std::string shown = folder.empty() ? "the run's folder" : folder;
  if (depth > kFolderDepthMax) {
    findings_->problem(shown, "folders nested deeper than " + std::to_string(kFolderDepthMax));
    return;
  }
  const Result<os::Fd> fd = os::open_beneath(run_fd_, folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
  if (!fd) {
    findings_->problem(shown, fd.error().message());
    return;
  }
  bool empty = true;
  const Result<void> visited = os::visit_folder(fd.value().get(), shown, [&](std::string_view name) {
    empty = false;
    look_at(folder.empty() ? std::string{name} : folder + '/' + std::string{name}, depth);
    return !findings_->is_full();
  });
  if (!visited) findings_->problem(shown, visited.error().message());
  // A folder holds no bytes, so an empty one is no fault; its name alone could tell a reader something.
  if (empty && depth > 0) findings_->note(folder + "/: an empty folder");
}

void FileCheck::look_at(const std::string& path, std::size_t depth) {
  const Result<os::FileFacts> facts = os::facts_beneath(run_fd_, path);
  if (!facts) {
    findings_->problem(path, facts.error().message());
  } else if (facts.value().kind == os::FileKind::folder) {
    visit(path, depth + 1);
  } else if (facts.value().kind == os::FileKind::link) {
    findings_->problem(path, "a symbolic link, which a record never holds");
  } else if (facts.value().kind == os::FileKind::other) {
    findings_->problem(path, "a pipe, socket or device, which a record never holds");
  } else if (!is_covered(path)) {
    uncovered(path);
  }
}

bool FileCheck::is_covered(const std::string& path) const {
  if (const std::optional<std::uint64_t> pack = parse_pack_path(path)) return *pack < claims_->bodies().packs();
  if (!path.starts_with(kLedger)) return claims_->files().contains(path);
  if (path == "ledger/checkpoint" || path == "ledger/key.pub" || path == "ledger/erased") return true;
  const std::optional<TileName> tile = parse_tile_path(std::string_view{path}.substr(kLedger.size()));
  if (!tile) return false;
  // What an interrupted run wrote for its next checkpoint is its unsigned tail, counted elsewhere.
  return coverage_ == Coverage::so_far || is_part_of_tree(*tile, size_);
}

void FileCheck::uncovered(const std::string& path) {
  if (coverage_ == Coverage::whole) {
    findings_->problem(path, "no entry accounts for it");
  } else {
    findings_->note(path + ": not covered: the run ended before any signed entry named it");
  }
}

}  // namespace belljar::ledger
