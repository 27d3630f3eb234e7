#include "scenario/resolve.h"

#include <unistd.h>

#include <optional>

#include "os/file.h"

namespace belljar::scenario {
namespace {

using testing::MatchesRegex;

// Counts up, so that a test knows what comes and no two fills are equal.
class CountingEntropy final : public Entropy {
 public:
  void fill(std::span<std::byte> out) override {
    for (std::byte& one : out) one = static_cast<std::byte>(next_++);
  }

 private:
  unsigned next_ = 0xa0;
};

// Two models of one scenario, both deterministic, and one that is not, resolved for a run of `seed`.
std::vector<std::optional<spec::Deterministic>> seeds_of_run(std::uint64_t seed) {
  std::string folder = testing::TempDir() + "belljar-resolve-XXXXXX";
  EXPECT_NE(::mkdtemp(folder.data()), nullptr);
  EXPECT_TRUE(os::make_directories(folder + "/model", 0755));
  EXPECT_TRUE(os::write_file_atomic(folder + "/cases.csv", "id,x,label\np-1,1,b\n", 0644));
  EXPECT_TRUE(os::write_file_atomic(folder + "/s.yaml", R"(belljar: 1
name: tiny
models:
  one: {files: model, run: [./serve], adapter: stdio, deterministic: true}
  two: {files: model, run: [./serve], adapter: stdio, deterministic: true}
  free: {files: model, run: [./serve], adapter: stdio}
workload: {cases: cases.csv, label: label}
)",
                                    0644));
  CountingEntropy entropy;
  Result<Loaded> loaded = load(folder + "/s.yaml", seed);
  std::vector<std::optional<spec::Deterministic>> seeds;
  if (!loaded) {
    ADD_FAILURE() << loaded.error().message();
  } else {
    const auto resolved = resolve(std::move(loaded).value(), {"0.1.0", BELLJAR_SOURCE_DIR "/profiles"}, entropy);
    EXPECT_TRUE(resolved) << resolved.error().message();
    if (resolved) {
      for (const ResolvedModel& model : resolved.value().models) seeds.push_back(model.sandbox.deterministic);
    }
  }
  (void)os::remove_tree(folder);
  return seeds;
}

TEST(Deterministic, EveryModelHasASeedOfItsOwnFromThatOfTheRun) {
  const auto seeds = seeds_of_run(42);
  ASSERT_EQ(seeds.size(), 3U);
  ASSERT_TRUE(seeds[0] && seeds[1]);
  EXPECT_FALSE(seeds[2]);
  EXPECT_NE(seeds[0], seeds[1]);
  EXPECT_EQ(seeds, seeds_of_run(42));
  EXPECT_NE(seeds[0], seeds_of_run(43)[0]);
}

TEST(Manifest, ListsEachFileOfAModelSoThatTwoRunsTellWhichChanged) {
  std::string folder = testing::TempDir() + "belljar-resolve-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  ASSERT_TRUE(os::make_directories(folder + "/model/data", 0755));
  ASSERT_TRUE(os::write_file_atomic(folder + "/model/serve", "x", 0755));
  ASSERT_TRUE(os::write_file_atomic(folder + "/model/data/two words", "y", 0644));
  ASSERT_EQ(::symlink("data", (folder + "/model/link").c_str()), 0);
  ASSERT_TRUE(os::write_file_atomic(folder + "/cases.csv", "x,label\n1,b\n", 0644));
  ASSERT_TRUE(os::write_file_atomic(folder + "/s.yaml",
                                    "belljar: 1\nname: tiny\nmodels:\n  one: {files: model, run: [./serve]}\n"
                                    "workload: {cases: cases.csv, label: label}\n",
                                    0644));
  CountingEntropy entropy;
  Result<Loaded> loaded = load(folder + "/s.yaml", 1);
  ASSERT_TRUE(loaded) << loaded.error().message();
  const auto resolved = resolve(std::move(loaded).value(), {"0.1.0", BELLJAR_SOURCE_DIR "/profiles"}, entropy);
  ASSERT_TRUE(resolved) << resolved.error().message();
  const codec::Json& model = resolved.value().manifest.find("models")->as_array().at(0);
  const codec::Json* tree = model.find("files")->find("content");
  ASSERT_NE(tree, nullptr);
  std::vector<std::string> names;
  for (const codec::Json::Member& member : tree->as_object()) names.push_back(member.first);
  EXPECT_THAT(names, testing::UnorderedElementsAre("data", "data/two\\x20words", "link", "serve"));
  EXPECT_THAT(tree->find("serve")->as_string(), MatchesRegex("f 0755 1 [0-9a-f]{64}"));
  (void)os::remove_tree(folder);
}

}  // namespace
}  // namespace belljar::scenario
