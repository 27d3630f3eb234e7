#include "govern/progress.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.h"
#include "codec/json.h"
#include "os/fd.h"

namespace belljar::govern {
namespace {

using testing::HasSubstr;
using testing::Not;

class HandClock final : public Clock {
 public:
  Nanoseconds monotonic() const override { return now; }
  Nanoseconds wall() const override { return now; }
  Nanoseconds now{1'000'000'000};
};

// A pipe whose reading end keeps everything; small enough writes never block.
class Listening {
 public:
  Listening() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    read_ = ends[0];
    write_ = ends[1];
  }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  ~Listening() {
    if (read_ >= 0) ::close(read_);
    ::close(write_);
  }
  void stop_reading() {
    ::close(read_);
    read_ = -1;
  }
  int fd() const { return write_; }
  std::string heard() {
    char buffer[65536];
    const ssize_t got = ::read(read_, buffer, sizeof buffer);
    if (got > 0) all_.append(buffer, static_cast<std::size_t>(got));
    return all_;
  }

 private:
  int read_ = -1;
  int write_ = -1;
  std::string all_;
};

// One short life: 400 cases, a hundredth of a second each.
void live(Progress& progress, HandClock& clock, Ending ending) {
  progress.begin("triage.yaml", "r_1");
  for (const StepName step : {StepName::load, StepName::resolve, StepName::admit, StepName::seal, StepName::drive}) {
    progress.step(step);
    clock.now += std::chrono::milliseconds{5};
  }
  for (std::uint64_t done = 1; done <= 400; ++done) {
    clock.now += std::chrono::milliseconds{10};
    progress.cases(done, 400, {.model = done / 200});
  }
  progress.note("classifier: \x1b[2Jsocket\nrefused \xE2\x80\xAE");
  if (ending == Ending::finished) {
    for (const StepName step : {StepName::judge, StepName::record, StepName::destroy}) progress.step(step);
  }
  progress.end(ending);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

TEST(Progress, plain_lines_are_few_and_tell_all) {
  HandClock clock;
  Listening pipe;
  live(*make_progress({.kind = ProgressKind::plain, .fd = pipe.fd()}, clock), clock, Ending::finished);
  const std::string text = pipe.heard();
  EXPECT_THAT(text, HasSubstr("belljar: [5/8] drive: send the cases through the exchange\n"));
  EXPECT_THAT(text, HasSubstr("belljar: 400 of 400 cases"));
  EXPECT_THAT(text, HasSubstr("2 errors"));
  EXPECT_THAT(text, HasSubstr("note: classifier: \\x1b[2Jsocket\\nrefused \\xe2\\x80\\xae\n"));
  const std::vector<std::string> lines = lines_of(text);
  const auto is_cases = [](const std::string& line) {
    return line.find(" cases") != std::string::npos && line.find(" of ") != std::string::npos;
  };
  const auto cases = std::count_if(lines.begin(), lines.end(), is_cases);
  EXPECT_GE(cases, 4);
  EXPECT_LE(cases, 6);  // four seconds, the first and the last
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(Progress, the_rate_and_the_time_left_are_those_of_the_drive) {
  HandClock clock;
  Listening pipe;
  const auto progress = make_progress({.kind = ProgressKind::plain, .fd = pipe.fd()}, clock);
  progress->step(StepName::seal);
  clock.now += std::chrono::seconds{100};  // a slow seal has no part in it
  progress->step(StepName::drive);
  clock.now += std::chrono::seconds{10};
  progress->cases(50, 1000, {});
  EXPECT_THAT(pipe.heard(), HasSubstr("50 of 1000 cases, 5.0/s, 3 min 10 s left\n"));
}

TEST(Progress, json_is_one_object_a_line) {
  HandClock clock;
  Listening pipe;
  live(*make_progress({.kind = ProgressKind::json, .fd = pipe.fd()}, clock), clock, Ending::failed);
  std::vector<std::string> events;
  for (const std::string& line : lines_of(pipe.heard())) {
    const codec::Json event = codec::parse_json(line).value();
    events.push_back(event.find("event")->as_string());
  }
  EXPECT_EQ(events.front(), "begin");
  EXPECT_EQ(events.back(), "end");
  EXPECT_EQ(std::count(events.begin(), events.end(), "step"), 5);
  EXPECT_THAT(pipe.heard(), HasSubstr(R"("ending":"failed")"));
  EXPECT_THAT(pipe.heard(), HasSubstr(R"("done":400)"));  // the last count, though it came within a second
}

// Plays what was written on a small screen, so that the test sees what a person would see.
std::vector<std::string> play(const std::string& bytes) {
  std::vector<std::string> screen{""};
  std::size_t row = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (bytes[at] == '\n') {
      if (++row == screen.size()) screen.emplace_back();
    } else if (bytes[at] == '\r') {
      continue;  // each line is written whole
    } else if (bytes.compare(at, 2, "\x1b[") == 0) {
      const std::size_t end = bytes.find_first_not_of("0123456789;", at + 2);
      const std::string argument = bytes.substr(at + 2, end - at - 2);
      if (bytes[end] == 'A') row -= std::min<std::size_t>(row, std::stoul(argument));
      if (bytes[end] == 'K') screen[row].clear();
      EXPECT_THAT(std::string(1, bytes[end]), testing::AnyOf("A", "K", "m"));
      at = end;
    } else {
      screen[row] += bytes[at];
    }
  }
  return screen;
}

TEST(Progress, a_terminal_sees_one_block) {
  HandClock clock;
  Listening pipe;
  live(*make_progress({.kind = ProgressKind::terminal, .fd = pipe.fd(), .width = 100}, clock), clock, Ending::finished);
  const std::vector<std::string> screen = play(pipe.heard());
  ASSERT_EQ(screen.size(), 11);  // the note, the title, eight steps, and the line below
  EXPECT_EQ(screen[0], "! classifier: \\x1b[2Jsocket\\nrefused \\xe2\\x80\\xae");
  EXPECT_THAT(screen[1], HasSubstr("triage.yaml  r_1"));
  EXPECT_THAT(screen[2], HasSubstr("✓ load"));
  EXPECT_THAT(screen[6], HasSubstr("✓ drive     400 of 400 cases"));
  EXPECT_THAT(screen[9], HasSubstr("✓ destroy"));
  EXPECT_EQ(screen[10], "");
}

TEST(Progress, a_failed_step_is_marked) {
  HandClock clock;
  Listening pipe;
  live(*make_progress({.kind = ProgressKind::terminal, .fd = pipe.fd(), .width = 100}, clock), clock, Ending::failed);
  const std::vector<std::string> screen = play(pipe.heard());
  EXPECT_THAT(screen[6], HasSubstr("✗ drive"));
  EXPECT_THAT(screen[7], HasSubstr("· judge"));
}

TEST(Progress, no_line_is_wider_than_the_terminal) {
  for (const std::uint32_t width : {20U, 40U, 80U, 200U}) {
    HandClock clock;
    Listening pipe;
    const auto progress =
        make_progress({.kind = ProgressKind::terminal, .fd = pipe.fd(), .width = width, .colour = Colour::on}, clock);
    progress->begin("漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字", std::string(300, 'x'));
    progress->step(StepName::drive);
    clock.now += std::chrono::hours{30};
    progress->cases(1, 1'000'000'000'000, {.model = 12345});
    progress->note(std::string(1000, 'y'));
    for (const std::string& line : play(pipe.heard())) {
      std::size_t columns = 0;
      for (const char c : line) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0) != 0x80) columns += byte >= 0xE3 && byte <= 0xE9 ? 2 : 1;  // CJK takes two
      }
      EXPECT_LT(columns, width) << line;
    }
  }
}

