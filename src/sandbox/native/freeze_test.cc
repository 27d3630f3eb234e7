// A sandbox that stands still: nothing of it runs, it goes on as if nothing had been, and it can be ended where it
// stands.
#include <thread>

#include "sandbox/native/engine_fixture.h"

namespace belljar::sandbox {
namespace {

class FreezeTest : public EngineTest {
 protected:
  // Ticks into its output all the time.
  std::unique_ptr<Sandbox> ticking() {
    auto sandbox = engine_->create(spec_);
    EXPECT_TRUE(sandbox) << sandbox.error().message();
    if (!sandbox) return nullptr;
    EXPECT_TRUE(sandbox.value()->start(
        {.argv = {"/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8; do echo t; sleep 0.05; done; echo end"},
         .environment = spec::default_environment()}));
    return std::move(sandbox).value();
  }
  // What it says within so long.
  std::string hear(Sandbox& sandbox, std::chrono::milliseconds time) {
    std::string heard;
    const auto until = clock_.monotonic() + time;
    while (clock_.monotonic() < until) {
      EXPECT_TRUE(engine_->wait(std::chrono::milliseconds{10}));
      EXPECT_TRUE(read_into(sandbox, Stream::out, heard));
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    return heard;
  }
  bool freezes(Sandbox& sandbox) {
    const Result<void> frozen = sandbox.freeze();
    EXPECT_TRUE(frozen || frozen.error().code() == Errc::unavailable) << frozen.error().message();
    return static_cast<bool>(frozen);
  }
};

TEST_F(FreezeTest, nothing_of_a_frozen_sandbox_runs_and_it_goes_on_afterwards) {
  for (const bool deterministic : {false, true}) {
    if (deterministic) spec_.deterministic = spec::Deterministic{7};
    auto sandbox = ticking();
    ASSERT_NE(sandbox, nullptr);
    std::string all = hear(*sandbox, std::chrono::milliseconds{100});
    if (!freezes(*sandbox)) GTEST_SKIP() << "no freezer here";
    all += hear(*sandbox, std::chrono::milliseconds{20});  // what was in the pipe
    EXPECT_EQ(hear(*sandbox, std::chrono::milliseconds{400}), "");
    EXPECT_FALSE(sandbox->ended());
    ASSERT_TRUE(sandbox->thaw());
    for (int turn = 0; turn < 50 && !sandbox->ended(); ++turn) all += hear(*sandbox, std::chrono::milliseconds{50});
    all += hear(*sandbox, std::chrono::milliseconds{20});
    EXPECT_EQ(all, "t\nt\nt\nt\nt\nt\nt\nt\nend\n") << deterministic;
    const auto report = sandbox->destroy();
    ASSERT_TRUE(report);
    EXPECT_EQ(report.value().exit_code, 0);
    EXPECT_TRUE(report.value().violations.empty());
  }
}

TEST_F(FreezeTest, a_frozen_sandbox_can_be_ended) {
  auto sandbox = ticking();
  ASSERT_NE(sandbox, nullptr);
  if (!freezes(*sandbox)) GTEST_SKIP() << "no freezer here";
  sandbox->kill(spec::EndStatus::denied, "no longer wanted");
  const auto report = sandbox->destroy();
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report.value().destroyed);
  EXPECT_EQ(report.value().reason, "no longer wanted");
}

}  // namespace
}  // namespace belljar::sandbox
