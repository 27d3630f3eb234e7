#include "os/poll.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "os/fd.h"
#include "os/stop_signals.h"

namespace belljar::os {
namespace {

struct Pipe {
  Fd read;
  Fd write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
  return {Fd{ends[0]}, Fd{ends[1]}};
}

TEST(Poll, SaysWhichDescriptorIsReady) {
  const Pipe quiet = make_pipe();
  const Pipe busy = make_pipe();
  ASSERT_EQ(::write(busy.write.get(), "x", 1), 1);
  PollSet set;
  set.add(quiet.read.get(), Interest::read);
  set.add(busy.read.get(), Interest::read);
  set.add(-1, Interest::read);
  ASSERT_TRUE(set.wait(std::chrono::seconds{5}));
  EXPECT_TRUE(set.ready(busy.read.get()));
  EXPECT_FALSE(set.ready(quiet.read.get()));
  EXPECT_FALSE(set.ready(-1));
}

TEST(Poll, WriteToAFullPipeIsNoError) {
  const Pipe pipe = make_pipe();
  const std::string block(1 << 16, 'x');
  for (int i = 0; i < 64; ++i) {
    const auto written = write_some(pipe.write.get(), block);
    ASSERT_TRUE(written);
    if (written.value().bytes == 0) {
      EXPECT_FALSE(written.value().closed);
      return;
    }
  }
  FAIL() << "a pipe that never fills";
}

TEST(Poll, WriteToAClosedPipeRaisesNoSignal) {
  Pipe pipe = make_pipe();
  pipe.read.reset();
  const auto written = write_some(pipe.write.get(), "x");
  ASSERT_TRUE(written);
  EXPECT_TRUE(written.value().closed);
}

TEST(Poll, ReadTellsNothingThereFromNothingMore) {
  Pipe pipe = make_pipe();
  std::array<char, 8> buffer{};
  EXPECT_FALSE(read_ready(pipe.read.get(), buffer).closed);
  ASSERT_EQ(::write(pipe.write.get(), "abc", 3), 3);
  EXPECT_EQ(read_ready(pipe.read.get(), buffer).bytes, 3U);
  pipe.write.reset();
  EXPECT_TRUE(read_ready(pipe.read.get(), buffer).closed);
  EXPECT_TRUE(read_ready(-1, buffer).closed);
}

TEST(StopSignals, AreTakenInsteadOfEndingTheProcess) {
  auto stop = StopSignals::open();
  ASSERT_TRUE(stop);
  EXPECT_EQ(stop.value().take(), std::nullopt);
  ASSERT_EQ(::raise(SIGTERM), 0);
  PollSet set;
  set.add(stop.value().fd(), Interest::read);
  ASSERT_TRUE(set.wait(std::chrono::seconds{5}));
  EXPECT_TRUE(set.ready(stop.value().fd()));
  EXPECT_EQ(stop.value().take(), SIGTERM);
  ASSERT_EQ(::raise(SIGINT), 0);  // never taken: the destructor drops it
}

}  // namespace
}  // namespace belljar::os
