// Scenario: the file a person writes, parsed and checked; nothing of it is resolved yet (paths are as written,
// relative to the scenario's folder). parse_scenario() reports every error of the file at once, each as
// "file:line:column: what was found, what was expected".
//
//   Result<Scenario> scenario = parse_scenario(text, "triage.yaml");   // error: Errc::invalid_argument, one line each
//
// Plain values; pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/yaml.h"
#include "spec/composition.h"
#include "spec/credentials.h"
#include "spec/filters.h"
#include "spec/quotas.h"
#include "spec/sandbox_spec.h"

namespace belljar::spec {

enum class AdapterKind {
  stdio,     // one JSON object per line in and out
  openai,    // HTTP served inside the sandbox, reached by the host alone
  mcp,       // a tool server: the Model Context Protocol over its standard input and output
  scripted,  // rules in a file, answered by the host; no sandbox
  replay,    // the answers of an earlier run; no sandbox
  remote,    // hosted elsewhere, asked by the host; no sandbox, not sealed, not digested
};
std::string_view adapter_name(AdapterKind adapter);

// A file made inside a sandbox before the run and stored by the digest of its content: a trained model.
//
//     artifacts:
//       model.bin: {image: images/x.yaml, files: training, run: [python3, /files/train.py], limits: {...}}
//
// The command's /out/NAME becomes readable at /artifacts/NAME in every model that lists it in `artifacts:`.
struct ArtifactSpec {
  std::string name;
  std::string image = "host";
  std::string files;
  std::vector<std::string> run;
  std::string profile = "interpreter";
  Quotas quotas;
  codec::Mark mark;
};

// An OpenAI-compatible server elsewhere.
//
//     adapter: remote
//     url: https://api.example.com/v1
//     model: large-2                     # the name it has there
//     credential: {variable: EXAMPLE_KEY}
//     ca: certificates/ours.pem          # who may vouch for the server; left out: whom this host trusts
struct RemoteSpec {
  std::string url;
  std::string model;
  std::optional<CredentialSpec> credential;  // by the name of its model
  std::string ca;
};

struct ModelSpec {
  std::string name;
  std::string image = "host";  // "host", a directory, or a package-list file ending in .yaml
  std::string files;           // read-only at /model
  std::vector<std::string> run;
  AdapterKind adapter = AdapterKind::stdio;
  std::string type = "classifier";
  std::string tier = "native";
  std::string profile = "interpreter";
  Quotas quotas;
  std::vector<std::string> artifacts;         // names; at /artifacts/NAME
  std::vector<PlantedFile> canaries;          // `canaries: [/work/.aws/credentials]`; content is made up per run
  std::vector<std::string> canary_variables;  // `canaries: [$OPENAI_API_KEY]`
  std::vector<std::string> allow_degraded;
  std::uint16_t port = 8080;      // openai: where the model listens inside its sandbox
  std::string tools;              // mcp: the file that pins its tools
  std::string rules;              // scripted: the file of its rules
  std::string recording;          // replay: the directory of the run
  RemoteSpec remote;              // remote
  std::int64_t latency_ns = 0;    // on the logical clock: from the request to the answer
  std::uint32_t in_flight = 1;    // questions it may have before it at once
  bool deterministic = false;     // a sandbox whose clock and randomness follow from the seed
  std::int64_t request_cost = 0;  // billionths, of each request
  std::int64_t token_cost = 0;    // billionths, of each token in and out
  codec::Mark mark;

  bool needs_sandbox() const {
    return adapter != AdapterKind::scripted && adapter != AdapterKind::replay && adapter != AdapterKind::remote;
  }
};

struct LinkSpec {
  std::string from = "workload";
  std::string to;
  std::string contract;                 // file; empty: any JSON object with an id
  std::optional<codec::Json> map;       // template of the request (content/map_template.h); absent: what came, as it is
  std::optional<Predicate> when;        // of the answer that would take this link
  std::int64_t latency_ns = 0;          // of each message, either way
  double rate = 0;                      // most requests per second; further ones wait; 0: no bound
  std::int64_t ceiling_ns = 0;          // an answer that took longer is refused; 0: no bound
  std::optional<std::uint64_t> rounds;  // how often one case takes it
  std::vector<std::string> data;        // domains of the data that its messages carry; the policy says who may use them
  bool calls = false;  // taken by questions that `from` itself asks while it works, never by its answers
  Budget budget;
  codec::Mark mark;
};

// How a label and an answer are compared, and votes with each other.
enum class Compare {
  exact,       // text as it is, anything else as canonical JSON
  normalised,  // as a reader sees them: content/normal_text.h; text that is a JSON number as that number
  caseless,    // the same, letters case folded
};

struct WorkloadSpec {
  std::string cases;             // .csv or .jsonl
  std::string label;             // column or member that holds the expected answer; never sent
  std::string answer = "label";  // member of the answer compared with the label
  Compare compare = Compare::exact;
  std::string positive;                    // for precision and recall; empty: macro average over classes
  std::optional<std::uint64_t> cases_max;  // take the first N
  codec::Mark mark;
};

enum class GateBound { at_least, at_most };

struct GateSpec {
  std::string metric;  // "accuracy", "precision", "recall", "latency.p99", "contract.violations", "errors.timeout" ...
  GateBound bound = GateBound::at_least;
  double threshold = 0;      // durations in seconds
  bool is_duration = false;  // written as "150ms"
  double confidence = 0.95;
  codec::Mark mark;
};

// What containment follows on at once: the sandbox is killed, its later outputs are held, the verdict is `contained`.
// Kinds: canary, syscall, processes, disk, memory, output, contract, amplification, budget, policy, egress, tools.
struct BreachSpec {
  std::vector<std::string> contain;
};

struct Scenario {
  std::string file;  // as given
  std::string name;
  std::uint64_t seed = 0;
  std::string policy;  // file, or the name of a ready one; empty: none
  codec::Mark policy_mark;
  std::vector<std::string> services;  // files of stand-ins behind the gateway
  codec::Mark services_mark;
  std::vector<CredentialSpec> credentials;  // secrets that stay outside
  std::vector<ArtifactSpec> artifacts;
  std::vector<ModelSpec> models;
  std::vector<LinkSpec> links;
  WorkloadSpec workload;
  std::vector<GateSpec> gates;
  BreachSpec on_breach;
  ClockKind clock = ClockKind::wall;
  Composition composition;
  Budgets budgets;
  std::vector<FaultSpec> faults;
  AmplificationSpec amplification;
  std::optional<FilterSpec> filters;

  const ModelSpec* model(std::string_view name) const;
  // Each model is asked every case by itself: no links between models, no `composition`.
  bool asks_each() const;
};

Result<Scenario> parse_scenario(std::string_view text, std::string_view file);

}  // namespace belljar::spec
