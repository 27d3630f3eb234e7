#include "sandbox/image/apt_sources.h"

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

#include "os/file.h"
#include "os/run_program.h"

namespace belljar::sandbox {

namespace {

constexpr std::uint64_t kSourceFileMax = 4U << 20;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream stream{std::string{text}};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream{text};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// The deb822 name of an option that must travel with its source; empty for one that need not (arch=, lang=).
std::string option_name(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  static const std::map<std::string, std::string, std::less<>> kNames{
      {"signed-by", "Signed-By"},
      {"trusted", "Trusted"},
      {"check-valid-until", "Check-Valid-Until"},
      {"check-date", "Check-Date"},
      {"allow-insecure", "Allow-Insecure"},
      {"allow-weak", "Allow-Weak"},
  };
  const auto known = kNames.find(name);
  return known == kNames.end() ? std::string{} : known->second;
}

// "[signed-by=/x arch=amd64]" -> options; the text after the bracket.
std::string take_bracket(const std::string& line, AptSource& source) {
  const std::size_t open = line.find_first_not_of(" \t");
  if (open == std::string::npos || line[open] != '[') return line;
  const std::size_t close = line.find(']', open);
  if (close == std::string::npos) return {};
  for (const std::string& word : words_of(line.substr(open + 1, close - open - 1))) {
    const std::size_t equals = word.find('=');
    const std::string name = option_name(word.substr(0, equals));
    if (!name.empty() && equals != std::string::npos) source.options.emplace_back(name, word.substr(equals + 1));
  }
  return line.substr(close + 1);
}

std::optional<AptSource> parse_one_line(std::string line) {
  line = line.substr(0, line.find('#'));
  const std::vector<std::string> first = words_of(line);
  if (first.empty() || first[0] != "deb") return std::nullopt;
  AptSource source;
  std::vector<std::string> words = words_of(take_bracket(line.substr(line.find("deb") + 3), source));
  if (words.size() < 2) return std::nullopt;
  source.uris = {words[0]};
  source.suites = {words[1]};
  source.components.assign(words.begin() + 2, words.end());
  return source;
}

using Fields = std::vector<std::pair<std::string, std::string>>;

std::optional<AptSource> source_of(const Fields& fields) {
  AptSource source;
  bool binary = false;
  for (const auto& [key, value] : fields) {
    std::string name = key;
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    const std::vector<std::string> words = words_of(value);
    if (name == "types") binary = std::find(words.begin(), words.end(), "deb") != words.end();
    if (name == "enabled" && !words.empty() && (words[0] == "no" || words[0] == "false")) return std::nullopt;
    if (name == "uris") source.uris = words;
    if (name == "suites") source.suites = words;
    if (name == "components") source.components = words;
    if (const std::string option = option_name(name); !option.empty()) source.options.emplace_back(option, value);
  }
  if (!binary || source.uris.empty() || source.suites.empty()) return std::nullopt;
  return source;
}

// The companions are kept beside their suite; "bookworm" must not match "bookworm-backports".
bool serves(const std::string& offered, std::string_view suite) {
  const std::string wanted{suite};
  return offered == wanted || offered == wanted + "-updates" || offered == wanted + "-security" ||
         offered == wanted + "/updates";
}

std::string stanza(const AptSource& source, const std::vector<std::string>& suites) {
  std::string text = "Types: deb\nURIs: " + join(source.uris) + "\nSuites: " + join(suites) + "\n";
  if (!source.components.empty()) text += "Components: " + join(source.components) + "\n";
  for (const auto& [name, value] : source.options) {
    // A continuation line begins with a space already, as it was read.
    text += name + ":" + (value.starts_with('\n') ? "" : " ") + value + "\n";
  }
  return text + "\n";
}

Result<std::string> apt_config(const std::vector<std::string>& words) {
  std::vector<std::string> argv{"apt-config"};
  argv.insert(argv.end(), words.begin(), words.end());
  os::ProgramOutput got = TRY(os::run_program(argv, {}));
  if (got.exit_code != 0) return Error{Errc::unavailable, "apt-config: " + got.error};
  return std::move(got.output);
}

Result<void> read_sources_file(const std::string& path, AptConfiguration& apt) {
  const bool deb822 = path.ends_with(".sources");
  if ((!deb822 && !path.ends_with(".list")) || !os::exists(path)) return {};
  const std::string text = TRY(os::read_file(path, kSourceFileMax));
  std::vector<AptSource> read = deb822 ? parse_deb822_sources(text) : parse_one_line_sources(text);
  std::move(read.begin(), read.end(), std::back_inserter(apt.sources));
  return {};
}

// Of `apt-config shell NAME Key/f`: NAME='value'.
std::string shell_value(const std::string& output, const std::string& name) {
  const std::size_t at = output.find(name + "='");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 2;
  return output.substr(begin, output.find('\'', begin) - begin);
}

}  // namespace

std::vector<AptSource> parse_one_line_sources(std::string_view text) {
  std::vector<AptSource> sources;
  for (const std::string& line : lines_of(text)) {
    if (std::optional<AptSource> source = parse_one_line(line)) sources.push_back(std::move(*source));
  }
  return sources;
}

std::vector<AptSource> parse_deb822_sources(std::string_view text) {
  std::vector<AptSource> sources;
  Fields fields;
  const auto end_stanza = [&] {
    if (std::optional<AptSource> source = source_of(fields)) sources.push_back(std::move(*source));
    fields.clear();
  };
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with('#')) continue;
    if (words_of(line).empty()) {
      end_stanza();
    } else if (line.front() == ' ' || line.front() == '\t') {
      if (!fields.empty()) fields.back().second += "\n" + line;
    } else if (const std::size_t colon = line.find(':'); colon != std::string::npos) {
      const std::size_t value = line.find_first_not_of(" \t", colon + 1);
      fields.emplace_back(line.substr(0, colon), value == std::string::npos ? "" : line.substr(value));
    }
  }
  end_stanza();
  return sources;
}

