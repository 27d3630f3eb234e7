// The checking side. The record is hostile until proven: each step says what it trusts from then on.
//
//   1. the checkpoint is a note signed by the trusted key: its size and root are the signer's word;
//   2. the entries, read from their bundles, give that root: each entry is the signer's word;
//   3. what entries say of files, bodies and earlier heads is true of what is there;
//   4. nothing else is there.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "ledger/checkpoint.h"
#include "ledger/ledger.h"
#include "ledger/note.h"
#include "ledger/trust.h"
#include "ledger/verify_bodies.h"
#include "ledger/verify_claims.h"
#include "ledger/verify_files.h"
#include "ledger/verify_findings.h"
#include "ledger/verify_log.h"
#include "os/durable.h"
#include "os/file.h"

namespace belljar::ledger {

namespace {

// The key that the record says it is signed with.
std::optional<VerifierKey> check_key(int run_fd, const std::optional<VerifierKey>& trusted, Findings& findings) {
  const std::string where = "ledger/key.pub";
  const Result<std::string> text = read_beneath(run_fd, where, kKeyFileBytesMax);
  const Result<VerifierKey> key = text ? parse_key_line(text.value()) : Result<VerifierKey>{text.error()};
  if (!key) {
    findings.problem(where, key.error().message());
    return trusted;
  }
  if (key.value() != trusted) {
    findings.problem(where, "signed by " + key.value().text() + ", which " +
                                (trusted ? "is not the trusted key " + trusted->text() : "nothing here trusts") +
                                ": if you know from its owner that this key is theirs, put that line in a file and "
                                "verify with --key FILE");
  }
  return key.value();
}

std::optional<Checkpoint> check_signature(int run_fd, const std::optional<VerifierKey>& key,
                                          const std::optional<VerifierKey>& witness, Findings& findings) {
  const std::string where = "ledger/checkpoint";
  const Result<std::string> bytes = read_beneath(run_fd, where, kNoteBytesMax);
  const Result<Note> note = bytes ? parse_note(bytes.value()) : Result<Note>{bytes.error()};
  const Result<Checkpoint> checkpoint = note ? parse_checkpoint(note.value().text) : Result<Checkpoint>{note.error()};
  if (!checkpoint) {
    findings.problem(where, checkpoint.error().message());
    return {};
  }
  if (witness && !verify_note(note.value(), *witness)) findings.problem(where, "not cosigned by " + witness->text());
  // Any other signature would be bytes that nothing covers.
  if (note.value().signatures.size() > (witness ? 2U : 1U)) {
    findings.problem(where, "more signatures than are checked: name the key of a witness with --witness FILE");
  }
  if (!key) {
    findings.problem(where, "no key to check its signature with");
  } else if (!verify_note(note.value(), *key)) {
    findings.problem(where, "not signed by " + key->text());
  }
  return checkpoint.value();
}

void check_heads(const LogReader& log, Claims& claims, Findings& findings) {
  std::vector<HeadClaim>& open = claims.open_heads();
  std::stable_sort(open.begin(), open.end(), [](const auto& a, const auto& b) { return a.head.size < b.head.size; });
  std::vector<std::uint64_t> sizes;
  for (const HeadClaim& claim : open) {
    if (!claims.known_root(claim.head.size)) sizes.push_back(claim.head.size);
  }
  const Result<std::vector<Digest>> roots = sizes.empty() ? std::vector<Digest>{} : log.roots_at(sizes);
  if (!roots) {
    findings.problem("the entries", roots.error().message());
    return;
  }
  auto next = roots.value().begin();
  for (const HeadClaim& claim : open) {
    const std::optional<Digest> known = claims.known_root(claim.head.size);
    const Digest root = known ? *known : *next++;
    if (root == claim.head.root) continue;
    findings.problem(claim.where, "it says that the first " + std::to_string(claim.head.size) + " entries have root " +
                                      claim.head.root.text() + ", but theirs is " + root.text());
  }
}

Erasures check_erasures(int run_fd, const std::string& origin, const std::optional<VerifierKey>& key,
                        Findings& findings) {
  if (!key) return {};
  Result<Erasures> erasures = read_erasures(run_fd, origin, *key);
  if (erasures) return std::move(erasures).value();
  findings.problem("ledger/erased", erasures.error().message());
  return {};
}

Result<void> check_contents(int run_fd, const std::optional<VerifierKey>& key, VerifyReport& report,
                            Findings& findings) {
  Claims claims{BodyCheck{run_fd, check_erasures(run_fd, report.origin, key, findings), findings}, findings};
  LogReader log{TileStore{run_fd}, report.signed_head, findings};
  const bool whole = log.read([&claims](std::uint64_t index, std::string_view entry, const Tree& before) {
    claims.take(index, entry, before);
  });
  if (!whole) {
    findings.note("not checked: what comes after the place where the entries cannot be read");
    return {};
  }
  claims.bodies().finish();
  report.erased = claims.bodies().erased();
  report.complete = claims.last_is_sealed();
  if (report.complete) {
    log.refuse_substitutes();
  } else {
    report.entries_after = log.count_tail() - report.signed_head.size;
  }
  const Coverage coverage = report.complete ? Coverage::whole : Coverage::so_far;
  FileCheck files{run_fd, claims, report.signed_head.size, coverage, findings};
  files.check_bound();
  check_heads(log, claims, findings);
  files.find_uncovered();
  return {};
}

}  // namespace

Result<VerifyReport> verify_run(const std::string& run_directory, const VerifyOptions& options) {
  const std::string doing = "verify " + run_directory;
  const os::Fd run = TRY_CTX(os::open_folder(run_directory), doing);
  const Result<os::FileFacts> ledger = os::facts_beneath(run.get(), "ledger");
  if (!ledger || ledger.value().kind != os::FileKind::folder) {
    return Error{Errc::not_found, doing + ": not a run: there is no folder ledger in it"};
  }
  const std::optional<VerifierKey> trusted = TRY_CTX(trusted_key(options), doing);

  std::optional<VerifierKey> witness;
  if (!options.witness_key_file.empty()) witness = TRY_CTX(witness_key(options.witness_key_file), doing);

  VerifyReport report;
  Findings findings{report};
  const std::optional<VerifierKey> key = check_key(run.get(), trusted, findings);
  if (key) report.key = key->text();
  const std::optional<Checkpoint> checkpoint = check_signature(run.get(), key, witness, findings);
  if (checkpoint) {
    report.origin = checkpoint->origin;
    report.signed_head = checkpoint->head;
    TRY_CTX(check_contents(run.get(), key, report, findings), doing);
  }
  findings.finish();
  return report;
}

}  // namespace belljar::ledger
