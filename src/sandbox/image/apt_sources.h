// Apt sources: where this host fetches packages from, so that images come from the same mirror, under the same keys and
// through the same proxy, with nothing to configure twice.
//
//   AptConfiguration apt = TRY(read_apt_configuration());
//   std::string sources = TRY(sources_for_suite(apt, "bookworm"));   // deb822, for mmdebstrap's standard input
//
// The parsers are pure; they skip what they do not know, as apt's own are the judges of these files.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace belljar::sandbox {

// One entry that is enabled and serves binary packages.
struct AptSource {
  std::vector<std::string> uris;
  std::vector<std::string> suites;
  std::vector<std::string> components;
  // Signed-By, Trusted and the like, by their deb822 names; a value may span lines (an embedded key).
  std::vector<std::pair<std::string, std::string>> options;
};

struct AptConfiguration {
  std::vector<AptSource> sources;
  std::vector<std::string> fetch_options;  // `Acquire::http::Proxy "http://..."`, for apt.conf
  std::vector<std::string> date_options;   // `Acquire::Check-Valid-Until "false"`: good for the host's own suites alone
  std::string architecture;                // "amd64"
};

std::vector<AptSource> parse_one_line_sources(std::string_view text);
std::vector<AptSource> parse_deb822_sources(std::string_view text);
// Of `apt-config dump`, the settings that decide whether a fetch works here: into fetch_options and date_options.
void parse_fetch_options(std::string_view apt_config_dump, AptConfiguration& apt);

// Asks apt-config where its files are and reads them. Errc::unavailable on a host without apt.
Result<AptConfiguration> read_apt_configuration();

// The suite with its -updates and -security companions as the host lists them. A host that lists another suite alone
// serves the one asked for from its first mirror: Debian mirrors hold all suites.
// With `accept_expired`, an index past its date is taken.
Result<std::string> sources_for_suite(const AptConfiguration& apt, std::string_view suite, bool accept_expired);

// Whether the host's own sources have this suite: what its owner said about dates was said of these.
bool host_has_suite(const AptConfiguration& apt, std::string_view suite);

}  // namespace belljar::sandbox
