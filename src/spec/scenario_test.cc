#include "spec/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belljar::spec {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using testing::ElementsAre;
using testing::HasSubstr;

std::string complaints(std::string_view text) {
  const auto scenario = parse_scenario(text, "s.yaml");
  if (scenario) return "none";
  EXPECT_EQ(scenario.error().code(), Errc::invalid_argument);
  return scenario.error().message();
}

TEST(Scenario, a_whole_file_is_read) {
  const Scenario scenario = parse_scenario(R"(belljar: 1
name: breast-cancer-triage
seed: 9223372036854775807
artifacts:
  model.bin: {image: images/x.yaml, files: training, run: [python3, /files/train.py], profile: compute, limits: {wall: 120s}}
models:
  classifier:
    image: images/python-sklearn.yaml
    files: models/classifier
    run: [python3, /model/serve.py, 7, "--yes", true]
    adapter: stdio
    type: classifier
    tier: native
    profile: agent
    limits: {memory: 256MiB, cpu: 0.5}
    artifacts: [model.bin]
    canaries: [/work/.aws/credentials]
    allow_degraded: [landlock]
  other: {run: [./serve]}
links:
  - {from: workload, to: classifier, contract: contracts/case.yaml}
  - {to: other}
workload: {cases: data/cases.csv, label: diagnosis, answer: class, positive: malignant, cases_max: 10}
gates:
  - {metric: accuracy, at_least: 0.95, confidence: 0.99}
  - {metric: latency.p99, at_most: 150ms}
  - {metric: memory.peak, at_most: 100MiB}
  - {metric: contract.violations, at_most: 0}
on_breach: {contain: [canary, syscall]}
)",
                                           "s.yaml")
                                .value();
  EXPECT_EQ(scenario.file, "s.yaml");
  EXPECT_EQ(scenario.name, "breast-cancer-triage");
  EXPECT_EQ(scenario.seed, static_cast<std::uint64_t>(INT64_MAX));
  ASSERT_EQ(scenario.artifacts.size(), 1U);
  EXPECT_EQ(scenario.artifacts[0].name, "model.bin");
  EXPECT_EQ(scenario.artifacts[0].profile, "compute");
  EXPECT_EQ(scenario.artifacts[0].quotas.wall, 120s);
  ASSERT_EQ(scenario.models.size(), 2U);
  const ModelSpec& model = scenario.models[0];
  EXPECT_THAT(model.run, ElementsAre("python3", "/model/serve.py", "7", "--yes", "true"));
  EXPECT_EQ(model.quotas.memory_bytes, 256ULL << 20);
  EXPECT_EQ(model.quotas.cpu_cores, 0.5);
  EXPECT_EQ(model.quotas.wall, Quotas{}.wall);
  EXPECT_THAT(model.artifacts, ElementsAre("model.bin"));
  ASSERT_EQ(model.canaries.size(), 1U);
  EXPECT_EQ(model.canaries[0].inside, "/work/.aws/credentials");
  EXPECT_TRUE(model.canaries[0].canary);
  EXPECT_THAT(model.allow_degraded, ElementsAre("landlock"));
  EXPECT_EQ(model.mark.line, 7);
  EXPECT_EQ(scenario.models[1].image, "host");
  ASSERT_EQ(scenario.links.size(), 2U);
  EXPECT_EQ(scenario.links[1].from, "workload");
  EXPECT_EQ(scenario.links[1].contract, "");
  EXPECT_EQ(scenario.workload.cases_max, 10U);
  EXPECT_EQ(scenario.workload.answer, "class");
  ASSERT_EQ(scenario.gates.size(), 4U);
  EXPECT_EQ(scenario.gates[0].confidence, 0.99);
  EXPECT_EQ(scenario.gates[1].threshold, 0.15);
  EXPECT_TRUE(scenario.gates[1].is_duration);
  EXPECT_EQ(scenario.gates[1].bound, GateBound::at_most);
  EXPECT_EQ(scenario.gates[2].threshold, 104857600.0);
  EXPECT_THAT(scenario.on_breach.contain, ElementsAre("canary", "syscall"));
}

