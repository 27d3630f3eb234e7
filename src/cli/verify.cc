#include "cli/verify.h"

#include <cstdio>
#include <string>
#include <utility>

#include "base/text.h"
#include "cli/find_run.h"
#include "codec/json.h"
#include "ledger/ledger.h"

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

int verify(const Arguments& arguments, const Host&) {
  const std::string run = find_run(arguments.operands.front());
  const ledger::VerifyOptions options{arguments.value("key").value_or("")};
  const Result<VerifyReport> report = ledger::verify_run(run, options);
  if (!report) {
    (void)std::fprintf(stderr, "belljar: %s\n", printable(report.error().message(), 4000).c_str());
    const Errc code = report.error().code();
    return code == Errc::not_found || code == Errc::invalid_argument ? kUsage : kHostError;
  }
  const std::string text = arguments.has("json") ? json_text(report.value()) + '\n' : plain_text(report.value());
  (void)std::fputs(text.c_str(), stdout);
  return report.value().problems.empty() ? kIntact : kTampered;
}

}  // namespace

const Command kVerify{.name = "verify",
                      .operands = "RUN",
                      .summary = "check that a run's record is as it was written",
                      .options = {{"key", Argument::required, "FILE", "trust the key in FILE, not this user's own"},
                                  {"json", Argument::none, "", "print one JSON object"}},
                      .trailing_command = false,
                      .main = verify};

}  // namespace belljar::cli
