// LogKeeper: a model's stderr, made harmless line by line and kept twice: the last 64 KiB for the report, all of it in
// a file.
//
//   LogKeeper log = TRY(LogKeeper::open(dir + "/logs/classifier.log"));
//   TRY(log.take(bytes));
//   log.tail();                                    // printable lines
//
// What reaches a person's terminal or page has no escape left in it. A line longer than 4 KiB is cut and says so. The
// amount is bounded by the sandbox's output quota. One thread at a time.
#pragma once

#include <deque>
#include <fstream>
#include <string>
#include <string_view>

#include "base/result.h"

namespace belljar::scenario {

class LogKeeper {
 public:
  // An empty path keeps the tail alone.
  static Result<LogKeeper> open(const std::string& path);

  Result<void> take(std::string_view bytes);
  Result<void> finish();  // the stream ended: what is left is the last line
  std::string tail() const;

 private:
  void end_line();
  Result<void> written();

  std::string path_;
  std::ofstream file_;
  std::string line_;
  std::size_t cut_ = 0;  // bytes of this line that were not kept
  std::deque<std::string> tail_;
  std::size_t tail_bytes_ = 0;
};

}  // namespace belljar::scenario
