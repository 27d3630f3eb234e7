#include "cli/filter.h"

#include <cstdio>

#include "base/text.h"
#include "content/recognisers.h"
#include "content/screen.h"
#include "os/file.h"

namespace belljar::cli {

namespace {

constexpr int kClean = 0;
constexpr int kFound = 1;
constexpr int kUsageError = 2;
constexpr int kHostError = 4;
constexpr std::uint64_t kFiltersMost = 1U << 20;
constexpr std::uint64_t kFileMost = 1ULL << 30;

int complain(const Error& error) {
  (void)std::fprintf(stderr, "%s\n", error.message().c_str());
  return error.code() == Errc::invalid_argument || error.code() == Errc::not_found ? kUsageError : kHostError;
}

// Every filter there is, noting what it finds.
spec::FilterSpec every_filter() {
  spec::FilterSpec spec;
  spec.encoding = spec::Treatment::allow;
  spec.unicode = spec::Treatment::allow;
  spec.secrets = spec::SecretsSpec{};
  spec.secrets->then = spec::Treatment::allow;
  for (const std::string_view name : content::recogniser_names()) {
    if (name != "PERSON") spec.pii.push_back({std::string{name}, spec::Treatment::allow});
  }
  spec.injection = spec::Treatment::allow;
  return spec;
}

Result<spec::FilterSpec> filters_of(const Arguments& arguments) {
  spec::FilterSpec spec = every_filter();
  if (const auto file = arguments.value("filters")) {
    spec = TRY(spec::parse_filters(TRY(os::read_file(*file, kFiltersMost)), *file));
  }
  if (const auto rules = arguments.value("rules")) {
    if (!spec.secrets) spec.secrets = spec::SecretsSpec{};
    spec.secrets->rules = *rules;
  }
  return spec;
}

std::size_t line_of(std::string_view text, std::uint64_t offset) {
  std::size_t line = 1;
  for (const char byte : text.substr(0, offset)) line += byte == '\n' ? 1U : 0U;
  return line;
}

void tell(const std::string& file, std::string_view text, const content::Finding& found, bool json) {
  const std::size_t line = line_of(text, found.begin);
  if (json) {
    const codec::Json told{codec::Json::Object{{"file", printable(file, 4096)},
                                               {"line", std::uint64_t{line}},
                                               {"kind", found.kind},
                                               {"rule", found.rule},
                                               {"then", spec::treatment_name(found.treatment)},
                                               {"begin", found.begin},
                                               {"end", found.end},
                                               {"shown", found.shown}}};
    (void)std::printf("%s\n", codec::to_json(told).c_str());
    return;
  }
  (void)std::printf("%s:%zu: bytes %llu-%llu: %s %s: %s\n", printable(file, 4096).c_str(), line,
                    static_cast<unsigned long long>(found.begin), static_cast<unsigned long long>(found.end),
                    found.kind.c_str(), found.rule.c_str(), found.shown.c_str());
}

int filter_main(const Arguments& arguments, const Host&) {
  if (arguments.operands.size() < 2 || arguments.operands.front() != "scan") {
    (void)std::fprintf(stderr, "belljar filter: found no such operands, expected scan FILE...\n");
    return kUsageError;
  }
  const Result<spec::FilterSpec> spec = filters_of(arguments);
  if (!spec) return complain(spec.error());
  const Result<content::Screen> screen = content::Screen::make(spec.value());
  if (!screen) return complain(screen.error());
  int code = kClean;
  for (std::size_t at = 1; at < arguments.operands.size(); ++at) {
    const std::string& file = arguments.operands[at];
    const Result<std::string> text = os::read_file(file, kFileMost);
    if (!text) return complain(text.error());
    for (const content::Finding& found : screen.value().whole(text.value()).findings) {
      tell(file, text.value(), found, arguments.has("json"));
      code = kFound;
    }
  }
  return code;
}

}  // namespace

const Command kFilter{.name = "filter",
                      .operands = "scan FILE...",
                      .summary = "say what the content filters find in files; what they find is shown masked",
                      .options = {{"filters", Argument::required, "FILE", "the filters of this file; else every one"},
                                  {"rules", Argument::required, "FILE", "rules for secrets, in gitleaks' format"},
                                  {"json", Argument::none, "", "one JSON object a line"}},
                      .trailing_command = false,
                      .main = filter_main};

}  // namespace belljar::cli
