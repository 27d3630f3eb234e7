#include "govern/gates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "govern/estimates.h"
#include "govern/judge.h"

namespace belljar::govern {
namespace {

using spec::CaseEnd;
using spec::Decision;
using spec::GateBound;
using testing::HasSubstr;

// A run written as what happened to how many cases.
class Sketch {
 public:
  Sketch() { scenario_.workload.label = "truth"; }

  Sketch& model(const std::string& name) {
    model_ = name;
    spec::ModelSpec spec;
    spec.name = name;
    scenario_.models.push_back(spec);
    return *this;
  }
  Sketch& cases(std::size_t count, const std::string& truth, const std::string& answer, CaseEnd end = CaseEnd::answered,
                std::int64_t latency_ns = 1'000'000) {
    for (std::size_t at = 0; at < count; ++at) {
      spec::CaseResult result;
      result.model = model_;
      result.end = end;
      result.expected = truth;
      result.answered = answer;
      result.latency_ns = latency_ns;
      measured_.cases.push_back(result);
    }
    return *this;
  }
  Sketch& ended(std::size_t count, CaseEnd end, const std::string& truth = "yes") {
    return cases(count, truth, "", end, 0);
  }
  // The engine lost the model's sandbox after its last answer.
  Sketch& lost_sight() {
    spec::Violation violation;
    violation.layer = "engine";
    violation.rule = "lost-sight";
    measured_.models.emplace_back().sandbox.violations.push_back(violation);
    return *this;
  }
  Sketch& positive(const std::string& label) {
    measured_.positive = label;
    return *this;
  }
  Sketch& gate(const std::string& metric, GateBound bound, double threshold, double confidence = 0.95) {
    spec::GateSpec gate;
    gate.metric = metric;
    gate.bound = bound;
    gate.threshold = threshold;
    gate.confidence = confidence;
    scenario_.gates.push_back(gate);
    return *this;
  }
  Sketch& unlabelled() {
    scenario_.workload.label.clear();
    return *this;
  }

  spec::Measurements& measured() { return measured_; }
  Metrics metrics() const { return measure(scenario_, measured_); }
  spec::GateResult decided(const std::string& metric, GateBound bound, double threshold,
                           double confidence = 0.95) const {
    spec::GateSpec gate;
    gate.metric = metric;
    gate.bound = bound;
    gate.threshold = threshold;
    gate.confidence = confidence;
    return decide(gate, metrics());
  }
  spec::Verdict verdict() const { return judge(scenario_, measured_); }

