#include "content/canary_set.h"

#include <algorithm>
#include <bit>
#include <deque>

#include "base/text.h"
#include "content/fold.h"

namespace belljar::content {

namespace {

constexpr std::size_t kPiece = 6;
constexpr int kEnough = 18;  // of kTokenSize
constexpr std::size_t kFollowed = std::size_t{64} << 10;
constexpr std::size_t kChannelsMost = 64;
constexpr std::size_t kLongestForm = 128;

bool is_ink(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string in_case(std::string text, bool upper) {
  for (char& c : text) {
    if (upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (!upper && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string ink_of(std::string_view text) {
  std::string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out), is_ink);
  return out;
}

std::string rot13(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>('a' + (c - 'a' + 13) % 26);
  }
  return text;
}

std::string spread_hex(std::string_view text) {
  std::string out;
  for (const char c : text) out += "0x" + to_hex(std::string_view{&c, 1});
  return out;
}

// What base64 makes of the text alone when `before` bytes precede it: the characters that hold bits of others dropped.
std::string base64_core(std::string_view text, std::size_t before) {
  const std::string whole = to_base64(std::string(before, '\0').append(text));
  const std::size_t first = (before * 8 + 5) / 6;
  return ink_of(whole.substr(first, (before + text.size()) * 8 / 6 - first));
}

struct Shape {
  std::string text;
  std::string_view name;
  bool caseless = true;
};

std::vector<Shape> shapes_of(const std::string& spelling) {
  const std::string lower = in_case(spelling, false);
  const std::string upper = in_case(spelling, true);
  std::vector<Shape> shapes{{lower, "in clear"},          {{lower.rbegin(), lower.rend()}, "reversed"},
                            {rot13(lower), "in rot13"},   {to_hex(lower), "in hex"},
                            {to_hex(upper), "in hex"},    {spread_hex(lower), "in hex"},
                            {spread_hex(upper), "in hex"}};
  for (std::size_t before = 0; before < 3; ++before) {
    shapes.push_back({base64_core(lower, before), "in base64", false});
    shapes.push_back({base64_core(upper, before), "in base64", false});
  }
  return shapes;
}

Finding canary_finding(const Canary& canary, std::string_view form, Treatment then, std::uint64_t begin,
                       std::uint64_t end) {
  return {"canary", canary.place, then,
          begin,    end,          "the canary of " + printable(canary.place) + " " + std::string{form}};
}

class CanaryDetector final : public Detector {
 public:
  CanaryDetector(const CanarySet& set, Treatment then) : set_{set}, then_{then}, run_{set.scanner().run()} {}

  void push(std::string_view bytes, std::vector<Hit>& hits) override {
    for (std::size_t at = 0; at < bytes.size(); at += kFollowed) {
      Folded folded;
      folder_.push(bytes.substr(at, kFollowed), folded);
      look(folded, hits);
    }
  }
  void finish(std::vector<Hit>& hits) override {
    Folded folded;
    folder_.finish(folded);
    look(folded, hits);
  }
  // A canary opens nothing: its first characters may go on before the last are known.
  std::uint64_t safe() const override { return folder_.taken(); }

 private:
  void look(const Folded& folded, std::vector<Hit>& hits) {
    std::string ink;
    auto unit = folded.units.begin();
    for (std::size_t at = 0; at < folded.text.size(); ++at, ++to_) {
      while (unit != folded.units.end() && unit->to + unit->to_size <= to_) {
        from_end_ = unit->from + unit->from_size;
        to_end_ = unit->to + unit->to_size;
        ++unit;
      }
      if (!is_ink(folded.text[at])) continue;
      const bool inside = unit != folded.units.end() && unit->to <= to_;
      const std::uint64_t from = inside ? unit->from : from_end_ + (to_ - to_end_);
      ink += folded.text[at];
      places_.push_back({from, inside ? unit->from + unit->from_size : from + 1});
    }
    for (; unit != folded.units.end(); ++unit) {
      from_end_ = unit->from + unit->from_size;
      to_end_ = unit->to + unit->to_size;
    }
    seen_ += ink.size();
    sightings_.clear();
    run_.scan(ink, sightings_);
    for (const Sighting& sighting : sightings_) add(sighting, hits);
    if (places_.size() > kLongestForm) {
      places_.erase(places_.begin(), places_.end() - static_cast<std::ptrdiff_t>(kLongestForm));
    }
  }

  void add(const Sighting& sighting, std::vector<Hit>& hits) {
    const CanarySet::Form& form = set_.form(sighting.pattern);
    const std::uint64_t first = seen_ - places_.size();
    const std::uint64_t begin = places_[sighting.end - form.size - first].begin;
    const std::uint64_t end = places_[sighting.end - 1 - first].end;
    const Canary& canary = set_.canaries()[form.canary];
    hits.push_back({canary_finding(canary, form.name, then_, begin, end), begin, end, std::nullopt});
  }

  struct Place {
    std::uint64_t begin;
    std::uint64_t end;
  };

  const CanarySet& set_;
  Treatment then_;
  Scanner::Run run_;
  Folder folder_;
  std::uint64_t to_ = 0;        // of the folded text
  std::uint64_t from_end_ = 0;  // where the last changed unit ended, before and after folding
  std::uint64_t to_end_ = 0;
  std::uint64_t seen_ = 0;    // letters and digits
  std::deque<Place> places_;  // of the last of them, in the text
  std::vector<Sighting> sightings_;
};

}  // namespace

Result<CanarySet> CanarySet::make(std::span<const Canary> canaries) {
  CanarySet set;
  set.canaries_.assign(canaries.begin(), canaries.end());
  std::vector<ScanPattern> patterns;
  for (std::uint32_t at = 0; at < set.canaries_.size(); ++at) {
    for (const std::string& spelling : canary_spellings(set.canaries_[at])) {
      for (Shape& shape : shapes_of(spelling)) {
        set.forms_.push_back({at, shape.name, static_cast<std::uint32_t>(shape.text.size())});
        patterns.push_back({std::move(shape.text), true, shape.caseless});
      }
    }
    const std::string& token = set.canaries_[at].token;
    for (std::uint32_t place = 0; place + kPiece <= token.size(); ++place) {
      set.pieces_[token.substr(place, kPiece)] = {at, place};
    }
  }
  set.scanner_ = std::make_shared<const Scanner>(TRY_CTX(Scanner::compile(patterns), "canaries"));
  return set;
}

// Marks the pieces of tokens that stand in the letters; true when one of them has been seen far enough.
bool CanarySet::piece_seen(CanaryTrail& trail, std::string_view letters, std::uint32_t& canary) const {
  trail.shown.resize(canaries_.size());
  for (std::size_t at = 0; at + kPiece <= letters.size(); ++at) {
    const auto piece = pieces_.find(std::string{letters.substr(at, kPiece)});
    if (piece == pieces_.end()) continue;
    canary = piece->second.first;
    trail.shown[canary] |= ((1U << kPiece) - 1U) << piece->second.second;
    if (std::popcount(trail.shown[canary]) < kEnough) continue;
    trail.shown[canary] = 0;
    return true;
  }
  return false;
}

std::vector<Finding> CanarySet::follow(CanaryTrail& trail, std::string_view channel, std::string_view text,
                                       Treatment then) const {
  std::vector<Finding> findings;
  const std::string letters = ink_of(fold(text.substr(0, kFollowed)).text);
  auto end = trail.ends.find(channel);
  if (end == trail.ends.end()) {
    const std::string kept{trail.ends.size() < kChannelsMost ? channel : std::string_view{}};
    end = trail.ends.try_emplace(kept).first;
  }
  const std::string joined = end->second + letters;
  std::vector<Sighting> sightings;
  Scanner::Run run = scanner_->run();
  run.scan(joined, sightings);
  const auto crosses = [&](const Sighting& seen) {
    return seen.end > end->second.size() && seen.end - forms_[seen.pattern].size < end->second.size();
  };
  const auto sighting = std::find_if(sightings.begin(), sightings.end(), crosses);
  std::uint32_t canary = 0;
  if (sighting != sightings.end()) {
    canary = forms_[sighting->pattern].canary;
    findings.push_back(canary_finding(canaries_[canary], "in pieces, over several messages", then, 0, text.size()));
  } else if (piece_seen(trail, in_case(letters, false), canary)) {
    findings.push_back(canary_finding(canaries_[canary], "in pieces", then, 0, text.size()));
  }
  end->second = joined.substr(joined.size() - std::min(joined.size(), kLongestForm));
  return findings;
}

std::unique_ptr<Detector> make_canary_detector(const CanarySet& set, Treatment then) {
  return std::make_unique<CanaryDetector>(set, then);
}

}  // namespace belljar::content
