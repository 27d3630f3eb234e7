#include <gtest/gtest.h>

#include <map>
#include <set>

#include "os/file.h"
#include "os/run_program.h"
#include "suite/probe/run.h"

namespace belljar::suite {
namespace {

TEST(Catalogue, HoldsAtLeast120ProbesThatAreNotResidual) {
  std::size_t promised = 0;
  for (const Probe& probe : catalogue()) promised += probe.residual.empty() ? 1 : 0;
  EXPECT_GE(promised, 120U);
}

TEST(Catalogue, NamesEachProbeOnce) {
  std::set<std::string_view> ids;
  for (const Probe& probe : catalogue()) {
    EXPECT_TRUE(ids.insert(probe.id).second) << probe.id;
    EXPECT_FALSE(probe.title.empty()) << probe.id;
    EXPECT_FALSE(probe.tries.empty()) << probe.id;
    EXPECT_NE(probe.held_by.empty() && probe.residual.empty(), true)
        << probe.id << " says neither what holds it nor why nothing does";
  }
}

TEST(Catalogue, CoversAllNineClasses) {
  std::map<std::string_view, int> counts;
  for (const Probe& probe : catalogue()) ++counts[class_of(probe)];
  ASSERT_EQ(counts.size(), class_names().size());
  for (const std::string_view name : class_names()) EXPECT_GE(counts[name], 6) << name;
}

TEST(Catalogue, HasOneAttackForEachProbeAndNoOther) {
  const Result<os::ProgramOutput> list = os::run_program({BELLJAR_BINARY_DIR "/bin/belljar-probe", "list"}, {});
  ASSERT_TRUE(list) << list.error().message();
  std::set<std::string> attacks;
  std::string id;
  for (const char c : list.value().output) {
    if (c != '\n') {
      id += c;
      continue;
    }
    attacks.insert(id);
    id.clear();
  }
  for (const Probe& probe : catalogue())
    EXPECT_EQ(attacks.erase(std::string{probe.id}), 1U) << probe.id << " has no attack";
  for (const std::string& left : attacks) ADD_FAILURE() << left << " is an attack without a probe";
}

TEST(Catalogue, IsWhatTheDocumentSays) {
  const Result<std::string> text = os::read_file(BELLJAR_SOURCE_DIR "/docs/probes.md", 1 << 20);
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(text.value(), document()) << "write it anew: belljar probe --document > docs/probes.md";
}

}  // namespace
}  // namespace belljar::suite
