#include "content/pattern_lane.h"

#include <algorithm>

namespace belljar::content {

namespace {

constexpr std::size_t kPiece = std::size_t{64} << 10;  // fits the second cache, with what is kept of the text
constexpr std::uint64_t kKept = 3 * kSecretMost;

bool is_space(char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

}  // namespace

PatternLane::PatternLane(const PatternSet& set, std::uint64_t start)
    : set_{set}, run_{set.scanner().run()}, start_{start}, base_{start}, progress_(set.rules().size()) {}

std::string_view PatternLane::text(std::uint64_t begin, std::uint64_t end) const {
  return std::string_view{text_}.substr(begin - base_, end - begin);
}

// Where the word begins that ends at `at`; no further back than a secret may reach.
std::uint64_t PatternLane::word_begin(std::uint64_t at) const {
  const std::uint64_t least = std::max(base_, at > kSecretMost ? at - kSecretMost : 0);
  while (at > least && !is_space(text_[at - 1 - base_])) --at;
  return at;
}

void PatternLane::feed(std::string_view bytes, std::vector<PatternMatch>& matches) {
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    const std::string_view piece = bytes.substr(at, kPiece);
    text_.append(piece);
    for (std::size_t next = 0; next < waiting_.size();) {
      std::uint64_t to = 0;
      if (known_to(waiting_[next], to)) {
        resolve(waiting_[next], to, false, matches);
        waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(next));
      } else {
        ++next;
      }
    }
    sightings_.clear();
    run_.scan(piece, sightings_);
    for (const Sighting& sighting : sightings_) sighted(sighting, matches);
    forget();
  }
}

void PatternLane::sighted(const Sighting& sighting, std::vector<PatternMatch>& matches) {
  const std::uint64_t end = start_ + sighting.end;
  if (sighting.pattern >= set_.rules().size()) {
    const std::uint32_t rule = set_.opening_rule(sighting.pattern);
    const std::uint64_t at = end - std::min(end - start_, set_.shape(rule).opening_size);
    opened_.push_back({rule, at});
    return;
  }
  if (end <= progress_[sighting.pattern].searched) return;
  const auto same = [&](const Waiting& waiting) { return waiting.rule == sighting.pattern; };
  if (std::any_of(waiting_.begin(), waiting_.end(), same)) return;  // its window reaches beyond this place
  const PatternShape& shape = set_.shape(sighting.pattern);
  const bool narrow = shape.hold == PatternShape::Hold::narrow;
  // The secret of a narrow rule ends here, or one white space earlier.
  const std::uint64_t last = end - start_ > 0 && is_space(text_[end - 1 - base_]) ? end - 1 : end;
  std::uint64_t secret = narrow ? word_begin(last) : end - std::min(end - start_, shape.width);
  if (!shape.openings.empty()) {
    secret = end;  // it begins where one of its openings stands
    for (const Opened& opened : opened_)
      secret = opened.rule == sighting.pattern ? std::min(secret, opened.at) : secret;
  }
  Waiting waiting{sighting.pattern, end, end, secret};
  std::uint64_t to = 0;
  if (known_to(waiting, to)) return resolve(waiting, to, false, matches);
  waiting_.push_back(waiting);
}

// Up to where the window of a sighting goes; false while the text so far does not tell. One byte more must be there,
// the context of $ and \b.
bool PatternLane::known_to(Waiting& waiting, std::uint64_t& to) const {
  const PatternShape& shape = set_.shape(waiting.rule);
  const std::uint64_t most = waiting.end + shape.width;
  if (shape.hold == PatternShape::Hold::narrow) {
    while (waiting.looked < seen() && waiting.looked < most && !is_space(text_[waiting.looked - base_])) {
      ++waiting.looked;
    }
    to = waiting.looked < most ? waiting.looked + 1 : most;
  } else {
    to = most;
  }
  return to < seen();
}

void PatternLane::resolve(const Waiting& waiting, std::uint64_t to, bool at_end, std::vector<PatternMatch>& matches) {
  const PatternShape& shape = set_.shape(waiting.rule);
  Progress& progress = progress_[waiting.rule];
  if (waiting.end <= progress.searched) return;
  const std::uint64_t back =
      shape.hold == PatternShape::Hold::narrow ? waiting.end - waiting.secret + shape.head_width + 1 : shape.width;
  std::uint64_t from = waiting.end - std::min(waiting.end - start_, back);
  from = std::max({from, progress.after, base_});
  const std::string_view context = std::string_view{text_}.substr(0, to - base_ + (at_end ? 0 : 1));
  while (const auto found = set_.find(waiting.rule, context, from - base_, to - base_)) {
    if (found->end == found->begin) break;
    if (set_.is_finding(context, *found)) {
      matches.push_back({found->rule, found->begin + base_, found->end + base_, found->secret_begin + base_,
                         found->secret_end + base_});
    }
    from = found->end + base_;
    progress.after = from;
  }
  progress.searched = to;
  std::erase_if(opened_,
                [&](const Opened& opened) { return opened.rule == waiting.rule && opened.at < progress.after; });
}

void PatternLane::finish(bool at_end, std::vector<PatternMatch>& matches) {
  sightings_.clear();
  if (at_end) run_.finish(sightings_);
  const std::uint64_t to = seen() - (at_end || text_.empty() ? 0 : 1);
  for (const Waiting& waiting : waiting_) resolve(waiting, std::max(to, waiting.end), at_end, matches);
  for (const Sighting& sighting : sightings_) {
    if (sighting.pattern >= set_.rules().size()) continue;
    const std::uint64_t end = start_ + sighting.end;
    resolve({sighting.pattern, end, end, word_begin(end)}, to, at_end, matches);
  }
  waiting_.clear();
  opened_.clear();
}

std::uint64_t PatternLane::safe(std::uint64_t upto) const {
  upto = std::clamp(upto, base_, seen());
  std::uint64_t least = upto;
  if (set_.any_narrow()) least = std::min(least, word_begin(upto));
  least = std::min(least, upto - std::min(upto - start_, set_.always_held()));
  for (const Opened& opened : opened_) least = std::min(least, opened.at);
  for (const Waiting& waiting : waiting_) least = std::min(least, waiting.secret);
  return least;
}

void PatternLane::forget() {
  std::erase_if(opened_, [&](const Opened& opened) { return opened.at + set_.shape(opened.rule).width < seen(); });
  if (text_.size() < 2 * kKept + kPiece) return;
  const std::size_t gone = text_.size() - kKept;
  text_.erase(0, gone);
  base_ += gone;
}

}  // namespace belljar::content