TEST(Scenario, everything_wrong_is_told_in_one_pass_in_the_order_of_the_file) {
  EXPECT_EQ(complaints(R"(belljar: 2
nmae: x
name: "two words"
seed: -1
models:
  Bad_Name: {run: []}
  a:
    run: ./serve
    adapter: mpc
    tier: gvisor
    limits: {memry: 1GiB, memory: 512 Mb, cpu: [1]}
    canaries: [work/x, /a/../b]
    artifacts: [modle.bin]
artifacts: {model.bin: {run: [x], tier: native}}
links:
  - {from: workload, to: b}
  - {from: a, to: a, contrat: c.yaml}
workload: {cases: data.txt, cases_max: 0}
gates:
  - {metric: acuracy, at_least: 0.9}
  - {metric: accuracy, at_least: 95, confidence: 1}
  - {metric: latency.p99, at_most: 150}
  - {metric: findings}
  - {metric: f1, at_least: 0.1, at_most: 0.2}
faults: [{model: a, kind: slwo}, {kind: slow, model: c}]
on_breach: {contain: [ingress, canray]}
)"),
            R"(s.yaml:1:10: found "2", expected 1, the only format this version reads
s.yaml:2:1: found key "nmae" in a scenario, expected "name"
s.yaml:3:7: found text "two words", expected a name of letters, digits and . _ -, at most 100 characters, a letter or digit first
s.yaml:4:7: found "-1", expected a whole number from 0 to 9223372036854775807
s.yaml:6:3: found "Bad_Name", expected a name of letters, digits and -, at most 63 characters, a letter or digit first
s.yaml:6:19: found an empty list, expected the command as a list, such as [python3, /model/serve.py]
s.yaml:8:10: found "./serve", expected the command as a list, such as [python3, /model/serve.py]
s.yaml:9:14: found "mpc", expected "mcp"
s.yaml:10:11: found "gvisor", not supported by this version, expected native
s.yaml:11:14: found key "memry" in limits, expected "memory"
s.yaml:11:35: found "512 Mb", expected a size such as 512MiB (B, KiB, MiB, GiB, KB, MB, GB)
s.yaml:11:48: found a list, expected a limit such as 512MiB, 120s or 32
s.yaml:12:16: found "work/x", expected an absolute path inside the sandbox such as /work/.aws/credentials, or a variable such as $API_TOKEN
s.yaml:12:24: found "/a/../b", expected an absolute path inside the sandbox such as /work/.aws/credentials, or a variable such as $API_TOKEN
s.yaml:13:17: found "modle.bin", expected the name of an artifact: model.bin
s.yaml:14:35: found key "tier" in artifact "model.bin", expected image, files, run, profile or limits
s.yaml:16:26: found "b", expected the name of a model: Bad_Name or a
s.yaml:17:5: found a loop through "a" and "a" that nothing ends, expected "rounds" on a link of it or in the composition, or a budget of the run or the case
s.yaml:17:22: found key "contrat" in a link, expected "contract"
s.yaml:18:19: found "data.txt", expected the path of a .csv or .jsonl file
s.yaml:18:40: found "0", expected a whole number from 1 to 1000000000
s.yaml:20:14: found "acuracy", expected "accuracy"
s.yaml:21:5: found a gate on accuracy and a workload without "label", expected "label" in the workload: the column that holds the right answers
s.yaml:21:34: found "95", expected a number from 0 to 1
s.yaml:21:50: found "1", expected a number from 0.5 up to, but not including, 1
s.yaml:22:36: found "150", expected a duration such as 150ms (ms, s, min, h) for latency.p99
s.yaml:23:5: found a gate without a bound, expected either at_least or at_most
s.yaml:24:5: found a gate with two bounds, expected either at_least or at_most
s.yaml:24:5: found a gate on f1 and a workload without "label", expected "label" in the workload: the column that holds the right answers
s.yaml:25:27: found "slwo", expected "slow"
s.yaml:25:34: found a fault "slow" without "delay", expected "delay" to be given
s.yaml:25:34: found a fault of "c", expected the name of a model
s.yaml:26:23: found "ingress", expected "egress"
s.yaml:26:32: found "canray", expected "canary")");
}