TEST(Progress, colours_only_when_asked) {
  HandClock clock;
  Listening pipe;
  live(*make_progress({.kind = ProgressKind::terminal, .fd = pipe.fd(), .colour = Colour::off}, clock), clock,
       Ending::finished);
  EXPECT_THAT(pipe.heard(), Not(testing::ContainsRegex("\x1b\\[[0-9]*m")));
}

TEST(Progress, a_reader_that_goes_away_ends_nothing) {
  for (const ProgressKind kind :
       {ProgressKind::plain, ProgressKind::terminal, ProgressKind::json, ProgressKind::none}) {
    HandClock clock;
    Listening pipe;
    pipe.stop_reading();
    live(*make_progress({.kind = kind, .fd = pipe.fd()}, clock), clock, Ending::finished);
  }
}

TEST(Progress, a_flood_of_notes_is_cut) {
  HandClock clock;
  Listening pipe;
  const auto progress = make_progress({.kind = ProgressKind::plain, .fd = pipe.fd()}, clock);
  for (int at = 0; at < 5000; ++at) progress->note("again");
  EXPECT_EQ(lines_of(pipe.heard()).size(), 101);
  EXPECT_THAT(pipe.heard(), HasSubstr("further notes are in the record alone"));
}

TEST(Progress, the_form_suits_the_descriptor) {
  Listening pipe;
  EXPECT_EQ(choose_progress(pipe.fd(), ProgressKind::plain, "xterm", "").kind, ProgressKind::plain);
  EXPECT_EQ(choose_progress(pipe.fd(), ProgressKind::json, "xterm", "").kind, ProgressKind::json);
  const os::Fd master{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
  char name[64];
  if (master.get() < 0 || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0 ||
      ::ptsname_r(master.get(), name, sizeof name) != 0) {
    GTEST_SKIP() << "no pseudo-terminals here";
  }
  const os::Fd terminal{::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)};
  ASSERT_GE(terminal.get(), 0);
  winsize size{};
  size.ws_col = 133;
  ASSERT_EQ(::ioctl(master.get(), TIOCSWINSZ, &size), 0);
  const ProgressOptions shown = choose_progress(terminal.get(), ProgressKind::plain, "xterm", "");
  EXPECT_EQ(shown.kind, ProgressKind::terminal);
  EXPECT_EQ(shown.width, 133);
  EXPECT_EQ(shown.colour, Colour::on);
  EXPECT_EQ(choose_progress(terminal.get(), ProgressKind::plain, "xterm", "1").colour, Colour::off);
  EXPECT_EQ(choose_progress(terminal.get(), ProgressKind::plain, "dumb", "").kind, ProgressKind::plain);
  EXPECT_EQ(choose_progress(terminal.get(), ProgressKind::none, "xterm", "").kind, ProgressKind::none);
}

}  // namespace
}  // namespace belljar::govern
