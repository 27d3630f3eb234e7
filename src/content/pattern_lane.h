// PatternLane: one stream of text, searched for a PatternSet: the scanner says where a match may end, RE2 where it is.
//
//   PatternLane lane{set, 0};
//   lane.feed(bytes, matches);          // matches whose right context is known
//   lane.finish(true, matches);
//   lane.safe();                        // no secret of a later match begins before this offset
//
// Matches are those that RE2 finds one after another in the whole text, decided on a window around each place where
// one may end: back by what the rule can need, on to the next white space (narrow rules) or by the rule's width. What
// is found does not depend on how the text is fed. A match beyond kSecretMost bytes may be missed. One thread at a
// time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "content/pattern_set.h"

namespace belljar::content {

class PatternLane {
 public:
  PatternLane(const PatternSet& set, std::uint64_t start);

  void feed(std::string_view bytes, std::vector<PatternMatch>& matches);
  // `at_end`: the text ends here; else it goes on, and is no longer looked at.
  void finish(bool at_end, std::vector<PatternMatch>& matches);
  // The same as if nothing behind `upto` had been fed.
  std::uint64_t safe(std::uint64_t upto = UINT64_MAX) const;
  std::uint64_t seen() const { return base_ + text_.size(); }
  // What stands at a match just given.
  std::string_view text(std::uint64_t begin, std::uint64_t end) const;

 private:
  struct Waiting {
    std::uint32_t rule = 0;
    std::uint64_t end = 0;     // where a match may end
    std::uint64_t looked = 0;  // narrow: no white space in [end, looked)
    std::uint64_t secret = 0;  // its secret does not begin before
  };
  struct Opened {
    std::uint32_t rule = 0;
    std::uint64_t at = 0;
  };
  struct Progress {
    std::uint64_t after = 0;     // the end of its last match
    std::uint64_t searched = 0;  // every match that ends before or here is found
  };

  void sighted(const Sighting& sighting, std::vector<PatternMatch>& matches);
  bool known_to(Waiting& waiting, std::uint64_t& to) const;
  void resolve(const Waiting& waiting, std::uint64_t to, bool at_end, std::vector<PatternMatch>& matches);
  std::uint64_t word_begin(std::uint64_t at) const;
  void forget();

  const PatternSet& set_;
  Scanner::Run run_;
  std::uint64_t start_;
  std::string text_;
  std::uint64_t base_;  // offset of text_[0]
  std::vector<Progress> progress_;
  std::vector<Waiting> waiting_;  // at most one of each rule
  std::vector<Opened> opened_;
  std::vector<Sighting> sightings_;
};

}  // namespace belljar::content