 private:
  std::string model_ = "m";
  spec::Scenario scenario_;
  spec::Measurements measured_;
};

double value_of(const Sketch& run, const std::string& metric) {
  return run.decided(metric, GateBound::at_least, 0).value.value_or(-1);
}

TEST(Metrics, binary_scores_are_those_of_the_definitions) {
  // 40 hits, 10 misses, 5 false alarms, 45 right refusals.
  Sketch run;
  run.positive("yes").cases(40, "yes", "yes").cases(10, "yes", "no").cases(5, "no", "yes").cases(45, "no", "no");
  EXPECT_DOUBLE_EQ(value_of(run, "accuracy"), 0.85);
  EXPECT_DOUBLE_EQ(value_of(run, "precision"), 40.0 / 45);
  EXPECT_DOUBLE_EQ(value_of(run, "recall"), 0.8);
  EXPECT_DOUBLE_EQ(value_of(run, "f1"), 2 * 40.0 / (2 * 40 + 5 + 10));
  const spec::GateResult f1 = run.decided("f1", GateBound::at_least, 0.5);
  EXPECT_EQ(f1.n, 55);
  // 2J/(1+J) of the Clopper-Pearson limits of 40 of 55: 0.5904 and 0.8386 (Python decimal, as in stats_test).
  EXPECT_NEAR((*f1.interval)[0], 2 * 0.5903805146551808 / 1.5903805146551808, 1e-12);
  EXPECT_NEAR((*f1.interval)[1], 2 * 0.838620359166566 / 1.838620359166566, 1e-12);
}

TEST(Metrics, macro_scores_are_means_over_classes) {
  // scikit-learn: precision_score/recall_score/f1_score(average="macro") of this table.
  Sketch run;
  run.cases(8, "a", "a").cases(2, "a", "b").cases(5, "b", "b").cases(5, "b", "c").cases(9, "c", "c").cases(1, "c", "a");
  EXPECT_NEAR(value_of(run, "precision"), (8.0 / 9 + 5.0 / 7 + 9.0 / 14) / 3, 1e-12);
  EXPECT_NEAR(value_of(run, "recall"), (0.8 + 0.5 + 0.9) / 3, 1e-12);
  EXPECT_NEAR(value_of(run, "f1"), (16.0 / 19 + 10.0 / 17 + 18.0 / 24) / 3, 1e-12);
}

TEST(Metrics, falling_silent_betters_nothing) {
  for (const CaseEnd end : {CaseEnd::model_error, CaseEnd::contract_error, CaseEnd::timeout}) {
    for (const std::string positive : {"yes", ""}) {
      Sketch honest;
      honest.positive(positive)
          .cases(40, "yes", "yes")
          .cases(10, "yes", "no")
          .cases(5, "no", "yes")
          .cases(45, "no", "no");
      Sketch silent;  // where it would have been wrong, it does not answer
      silent.positive(positive).cases(40, "yes", "yes").ended(10, end, "yes").ended(5, end, "no").cases(45, "no", "no");
      for (const std::string metric : {"accuracy", "precision", "recall", "f1"}) {
        EXPECT_LE(value_of(silent, metric), value_of(honest, metric) + 1e-12) << metric << " by " << positive;
      }
    }
  }
}

// The same over many tables of three classes, each wrong answer in turn withheld.
TEST(Metrics, withholding_any_wrong_answer_betters_nothing) {
  const std::vector<std::string> labels{"a", "b", "c"};
  std::uint32_t state = 7;
  const auto some = [&state] { return (state = state * 1664525U + 1013904223U) >> 29; };  // Numerical Recipes; 0 to 7
  for (int table = 0; table < 60; ++table) {
    Sketch whole;
    std::vector<Sketch> withheld(6);
    std::size_t wrong = 0;
    for (const std::string& truth : labels) {
      for (const std::string& answer : labels) {
        const std::size_t count = some();
        whole.cases(count, truth, answer);
        for (std::size_t at = 0; at < withheld.size(); ++at) {
          const bool silent = truth != answer && at == wrong;
          silent ? withheld[at].ended(count, CaseEnd::timeout, truth) : withheld[at].cases(count, truth, answer);
        }
        if (truth != answer) ++wrong;
      }
    }
    for (const Sketch& silent : withheld) {
      for (const std::string metric : {"accuracy", "precision", "recall", "f1"}) {
        EXPECT_LE(value_of(silent, metric), value_of(whole, metric) + 1e-12) << metric << " in table " << table;
      }
    }
  }
}

TEST(Metrics, an_invented_label_is_no_class) {
  Sketch run;
  run.cases(9, "a", "a").cases(1, "a", "<b>").cases(10, "b", "b");
  EXPECT_EQ(run.metrics().models[0].confusion.labels.size(), 2);
  EXPECT_DOUBLE_EQ(value_of(run, "accuracy"), 0.95);
  EXPECT_LT(value_of(run, "precision"), 1);
}

TEST(Metrics, a_hundred_thousand_labels_cost_no_square) {
  Sketch run;
  for (int at = 0; at < 100'000; ++at) run.cases(1, "label " + std::to_string(at), "label " + std::to_string(at));
  const Metrics metrics = run.metrics();
  EXPECT_TRUE(metrics.models[0].confusion.cells.empty());
  EXPECT_EQ(metrics.models[0].right.successes, 100'000);
}

struct GateRow {
  std::string why;
  std::size_t right;
  std::size_t wrong;
  GateBound bound;
  double threshold;
  Decision decision;
};

TEST(Gates, a_proportion_is_decided_three_ways) {
  const std::vector<GateRow> rows{
      {"59 of 59 show 0.95", 59, 0, GateBound::at_least, 0.95, Decision::pass},
      {"58 of 58 do not yet", 58, 0, GateBound::at_least, 0.95, Decision::inconclusive},
      {"half right is not 0.95", 50, 50, GateBound::at_least, 0.95, Decision::fail},
      {"0.95 measured is not 0.95 shown", 380, 20, GateBound::at_least, 0.95, Decision::inconclusive},
      {"the upper bound decides at_most", 2, 98, GateBound::at_most, 0.1, Decision::pass},
      {"and the lower bound fails it", 50, 50, GateBound::at_most, 0.1, Decision::fail},
      {"one case decides nothing", 1, 0, GateBound::at_least, 0.5, Decision::inconclusive},
      {"at least 1 is never shown", 1000, 0, GateBound::at_least, 1, Decision::inconclusive},
      {"at least 1 is refuted by one fault", 1000, 1, GateBound::at_least, 1, Decision::fail},
      {"at least 0 holds of anything", 1, 1, GateBound::at_least, 0, Decision::pass},
  };
  for (const GateRow& row : rows) {
    Sketch run;
    run.cases(row.right, "yes", "yes").cases(row.wrong, "no", "yes");
    const spec::GateResult result = run.decided("accuracy", row.bound, row.threshold);
    EXPECT_EQ(result.decision, row.decision) << row.why << ": " << result.reason;
  }
}

TEST(Gates, an_inconclusive_gate_says_what_would_help) {
  Sketch few;
  few.cases(20, "yes", "yes");
  EXPECT_THAT(few.decided("accuracy", GateBound::at_least, 0.95).reason, HasSubstr("at least 59 cases are needed"));
  Sketch near;
  near.cases(98, "yes", "yes").cases(2, "yes", "no");
  EXPECT_THAT(near.decided("accuracy", GateBound::at_least, 0.95).reason,
              testing::ContainsRegex("about 2[0-9][0-9] cases would decide it"));
  Sketch slow;
  slow.cases(190, "yes", "yes");
  EXPECT_THAT(slow.decided("latency.p99", GateBound::at_most, 0.15).reason,
              HasSubstr("at least 299 cases are needed to bound"));
}

TEST(Gates, latency_quantiles_rest_on_ranks_alone) {
  Sketch run;
  for (std::int64_t at = 1; at <= 400; ++at) run.cases(1, "yes", "yes", CaseEnd::answered, at * 1'000'000);
  // Ranks 392 and 400 of 400 for p99 at 0.95 (stats_test).
  EXPECT_EQ(run.decided("latency.p99", GateBound::at_most, 0.400).decision, Decision::pass);
  EXPECT_EQ(run.decided("latency.p99", GateBound::at_most, 0.399).decision, Decision::inconclusive);
  EXPECT_EQ(run.decided("latency.p99", GateBound::at_most, 0.392).decision, Decision::inconclusive);
  EXPECT_EQ(run.decided("latency.p99", GateBound::at_most, 0.391).decision, Decision::fail);
  EXPECT_DOUBLE_EQ(*run.decided("latency.p99", GateBound::at_most, 1).value, 0.396);
  EXPECT_EQ(run.decided("latency.max", GateBound::at_most, 0.4).decision, Decision::pass);
  EXPECT_EQ(run.decided("latency.max", GateBound::at_most, 0.399).decision, Decision::fail);
}

TEST(Gates, no_answer_is_slower_than_any) {
  Sketch run;
  run.cases(350, "yes", "yes").ended(50, CaseEnd::timeout);
  const spec::GateResult p95 = run.decided("latency.p95", GateBound::at_most, 3600);
  EXPECT_EQ(p95.decision, Decision::fail) << p95.reason;
  EXPECT_EQ(p95.value, std::nullopt);
  EXPECT_EQ(p95.interval, std::nullopt);
  EXPECT_EQ(run.decided("latency.p50", GateBound::at_most, 0.1).decision, Decision::pass);
  EXPECT_EQ(run.decided("latency.max", GateBound::at_most, 3600).decision, Decision::fail);
}

TEST(Gates, untimed_answers_have_no_part_in_latencies) {
  Sketch run;
  run.cases(1, "yes", "yes", CaseEnd::answered, 0).cases(100, "yes", "yes");
  EXPECT_EQ(run.decided("latency.p50", GateBound::at_most, 1).n, 100);
  EXPECT_EQ(run.decided("accuracy", GateBound::at_least, 0.5).n, 101);
}

TEST(Gates, with_several_models_each_must_hold) {
  Sketch run;
  run.model("good").cases(200, "yes", "yes").model("bad").cases(100, "yes", "yes").cases(100, "yes", "no");
  const spec::GateResult result = run.decided("accuracy", GateBound::at_least, 0.95);
  EXPECT_EQ(result.decision, Decision::fail);
  EXPECT_THAT(result.reason, HasSubstr("accuracy of bad is 0.5 over 200 cases"));
  Sketch few;
  few.model("good").cases(200, "yes", "yes").model("young").cases(5, "yes", "yes");
  EXPECT_EQ(few.decided("accuracy", GateBound::at_least, 0.95).decision, Decision::inconclusive);
}

TEST(Gates, counts_are_compared_exactly) {
  Sketch run;
  run.cases(10, "yes", "yes").ended(2, CaseEnd::timeout).ended(1, CaseEnd::contract_error);
  run.measured().strays.push_back({"m", "duplicate", "x", 4});
  run.measured().drive_ns = 2'000'000'000;
  EXPECT_EQ(value_of(run, "contract.violations"), 5);
  EXPECT_EQ(value_of(run, "errors.timeout"), 2);
  EXPECT_EQ(value_of(run, "errors.total"), 3);
  EXPECT_EQ(value_of(run, "throughput"), 5);
  EXPECT_EQ(run.decided("errors.timeout", GateBound::at_most, 2).decision, Decision::pass);
  EXPECT_EQ(run.decided("errors.timeout", GateBound::at_most, 1).decision, Decision::fail);
}

TEST(Gates, without_data_nothing_is_decided) {
  const Sketch none;
  for (const std::string metric :
       {"accuracy", "precision", "recall", "f1", "latency.p99", "latency.max", "throughput", "memory.peak",
        "contract.violations", "findings", "errors.total", "no.such.metric"}) {
    for (const GateBound bound : {GateBound::at_least, GateBound::at_most}) {
      const spec::GateResult result = none.decided(metric, bound, 0);
      EXPECT_EQ(result.decision, Decision::inconclusive) << metric;
      EXPECT_EQ(result.value, std::nullopt) << metric;
      EXPECT_FALSE(result.reason.empty()) << metric;
    }
  }
  Sketch unlabelled;
  unlabelled.unlabelled().cases(500, "", "anything");
  EXPECT_EQ(unlabelled.decided("accuracy", GateBound::at_least, 0).decision, Decision::inconclusive);
  EXPECT_EQ(unlabelled.decided("latency.p50", GateBound::at_most, 1).decision, Decision::pass);
}

TEST(Gates, lost_cases_leave_open_what_they_could_change) {
  Sketch run;
  run.cases(500, "yes", "yes").ended(1, CaseEnd::harness_error).ended(1, CaseEnd::model_error);
  EXPECT_EQ(run.decided("accuracy", GateBound::at_least, 0.9).decision, Decision::inconclusive);
  EXPECT_THAT(run.decided("accuracy", GateBound::at_least, 0.9).reason, HasSubstr("lost to the harness"));
  EXPECT_EQ(run.decided("errors.timeout", GateBound::at_most, 0).decision, Decision::inconclusive);
  EXPECT_EQ(run.decided("errors.model", GateBound::at_most, 0).decision,
            Decision::fail);  // one is one too many already
  EXPECT_EQ(run.decided("errors.harness", GateBound::at_most, 1).decision, Decision::pass);
}

TEST(Gates, confidence_out_of_range_never_passes) {
  Sketch run;
  run.cases(500, "yes", "yes");
  for (const double confidence : {0.0, 1.0, -1.0, 2.0, std::nan("")}) {
    EXPECT_EQ(run.decided("accuracy", GateBound::at_least, 0, confidence).decision, Decision::inconclusive);
  }
}

TEST(Judge, the_worst_gate_is_the_verdict) {
  Sketch run;
  run.cases(500, "yes", "yes").gate("accuracy", GateBound::at_least, 0.9);
  EXPECT_EQ(run.verdict().outcome, spec::Outcome::pass);
  EXPECT_EQ(run.verdict().exit_code, 0);
  run.gate("latency.p50", GateBound::at_least, 0.001).gate("accuracy", GateBound::at_least, 1);
  EXPECT_EQ(run.verdict().outcome, spec::Outcome::inconclusive);
  EXPECT_EQ(run.verdict().exit_code, 3);
  run.gate("accuracy", GateBound::at_most, 0.5);
  EXPECT_EQ(run.verdict().outcome, spec::Outcome::fail);
  EXPECT_EQ(run.verdict().exit_code, 1);
  EXPECT_THAT(verdict_sentence(run.verdict()), HasSubstr("fail: accuracy at most 0.5 (accuracy is 1 over 500 cases"));
}

TEST(Judge, silence_never_passes) {
  Sketch nothing_asked;
  nothing_asked.cases(500, "yes", "yes");
  EXPECT_EQ(nothing_asked.verdict().exit_code, 3);
  EXPECT_THAT(verdict_sentence(nothing_asked.verdict()), HasSubstr("no gates"));
  Sketch lost;
  lost.cases(5, "yes", "yes").ended(1, CaseEnd::harness_error).gate("errors.harness", GateBound::at_most, 9);
  EXPECT_EQ(lost.verdict().exit_code, 3);
  EXPECT_THAT(verdict_sentence(lost.verdict()), HasSubstr("lost to the harness"));
  Sketch unseen;
  unseen.cases(5, "yes", "yes").lost_sight().gate("errors.total", GateBound::at_most, 0);
  EXPECT_EQ(unseen.verdict().exit_code, 3);
  EXPECT_THAT(verdict_sentence(unseen.verdict()), HasSubstr("the sight of a model"));
  Sketch held;
  held.ended(100, CaseEnd::held).gate("errors.total", GateBound::at_most, 0);
  EXPECT_EQ(held.verdict().exit_code, 3);
}

TEST(Judge, a_finding_is_told_in_one_harmless_line) {
  spec::Finding finding;
  finding.model = "m\x1b[2J";
  finding.kind = "syscall";
  finding.rule = "no-network";
  finding.detail = "socket(AF_INET)\nEPERM";
  finding.count = 2;
  EXPECT_EQ(finding_sentence(finding), "m\\x1b[2J: syscall (no-network): socket(AF_INET)\\nEPERM, 2 times");
  finding.kind = finding.rule = "disk";
  finding.count = 1;
  EXPECT_EQ(finding_sentence(finding), "m\\x1b[2J: disk: socket(AF_INET)\\nEPERM");
}

TEST(Judge, containment_beats_everything) {
  Sketch run;
  run.cases(500, "yes", "yes").gate("accuracy", GateBound::at_least, 0.9);
  run.measured().contained = true;
  spec::Finding finding;
  finding.model = "m\x1b[2J";
  finding.kind = "canary";
  finding.contained = true;
  run.measured().findings.push_back(finding);
  EXPECT_EQ(run.verdict().exit_code, 5);
  EXPECT_THAT(verdict_sentence(run.verdict()), HasSubstr("contained: m\\x1b[2J was stopped for canary"));
  const spec::Verdict broken = error_verdict({}, run.measured(), "no space left on \x07");
  EXPECT_EQ(broken.exit_code, 5);
  EXPECT_EQ(broken.outcome, spec::Outcome::error);
  EXPECT_EQ(error_verdict({}, {}, "x").exit_code, 4);
}

}  // namespace
}  // namespace belljar::govern
