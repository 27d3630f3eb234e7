// Screen: the content filters of one FilterSpec, made ready once and used for every message and body.
//
//   const Screen screen = TRY(Screen::make(spec));
//   Screened seen = screen.whole(text);                 // seen.text, seen.findings, seen.worst
//
//   Stream stream = screen.stream();                    // one body of a connection, in pieces as they come
//   send(stream.push(bytes));                           // what may go on by now; the rest is held back
//   send(stream.finish());                              // at the end of the body
//   if (stream.worst() >= Treatment::hold) close();     // nothing comes out of it any more
//
//   screen.whole(answer, "service:db/")                 // said by a place that holds canaries: those are at home there
//
//   CanaryTrail trail;                                  // of one sender: a canary in pieces over several messages
//   for (Finding& finding : screen.follow(trail, "/text", text)) ...
//
// A stream holds back every byte that may still become part of a finding, so that a secret split over pieces never
// goes on. Findings and output are the same however the text is cut: whole() is one push and a finish. From the first
// finding of `hold` or more a stream gives nothing out, and what it gave out before stays a prefix of the redacted
// text. A Screen is immutable: any thread, and streams of it may be used side by side; a Stream is used by one thread
// at a time and must not outlive its Screen. No clock, no I/O after make().
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "content/canary.h"
#include "spec/filters.h"

namespace belljar::content {

struct CanaryTrail;  // canary_set.h

using spec::Treatment;

struct Finding {
  std::string kind;  // "size", "depth", "encoding", "unicode", "secret", "pii", "injection", "canary", "domain"
  std::string rule;  // of secrets the rule's id, of PII the recogniser's name, of a canary its place
  Treatment treatment = Treatment::allow;
  std::uint64_t begin = 0;  // bytes of the text as it came in, from its start
  std::uint64_t end = 0;
  std::string shown;  // what was found, masked and printable

  bool operator==(const Finding&) const = default;
};

struct Screened {
  std::string text;  // with redactions; when `worst` is hold or more, what must not go on
  std::vector<Finding> findings;
  Treatment worst = Treatment::allow;
};

class Stream {
 public:
  struct State;
  explicit Stream(std::unique_ptr<State> state);
  ~Stream();
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;

  std::string push(std::string_view bytes);
  std::string finish();                  // once, after the last push
  std::vector<Finding> take_findings();  // those since it was last asked, in the order of their ends
  Treatment worst() const;

 private:
  std::unique_ptr<State> state_;
};

class Screen {
 public:
  // The error names the rule, the file and what is wrong with it.
  static Result<Screen> make(const spec::FilterSpec& spec, std::span<const Canary> canaries = {});
  ~Screen();
  Screen(Screen&&) noexcept;
  Screen& operator=(Screen&&) noexcept;

  // `home`: canaries whose place begins with it are where they belong; they are no findings here, and no secrets
  // either. Empty: none is.
  Screened whole(std::string_view text, std::string_view home = {}) const;
  Stream stream(std::string_view home = {}) const;
  bool empty() const;  // nothing is searched for
  // CanarySet::follow() with this screen's canaries; nothing without any.
  std::vector<Finding> follow(CanaryTrail& trail, std::string_view channel, std::string_view text) const;

 private:
  Screen();
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace belljar::content
