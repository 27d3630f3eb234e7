#include "ledger/verify_bodies.h"

#include "codec/crypto.h"
#include "os/durable.h"
#include "os/file.h"

namespace belljar::ledger {

namespace {

std::string entry_place(std::uint64_t index) { return "entry " + std::to_string(index); }

}  // namespace

void BodyCheck::take_body(std::uint64_t entry, const BodyClaim& claim) {
  if (named_.size() == kPackBodiesMax) {
    findings_->problem(entry_place(entry), "more bodies than a pack may hold are in none");
    return;
  }
  if (claim.pack != packs_ || claim.at != named_.size()) {
    findings_->problem(entry_place(entry), "it names body " + std::to_string(claim.at) + " of " +
                                               pack_path(claim.pack) + ", where body " + std::to_string(named_.size()) +
                                               " of " + pack_path(packs_) + " is the next");
  }
  named_.push_back({entry, claim});
}

void BodyCheck::take_pack(std::uint64_t entry, const PackClaim& claim) {
  if (claim.number != packs_ || claim.bodies != named_.size() || named_.empty()) {
    findings_->problem(entry_place(entry), "it says that " + pack_path(claim.number) + " holds " +
                                               std::to_string(claim.bodies) + " bodies, where the entries name " +
                                               std::to_string(named_.size()) + " of " + pack_path(packs_));
  }
  check_pack(pack_path(packs_), claim);
  named_.clear();
  ++packs_;
}

void BodyCheck::check_pack(const std::string& path, const PackClaim& claim) {
  const Result<os::Fd> file = os::open_regular_beneath(run_fd_, path);
  if (!file) {
    const bool missing = file.error().code() == Errc::not_found;
    findings_->problem(path, missing ? "missing: it holds the bodies of " + std::to_string(named_.size()) + " entries"
                                     : file.error().message());
    return;
  }
  const Result<std::string> bytes = os::read_all(file.value().get(), kPackFileBytesMax, path);
  if (!bytes) {
    findings_->problem(path, bytes.error().message());
    return;
  }
  check_digest(path, claim, codec::sha256(bytes.value()));
  const Result<std::string> raw = open_pack(bytes.value());
  if (!raw) {
    findings_->problem(path, raw.error().message());
    return;
  }
  check_bodies(path, raw.value(), erasures_.of(packs_) != nullptr);
}

void BodyCheck::check_digest(const std::string& path, const PackClaim& claim, const Digest& found) {
  const Erasures::Digests* erased = erasures_.of(packs_);
  if (erased == nullptr) {
    if (found != claim.digest) findings_->problem(path, "its digest is not the one in the ledger");
    return;
  }
  if (std::find(erased->begin(), erased->end(), found) == erased->end()) {
    findings_->problem(path, "its digest is none that ledger/erased lists");
  } else if (erased->size() > 1) {
    findings_->note(path + ": an erasure was interrupted: erase again to finish it");
  }
}

void BodyCheck::check_bodies(const std::string& path, std::string_view raw, bool may_be_erased) {
  PackReader reader{raw};
  for (const Named& named : named_) {
    const Result<std::optional<PackedBody>> next = reader.next();
    if (!next || !next.value()) {
      findings_->problem(path,
                         next ? "it ends before the body of " + entry_place(named.entry) : next.error().message());
      return;
    }
    const PackedBody& body = *next.value();
    if (body.erased) {
      ++erased_;
      if (!may_be_erased)
        findings_->problem(entry_place(named.entry), "its body is gone, and no signed erasure says so");
    } else if (body.body.size() != named.claim.bytes || body.salted() != named.claim.salted) {
      findings_->problem(entry_place(named.entry), "its body in " + path + " is not the one it names");
    }
    if (findings_->is_full()) return;
  }
  const Result<std::optional<PackedBody>> rest = reader.next();
  if (!rest || rest.value()) findings_->problem(path, "more in it than the bodies that entries name");
}

void BodyCheck::finish() {
  for (const Named& named : named_) {
    findings_->problem(entry_place(named.entry), "its body is in no pack");
  }
  if (const std::optional<std::uint64_t> number = erasures_.last(); number && *number >= packs_) {
    findings_->problem("ledger/erased", "it names " + pack_path(*number) + ", which no entry names");
  }
}

}  // namespace belljar::ledger
