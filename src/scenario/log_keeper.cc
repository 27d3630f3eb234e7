#include "scenario/log_keeper.h"

#include <cerrno>

#include "base/text.h"
#include "os/error.h"

namespace belljar::scenario {

namespace {

constexpr std::size_t kLineBytesMax = 4096;
constexpr std::size_t kTailBytesMax = 64U << 10;

Error cannot_keep(const std::string& doing) {
  const Error error = os::os_error(doing, errno != 0 ? errno : EIO);
  return Error{error.code(), error.message() + ": make room for it there, or keep the run elsewhere with --out"};
}

}  // namespace

Result<LogKeeper> LogKeeper::open(const std::string& path, std::shared_ptr<LogWatch> watch) {
  LogKeeper keeper;
  keeper.watch_ = std::move(watch);
  keeper.path_ = path;
  if (path.empty()) return keeper;
  errno = 0;
  keeper.file_.open(path, std::ios::binary | std::ios::trunc);
  if (!keeper.file_) return cannot_keep("create " + path);
  return keeper;
}

Result<void> LogKeeper::written() {
  if (path_.empty()) return {};
  errno = 0;
  file_.flush();
  if (!file_) return cannot_keep("write " + path_);
  return {};
}

void LogKeeper::end_line() {
  if (line_.ends_with('\r')) line_.pop_back();
  std::string text = printable(line_, kLineBytesMax);
  if (cut_ > 0) text += " (" + std::to_string(cut_) + " more bytes)";
  text += '\n';
  line_.clear();
  cut_ = 0;
  if (!path_.empty()) file_ << text;
  tail_bytes_ += text.size();
  tail_.push_back(std::move(text));
  while (tail_bytes_ > kTailBytesMax && tail_.size() > 1) {
    tail_bytes_ -= tail_.front().size();
    tail_.pop_front();
  }
}

Result<void> LogKeeper::take(std::string_view bytes) {
  if (watch_) watch_->push(bytes);
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const std::string_view part = bytes.substr(0, newline);
    const std::size_t kept = std::min(part.size(), kLineBytesMax - line_.size());
    line_ += part.substr(0, kept);
    cut_ += part.size() - kept;
    if (newline == std::string_view::npos) break;
    end_line();
    bytes.remove_prefix(newline + 1);
  }
  return written();
}

Result<void> LogKeeper::finish() {
  if (watch_) watch_->finish();
  if (!line_.empty() || cut_ > 0) end_line();
  return written();
}

std::string LogKeeper::tail() const {
  std::string text;
  for (const std::string& line : tail_) text += line;
  return text;
}

}  // namespace belljar::scenario
