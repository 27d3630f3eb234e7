#include "cli/diff.h"

#include <cstdio>

#include "base/text.h"
#include "cli/find_run.h"
#include "codec/json.h"
#include "scenario/diff.h"

namespace belljar::cli {

namespace {

using codec::Json;
using scenario::RunDiff;
using scenario::ShownMessage;

constexpr int kEqual = 0;
constexpr int kDiffer = 1;
constexpr int kUsageError = 2;
constexpr int kHarnessError = 4;

std::string count(std::uint64_t number) { return std::to_string(number); }

std::string message_text(const char* run, const std::optional<ShownMessage>& message) {
  if (!message) return std::string{"  "} + run + ": no such message\n";
  return std::string{"  "} + run + ": entry " + count(message->entry) + ": " + message->what + '\n' +
         (message->body.empty() ? "" : "       " + message->body + '\n');
}

std::string plain_text(const RunDiff& diff) {
  std::string text;
  for (const scenario::ManifestChange& change : diff.manifest) {
    text += "changed: " + change.where + ": " + change.one + " -> " + change.two + '\n';
  }
  if (diff.further_changes > 0) text += "changed: " + count(diff.further_changes) + " more\n";
  if (diff.first) {
    std::string members;
    for (const std::string& member : diff.first->members) members += (members.empty() ? "" : ", ") + member;
    text += "first difference" + (members.empty() ? "" : ", in " + members) + ":\n";
    text += message_text("one", diff.first->one) + message_text("two", diff.first->two);
  }
  text += "messages: " + count(diff.equal) + " equal, " + count(diff.different) + " different, " +
          count(diff.only_one) + " only in one, " + count(diff.only_two) + " only in two";
  if (diff.erased > 0) text += ", " + count(diff.erased) + " with a body erased";
  if (!diff.same()) return text + "\nthe runs differ\n";
  return text +
         (diff.erased > 0 ? "\nthe runs are equal, as far as bodies are there to compare\n" : "\nthe runs are equal\n");
}

Json message_json(const std::optional<ShownMessage>& message) {
  if (!message) return {};
  return Json::Object{{"entry", message->entry}, {"what", message->what}, {"body", message->body}};
}

std::string json_text(const RunDiff& diff) {
  Json json;
  json.set("equal", diff.same());
  json.set("messages", Json::Object{{"equal", diff.equal},
                                    {"different", diff.different},
                                    {"only_one", diff.only_one},
                                    {"only_two", diff.only_two},
                                    {"erased", diff.erased}});
  json.set("transcript_digests", Json::Array{diff.transcript_one, diff.transcript_two});
  if (diff.first) {
    json.set("first", Json::Object{{"members", Json::Array{diff.first->members.begin(), diff.first->members.end()}},
                                   {"one", message_json(diff.first->one)},
                                   {"two", message_json(diff.first->two)}});
  }
  Json::Array changes;
  for (const scenario::ManifestChange& change : diff.manifest) {
    changes.emplace_back(Json::Object{{"where", change.where}, {"one", change.one}, {"two", change.two}});
  }
  json.set("manifest", std::move(changes));
  json.set("further_changes", diff.further_changes);
  return codec::to_json(json);
}

int diff_main(const Arguments& arguments, const Host&) {
  const Result<RunDiff> diff = scenario::diff_runs(find_run(arguments.operands[0]), find_run(arguments.operands[1]),
                                                   {arguments.value("key").value_or("")});
  if (!diff) {
    (void)std::fprintf(stderr, "belljar diff: %s\n", printable(diff.error().message(), 4000).c_str());
    const Errc code = diff.error().code();
    return code == Errc::not_found || code == Errc::invalid_argument ? kUsageError : kHarnessError;
  }
  const std::string text = arguments.has("json") ? json_text(diff.value()) + '\n' : plain_text(diff.value());
  (void)std::fputs(text.c_str(), stdout);
  return diff.value().same() ? kEqual : kDiffer;
}

}  // namespace

const Command kDiff{.name = "diff",
                    .operands = "RUN RUN",
                    .summary = "compare two runs message by message, and what went into them",
                    .options = {{"key", Argument::required, "FILE", "trust the key in FILE, not this user's own"},
                                {"json", Argument::none, "", "print one JSON object"}},
                    .trailing_command = false,
                    .main = diff_main};

}  // namespace belljar::cli
