#include "ledger/entry_scan.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace belljar::ledger {

namespace {

constexpr std::size_t kDepthMax = 8;
constexpr std::size_t kMembersMax = 24;
constexpr std::size_t kDigitsMax = 18;  // surely an int64
constexpr std::string_view kBodyMark = R"(,"body":{"pack":)";
constexpr std::string_view kBodyEnd = R"("}})";
constexpr std::array<std::string_view, 4> kClaimingKinds{"file", "head", "pack", "sealed"};

// Whether a byte within a string is none that ends, escapes, breaks or widens it.
constexpr std::array<bool, 256> plain_bytes() {
  std::array<bool, 256> plain{};
  for (std::size_t c = ' '; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}
constexpr std::array<bool, 256> kPlain = plain_bytes();

// Reads one JSON object; false ends it as something for the parser.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_{text} {}

  // True when the text is surely one, with no space between its parts.
  bool object_that_claims_nothing() { return value() && at_ == text_.size() && (!wide_ || is_utf8(text_)); }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  bool value();
  bool object();
  bool array();
  bool string(std::string_view& raw, bool& escaped);
  bool number();
  bool top_member(std::string_view key);

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  bool wide_ = false;  // bytes beyond ASCII
};

bool Scanner::value() {
  std::string_view raw;
  bool escaped = false;
  switch (peek()) {
    case '{':
      return object();
    case '[':
      return depth_ > 0 && array();
    case '"':
      return depth_ > 0 && string(raw, escaped);
    case 't':
      return depth_ > 0 && take("true");
    case 'f':
      return depth_ > 0 && take("false");
    case 'n':
      return depth_ > 0 && take("null");
    default:
      return depth_ > 0 && number();
  }
}

bool Scanner::object() {
  std::array<std::string_view, kMembersMax> keys;
  std::size_t count = 0;
  if (++depth_ > kDepthMax || !take('{')) return false;
  if (!take('}')) {
    do {
      std::string_view key;
      bool escaped = false;
      if (count == kMembersMax || !string(key, escaped) || escaped || !take(':')) return false;
      if (std::find(keys.begin(), keys.begin() + count, key) != keys.begin() + count) return false;
      keys[count++] = key;
      if (depth_ == 1 ? !top_member(key) : !value()) return false;
    } while (take(','));
    if (!take('}')) return false;
  }
  --depth_;
  return true;
}

bool Scanner::top_member(std::string_view key) {
  if (key == "body") return false;
  if (key != "kind" || peek() != '"') return value();
  std::string_view kind;
  bool escaped = false;
  if (!string(kind, escaped) || escaped) return false;
  return std::find(kClaimingKinds.begin(), kClaimingKinds.end(), kind) == kClaimingKinds.end();
}

bool Scanner::array() {
  if (++depth_ > kDepthMax || !take('[')) return false;
  if (!take(']')) {
    do {
      if (!value()) return false;
    } while (take(','));
    if (!take(']')) return false;
  }
  --depth_;
  return true;
}

bool Scanner::string(std::string_view& raw, bool& escaped) {
  if (!take('"')) return false;
  const std::size_t begin = at_;
  for (; at_ < text_.size(); ++at_) {
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (kPlain[c]) continue;
    if (c == '"') {
      raw = text_.substr(begin, at_++ - begin);
      return true;
    }
    if (c < ' ') return false;
    if (c >= 0x80) wide_ = true;
    if (c != '\\') continue;
    escaped = true;
    ++at_;
    if (std::string_view{"\"\\/bfnrt"}.find(peek()) == std::string_view::npos) return false;
  }
  return false;
}

bool Scanner::number() {
  (void)take('-');
  const std::size_t begin = at_;
  while (peek() >= '0' && peek() <= '9') ++at_;
  const std::size_t digits = at_ - begin;
  const bool whole = peek() != '.' && peek() != 'e' && peek() != 'E';
  return whole && digits > 0 && digits <= kDigitsMax && (digits == 1 || text_[begin] != '0');
}

bool take_number(std::string_view& rest, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  const auto digits = static_cast<std::size_t>(end - rest.data());
  if (error != std::errc{} || digits > kDigitsMax || (digits > 1 && rest[0] == '0')) return false;
  rest.remove_prefix(digits);
  return true;
}

bool take_word(std::string_view& rest, std::string_view word) {
  if (!rest.starts_with(word)) return false;
  rest.remove_prefix(word.size());
  return true;
}

// Of `rest`, which begins behind the mark; exactly as with_body_claim() writes it.
bool scan_body_claim(std::string_view rest, BodyClaim& claim) {
  constexpr std::size_t kDigestTextBytes = 7 + 64;
  if (!take_number(rest, claim.pack) || !take_word(rest, R"(,"at":)")) return false;
  if (!take_number(rest, claim.at) || !take_word(rest, R"(,"bytes":)")) return false;
  if (!take_number(rest, claim.bytes) || !take_word(rest, R"(,"salted":")")) return false;
  const Result<Digest> digest = Digest::parse(rest.substr(0, std::min(kDigestTextBytes, rest.size())));
  if (!digest) return false;
  claim.salted = digest.value();
  return rest.substr(kDigestTextBytes) == kBodyEnd;
}

}  // namespace

std::optional<EntryClaims> scan_entry(std::string_view entry) {
  EntryClaims claims;
  const std::size_t mark = entry.ends_with(kBodyEnd) ? entry.rfind(kBodyMark) : std::string_view::npos;
  if (mark == std::string_view::npos) {
    if (!Scanner{entry}.object_that_claims_nothing()) return {};
    return claims;
  }
  BodyClaim claim;
  if (!scan_body_claim(entry.substr(mark + kBodyMark.size()), claim)) return {};
  claims.body = claim;
  // What stands before is an object but for its brace.
  std::string rest{entry.substr(0, mark)};
  rest += '}';
  if (!Scanner{rest}.object_that_claims_nothing()) return {};
  return claims;
}

}  // namespace belljar::ledger
