// How fast the content filters are, and against what: megabytes of text a second of processor time, one core, in pieces
// of 16 KiB as a gateway hands them on, with the spans of what is found.
//
//   filter_bench RULES.toml [MEGABYTES]      the text is this repository's source and documents, over and over
//
// The peer is RE2 alone, one expression after the other over the same text (a tenth of it: it is slow), which is also
// the oracle of the tests.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "content/pattern_set.h"
#include "content/screen.h"
#include "content/secret_rules.h"
#include "measure.h"

namespace {

using namespace belljar;  // NOLINT(google-build-using-namespace): one small program

constexpr std::size_t kPiece = 16 << 10;

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

std::string corpus(std::size_t bytes) {
  std::string once;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{BELLJAR_SOURCE_DIR "/src"}) {
    if (entry.is_regular_file()) once += content_of(entry.path());
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator{BELLJAR_SOURCE_DIR "/docs"}) {
    if (entry.is_regular_file()) once += content_of(entry.path());
  }
  std::string out;
  while (out.size() < bytes) out.append(once, 0, bytes - out.size());
  return out;
}

std::int64_t cpu_ns() {
  timespec now{};
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

double megabytes_a_second(std::size_t bytes, std::int64_t ns) {
  return static_cast<double>(bytes) / 1e6 / (static_cast<double>(ns) / 1e9);
}

void stream_through(const char* name, const content::Screen& screen, const std::string& text) {
  for (int round = 0; round < 3; ++round) {
    const std::int64_t begun = cpu_ns();
    content::Stream stream = screen.stream();
    std::size_t out = 0;
    std::size_t found = 0;
    for (std::size_t at = 0; at < text.size(); at += kPiece) {
      out += stream.push(std::string_view{text}.substr(at, kPiece)).size();
      found += stream.take_findings().size();
    }
    out += stream.finish().size();
    found += stream.take_findings().size();
    std::printf("%-34s %8.1f MB/s   %zu findings, %zu bytes out\n", name,
                megabytes_a_second(text.size(), cpu_ns() - begun), found, out);
  }
}

void re2_alone(const content::PatternSet& set, const std::string& text) {
  const std::int64_t begun = cpu_ns();
  std::size_t found = 0;
  for (std::uint32_t rule = 0; rule < set.rules().size(); ++rule) {
    std::size_t from = 0;
    while (const auto match = set.find(rule, text, from, text.size())) {
      from = match->end == match->begin ? match->end + 1 : match->end;
      found += set.is_finding(text, *match) ? 1U : 0U;
    }
  }
  std::printf("%-34s %8.1f MB/s   %zu findings\n", "peer: RE2, rule after rule",
              megabytes_a_second(text.size(), cpu_ns() - begun), found);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    (void)std::fprintf(stderr, "filter_bench RULES.toml [MEGABYTES]\n");
    return 2;
  }
  const std::size_t megabytes = count > 2 ? std::stoul(arguments[2]) : 64;
  const std::string text = corpus(megabytes << 20);
  spec::FilterSpec secrets;
  secrets.secrets = spec::SecretsSpec{};
  secrets.secrets->rules = arguments[1];
  const content::Screen screen = bench::must(content::Screen::make(secrets));
  stream_through("secrets", screen, text);
  std::string escaped;
  for (const char byte : text.substr(0, text.size() / 4)) {
    escaped += byte == '\n' ? std::string{"\\n"} : byte == '"' ? std::string{"\\\""} : std::string(1, byte);
  }
  stream_through("secrets, text inside JSON", screen, escaped);
  const std::vector<content::Canary> canaries{content::make_canary("key", "a"), content::make_canary("key", "b")};
  stream_through("canaries alone", bench::must(content::Screen::make({}, canaries)), text);
  spec::FilterSpec all = secrets;
  all.encoding = spec::Treatment::redact;
  all.unicode = spec::Treatment::redact;
  for (const char* name : {"EMAIL_ADDRESS", "CREDIT_CARD", "IBAN_CODE", "PHONE_NUMBER", "US_SSN", "IP_ADDRESS"}) {
    all.pii.push_back({name, spec::Treatment::redact});
  }
  all.injection = spec::Treatment::allow;
  stream_through("secrets, PII, injection, canaries", bench::must(content::Screen::make(all, canaries)), text);
  const auto rules = bench::must(content::parse_secret_rules(content_of(arguments[1]), arguments[1]));
  re2_alone(bench::must(content::PatternSet::make(rules.rules, "")), text.substr(0, text.size() / 10));
  return 0;
}
