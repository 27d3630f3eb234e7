#include "sandbox/pool/frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belljar::sandbox {
namespace {

using testing::HasSubstr;

TEST(PoolFrames, ComeBackWholeHoweverTheyAreCut) {
  const Frame first{FrameKind::start, {"a", "", std::string("x\0y", 3), std::string(100'000, 'z')}};
  const Frame second{FrameKind::signal, {"15"}};
  const std::string bytes = encode_frame(first) + encode_frame(second);
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, bytes.size()}) {
    FrameReader reader;
    std::vector<Frame> frames;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      reader.feed(std::string_view{bytes}.substr(at, step));
      for (;;) {
        Result<std::optional<Frame>> frame = reader.next();
        ASSERT_TRUE(frame) << frame.error().message();
        if (!frame.value()) break;
        frames.push_back(*std::move(frame).value());
      }
    }
    ASSERT_EQ(frames.size(), 2U) << step;
    EXPECT_EQ(frames[0].words, first.words);
    EXPECT_EQ(frames[1].kind, FrameKind::signal);
  }
}

TEST(PoolFrames, WhatIsNoneIsSaidToBeNone) {
  const std::string good = encode_frame({FrameKind::kill, {"why"}});
  const auto read = [](const std::string& bytes) {
    FrameReader reader;
    reader.feed(bytes);
    const Result<std::optional<Frame>> frame = reader.next();
    return frame ? std::string{"read"} : frame.error().message();
  };
  std::string wrong = good;
  wrong[0] = 'X';
  EXPECT_THAT(read(wrong), HasSubstr("does not begin as one"));
  wrong = good;
  wrong[4] = 99;
  EXPECT_THAT(read(wrong), HasSubstr("no known kind"));
  wrong = good;
  wrong[11] = 1;  // 16 MiB and more
  EXPECT_THAT(read(wrong), HasSubstr("longer than 8 MiB"));
  wrong = good;
  wrong[12] = 4;  // of three bytes
  EXPECT_THAT(read(wrong), HasSubstr("longer than its frame"));
  wrong = good;
  wrong[8] = 3;
  EXPECT_THAT(read(wrong), HasSubstr("without its length"));
}

}  // namespace
}  // namespace belljar::sandbox
