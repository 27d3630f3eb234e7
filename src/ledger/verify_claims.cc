#include "ledger/verify_claims.h"

namespace belljar::ledger {

namespace {

std::string entry_place(std::uint64_t index) { return "entry " + std::to_string(index); }

}  // namespace

void Claims::take(std::uint64_t index, std::string_view entry, const Tree& before) {
  if (last_is_sealed_) findings_->problem(entry_place(index), "it follows the entry that seals the record");
  last_is_sealed_ = false;
  const Result<EntryClaims> claims = read_entry(entry);
  if (!claims) {
    findings_->problem(entry_place(index), claims.error().message());
    return;
  }
  last_is_sealed_ = claims.value().sealed;
  if (claims.value().file) take_file(index, *claims.value().file);
  if (claims.value().head) take_head(index, *claims.value().head, before);
  if (claims.value().body) bodies_.take_body(index, *claims.value().body);
  if (claims.value().pack) bodies_.take_pack(index, *claims.value().pack);
}

void Claims::take_file(std::uint64_t index, const FileClaim& file) {
  if (files_.size() == kBoundFilesMax) {
    findings_->problem(entry_place(index), "more than " + std::to_string(kBoundFilesMax) + " files are bound");
    return;
  }
  if (!files_.emplace(file.path, BoundFile{file.digest, index}).second) {
    findings_->problem(entry_place(index), "it binds " + file.path + ", which an earlier entry has bound");
  }
}

void Claims::take_head(std::uint64_t index, const Head& head, const Tree& before) {
  if (head.size != index) {
    claim_head(entry_place(index), head, index);
  } else if (before.root() == head.root) {
    if (known_roots_.size() < kHeadClaimsMax) known_roots_.emplace(head.size, head.root);
  } else {
    findings_->problem(entry_place(index), "it says that the " + std::to_string(head.size) +
                                               " entries before it have root " + head.root.text() + ", but theirs is " +
                                               before.root().text());
  }
}

void Claims::claim_head(const std::string& where, const Head& head, std::uint64_t size_max) {
  if (head.size > size_max) {
    findings_->problem(where, "it names the head of " + std::to_string(head.size) + " entries, but only " +
                                  std::to_string(size_max) + " can have been there");
  } else if (open_heads_.size() == kHeadClaimsMax) {
    findings_->problem(where, "more than " + std::to_string(kHeadClaimsMax) + " heads are named");
  } else {
    open_heads_.push_back({where, head});
  }
}

std::optional<Digest> Claims::known_root(std::uint64_t size) const {
  const auto at = known_roots_.find(size);
  if (at == known_roots_.end()) return {};
  return at->second;
}

}  // namespace belljar::ledger
