// CanarySet: the canaries of a run, found in whatever form they leave.
//
//   CanarySet set = TRY(CanarySet::make(canaries));
//   std::unique_ptr<Detector> detector = make_canary_detector(set, Treatment::contain);
//
//   CanaryTrail trail;                                                  // of one sender
//   for (Finding& f : set.follow(trail, "/text", text, Treatment::contain)) ...   // pieces over several messages
//
// Text is folded (fold.h) and of that letters and digits alone are looked at, so that spaces, dots between DNS labels,
// line ends, url encoding, JSON escapes and look-alikes hide nothing. Searched for: the token in any case, reversed, in
// rot13, in hex (also with 0x, \x), in base64 and its url-safe form at each of the three alignments. Not found: what is
// encrypted, compressed, in another base, or encoded twice.
// A CanarySet is immutable; any thread. A trail belongs to one thread at a time and holds a few KB whatever is sent.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "content/canary.h"
#include "content/detector.h"
#include "content/scanner.h"

namespace belljar::content {

// What one sender has said so far, as far as a canary in pieces needs it.
struct CanaryTrail {
  std::map<std::string, std::string, std::less<>> ends;  // by channel: the last letters and digits
  std::vector<std::uint32_t> shown;                      // of each canary: the characters of its token seen so far
};

class CanarySet {
 public:
  static Result<CanarySet> make(std::span<const Canary> canaries);

  const std::vector<Canary>& canaries() const { return canaries_; }

  // Pieces of a canary over the messages of one sender: end to end on one channel (a member of a JSON message, the
  // names asked of DNS), whatever their size; or as pieces of at least six characters anywhere, when three quarters of
  // a token have been seen. Only what the text by itself does not show. Reads the first 64 KiB of it.
  std::vector<Finding> follow(CanaryTrail& trail, std::string_view channel, std::string_view text,
                              Treatment then) const;

  struct Form {
    std::uint32_t canary = 0;
    std::string_view name;  // "in base64"
    std::uint32_t size = 0;
  };
  const Scanner& scanner() const { return *scanner_; }
  const Form& form(std::uint32_t pattern) const { return forms_[pattern]; }

 private:
  bool piece_seen(CanaryTrail& trail, std::string_view letters, std::uint32_t& canary) const;

  std::vector<Canary> canaries_;
  std::vector<Form> forms_;
  std::shared_ptr<const Scanner> scanner_;                                 // shared: copies of a set read one database
  std::map<std::string, std::pair<std::uint32_t, std::uint32_t>> pieces_;  // six characters: canary, place in its token
};

// The set must outlive it.
std::unique_ptr<Detector> make_canary_detector(const CanarySet& set, Treatment then);

}  // namespace belljar::content
