#include "content/screen.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "content/detector.h"
#include "content/redact.h"

namespace belljar::content {

struct Screen::Parts {
  spec::FilterSpec spec;
};

struct Stream::State {
  std::vector<std::unique_ptr<Detector>> detectors;
  Redactor redactor;
  std::vector<Hit> fresh;
  std::vector<Finding> pending;  // found, but one that ends earlier may still come
  std::vector<Finding> ready;
  Treatment worst = Treatment::allow;

  explicit State(spec::Redaction style) : redactor{style} {}

  std::uint64_t safe(std::uint64_t seen) const {
    std::uint64_t least = seen;
    for (const auto& detector : detectors) least = std::min(least, detector->safe());
    return least;
  }

  // Takes up what the detectors just found, and gives what may go on below `limit`.
  std::string settle(std::uint64_t limit) {
    for (Hit& hit : fresh) {
      worst = std::max(worst, hit.finding.treatment);
      pending.push_back(hit.finding);
      if (hit.finding.treatment == Treatment::redact) redactor.add(std::move(hit));
    }
    fresh.clear();
    const auto order = [](const Finding& f) { return std::tie(f.end, f.begin, f.kind, f.rule); };
    std::sort(pending.begin(), pending.end(), [&](const Finding& a, const Finding& b) { return order(a) < order(b); });
    const bool stopped = worst >= Treatment::hold;
    const auto known = stopped ? pending.end()
                               : std::find_if(pending.begin(), pending.end(),
                                              [&](const Finding& finding) { return finding.end > limit; });
    std::move(pending.begin(), known, std::back_inserter(ready));
    pending.erase(pending.begin(), known);
    std::string out = redactor.release(limit);
    if (stopped) out.clear();
    return out;
  }
};

Stream::Stream(std::unique_ptr<State> state) : state_{std::move(state)} {}
Stream::~Stream() = default;
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;

std::string Stream::push(std::string_view bytes) {
  for (const auto& detector : state_->detectors) detector->push(bytes, state_->fresh);
  state_->redactor.push(bytes);
  return state_->settle(state_->safe(state_->redactor.seen()));
}

std::string Stream::finish() {
  for (const auto& detector : state_->detectors) detector->finish(state_->fresh);
  return state_->settle(state_->redactor.seen() + 1);  // findings at the very end are no longer waited for
}

std::vector<Finding> Stream::take_findings() { return std::exchange(state_->ready, {}); }
Treatment Stream::worst() const { return state_->worst; }

Screen::Screen() : parts_{std::make_unique<Parts>()} {}
Screen::~Screen() = default;
Screen::Screen(Screen&&) noexcept = default;
Screen& Screen::operator=(Screen&&) noexcept = default;

Result<Screen> Screen::make(const spec::FilterSpec& spec) {
  Screen screen;
  screen.parts_->spec = spec;
  return screen;
}

Stream Screen::stream() const {
  const spec::FilterSpec& spec = parts_->spec;
  auto state = std::make_unique<Stream::State>(spec.redaction);
  if (spec.size) state->detectors.push_back(make_size_detector(*spec.size));
  if (spec.depth) state->detectors.push_back(make_depth_detector(*spec.depth));
  if (spec.encoding) state->detectors.push_back(make_encoding_detector(*spec.encoding));
  return Stream{std::move(state)};
}

Screened Screen::whole(std::string_view text) const {
  Stream through = stream();
  Screened seen;
  seen.text = through.push(text);
  seen.text += through.finish();
  seen.findings = through.take_findings();
  seen.worst = through.worst();
  return seen;
}

bool Screen::empty() const {
  const spec::FilterSpec& spec = parts_->spec;
  return !spec.size && !spec.depth && !spec.encoding;
}

}  // namespace belljar::content
