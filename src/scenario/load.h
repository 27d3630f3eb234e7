// Load: the first of the eight steps. Reads a scenario and every text it names, checks them against each other, and
// reports all that is wrong in one pass, as "file:line:column: what was found, what was expected".
//
//   Loaded loaded = TRY(load("scenarios/triage.yaml", seed));   // Errc::invalid_argument: exit code 2
//
// After this no error of the person's is left to find: every path exists, each contract compiles, each case passes its
// request schemas. Reads files; runs nothing. What was read stays in `texts`.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "exchange/exchange.h"
#include "policy/policy.h"
#include "scenario/cases.h"
#include "spec/scenario.h"

namespace belljar::scenario {

struct TextInput {
  std::string path;  // as written in the scenario
  Digest digest;
};

// A text that the run was made of, as it was read.
struct InputText {
  std::string path;  // as written in the scenario; of the scenario itself as given
  std::string content;
};

// The name under which the key of a run's canaries is kept among its inputs; no file has it.
constexpr std::string_view kCanaryKeyInput = "<canary key>";

struct Loaded {
  spec::Scenario scenario;
  std::string directory;              // absolute: what relative paths in the scenario are relative to
  TextInput source;                   // the scenario itself
  std::vector<exchange::Link> links;  // with the tools of tool servers
  std::map<std::string, std::shared_ptr<const content::PinnedTools>> tools;  // by tool server
  std::vector<TextInput> tool_files;
  exchange::ArgumentSchemas arguments;  // that permits of the policy name
  std::vector<TextInput> argument_files;
  std::vector<TextInput> contracts;
  std::optional<policy::Policy> policy;
  std::vector<TextInput> services;            // the scenario's files of services
  std::vector<std::string> service_canaries;  // places in them that hold one (boundary/service_canaries.h)
  std::vector<TextInput> policy_files;        // the scenario's policy first, then what it extends and includes
  std::string canary_key;                     // canaries.h; empty: none is planted
  std::vector<TextInput> filter_files;        // rules that the scenario's filters read
  std::vector<Case> cases;
  TextInput cases_source;
  std::vector<InputText> texts;  // the scenario first

  // Names of the models that something is asked of, in the scenario's order.
  std::vector<std::string> driven_models() const;
};

// `seed` replaces the scenario's own.
Result<Loaded> load(const std::string& path, std::optional<std::uint64_t> seed);

// The inputs of a run kept beside its record, so that it can be replayed where nothing of it is left:
//   inputs/index.json   {"directory", "seed", "texts": [path, ...]}
//   inputs/0, inputs/1  the texts, the scenario first
struct KeptInputs {
  std::string directory;  // where relative paths of the scenario lead on the host of the run
  std::uint64_t seed = 0;
  std::vector<InputText> texts;
};
std::string kept_index(const Loaded& loaded);
// `files`: what the record vouches for (Recording::files); a kept input that is not among them, as it was, is an error.
Result<KeptInputs> read_kept_inputs(const std::string& run_directory, const std::map<std::string, Digest>& files);

// What the files of models must be for: a replay has no use for them.
enum class ModelFiles { needed, unused };
// From what a run kept; `scenario` replaces its scenario (its contracts and cases may be new too).
Result<Loaded> load_kept(KeptInputs kept, const std::optional<InputText>& scenario, ModelFiles files);

// `path` as written, seen from `directory`.
std::string path_from(const std::string& directory, const std::string& path);

}  // namespace belljar::scenario