void parse_fetch_options(std::string_view apt_config_dump, AptConfiguration& apt) {
  for (const std::string& line : lines_of(apt_config_dump)) {
    const std::string key = line.substr(0, line.find(' '));
    const bool proxy = (key.starts_with("Acquire::http") || key.starts_with("Acquire::ftp")) &&
                       key.find("::Proxy") != std::string::npos;
    const bool dates = key == "Acquire::Check-Valid-Until" || key == "Acquire::Check-Date";
    if (!line.ends_with("\";")) continue;
    if (proxy) apt.fetch_options.push_back(line.substr(0, line.size() - 1));
    if (dates) apt.date_options.push_back(line.substr(0, line.size() - 1));
  }
}

Result<AptConfiguration> read_apt_configuration() {
  AptConfiguration apt;
  parse_fetch_options(TRY(apt_config({"dump"})), apt);
  const std::string places = TRY(apt_config({"shell", "MAIN", "Dir::Etc::sourcelist/f", "PARTS",
                                             "Dir::Etc::sourceparts/d", "ARCHITECTURE", "APT::Architecture"}));
  apt.architecture = shell_value(places, "ARCHITECTURE");
  TRY(read_sources_file(shell_value(places, "MAIN"), apt));
  const std::string parts = shell_value(places, "PARTS");
  if (os::exists(parts)) {
    for (const os::DirectoryEntry& entry : TRY(os::list_directory(parts))) {
      TRY(read_sources_file(parts + (parts.ends_with('/') ? "" : "/") + entry.name, apt));
    }
  }
  if (apt.architecture.empty()) return Error{Errc::unavailable, "apt-config names no architecture"};
  return apt;
}

bool host_has_suite(const AptConfiguration& apt, std::string_view suite) {
  return std::any_of(apt.sources.begin(), apt.sources.end(), [&](const AptSource& source) {
    return std::find(source.suites.begin(), source.suites.end(), suite) != source.suites.end();
  });
}

Result<std::string> sources_for_suite(const AptConfiguration& apt, std::string_view suite, bool accept_expired) {
  std::string text;
  const auto dated = [&](AptSource source) {
    if (accept_expired) source.options.emplace_back("Check-Valid-Until", "no");
    return source;
  };
  for (const AptSource& source : apt.sources) {
    std::vector<std::string> suites;
    std::copy_if(source.suites.begin(), source.suites.end(), std::back_inserter(suites),
                 [&](const std::string& offered) { return serves(offered, suite); });
    if (!suites.empty()) text += stanza(dated(source), suites);
  }
  if (!text.empty()) return text;
  // By convention a Debian mirror's address ends in /debian; other repositories hold other packages.
  const auto mirror = std::find_if(apt.sources.begin(), apt.sources.end(), [](const AptSource& source) {
    return source.uris.front().ends_with("/debian") || source.uris.front().ends_with("/debian/");
  });
  if (mirror == apt.sources.end()) {
    return Error{Errc::unavailable, "find a mirror for suite " + std::string{suite} +
                                        ": this host's apt sources name none (see /etc/apt/sources.list.d)"};
  }
  return stanza(dated(*mirror), {std::string{suite}});
}

}  // namespace belljar::sandbox