TEST(Scenario, a_composition_is_read) {
  const Scenario scenario = parse_scenario(R"(belljar: 1
name: n
clock: logical
models:
  a: {run: [x], latency: 5ms, in_flight: 8, deterministic: true, price: {request: 0.001, token: 0.000002}}
  b: {adapter: openai, run: [y], port: 8081}
  c: {adapter: scripted, rules: rules.yaml}
  d: {adapter: replay, recording: runs/one}
links:
  - {to: a, latency: 1ms}
  - {from: a, to: b, when: {at: /label, equals: malignant}, map: {text: "${/answer/label}", n: 3, deep: [true, "4"]}}
  - {from: b, to: a, rounds: 4, rate: 2.5/s, ceiling: 2s, budget: {messages: 10}}
workload: {cases: c.csv}
composition: {answer: vote, of: [a, b, c], member: label, quorum: 2, rounds: 9, until: {at: /done, equals: true}}
budgets: {run: {messages: 100, tokens: 7, bytes: 1KiB, cost: 0.5}, case: {messages: 3}, models: {a: {tokens: 2}}}
monitors: {amplification: {gain: 1.5, rounds: 3}}
faults:
  - {at: 200 messages, model: a, kind: slow, delay: 2s, for: 20 messages}
  - {at: 3s, from: a, to: b, kind: dropped, for: 5s, chance: 0.25, match: {at: /x}}
)",
                                           "s.yaml")
                                .value();
  EXPECT_EQ(scenario.clock, ClockKind::logical);
  EXPECT_FALSE(scenario.asks_each());
  EXPECT_EQ(scenario.models[0].latency_ns, 5'000'000);
  EXPECT_EQ(scenario.models[0].in_flight, 8U);
  EXPECT_TRUE(scenario.models[0].deterministic);
  EXPECT_EQ(scenario.models[0].request_cost, 1'000'000);
  EXPECT_EQ(scenario.models[0].token_cost, 2000);
  EXPECT_EQ(scenario.models[1].adapter, AdapterKind::openai);
  EXPECT_EQ(scenario.models[1].port, 8081);
  EXPECT_FALSE(scenario.models[2].needs_sandbox());
  EXPECT_EQ(codec::to_json(*scenario.links[1].map), R"({"text":"${/answer/label}","n":3,"deep":[true,"4"]})");
  EXPECT_TRUE(holds(*scenario.links[1].when, codec::parse_json(R"({"label":"malignant"})").value()));
  EXPECT_FALSE(holds(*scenario.links[1].when, codec::parse_json(R"({"label":"benign"})").value()));
  EXPECT_EQ(scenario.links[2].rate, 2.5);
  EXPECT_EQ(scenario.links[2].budget.messages, 10U);
  EXPECT_EQ(scenario.composition.joining, Joining::vote);
  EXPECT_EQ(scenario.composition.quorum, 2U);
  EXPECT_EQ(scenario.budgets.run.cost, 500'000'000);
  EXPECT_EQ(scenario.budgets.root.messages, 3U);
  EXPECT_EQ(scenario.budgets.models.at("a").tokens, 2U);
  EXPECT_EQ(scenario.amplification.rounds, 3U);
  ASSERT_EQ(scenario.faults.size(), 2U);
  EXPECT_EQ(scenario.faults[0].at_messages, 200U);
  EXPECT_EQ(scenario.faults[0].for_messages, 20U);
  EXPECT_EQ(scenario.faults[1].at_ns, 3'000'000'000);
  EXPECT_EQ(scenario.faults[1].for_ns, 5'000'000'000);
  EXPECT_EQ(scenario.faults[1].chance, 0.25);
}

TEST(Scenario, a_model_hosted_elsewhere_is_read) {
  const Scenario scenario = parse_scenario(R"(belljar: 1
name: n
models:
  a: {adapter: remote, url: "https://api.example.com/v1", model: large-2, credential: {variable: KEY}, ca: ours.pem}
  b: {adapter: remote, url: "https://api.example.com/v1", model: large-2, credential: {file: keys/b}}
  c: {adapter: remote, url: "https://api.example.com/v1", model: large-2}
workload: {cases: c.csv}
)",
                                           "s.yaml")
                                .value();
  const ModelSpec& model = scenario.models[0];
  EXPECT_FALSE(model.needs_sandbox());
  EXPECT_EQ(model.remote.url, "https://api.example.com/v1");
  EXPECT_EQ(model.remote.model, "large-2");
  EXPECT_EQ(model.remote.ca, "ours.pem");
  ASSERT_TRUE(model.remote.credential);
  EXPECT_EQ(model.remote.credential->name, "a");
  EXPECT_EQ(model.remote.credential->variable, "KEY");
  EXPECT_EQ(scenario.models[1].remote.credential->file, "keys/b");
  EXPECT_FALSE(scenario.models[2].remote.credential);
}

