#include "cli/erase.h"

#include <charconv>
#include <cstdio>
#include <set>

#include "base/text.h"
#include "cli/find_run.h"
#include "codec/json.h"
#include "ledger/erasure.h"
#include "ledger/ledger.h"

namespace belljar::cli {

namespace {

constexpr int kDone = 0;
constexpr int kUsageError = 2;
constexpr int kHarnessError = 4;

struct Chosen {
  bool all = false;
  std::set<std::uint64_t> entries;
  std::set<std::string, std::less<>> cases;
};

Result<Chosen> chosen_by(const Arguments& arguments) {
  Chosen chosen;
  chosen.all = arguments.has("all");
  for (const std::string& text : arguments.values("entry")) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) {
      return Error{Errc::invalid_argument, "--entry: found \"" + printable(text, 40) + "\", expected a number"};
    }
    chosen.entries.insert(number);
  }
  for (const std::string& name : arguments.values("case")) chosen.cases.insert(name);
  if (!chosen.all && chosen.entries.empty() && chosen.cases.empty()) {
    return Error{Errc::invalid_argument, "say what to erase: --entry N, --case ID or --all"};
  }
  return chosen;
}

bool is_of_case(std::string_view entry, const Chosen& chosen) {
  if (chosen.cases.empty()) return false;
  const Result<codec::Json> json = codec::parse_json(entry);
  const codec::Json* name = json ? json.value().find("case") : nullptr;
  return name != nullptr && name->is_string() && chosen.cases.contains(name->as_string());
}

Result<ledger::ErasureReport> erase(const Arguments& arguments) {
  const Chosen chosen = TRY(chosen_by(arguments));
  const codec::SigningKey key = TRY(ledger::open_signing_key());
  const auto choose = [&chosen](std::uint64_t index, std::string_view entry) {
    return chosen.all || chosen.entries.contains(index) || is_of_case(entry, chosen);
  };
  return ledger::erase_bodies(find_run(arguments.operands.front()), choose, key);
}

int erase_main(const Arguments& arguments, const Host&) {
  const Result<ledger::ErasureReport> done = erase(arguments);
  if (!done) {
    (void)std::fprintf(stderr, "belljar erase: %s\n", printable(done.error().message(), 4000).c_str());
    const Errc code = done.error().code();
    return code == Errc::not_found || code == Errc::invalid_argument ? kUsageError : kHarnessError;
  }
  (void)std::printf("erased: %llu bodies, in %llu packs\n", static_cast<unsigned long long>(done.value().bodies),
                    static_cast<unsigned long long>(done.value().packs));
  return kDone;
}

}  // namespace

const Command kErase{.name = "erase",
                     .operands = "RUN",
                     .summary = "take bodies of messages out of a run's record for good, signed; every proof stands",
                     .options = {{"entry", Argument::required, "N", "the body of entry N", true},
                                 {"case", Argument::required, "ID", "the bodies of that case's messages", true},
                                 {"all", Argument::none, "", "every body"}},
                     .trailing_command = false,
                     .main = erase_main};

}  // namespace belljar::cli
