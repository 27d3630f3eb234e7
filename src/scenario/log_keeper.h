// LogKeeper: a model's stderr, made harmless line by line and kept twice: the last 64 KiB for the report, all of it in
// a file.
//
//   LogKeeper log = TRY(LogKeeper::open(dir + "/logs/classifier.log"));
//   TRY(log.take(bytes));
//   log.tail();                                    // printable lines
//
// A LogWatch looks at the same bytes as they come, for the canaries that a program shows in its error texts.
//
// What reaches a person's terminal or page has no escape left in it. A line longer than 4 KiB is cut and says so. The
// amount is bounded by the sandbox's output quota. One thread at a time.
#pragma once

#include <deque>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "content/screen.h"

namespace belljar::scenario {

// What a screen finds in a model's stderr, however it is cut. Kept by whoever asks; the keeper writes into it.
class LogWatch {
 public:
  explicit LogWatch(std::shared_ptr<const content::Screen> screen)
      : screen_{std::move(screen)}, stream_{screen_->stream()} {}
  void push(std::string_view bytes) { (void)stream_.push(bytes); }
  void finish() { (void)stream_.finish(); }
  std::vector<content::Finding> take() { return stream_.take_findings(); }

 private:
  std::shared_ptr<const content::Screen> screen_;  // the stream's: outlives it
  content::Stream stream_;
};

class LogKeeper {
 public:
  // An empty path keeps the tail alone.
  static Result<LogKeeper> open(const std::string& path, std::shared_ptr<LogWatch> watch = nullptr);

  Result<void> take(std::string_view bytes);
  Result<void> finish();  // the stream ended: what is left is the last line
  std::string tail() const;

 private:
  void end_line();
  Result<void> written();

  std::string path_;
  std::shared_ptr<LogWatch> watch_;  // shared with who takes its findings; null: nobody looks
  std::ofstream file_;
  std::string line_;
  std::size_t cut_ = 0;  // bytes of this line that were not kept
  std::deque<std::string> tail_;
  std::size_t tail_bytes_ = 0;
};

}  // namespace belljar::scenario