constexpr std::string_view kHead = "belljar: 1\nname: n\nworkload: {cases: c.csv, label: l}\n";

struct Wrong {
  const char* name;
  const char* rest;
  const char* says;
};

class ScenarioRefuses : public testing::TestWithParam<Wrong> {};

TEST_P(ScenarioRefuses, with_the_place_and_the_reason) {
  EXPECT_THAT(complaints(std::string{kHead} + GetParam().rest), HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Scenario, ScenarioRefuses,
    testing::Values(
        Wrong{"no_models", "", "s.yaml:1:1: found a scenario without \"models\", expected \"models\" to be given"},
        Wrong{"null_models", "models:\n", "s.yaml:4:1: found nothing, expected a map for models by name"},
        Wrong{"empty_models", "models: {}\n", "s.yaml:4:9: found no model, expected at least one"},
        Wrong{"list_of_models", "models: [a]\n", "s.yaml:4:9: found a list, expected a map for models by name"},
        Wrong{"model_without_run", "models: {a: {image: host}}\n", "s.yaml:4:13: found model \"a\" without \"run\""},
        Wrong{"model_named_workload", "models: {workload: {run: [x]}}\n", "found a model named \"workload\""},
        Wrong{"monitors", "models: {a: {run: [x]}}\nmonitors: [loops]\n", "found a list, expected a map for monitors"},
        Wrong{"remote_in_clear", "models: {a: {adapter: remote, url: 'http://x.example', model: m}}\n",
              "expected an address such as https://api.example.com/v1"},
        Wrong{"remote_with_a_command", "models: {a: {adapter: remote, url: 'https://x.example', model: m, run: [x]}}\n",
              "found \"run\" in model \"a\" (adapter remote), expected no such key"},
        Wrong{"sealed_with_a_key", "models: {a: {run: [x], credential: {file: k}}}\n",
              "found \"credential\" in model \"a\" (adapter stdio), expected no such key"},
        Wrong{"key_of_two_places", "models: {a: {adapter: remote, credential: {file: k, variable: K}}}\n",
              "found the credential \"a\", expected either \"file\" or \"variable\""},
        Wrong{"key_inside", "models: {a: {adapter: remote, credential: {file: k, inside: K}}}\n",
              "found key \"inside\" in a credential, expected file or variable"},
        Wrong{"microvm", "models: {a: {run: [x], tier: microvm}}\n",
              "found \"microvm\", not supported by this version, expected native"},
        Wrong{"tier_typo", "models: {a: {run: [x], tier: natve}}\n", "found \"natve\", expected \"native\""},
        Wrong{"null_argument", "models: {a: {run: [x, ~]}}\n", "found nothing, expected text"},
        Wrong{"nul_in_argument", "models: {a: {run: [\"x\\0y\"]}}\n",
              "s.yaml:4:20: found text \"x\\x00y\", expected text"},
        Wrong{"quoted_seed", "models: {a: {run: [x]}}\nseed: \"7\"\n",
              "s.yaml:5:7: found text \"7\", expected a whole number"},
        Wrong{"seed_past_64_bits", "models: {a: {run: [x]}}\nseed: 18446744073709551616\n",
              "expected a whole number from 0"},
        Wrong{"hex_seed", "models: {a: {run: [x]}}\nseed: 0x7\n", "found \"0x7\", expected a whole number"},
        Wrong{"two_links", "models: {a: {run: [x]}}\nlinks: [{to: a}, {to: a}]\n",
              "s.yaml:5:23: found a second link from workload to \"a\", expected one"},
        Wrong{"link_from_nobody", "models: {a: {run: [x]}}\nlinks: [{from: b, to: a}]\n",
              "s.yaml:5:16: found \"b\", expected workload"},
        Wrong{"links_as_map", "models: {a: {run: [x]}}\nlinks: {a: b}\n",
              "s.yaml:5:8: found a map, expected a list such as"},
        Wrong{"link_as_text", "models: {a: {run: [x]}}\nlinks: [a]\n",
              "s.yaml:5:9: found \"a\", expected a map for a link"},
        Wrong{"gate_as_text", "models: {a: {run: [x]}}\ngates: [accuracy]\n",
              "found \"accuracy\", expected a map for a gate"},
        Wrong{"unknown_metric", "models: {a: {run: [x]}}\ngates: [{metric: happiness, at_least: 1}]\n",
              "found \"happiness\", expected accuracy, precision"},
        Wrong{"latency_mean", "models: {a: {run: [x]}}\ngates: [{metric: latency.p75, at_most: 1s}]\n",
              "found \"latency.p75\", expected \"latency.p9"},
        Wrong{"negative_proportion", "models: {a: {run: [x]}}\ngates: [{metric: recall, at_least: -0.1}]\n",
              "expected a number from 0 to 1"},
        Wrong{"proportion_in_percent", "models: {a: {run: [x]}}\ngates: [{metric: recall, at_least: 95%}]\n",
              "found \"95%\", expected a number from 0 to 1"},
        Wrong{"count_in_tenths", "models: {a: {run: [x]}}\ngates: [{metric: errors.total, at_most: 0.5}]\n",
              "found \"0.5\", expected a whole number for errors.total"},
        Wrong{"low_confidence", "models: {a: {run: [x]}}\ngates: [{metric: recall, at_least: 0.9, confidence: 0.4}]\n",
              "found \"0.4\", expected a number from 0.5"},
        Wrong{"nan_threshold", "models: {a: {run: [x]}}\ngates: [{metric: recall, at_least: nan}]\n",
              "found \"nan\", expected a number from 0 to 1"},
        Wrong{"threshold_as_list", "models: {a: {run: [x]}}\ngates: [{metric: recall, at_least: [1]}]\n",
              "found a list, expected a threshold for recall"},
        Wrong{"contain_twice", "models: {a: {run: [x]}}\non_breach: {contain: [disk, disk]}\n",
              "found \"disk\" again, expected each once"},
        Wrong{"contain_as_text", "models: {a: {run: [x]}}\non_breach: {contain: canary}\n",
              "found \"canary\", expected a list of canary, syscall"},
        Wrong{"root_canary", "models: {a: {run: [x], canaries: [/]}}\n", "found \"/\", expected an absolute path"},
        Wrong{"artifact_path", "models: {a: {run: [x]}}\nartifacts: {../m: {run: [x]}}\n",
              "found \"../m\", expected a name of letters"},
        Wrong{"hidden_artifact", "models: {a: {run: [x]}}\nartifacts: {.m: {run: [x]}}\n",
              "found \".m\", expected a name of letters"},
        Wrong{"artifact_of_nothing", "models: {a: {run: [x], artifacts: [m]}}\n",
              "found \"m\", expected the name of an artifact, of which this scenario has none"},
        Wrong{"degradation", "models: {a: {run: [x], allow_degraded: [all]}}\n",
              "found \"all\", expected cgroup-memory"},
        Wrong{"escape_in_key", "models: {a: {run: [x]}}\n\"\\e[2J\": 1\n",
              "s.yaml:5:1: found key \"\\x1b[2J\" in a scenario"},
        Wrong{"anchor", "models: &m {a: {run: [x]}}\n", "s.yaml:4:9: found an anchor"},
        Wrong{"tab", "models:\n\ta: 1\n", "s.yaml:5:"}),
    [](const auto& row) { return row.param.name; });

TEST(Scenario, a_flood_of_errors_is_cut) {
  std::string text{kHead};
  for (int at = 0; at < 5000; ++at) text += "k" + std::to_string(at) + ": 1\n";
  const std::string message = complaints(text);
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 100);
  EXPECT_THAT(message, HasSubstr("more problems from here on, expected none"));
}

TEST(Scenario, nothing_is_no_scenario) {
  EXPECT_THAT(complaints(""), HasSubstr("s.yaml:1:1: found nothing, expected a map for a scenario"));
  EXPECT_THAT(complaints("[]"), HasSubstr("s.yaml:1:1: found a list, expected a map for a scenario"));
}

}  // namespace
}  // namespace belljar::spec
