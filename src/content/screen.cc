#include "content/screen.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "content/canary_set.h"
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
  if (!spec.rules.empty()) text = spec.rules_text;
  if (!spec.rules.empty() && text.empty()) text = TRY(os::read_file(spec.rules, kRuleFileMost));
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
  std::optional<CanarySet> canaries;
};

struct Stream::State {
  std::vector<std::unique_ptr<Detector>> detectors;
  Redactor redactor;
  std::vector<Hit> fresh;
  std::vector<Hit> doubtful;     // at home: what looks like a secret and may yet turn out to be a canary
  std::vector<Finding> pending;  // found, but one that ends earlier may still come
  std::vector<Finding> ready;
  std::vector<Finding> decoys;  // the last canaries, so that they are not told as secrets too
  Treatment worst = Treatment::allow;
  std::string home;  // of canaries that may be here

  State(spec::Redaction style, std::string_view where) : redactor{style}, home{where} {}

  std::uint64_t safe() const {
    std::uint64_t least = redactor.seen();
    for (const auto& detector : detectors) least = std::min(least, detector->safe());
    return least;
  }

  bool is_decoy(const Finding& finding) const {
    return finding.kind == "secret" && std::any_of(decoys.begin(), decoys.end(), [&](const Finding& decoy) {
             return decoy.begin < finding.end && finding.begin < decoy.end;
           });
  }

  void believe(Hit hit) {
    pending.push_back(hit.finding);
    // What could not be held back cannot be redacted any more: then nothing further goes on.
    if (hit.finding.treatment == Treatment::redact && !redactor.add(std::move(hit))) worst = Treatment::refuse;
  }

  // A canary is known by its last character, and a secret around it may have ended before. Gives how far the text may
  // go on while that is open.
  std::uint64_t resolve_doubts(std::uint64_t limit, bool last) {
    constexpr std::uint64_t kReach = 256;
    std::uint64_t open = limit;
    std::vector<Hit> still;
    for (Hit& hit : doubtful) {
      if (is_decoy(hit.finding)) continue;
      if (last || hit.finding.end + kReach <= limit) {
        believe(std::move(hit));
      } else {
        open = std::min({open, hit.finding.begin, hit.redact_begin});
        still.push_back(std::move(hit));
      }
    }
    doubtful = std::move(still);
    return open;
  }

  void take_up() {
    for (Hit& hit : fresh) {
      if (hit.finding.kind == "canary") {
        decoys.push_back(hit.finding);
        if (!home.empty() && hit.finding.rule.starts_with(home)) continue;
      }
      if (!home.empty() && hit.finding.kind == "secret") {
        doubtful.push_back(std::move(hit));
      } else {
        believe(std::move(hit));
      }
    }
    fresh.clear();
  }

  // What ended well before all that is still open overlaps nothing any more.
  void forget_decoys(std::uint64_t limit) {
    constexpr std::size_t kKept = 64;
    constexpr std::uint64_t kBehind = 64U << 10;
    if (decoys.size() <= kKept) return;
    std::erase_if(decoys, [&](const Finding& decoy) { return decoy.end + kBehind < limit; });
  }

  void sort_pending() {
    const auto order = [](const Finding& f) { return std::tie(f.end, f.begin, f.kind, f.rule, f.shown); };
    std::sort(pending.begin(), pending.end(), [&](const Finding& a, const Finding& b) { return order(a) < order(b); });
    // The same, found in the text as it is and in the folded text, is one finding.
    const auto same = [](const Finding& a, const Finding& b) {
      return a.begin == b.begin && a.end == b.end && a.kind == b.kind && a.rule == b.rule;
    };
    pending.erase(std::unique(pending.begin(), pending.end(), same), pending.end());
  }

  // Makes those findings final that end at or before `limit`, and gives what may go on.
  std::string settle(std::uint64_t limit, bool last = false) {
    take_up();
    limit = resolve_doubts(limit, last);
    sort_pending();
    const auto known = std::find_if(pending.begin(), pending.end(), [&](const Finding& f) { return f.end > limit; });
    for (auto finding = pending.begin(); finding != known; ++finding) {
      if (is_decoy(*finding)) continue;
      worst = std::max(worst, finding->treatment);
      ready.push_back(std::move(*finding));
    }
    pending.erase(pending.begin(), known);
    forget_decoys(limit);
    for (const Finding& finding : pending) {
      if (finding.treatment >= Treatment::hold) limit = std::min(limit, finding.begin);
    }
    std::string out = redactor.release(limit);
    if (worst >= Treatment::hold) out.clear();
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
  return state_->settle(state_->safe());
}

std::string Stream::finish() {
  for (const auto& detector : state_->detectors) detector->finish(state_->fresh);
  return state_->settle(state_->redactor.seen() + 1, true);  // findings at the very end are no longer waited for
}

std::vector<Finding> Stream::take_findings() { return std::exchange(state_->ready, {}); }
Treatment Stream::worst() const { return state_->worst; }

Screen::Screen() : parts_{std::make_unique<Parts>()} {}
Screen::~Screen() = default;
Screen::Screen(Screen&&) noexcept = default;
Screen& Screen::operator=(Screen&&) noexcept = default;

Result<Screen> Screen::make(const spec::FilterSpec& spec, std::span<const Canary> canaries) {
  Screen screen;
  screen.parts_->spec = spec;
  if (!canaries.empty()) screen.parts_->canaries = TRY(CanarySet::make(canaries));
  std::vector<PatternRule> rules = TRY(rules_of(spec));
  if (rules.empty()) return screen;
  const Result<std::string> cache = os::cache_directory();
  screen.parts_->patterns = TRY(PatternSet::make(std::move(rules), cache ? cache.value() : std::string{}));
  return screen;
}

Stream Screen::stream(std::string_view home) const {
  const spec::FilterSpec& spec = parts_->spec;
  auto state = std::make_unique<Stream::State>(spec.redaction, home);
  if (parts_->canaries) state->detectors.push_back(make_canary_detector(*parts_->canaries, spec.canaries));
  if (spec.size) state->detectors.push_back(make_size_detector(*spec.size));
  if (spec.depth) state->detectors.push_back(make_depth_detector(*spec.depth));
  if (spec.encoding) state->detectors.push_back(make_encoding_detector(*spec.encoding));
  if (spec.unicode) state->detectors.push_back(make_unicode_detector(*spec.unicode));
  if (parts_->patterns) state->detectors.push_back(make_pattern_detector(*parts_->patterns));
  return Stream{std::move(state)};
}

Screened Screen::whole(std::string_view text, std::string_view home) const {
  Stream through = stream(home);
  Screened seen;
  seen.text = through.push(text);
  seen.text += through.finish();
  seen.findings = through.take_findings();
  seen.worst = through.worst();
  return seen;
}

bool Screen::empty() const {
  const spec::FilterSpec& spec = parts_->spec;
  return !spec.size && !spec.depth && !spec.encoding && !spec.unicode && !parts_->patterns && !parts_->canaries;
}

std::vector<Finding> Screen::follow(CanaryTrail& trail, std::string_view channel, std::string_view text) const {
  if (!parts_->canaries) return {};
  return parts_->canaries->follow(trail, channel, text, parts_->spec.canaries);
}

}  // namespace belljar::content
