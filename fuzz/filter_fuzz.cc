// A text and how it is cut, both from strangers, through every filter there is. Whatever the bytes: no crash, findings
// and output are the same as of the whole text at once, what went on before a stop is the beginning of what would have,
// and a planted secret or canary never goes on.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "content/recognisers.h"
#include "content/screen.h"

namespace {

using namespace belljar;  // NOLINT(google-build-using-namespace): one small program

spec::FilterSpec every_filter(spec::Treatment then) {
  spec::FilterSpec spec;
  spec.encoding = then;
  spec.unicode = then;
  spec.secrets = spec::SecretsSpec{};
  spec.secrets->then = then;
  for (const std::string_view name : content::recogniser_names()) spec.pii.push_back({std::string{name}, then});
  spec.persons = {"Ada Lovelace"};
  spec.injection = then;
  return spec;
}

struct Seen {
  std::string text;
  std::vector<content::Finding> findings;
};

Seen cut(const content::Screen& screen, std::string_view text, std::string_view cuts) {
  content::Stream stream = screen.stream();
  Seen seen;
  const auto take = [&](std::string out) {
    seen.text += out;
    for (content::Finding& finding : stream.take_findings()) seen.findings.push_back(std::move(finding));
  };
  for (std::size_t at = 0, turn = 0; at < text.size(); ++turn) {
    const std::size_t size = 1 + static_cast<std::uint8_t>(cuts.empty() ? 0 : cuts[turn % cuts.size()]) % 61;
    take(stream.push(text.substr(at, size)));
    at += size;
  }
  take(stream.finish());
  return seen;
}

// The token as an attacker might write it.
std::string disguised(const std::string& token, unsigned how) {
  switch (how % 6) {
    case 0:
      return {token.rbegin(), token.rend()};
    case 1:
      return to_hex(token);
    case 2:
      return to_base64("x" + token + "yz");
    case 3:
      return to_base64(token + "!");
    case 4: {
      std::string spaced;
      for (const char byte : token) spaced.append(1, byte).append("\xE2\x80\x8B-");
      return spaced;
    }
    default:
      return token;
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's own name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const content::Canary canary = content::make_canary("a key of thirty-two bytes or more", "fuzz");
  static const content::Screen redacting = content::Screen::make(every_filter(spec::Treatment::redact)).value();
  static const content::Screen stopping =
      content::Screen::make(every_filter(spec::Treatment::hold), std::vector<content::Canary>{canary}).value();
  if (size < 8) return 0;
  const std::string_view cuts{reinterpret_cast<const char*>(data), 7};
  const std::string_view text{reinterpret_cast<const char*>(data) + 7, size - 7};
  const content::Screened whole = redacting.whole(text);
  const Seen pieces = cut(redacting, text, cuts);
  CHECK(pieces.findings == whole.findings, "findings do not depend on how the text is cut");
  CHECK(pieces.text == whole.text, "nor does what goes on");
  CHECK(whole.worst <= spec::Treatment::redact, "whatever is found is held back in time");
  for (const content::Finding& finding : whole.findings) {
    CHECK(finding.begin <= finding.end && finding.end <= text.size(), "a span lies in the text");
    CHECK(is_utf8(finding.shown), "what is shown is text");
  }
  const Seen stopped = cut(stopping, text, cuts);
  CHECK(text.starts_with(stopped.text), "what went on before a stop is the beginning of the text");
  // A canary and a secret, planted in the stranger's text.
  constexpr std::string_view kSecret = "AKIA2E3FQ7ZBVN5XK4TW";
  if (text.find(kSecret) != std::string_view::npos) return 0;  // where letters stand before it, it is none
  const std::size_t middle = text.size() / 2;
  std::string planted{text.substr(0, middle)};
  planted.append("\n")
      .append(kSecret)
      .append("\n")
      .append(disguised(canary.token, data[0]))
      .append("\n")
      .append(text.substr(middle));
  CHECK(cut(redacting, planted, cuts).text.find(kSecret) == std::string::npos, "a secret never goes on");
  const content::Screened rung = stopping.whole(planted);
  bool heard = false;
  for (const content::Finding& finding : rung.findings) heard = heard || finding.kind == "canary";
  CHECK(heard, "a canary rings in whatever company");
  return 0;
}
