// Load: the first of the eight steps. Reads a scenario and every text it names, checks them against each other, and
// reports all that is wrong in one pass, as "file:line:column: what was found, what was expected".
//
//   Loaded loaded = TRY(load("scenarios/triage.yaml", seed));   // Errc::invalid_argument: exit code 2
//
// After this no error of the person's is left to find: every path exists, each contract compiles, each case passes its
// request schemas. Reads files; runs nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "exchange/exchange.h"
#include "scenario/cases.h"
#include "spec/scenario.h"

namespace belljar::scenario {

struct TextInput {
  std::string path;  // as written in the scenario
  Digest digest;
};

struct Loaded {
  spec::Scenario scenario;
  std::string directory;  // absolute: what relative paths in the scenario are relative to
  TextInput source;       // the scenario itself
  std::vector<exchange::Link> links;
  std::vector<TextInput> contracts;
  std::vector<Case> cases;
  TextInput cases_source;

  // Names of the models that something is asked of, in the scenario's order.
  std::vector<std::string> driven_models() const;
};

// `seed` replaces the scenario's own.
Result<Loaded> load(const std::string& path, std::optional<std::uint64_t> seed);

// `path` as written, seen from `directory`.
std::string path_from(const std::string& directory, const std::string& path);

}  // namespace belljar::scenario
