// The detector of a PatternSet: one lane over the text as it is and, wherever the text has escapes, look-alikes or
// characters that do not show, one over the folded text around them.
#include <deque>

#include "content/fold.h"
#include "content/pattern_lane.h"

namespace belljar::content {

namespace {

// The folded lane begins that far before the first unit and ends that far behind the last: what is found elsewhere is
// found in the text as it is. Rules need some 150 bytes before their secret; a secret with nothing to undo in its first
// 512 bytes, and something later, is found if the text as it is shows it.
constexpr std::uint64_t kAround = 512;
constexpr std::size_t kPiece = std::size_t{64} << 10;

class PatternDetector final : public Detector {
 public:
  explicit PatternDetector(const PatternSet& set) : set_{set}, plain_{set, 0} {}

  void push(std::string_view bytes, std::vector<Hit>& hits) override {
    for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
      const std::string_view piece = bytes.substr(at, kPiece);
      matches_.clear();
      plain_.feed(piece, matches_);
      take_plain(hits);
      Folded folded;
      folder_.push(piece, folded);
      follow(folded, hits);
    }
  }

  void finish(std::vector<Hit>& hits) override {
    matches_.clear();
    plain_.finish(true, matches_);
    take_plain(hits);
    Folded folded;
    folder_.finish(folded);
    follow(folded, hits);
    if (lane_) stop(true, hits);
  }

  std::uint64_t safe() const override {
    // What the folder has not decided yet may still begin a lane, and lengthen the word before it.
    const std::uint64_t least = std::min(plain_.safe(), plain_.safe(folder_.taken()));
    return lane_ ? std::min(least, from_of(lane_->safe())) : least;
  }

 private:
  void take_plain(std::vector<Hit>& hits) {
    for (const PatternMatch& match : matches_) {
      add(match.rule, match.secret_begin, match.secret_end, plain_.text(match.secret_begin, match.secret_end), hits);
    }
  }

  void add(std::uint32_t number, std::uint64_t begin, std::uint64_t end, std::string_view secret,
           std::vector<Hit>& hits) const {
    const PatternRule& rule = set_.rules()[number];
    hits.push_back({{rule.kind, rule.name, rule.then, begin, end, masked(secret)}, begin, end, std::nullopt});
  }

  // Takes up what was just folded: begins, feeds and ends the folded lane.
  void follow(const Folded& folded, std::vector<Hit>& hits) {
    const std::uint64_t begin = seen_;
    const std::uint64_t end = begin + folded.text.size();
    recent_ += folded.text;
    seen_ = end;
    for (const FoldUnit& unit : folded.units) {
      if (lane_ && unit.to > until_) {
        feed(until_, hits);
        stop(false, hits);
      }
      if (!lane_) {
        const std::uint64_t from = std::max({until_, unit.to - std::min(unit.to, kAround), seen_ - recent_.size()});
        lane_ = std::make_unique<PatternLane>(set_, from);
        // What is folded before this point stands as far from the text as the last unit left it.
      }
      units_.push_back(unit);
      until_ = unit.to + unit.to_size + kAround;
    }
    if (lane_) feed(std::min(until_, end), hits);
    if (lane_ && end > until_) stop(false, hits);
    if (recent_.size() > 2 * kAround) recent_.erase(0, recent_.size() - kAround);
    while (units_.size() > 1 && units_[1].to + 4 * kSecretMost < seen_) units_.pop_front();
  }

  // Feeds the lane what it lacks below `to`.
  void feed(std::uint64_t to, std::vector<Hit>& hits) {
    const std::uint64_t first = seen_ - recent_.size();
    const std::uint64_t from = lane_->seen();
    if (to <= from) return;
    matches_.clear();
    lane_->feed(std::string_view{recent_}.substr(from - first, to - from), matches_);
    take_folded(hits);
  }

  void stop(bool at_end, std::vector<Hit>& hits) {
    matches_.clear();
    lane_->finish(at_end, matches_);
    take_folded(hits);
    lane_.reset();
  }

  void take_folded(std::vector<Hit>& hits) {
    for (const PatternMatch& match : matches_) {
      if (!touches_unit(match.begin, match.end)) continue;  // found in the text as it is
      const std::uint64_t begin = from_of(match.secret_begin);
      const std::uint64_t end = match.secret_end == match.secret_begin ? begin : end_of(match.secret_end - 1);
      add(match.rule, begin, end, lane_->text(match.secret_begin, match.secret_end), hits);
    }
  }

  // The last unit that begins at or before `to`.
  const FoldUnit* unit_before(std::uint64_t to) const {
    const auto after = std::upper_bound(units_.begin(), units_.end(), to,
                                        [](std::uint64_t at, const FoldUnit& unit) { return at < unit.to; });
    return after == units_.begin() ? nullptr : &*std::prev(after);
  }

  bool touches_unit(std::uint64_t begin, std::uint64_t end) const {
    const FoldUnit* last = unit_before(end - 1);
    return last != nullptr && last->to + std::max(last->to_size, 1U) > begin;
  }

  // Where in the text a folded byte begins, and ends.
  std::uint64_t from_of(std::uint64_t to) const {
    const FoldUnit* unit = unit_before(to);
    if (unit == nullptr)
      return to - (units_.empty() ? 0 : units_.front().to) + (units_.empty() ? 0 : units_.front().from);
    if (to < unit->to + unit->to_size) return unit->from;
    return unit->from + unit->from_size + (to - unit->to - unit->to_size);
  }
  std::uint64_t end_of(std::uint64_t to) const {
    const FoldUnit* unit = unit_before(to);
    if (unit != nullptr && to < unit->to + unit->to_size) return unit->from + unit->from_size;
    return from_of(to) + 1;
  }

  const PatternSet& set_;
  PatternLane plain_;
  Folder folder_;
  std::unique_ptr<PatternLane> lane_;  // over the folded text; none where that is the text itself
  std::string recent_;                 // the end of the folded text
  std::uint64_t seen_ = 0;             // bytes of folded text
  std::uint64_t until_ = 0;            // how far the lane goes, or went
  std::deque<FoldUnit> units_;         // those that matches may still touch, and the one before
  std::vector<PatternMatch> matches_;
};

}  // namespace

std::unique_ptr<Detector> make_pattern_detector(const PatternSet& set) {
  return std::make_unique<PatternDetector>(set);
}

}  // namespace belljar::content
