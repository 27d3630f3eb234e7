#include "scenario/diff.h"

#include <gtest/gtest.h>

#include "ledger/erasure.h"
#include "ledger/record_for_tests.h"

namespace belljar::scenario {
namespace {

struct Told {
  std::string case_id = "1";
  std::string body = R"({"id":"m-1","x":1})";
  std::string state = "dispatched";
  std::int64_t t_ns = 5;
};

struct Lines {
  std::vector<Told> messages;
  std::string manifest = R"({"models":[{"name":"a","files":{"digest":"sha256:1"}},{"name":"b"}],"seed":7})";
};

// As the exchange writes it: the attempt with its body, then what became of it.
void write_run(const ledger::TestRecord& record, const Lines& run) {
  const std::unique_ptr<ledger::Ledger> ledger = record.create();
  ledger::write_bytes(record.file("manifest.json"), run.manifest);
  ASSERT_TRUE(ledger->bind_file("manifest.json"));
  std::size_t seq = 0;
  for (const Told& told : run.messages) {
    const std::string begin = R"({"kind":"request","state":")";
    const std::string number = R"(","seq":)" + std::to_string(++seq);
    ASSERT_TRUE(ledger->append_with_body(begin + "attempted" + number + R"(,"t_ns":)" + std::to_string(told.t_ns) +
                                             R"(,"case":")" + told.case_id + R"(","id":"m-)" + std::to_string(seq) +
                                             R"(","from":"workload","to":"a","at_ns":)" + std::to_string(seq * 991) +
                                             "}",
                                         told.body));
    ASSERT_TRUE(ledger->append(begin + told.state + number + R"(,"at_ns":1})"));
  }
  ASSERT_TRUE(ledger->append(R"({"kind":"sealed"})"));
  ASSERT_TRUE(ledger->checkpoint());
}

class Diff : public testing::Test {
 protected:
  RunDiff diff(const Lines& one, const Lines& two) {
    write_run(one_, one);
    write_run(two_, two);
    return compare();
  }
  RunDiff compare() {
    const Result<RunDiff> diff = diff_runs(one_.run(), two_.run(), {one_.trusted_key_file()});
    EXPECT_TRUE(diff) << (diff ? "" : diff.error().message());
    return diff ? diff.value() : RunDiff{};
  }

  ledger::TestRecord one_;
  ledger::TestRecord two_;
};

TEST_F(Diff, RunsThatSaidTheSameAreTheSame) {
  // Wire ids, the wall clock and the order of members are no difference.
  const RunDiff same =
      diff({{{"1", R"({"id":"x","a":1,"b":2})"}, {"2"}}}, {{{"1", R"({"b":2,"a":1,"id":"y"})"}, {"2"}}});
  EXPECT_TRUE(same.same());
  EXPECT_EQ(same.equal, 4U);
  EXPECT_FALSE(same.first);
}

TEST_F(Diff, TheFirstDifferenceIsShownWithBothBodies) {
  Lines two{{{"1"}, {"2"}, {"3"}}};
  two.messages[1].body = R"({"x":"other \u001b[31m"})";
  two.messages[2].body = R"({"x":3})";
  const RunDiff found = diff({{{"1"}, {"2"}, {"3"}}}, two);
  EXPECT_FALSE(found.same());
  EXPECT_EQ(found.different, 2U);
  EXPECT_EQ(found.equal, 4U);
  ASSERT_TRUE(found.first);
  EXPECT_EQ(found.first->members, std::vector<std::string>{"body"});
  EXPECT_EQ(found.first->one->what, "request attempted, workload to a, case 2");
  EXPECT_EQ(found.first->one->body, R"({"id":"m-1","x":1})");
  EXPECT_EQ(found.first->two->body, R"({"x":"other \u001b[31m"})");
  EXPECT_EQ(found.first->two->entry, 3U);
}

TEST_F(Diff, DecisionsAndLogicalTimesAreCompared) {
  Lines two{{{"1"}, {"2"}}};
  two.messages[0].state = "refused";
  two.messages[1].t_ns = 6;
  const RunDiff found = diff({{{"1"}, {"2"}}}, two);
  EXPECT_EQ(found.different, 2U);
  ASSERT_TRUE(found.first);
  EXPECT_EQ(found.first->members, std::vector<std::string>{"state"});
  EXPECT_EQ(found.first->two->what, "request refused, workload to a, case 1");
}

TEST_F(Diff, OrderBetweenCasesIsNoDifference) {
  EXPECT_TRUE(diff({{{"1", "a"}, {"2", "b"}}}, {{{"2", "b"}, {"1", "a"}}}).same());
}

TEST_F(Diff, OrderWithinACaseIs) {
  EXPECT_EQ(diff({{{"1", "a"}, {"1", "b"}}}, {{{"1", "b"}, {"1", "a"}}}).different, 2U);
}

TEST_F(Diff, AMissingMessageIsADifference) {
  const RunDiff found = diff({{{"1"}, {"2"}}}, {{{"1"}}});
  EXPECT_EQ(found.only_one, 2U);
  ASSERT_TRUE(found.first);
  EXPECT_TRUE(found.first->one);
  EXPECT_FALSE(found.first->two);
}

TEST_F(Diff, NamesWhatOfTheManifestChanged) {
  Lines two{{{"1"}}};
  two.manifest = R"({"models":[{"name":"new"},{"name":"a","files":{"digest":"sha256:2"}}],"seed":7})";
  const RunDiff found = diff({{{"1"}}}, two);
  EXPECT_FALSE(found.same());
  std::vector<std::string> told;
  for (const ManifestChange& change : found.manifest)
    told.push_back(change.where + ": " + change.one + " -> " + change.two);
  EXPECT_EQ(told, (std::vector<std::string>{R"(models[a].files.digest: "sha256:1" -> "sha256:2")",
                                            R"(models[b]: {"name":"b"} -> (none))",
                                            R"(models[new]: (none) -> {"name":"new"})"}));
}

TEST_F(Diff, AnErasedBodyIsNeitherEqualNorDifferent) {
  (void)diff({{{"1", "a"}}}, {{{"1", "b"}}});
  ASSERT_TRUE(ledger::erase_bodies(
      one_.run(), [](std::uint64_t, std::string_view) { return true; }, ledger::key_for_tests()));
  const RunDiff found = compare();
  EXPECT_EQ(found.erased, 1U);
  EXPECT_EQ(found.different, 0U);
}

TEST_F(Diff, ATamperedRecordIsAnError) {
  (void)diff({{{"1"}}}, {{{"1"}}});
  ledger::write_bytes(two_.file("manifest.json"), "{}");
  const Result<RunDiff> refused = diff_runs(one_.run(), two_.run(), {one_.trusted_key_file()});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("manifest.json: its digest is not the one in the ledger"),
            std::string::npos);
}

}  // namespace
}  // namespace belljar::scenario
