#include "cli/verify.h"

#include <charconv>
#include <cstdio>
#include <string>
#include <utility>

#include "base/text.h"
#include "cli/find_run.h"
#include "codec/json.h"
#include "ledger/ledger.h"
#include "ledger/proof.h"
#include "os/file.h"

namespace belljar::cli {

namespace {

using ledger::VerifyReport;

constexpr int kIntact = 0;
constexpr int kTampered = 1;
constexpr int kUsage = 2;
constexpr int kHostError = 4;

std::string json_text(const VerifyReport& report) {
  codec::Json::Array problems;
  for (const ledger::Problem& problem : report.problems) {
    codec::Json json;
    json.set("where", problem.where);
    json.set("what", problem.what);
    problems.push_back(std::move(json));
  }
  codec::Json json;
  json.set("verified", report.problems.empty());
  json.set("complete", report.complete);
  json.set("entries", report.signed_head.size);
  json.set("root", report.signed_head.root.text());
  json.set("origin", report.origin);
  json.set("key", report.key);
  json.set("erased", report.erased);
  json.set("entries_after", report.entries_after);
  json.set("problems", std::move(problems));
  json.set("notes", codec::Json::Array{report.notes.begin(), report.notes.end()});
  return codec::to_json(json);
}

std::string plain_text(const VerifyReport& report) {
  std::string text;
  for (const ledger::Problem& problem : report.problems) text += problem.where + ": " + problem.what + '\n';
  const std::string entries = std::to_string(report.signed_head.size) + " entries";
  if (!report.problems.empty()) {
    text += "NOT verified: the record is not as it was written\n";
  } else {
    text += "verified: " + entries + ", root " + report.signed_head.root.text() + ", signed by " +
            printable(report.key, 1000) + '\n';
  }
  // An incomplete record says so in each case: its missing end may be what somebody took away.
  if (report.problems.empty() && !report.complete) {
    text += "INTERRUPTED: the run did not reach its end; verified up to " +
            (report.signed_head.size == 0 ? "its beginning" : "entry " + std::to_string(report.signed_head.size - 1)) +
            '\n';
  }
  if (report.erased > 0) {
    text += "ERASED: " + std::to_string(report.erased) + " bodies, as the signer says in ledger/erased\n";
  }
  if (report.entries_after > 0) {
    text += "note: " + std::to_string(report.entries_after) + " entries after that are recorded but not signed\n";
  }
  for (const std::string& note : report.notes) text += "note: " + note + '\n';
  return text;
}

int complain(const Error& error) {
  (void)std::fprintf(stderr, "belljar: %s\n", printable(error.message(), 4000).c_str());
  if (error.code() == Errc::corrupt) return kTampered;
  return error.code() == Errc::not_found || error.code() == Errc::invalid_argument ? kUsage : kHostError;
}

int print_proof(const std::string& run, const std::string& number, const ledger::VerifyOptions& options) {
  std::uint64_t index = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), index);
  if (error != std::errc{} || end != number.data() + number.size()) {
    return complain({Errc::invalid_argument, "--prove: found \"" + number + "\", expected the number of an entry"});
  }
  const Result<ledger::EntryProof> proof = ledger::prove_entry(run, index, options);
  if (!proof) return complain(proof.error());
  (void)std::fputs(proof.value().text().c_str(), stdout);
  return kIntact;
}

int verify_proof(const std::string& path, const ledger::VerifyOptions& options) {
  const Result<std::string> text = os::read_file(path, ledger::kProofBytesMax);
  if (!text) return complain(text.error());
  const Result<ledger::ProvenEntry> proven = ledger::check_proof(text.value(), options);
  if (!proven) return complain(proven.error());
  const std::string shown = "proven: entry " + std::to_string(proven.value().index) + " of " +
                            std::to_string(proven.value().head.size) + " in " + printable(proven.value().origin) +
                            ":\n" + printable(proven.value().entry, 70'000) + '\n';
  (void)std::fputs(shown.c_str(), stdout);
  return kIntact;
}

int verify(const Arguments& arguments, const Host&) {
  const std::string run = find_run(arguments.operands.front());
  const ledger::VerifyOptions options{arguments.value("key").value_or(""), arguments.value("witness").value_or("")};
  if (const std::optional<std::string> number = arguments.value("prove")) return print_proof(run, *number, options);
  const Result<bool> folder = os::is_directory(run);
  if (folder && !folder.value()) return verify_proof(run, options);
  const Result<VerifyReport> report = ledger::verify_run(run, options);
  if (!report) return complain(report.error());
  const std::string text = arguments.has("json") ? json_text(report.value()) + '\n' : plain_text(report.value());
  (void)std::fputs(text.c_str(), stdout);
  return report.value().problems.empty() ? kIntact : kTampered;
}

}  // namespace

const Command kVerify{
    .name = "verify",
    .operands = "RUN",
    .summary = "check that a run's record, or the proof of an entry, is as it was written",
    .options = {{"key", Argument::required, "FILE", "trust the key in FILE, not this user's own"},
                {"witness", Argument::required, "FILE", "the checkpoint must bear this witness's cosignature"},
                {"prove", Argument::required, "N", "print a proof of entry N that needs no record to check"},
                {"json", Argument::none, "", "print one JSON object"}},
    .trailing_command = false,
    .main = verify};

}  // namespace belljar::cli
