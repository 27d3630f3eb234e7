#include "suite/probe/twin.h"

#include "os/run_program.h"
#include "os/system.h"

namespace belljar::suite {
namespace {

using testing::HasSubstr;

const std::string kProbe = BELLJAR_BINARY_DIR "/bin/belljar-probe";

// The attacker without any wall: what it is led to must be within its reach, or nothing of a twin would prove anything.
std::string unprotected(std::string_view id) {
  const Traps traps = Traps::set().value();
  std::vector<std::string> words = traps.attack(id, traps.shared());
  words.insert(words.begin(), kProbe);
  const auto ran = os::run_program(words, {});
  return ran ? traps.sprung(id, ran.value().output) : "(" + ran.error().message() + ")";
}

TEST(Twin, LandlockMissingIsFoundByWhatComesThroughAPipe) { EXPECT_THAT(unprotected("COV08"), HasSubstr("Landlock")); }

TEST(Twin, AReachableHostFileIsFound) { EXPECT_THAT(unprotected("FS01"), HasSubstr("mount namespace")); }

TEST(Twin, NothingPassesTheWallsOfASandbox) {
  const os::SystemClock clock;
  auto engine = sandbox::Engine::start({BELLJAR_BINARY_DIR "/bin/belljar-init", BELLJAR_SOURCE_DIR "/profiles"}, clock);
  ASSERT_TRUE(engine) << engine.error().message();
  spec::SandboxSpec spec;
  const auto made = engine.value()->create(spec);
  if (!made) GTEST_SKIP() << made.error().message();
  const auto passed = probe_twin(spec, *engine.value(), kProbe);
  ASSERT_TRUE(passed) << passed.error().message();
  EXPECT_THAT(passed.value(), testing::IsEmpty());
}

}  // namespace
}  // namespace belljar::suite
