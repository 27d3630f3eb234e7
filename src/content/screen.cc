#include "content/screen.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "content/detector.h"
#include "content/injection.h"
#include "content/pattern_set.h"
#include "content/recognisers.h"
#include "content/redact.h"
#include "content/secret_rules.h"
#include "os/file.h"

namespace belljar::content {

namespace {

constexpr std::uint64_t kRuleFileMost = 4ULL << 20;

Result<void> add_secrets(const spec::SecretsSpec& spec, std::vector<PatternRule>& rules) {
  std::string text{built_in_secret_rules()};
  if (!spec.rules.empty()) text = TRY(os::read_file(spec.rules, kRuleFileMost));
  SecretRules read = TRY(parse_secret_rules(text, spec.rules.empty() ? "belljar's own rules" : spec.rules));
  for (const std::string& id : spec.without) {
    const auto named = [&](const PatternRule& rule) { return rule.name == id; };
    if (std::erase_if(read.rules, named) == 0) {
      return Error{Errc::invalid_argument, "secrets without \"" + printable(id, 60) + "\": no rule of that id"};
    }
  }
  for (PatternRule& rule : read.rules) {
    rule.then = spec.then;
    rules.push_back(std::move(rule));
  }
  return {};
}

Result<std::vector<PatternRule>> rules_of(const spec::FilterSpec& spec) {
  std::vector<PatternRule> rules;
  if (spec.secrets) TRY(add_secrets(*spec.secrets, rules));
  for (const spec::RecogniserSpec& recogniser : spec.pii) {
    for (PatternRule& rule : TRY(recogniser_rules(recogniser.name, recogniser.then, spec.persons))) {
      rules.push_back(std::move(rule));
    }
  }
  if (spec.injection) {
    for (PatternRule& rule : injection_rules(*spec.injection)) rules.push_back(std::move(rule));
  }
  for (const spec::DomainRule& own : spec.domain) {
    PatternRule rule;
    rule.kind = "domain";
    rule.name = own.name;
    rule.then = own.then;
    rule.regex = own.pattern;
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace

struct Screen::Parts {
  spec::FilterSpec spec;
  std::optional<PatternSet> patterns;
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
      // What could not be held back cannot be redacted any more: then nothing further goes on.
      if (hit.finding.treatment == Treatment::redact && !redactor.add(std::move(hit))) worst = Treatment::refuse;
    }
    fresh.clear();
    const auto order = [](const Finding& f) { return std::tie(f.end, f.begin, f.kind, f.rule); };
    std::sort(pending.begin(), pending.end(), [&](const Finding& a, const Finding& b) { return order(a) < order(b); });
    pending.erase(std::unique(pending.begin(), pending.end()), pending.end());
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
  std::vector<PatternRule> rules = TRY(rules_of(spec));
  if (rules.empty()) return screen;
  const Result<std::string> cache = os::cache_directory();
  screen.parts_->patterns = TRY(PatternSet::make(std::move(rules), cache ? cache.value() : std::string{}));
  return screen;
}

Stream Screen::stream() const {
  const spec::FilterSpec& spec = parts_->spec;
  auto state = std::make_unique<Stream::State>(spec.redaction);
  if (spec.size) state->detectors.push_back(make_size_detector(*spec.size));
  if (spec.depth) state->detectors.push_back(make_depth_detector(*spec.depth));
  if (spec.encoding) state->detectors.push_back(make_encoding_detector(*spec.encoding));
  if (spec.unicode) state->detectors.push_back(make_unicode_detector(*spec.unicode));
  if (parts_->patterns) state->detectors.push_back(make_pattern_detector(*parts_->patterns));
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
  return !spec.size && !spec.depth && !spec.encoding && !spec.unicode && !parts_->patterns;
}

}  // namespace belljar::content
