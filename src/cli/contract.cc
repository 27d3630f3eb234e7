#include "cli/contract.h"

#include <unistd.h>

#include <array>
#include <cstdio>

#include "base/text.h"
#include "content/compare.h"
#include "content/schema.h"
#include "os/file.h"
#include "spec/asyncapi.h"
#include "spec/contract.h"

namespace belljar::cli {

namespace {

constexpr int kGood = 0;
constexpr int kBreaking = 1;
constexpr int kUsageError = 2;
constexpr int kHostError = 4;
constexpr std::uint64_t kFileMax = 4U << 20;

int complain(const Error& error) {
  (void)std::fprintf(stderr, "%s\n", error.message().c_str());
  return error.code() == Errc::invalid_argument || error.code() == Errc::not_found ? kUsageError : kHostError;
}

// Structure and schemas; every problem of the file in one error.
Result<spec::Contract> load(const std::string& file) {
  spec::Contract contract = TRY(spec::parse_contract(TRY(os::read_file(file, kFileMax)), file));
  const std::array<std::pair<std::string_view, const codec::Json*>, 3> sections{
      {{"request", &contract.request_schema}, {"answer", &contract.answer_schema}, {"error", &contract.error_schema}}};
  std::string problems;
  for (const auto& [name, json] : sections) {
    const Result<content::Schema> schema = content::compile_schema(*json);
    if (schema) continue;
    problems += (problems.empty() ? "" : "\n") + spec::schema_error(contract, name, schema.error()).message();
  }
  if (!problems.empty()) return Error{Errc::invalid_argument, problems};
  return contract;
}

int check(const Arguments& arguments) {
  int code = kGood;
  for (std::size_t at = 1; at < arguments.operands.size(); ++at) {
    const Result<spec::Contract> contract = load(arguments.operands[at]);
    if (contract) {
      (void)std::printf("%s: ok\n", printable(arguments.operands[at], 4096).c_str());
    } else {
      code = complain(contract.error());
    }
  }
  return code;
}

std::string json_text(const std::vector<content::Change>& changes, bool breaking) {
  codec::Json::Array list;
  for (const content::Change& change : changes) {
    list.push_back(codec::Json::Object{
        {"breaking", change.breaking}, {"section", change.section}, {"path", change.path}, {"what", change.what}});
  }
  return codec::to_json(codec::Json::Object{{"compatible", !breaking}, {"changes", std::move(list)}});
}

int diff(const Arguments& arguments) {
  const Result<spec::Contract> before = load(arguments.operands[1]);
  if (!before) return complain(before.error());
  const Result<spec::Contract> after = load(arguments.operands[2]);
  if (!after) return complain(after.error());
  const Result<std::vector<content::Change>> changes = content::compare_contracts(before.value(), after.value());
  if (!changes) return complain(changes.error());
  bool breaking = false;
  for (const content::Change& change : changes.value()) {
    breaking = breaking || change.breaking;
    if (arguments.has("json")) continue;
    (void)std::printf("%-10s  %s%s: %s\n", change.breaking ? "breaking" : "compatible", change.section.c_str(),
                      change.path.c_str(), change.what.c_str());
  }
  if (arguments.has("json")) {
    (void)std::printf("%s\n", json_text(changes.value(), breaking).c_str());
  } else {
    (void)std::printf("%s\n", breaking ? "breaking" : "compatible");
  }
  return breaking ? kBreaking : kGood;
}

int print(const codec::Json& document, bool json) {
  const std::string text = json ? codec::to_json_pretty(document) : codec::to_yaml(document);
  const Result<void> written = os::write_all(STDOUT_FILENO, text, "standard output");
  return written ? kGood : complain(written.error());
}

int import_file(const Arguments& arguments) {
  const Result<std::string> text = os::read_file(arguments.operands[1], kFileMax);
  if (!text) return complain(text.error());
  const Result<spec::Imported> imported =
      spec::import_asyncapi(text.value(), arguments.operands[1], arguments.value("operation").value_or(""));
  if (!imported) return complain(imported.error());
  for (const std::string& part : imported.value().left_out) {
    (void)std::fprintf(stderr, "note: left out: %s\n", part.c_str());
  }
  return print(spec::contract_json(imported.value().contract), arguments.has("json"));
}

int export_file(const Arguments& arguments) {
  const std::string& file = arguments.operands[1];
  const Result<spec::Contract> contract = load(file);
  if (!contract) return complain(contract.error());
  const std::size_t slash = file.rfind('/');
  const std::string name = file.substr(slash == std::string::npos ? 0 : slash + 1);
  return print(spec::export_asyncapi(contract.value(), name.substr(0, name.rfind('.'))), arguments.has("json"));
}

struct Verb {
  std::string_view name;
  std::size_t least, most;  // files
  int (*run)(const Arguments& arguments);
};
constexpr std::array<Verb, 4> kVerbs{{
    {"check", 1, 1000, check},
    {"diff", 2, 2, diff},
    {"import", 1, 1, import_file},
    {"export", 1, 1, export_file},
}};

int contract_main(const Arguments& arguments, const Host&) {
  if (arguments.operands.empty()) {
    (void)std::fprintf(stderr, "belljar contract: found no operand, expected check, diff, import or export\n");
    return kUsageError;
  }
  const std::size_t files = arguments.operands.size() - 1;
  for (const Verb& verb : kVerbs) {
    if (verb.name != arguments.operands.front()) continue;
    if (files >= verb.least && files <= verb.most) return verb.run(arguments);
    (void)std::fprintf(stderr, "belljar contract %s: found %zu files, expected %zu%s\n", std::string{verb.name}.c_str(),
                       files, verb.least, verb.most > verb.least ? " or more" : "");
    return kUsageError;
  }
  (void)std::fprintf(stderr, "belljar contract: found \"%s\", expected check, diff, import or export\n",
                     printable(arguments.operands.front(), 40).c_str());
  return kUsageError;
}

}  // namespace

const Command kContract{.name = "contract",
                        .operands = "check|diff|import|export FILE...",
                        .summary = "check contract files, compare two, or read and write AsyncAPI",
                        .options = {{"json", Argument::none, "", "diff, import, export: write JSON"},
                                    {"operation", Argument::required, "NAME",
                                     "import: the operation of an AsyncAPI document that has several"}},
                        .trailing_command = false,
                        .main = contract_main};

}  // namespace belljar::cli
