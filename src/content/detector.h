// Detector: one thing that a stream of text is searched for; what a Stream (screen.h) holds a list of.
//
//   detector.push(bytes, hits);      // hits whose right context is known by now
//   detector.finish(hits);           // the end of the text is a boundary like any other
//   release(detector.safe());        // no later hit replaces or begins before this offset
//
// What a detector finds depends on the text alone, never on how it was cut. Offsets are bytes of the text from its
// start. One thread at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "content/screen.h"

namespace belljar::content {

struct Hit {
  Finding finding;
  std::uint64_t redact_begin = 0;  // what a redaction replaces; may be less than the finding: its secret part
  std::uint64_t redact_end = 0;
  std::optional<std::string> instead;  // put in its place whatever the style of redaction
};

class Detector {
 public:
  virtual ~Detector() = default;
  virtual void push(std::string_view bytes, std::vector<Hit>& hits) = 0;
  virtual void finish(std::vector<Hit>& hits) = 0;
  virtual std::uint64_t safe() const = 0;
};

std::unique_ptr<Detector> make_size_detector(const spec::MostSpec& spec);
// Counts brackets outside of strings, as JSON nests them.
std::unique_ptr<Detector> make_depth_detector(const spec::MostSpec& spec);
// Each ill-formed sequence of UTF-8 and each NUL.
std::unique_ptr<Detector> make_encoding_detector(Treatment treatment);

// Characters that do not show or that turn the direction of what follows: a run of them is one finding.
std::unique_ptr<Detector> make_unicode_detector(Treatment treatment);

}  // namespace belljar::content
