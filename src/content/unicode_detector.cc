// The detector of characters that people do not see: bidi controls, zero-width characters, tags, fillers.
#include <array>

#include "content/detector.h"

namespace belljar::content {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Unicode 15: Bidi_Control, the zero-width and invisible format characters, Hangul fillers, interlinear marks, tags.
// Variation selectors beyond the first sixteen hide bytes; the sixteen themselves and the zero-width joiner make emoji,
// and are told only outside of them (see joins()).
constexpr std::array<Range, 14> kHidden{{{0x00AD, 0x00AD},
                                         {0x034F, 0x034F},
                                         {0x061C, 0x061C},
                                         {0x115F, 0x1160},
                                         {0x17B4, 0x17B5},
                                         {0x180E, 0x180E},
                                         {0x200B, 0x200F},
                                         {0x202A, 0x202E},
                                         {0x2060, 0x206F},
                                         {0x3164, 0x3164},
                                         {0xFEFF, 0xFEFF},
                                         {0xFFA0, 0xFFA0},
                                         {0xFFF9, 0xFFFB},
                                         {0xE0000, 0xE0FFF}}};

bool is_hidden(char32_t code) {
  for (const Range& range : kHidden) {
    if (code >= range.first && code <= range.last) return true;
  }
  return false;
}

// How many bytes of ASCII the text begins with: most of most texts.
std::size_t ascii_ahead(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && static_cast<std::uint8_t>(text[at]) < 0x80) ++at;
  return at;
}

bool is_joiner(char32_t code) { return code == 0x200C || code == 0x200D; }

class UnicodeDetector final : public Detector {
 public:
  explicit UnicodeDetector(Treatment treatment) : treatment_{treatment} {}

  void push(std::string_view bytes, std::vector<Hit>& hits) override {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      if (!in_run_ && need_ == 0) {
        const std::size_t plain = ascii_ahead(bytes.substr(at));
        seen_ += plain;
        at += plain;
        if (plain > 0) last_ = static_cast<std::uint8_t>(bytes[at - 1]);
        if (at == bytes.size()) break;
      }
      step(static_cast<std::uint8_t>(bytes[at]), hits);
    }
  }
  void finish(std::vector<Hit>& hits) override { end_run(need_ > 0 ? begin_ : seen_, hits); }
  std::uint64_t safe() const override {
    const std::uint64_t begun = need_ > 0 ? begin_ : seen_;
    return in_run_ ? std::min(run_begin_, begun) : begun;
  }

 private:
  void step(std::uint8_t byte, std::vector<Hit>& hits) {
    const std::uint64_t here = seen_++;
    if (need_ > 0 && (byte & 0xC0) == 0x80) {
      code_ = (code_ << 6) | (byte & 0x3FU);
      if (--need_ == 0) character(hits);
      return;
    }
    need_ = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : byte >= 0xC0 ? 1 : 0;
    begin_ = here;
    code_ = byte & (0x3FU >> need_);
    if (need_ == 0) {
      code_ = byte;
      character(hits);
    }
  }

  // A joiner between two characters beyond ASCII shapes them: an emoji of several, a letter of Persian or Hindi.
  void character(std::vector<Hit>& hits) {
    if (!is_hidden(code_) || (is_joiner(code_) && !in_run_ && last_ >= 0x80)) {
      end_run(begin_, hits);
    } else if (!in_run_) {
      in_run_ = true;
      run_begin_ = begin_;
    }
    last_ = code_;
  }

  void end_run(std::uint64_t end, std::vector<Hit>& hits) {
    if (!in_run_) return;
    in_run_ = false;
    Hit hit{{"unicode", "unicode", treatment_, run_begin_, end,
             std::to_string(end - run_begin_) + " bytes that do not show"},
            run_begin_,
            end,
            std::string{}};
    hits.push_back(std::move(hit));
  }

  Treatment treatment_;
  std::uint64_t seen_ = 0;
  std::uint64_t begin_ = 0;  // of the character at hand
  std::uint32_t need_ = 0;
  char32_t code_ = 0;
  char32_t last_ = 0;
  bool in_run_ = false;
  std::uint64_t run_begin_ = 0;
};

}  // namespace

std::unique_ptr<Detector> make_unicode_detector(Treatment treatment) {
  return std::make_unique<UnicodeDetector>(treatment);
}

}  // namespace belljar::content
