// The detectors of a text's shape: how long it is, how deep it nests, whether it is UTF-8.
#include <array>

#include "content/detector.h"

namespace belljar::content {

namespace {

Hit shape_hit(std::string_view kind, Treatment treatment, std::uint64_t begin, std::uint64_t end, std::string shown) {
  return {{std::string{kind}, std::string{kind}, treatment, begin, end, std::move(shown)}, begin, end, std::nullopt};
}

class SizeDetector final : public Detector {
 public:
  explicit SizeDetector(const spec::MostSpec& spec) : spec_{spec} {}

  void push(std::string_view bytes, std::vector<Hit>& hits) override {
    const bool was_within = seen_ <= spec_.most;
    seen_ += bytes.size();
    if (!was_within || seen_ <= spec_.most) return;
    hits.push_back(shape_hit("size", spec_.then, spec_.most, spec_.most + 1,
                             "more than " + std::to_string(spec_.most) + " bytes"));
  }
  void finish(std::vector<Hit>& hits) override { (void)hits; }
  std::uint64_t safe() const override { return seen_; }

 private:
  spec::MostSpec spec_;
  std::uint64_t seen_ = 0;
};

class DepthDetector final : public Detector {
 public:
  explicit DepthDetector(const spec::MostSpec& spec) : spec_{spec} {}

  void push(std::string_view bytes, std::vector<Hit>& hits) override {
    for (const char byte : bytes) step(byte, hits);
  }
  void finish(std::vector<Hit>& hits) override { (void)hits; }
  std::uint64_t safe() const override { return seen_; }

 private:
  void step(char byte, std::vector<Hit>& hits) {
    const std::uint64_t here = seen_++;
    if (in_string_) {
      if (!escaped_ && byte == '"') in_string_ = false;
      escaped_ = !escaped_ && byte == '\\';
      return;
    }
    if (byte == '"') in_string_ = true;
    if ((byte == '}' || byte == ']') && depth_ > 0) --depth_;
    if ((byte == '{' || byte == '[') && ++depth_ == spec_.most + 1 && !told_) {
      told_ = true;
      hits.push_back(
          shape_hit("depth", spec_.then, here, here + 1, "nested deeper than " + std::to_string(spec_.most)));
    }
  }

  spec::MostSpec spec_;
  std::uint64_t seen_ = 0;
  std::uint64_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool told_ = false;
};

// How many bytes follow `lead`, and the least and most of the first of them (Unicode 15, table 3-7); 4: no lead.
struct Sequence {
  std::uint32_t more = 4;
  std::uint8_t least = 0x80;
  std::uint8_t most = 0xBF;
};

Sequence sequence_of(std::uint8_t lead) {
  if (lead == 0) return {};
  if (lead < 0x80) return {0};
  if (lead >= 0xC2 && lead <= 0xDF) return {1};
  if (lead == 0xE0) return {2, 0xA0, 0xBF};
  if (lead == 0xED) return {2, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {2};
  if (lead == 0xF0) return {3, 0x90, 0xBF};
  if (lead == 0xF4) return {3, 0x80, 0x8F};
  if (lead >= 0xF1 && lead <= 0xF3) return {3};
  return {};
}

class EncodingDetector final : public Detector {
 public:
  explicit EncodingDetector(Treatment treatment) : treatment_{treatment} {}

  void push(std::string_view bytes, std::vector<Hit>& hits) override {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      const std::size_t first = at;
      while (want_.more == 0 && at < bytes.size() && static_cast<std::uint8_t>(bytes[at] - 1) < 0x7F) ++at;
      seen_ += at - first;
      if (at < bytes.size()) step(static_cast<std::uint8_t>(bytes[at]), hits);
    }
  }
  void finish(std::vector<Hit>& hits) override {
    if (want_.more > 0) wrong(begin_, seen_, "an unfinished sequence", hits);
    want_ = {0};
  }
  std::uint64_t safe() const override { return want_.more > 0 ? begin_ : seen_; }

 private:
  void step(std::uint8_t byte, std::vector<Hit>& hits) {
    const std::uint64_t here = seen_++;
    if (want_.more > 0) {
      if (byte >= want_.least && byte <= want_.most) {
        want_ = {want_.more - 1};
        return;
      }
      wrong(begin_, here, "an unfinished sequence", hits);  // the byte may begin the next one
    }
    begin_ = here;
    want_ = sequence_of(byte);
    if (want_.more < 4) return;
    want_ = {0};
    wrong(here, here + 1, byte == 0 ? "NUL" : "a byte that begins no UTF-8", hits);
  }

  // Thousands of wrong bytes are one finding each only where each is replaced; else the first tells enough.
  void wrong(std::uint64_t begin, std::uint64_t end, std::string_view what, std::vector<Hit>& hits) {
    if (told_ && treatment_ != Treatment::redact) return;
    told_ = true;
    Hit hit = shape_hit("encoding", treatment_, begin, end, std::string{what});
    hit.instead = "\xEF\xBF\xBD";  // U+FFFD
    hits.push_back(std::move(hit));
  }

  Treatment treatment_;
  std::uint64_t seen_ = 0;
  std::uint64_t begin_ = 0;
  Sequence want_{0};
  bool told_ = false;
};

}  // namespace

std::unique_ptr<Detector> make_size_detector(const spec::MostSpec& spec) {
  return std::make_unique<SizeDetector>(spec);
}

std::unique_ptr<Detector> make_depth_detector(const spec::MostSpec& spec) {
  return std::make_unique<DepthDetector>(spec);
}

std::unique_ptr<Detector> make_encoding_detector(Treatment treatment) {
  return std::make_unique<EncodingDetector>(treatment);
}

}  // namespace belljar::content
