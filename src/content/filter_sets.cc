#include "content/filter_sets.h"

#include <array>
#include <utility>

#include "base/text.h"
#include "content/recognisers.h"
#include "os/file.h"

namespace belljar::content {

namespace {

constexpr std::uint64_t kFileMost = 1U << 20;
constexpr std::array<std::string_view, 4> kReady{"secrets", "pii", "injection", "strict"};

void add_recognisers(spec::FilterSpec& spec, Treatment then) {
  for (const std::string_view name : recogniser_names()) {
    if (name != "PERSON") spec.pii.push_back({std::string{name}, then});
  }
}

spec::FilterSpec ready(std::string_view name) {
  spec::FilterSpec spec;
  const bool strict = name == "strict";
  if (strict || name == "secrets") {
    spec.secrets = spec::SecretsSpec{};
    spec.secrets->then = strict ? Treatment::refuse : Treatment::redact;
  }
  if (strict || name == "pii") add_recognisers(spec, strict ? Treatment::refuse : Treatment::redact);
  if (strict || name == "injection") spec.injection = strict ? Treatment::refuse : Treatment::hold;
  if (strict) {
    spec.encoding = Treatment::refuse;
    spec.unicode = Treatment::refuse;
  }
  return spec;
}

}  // namespace

std::vector<std::string_view> ready_filter_sets() { return {kReady.begin(), kReady.end()}; }

Result<spec::FilterSpec> filter_set(std::string_view name, const std::string& directory) {
  for (const std::string_view known : kReady) {
    if (name == known) return ready(name);
  }
  if (!name.ends_with(".yaml")) {
    return Error{Errc::invalid_argument,
                 "filters \"" + printable(name, 100) +
                     "\": found no such set, expected secrets, pii, injection, strict or a .yaml file"};
  }
  const std::string path = name.starts_with('/') ? std::string{name} : directory + "/" + std::string{name};
  spec::FilterSpec spec = TRY(spec::parse_filters(TRY(os::read_file(path, kFileMost)), path));
  if (spec.secrets && !spec.secrets->rules.empty() && !spec.secrets->rules.starts_with('/')) {
    spec.secrets->rules = path.substr(0, path.rfind('/') + 1) + spec.secrets->rules;
  }
  return spec;
}

Result<std::shared_ptr<const Screen>> make_filter_set(std::string_view name, const std::string& directory,
                                                      std::span<const Canary> canaries) {
  Screen screen = TRY(Screen::make(TRY(filter_set(name, directory)), canaries));
  return std::make_shared<const Screen>(std::move(screen));
}

}  // namespace belljar::content
