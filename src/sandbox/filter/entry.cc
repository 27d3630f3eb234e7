// The cache entry of a compiled filter.
//
//   "belljar-filter 1\n", SHA-256 of everything behind it (32 bytes), then in this order: name, description; sources
//   (name, digest); rules (name, reason, profile, action, error); matches (call, rule, conditions: argument, width,
//   test, mask, values); named calls; instructions (code, jt, jf, k). Integers are little endian, lists and texts have
//   their length before them as 32 bits.
#include <algorithm>
#include <cstring>
#include <string>
#include <type_traits>

#include "codec/crypto.h"
#include "sandbox/filter/evaluate.h"
#include "sandbox/filter/load.h"

namespace belljar::sandbox {

namespace {

constexpr std::string_view kMagic = "belljar-filter 1\n";
constexpr std::size_t kDigestBytes = 32;
constexpr std::uint32_t kItemsMax = 1U << 16;

class Writer {
 public:
  template <class T>
  void integer(T value) {
    const auto bits = static_cast<std::uint64_t>(value);
    for (std::size_t i = 0; i < sizeof(T); ++i) out_ += static_cast<char>((bits >> (8 * i)) & 0xff);
  }
  void text(std::string_view text) {
    integer(static_cast<std::uint32_t>(text.size()));
    out_ += text;
  }
  template <class List, class WriteOne>
  void list(const List& items, WriteOne write_one) {
    integer(static_cast<std::uint32_t>(items.size()));
    for (const auto& item : items) write_one(item);
  }
  void bytes(std::string_view bytes) { out_ += bytes; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

// Reads what Writer wrote; past the end or beyond a bound it yields zeros and remembers that it failed.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_{bytes} {}

  std::string_view bytes(std::size_t size) {
    if (size > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }
  template <class T>
  T integer() {
    const std::string_view raw = bytes(sizeof(T));
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < raw.size(); ++i) value |= std::uint64_t{static_cast<unsigned char>(raw[i])} << (8 * i);
    return static_cast<T>(value);
  }
  // An enumeration whose last value is `last`.
  template <class T>
  T choice(T last) {
    const auto value = integer<std::uint8_t>();
    if (value > static_cast<std::uint8_t>(last)) failed_ = true;
    return failed_ ? T{} : static_cast<T>(value);
  }
  std::string text() { return std::string{bytes(integer<std::uint32_t>())}; }
  template <class Item, class ReadOne>
  void list(std::vector<Item>& out, ReadOne read_one) {
    const auto size = integer<std::uint32_t>();
    if (size > kItemsMax || size > rest_.size()) failed_ = true;  // every item has at least a byte
    if (failed_) return;
    out.reserve(size);
    for (std::uint32_t i = 0; i < size && !failed_; ++i) out.push_back(read_one());
  }
  bool is_complete() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

void write_condition(Writer& out, const Condition& condition) {
  out.integer(condition.argument);
  out.integer(static_cast<std::uint8_t>(condition.width));
  out.integer(static_cast<std::uint8_t>(condition.test));
  out.integer(condition.mask);
  out.list(condition.values, [&](std::uint64_t value) { out.integer(value); });
}

Condition read_condition(Reader& in) {
  Condition condition;
  condition.argument = in.integer<std::uint8_t>();
  condition.width = in.choice(Width::full64);
  condition.test = in.choice(Condition::Test::at_most);
  condition.mask = in.integer<std::uint64_t>();
  in.list(condition.values, [&] { return in.integer<std::uint64_t>(); });
  return condition;
}

ProfileSource read_source(Reader& in) {
  ProfileSource source;
  source.name = in.text();
  const std::string_view digest = in.bytes(kDigestBytes);
  std::copy(digest.begin(), digest.end(), source.digest.bytes.begin());
  return source;
}

Rule read_rule(Reader& in) {
  Rule rule;
  rule.name = in.text();
  rule.reason = in.text();
  rule.profile = in.text();
  rule.action = in.choice(Action::kill);
  rule.error = in.integer<std::uint16_t>();
  return rule;
}

Match read_match(Reader& in) {
  Match match;
  match.call = in.integer<std::uint16_t>();
  match.rule = in.integer<std::uint16_t>();
  in.list(match.conditions, [&] { return read_condition(in); });
  return match;
}

// decide() indexes with what it finds, so an entry must be one that parse_profile() could have made.
bool is_sound(const Profile& profile) {
  const auto condition_is_sound = [](const Condition& condition) {
    return condition.argument < 6 && !condition.values.empty();
  };
  const auto match_is_sound = [&](const Match& match) {
    return match.rule < profile.rules.size() && match.call < kCallsEnd &&
           std::all_of(match.conditions.begin(), match.conditions.end(), condition_is_sound);
  };
  const auto earlier = [](const Match& a, const Match& b) { return a.call < b.call; };
  return std::all_of(profile.matches.begin(), profile.matches.end(), match_is_sound) &&
         std::is_sorted(profile.matches.begin(), profile.matches.end(), earlier) &&
         std::is_sorted(profile.named.begin(), profile.named.end());
}

std::string digest_bytes(std::string_view bytes) {
  const Digest digest = codec::sha256(bytes);
  return {digest.bytes.begin(), digest.bytes.end()};
}

}  // namespace

std::string encode_filter(const CompiledFilter& filter) {
  Writer out;
  const Profile& profile = filter.profile;
  out.text(profile.name);
  out.text(profile.description);
  out.list(profile.sources, [&](const ProfileSource& source) {
    out.text(source.name);
    out.bytes({reinterpret_cast<const char*>(source.digest.bytes.data()), kDigestBytes});
  });
  out.list(profile.rules, [&](const Rule& rule) {
    out.text(rule.name);
    out.text(rule.reason);
    out.text(rule.profile);
    out.integer(static_cast<std::uint8_t>(rule.action));
    out.integer(rule.error);
  });
  out.list(profile.matches, [&](const Match& match) {
    out.integer(match.call);
    out.integer(match.rule);
    out.list(match.conditions, [&](const Condition& condition) { write_condition(out, condition); });
  });
  out.list(profile.named, [&](std::uint16_t call) { out.integer(call); });
  out.list(filter.program, [&](const sock_filter& instruction) {
    out.integer(instruction.code);
    out.integer(instruction.jt);
    out.integer(instruction.jf);
    out.integer(instruction.k);
  });
  const std::string content = out.take();
  return std::string{kMagic} + digest_bytes(content) + content;
}

Result<CompiledFilter> decode_filter(std::string_view bytes) {
  const Error corrupt{Errc::corrupt, "a cached system call filter is not as it was written"};
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + kDigestBytes) return corrupt;
  const std::string_view digest = bytes.substr(kMagic.size(), kDigestBytes);
  const std::string_view content = bytes.substr(kMagic.size() + kDigestBytes);
  if (digest != digest_bytes(content)) return corrupt;
  Reader in{content};
  CompiledFilter filter;
  Profile& profile = filter.profile;
  profile.name = in.text();
  profile.description = in.text();
  in.list(profile.sources, [&] { return read_source(in); });
  in.list(profile.rules, [&] { return read_rule(in); });
  in.list(profile.matches, [&] { return read_match(in); });
  in.list(profile.named, [&] { return in.integer<std::uint16_t>(); });
  in.list(filter.program, [&] {
    sock_filter instruction{};
    instruction.code = in.integer<std::uint16_t>();
    instruction.jt = in.integer<std::uint8_t>();
    instruction.jf = in.integer<std::uint8_t>();
    instruction.k = in.integer<std::uint32_t>();
    return instruction;
  });
  if (!in.is_complete() || !is_sound(profile)) return corrupt;
  TRY(check_program(filter.program));
  if (filter.program.size() > kInstructionsMax) return corrupt;
  return filter;
}

}  // namespace belljar::sandbox
