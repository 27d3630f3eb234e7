#include "sandbox/image/apt_sources.h"

#include <gtest/gtest.h>

namespace belljar::sandbox {
namespace {

using Texts = std::vector<std::string>;

TEST(AptSources, OneLine) {
  const std::vector<AptSource> sources = parse_one_line_sources(
      "# deb http://old.example/debian bookworm main\n"
      "deb-src http://mirror.example/debian bookworm main\n"
      "deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] http://mirror.example/debian bookworm main contrib # note\n"
      "deb http://mirror.example/flat ./\n"
      "deb\n"
      "nonsense\n");
  ASSERT_EQ(sources.size(), 2U);
  EXPECT_EQ(sources[0].uris, Texts{"http://mirror.example/debian"});
  EXPECT_EQ(sources[0].suites, Texts{"bookworm"});
  EXPECT_EQ(sources[0].components, (Texts{"main", "contrib"}));
  ASSERT_EQ(sources[0].options.size(), 1U);
  EXPECT_EQ(sources[0].options[0], (std::pair<std::string, std::string>{"Signed-By", "/usr/share/keyrings/k.gpg"}));
  EXPECT_EQ(sources[1].suites, Texts{"./"});
  EXPECT_TRUE(sources[1].components.empty());
}

TEST(AptSources, Deb822WithCommentsDisabledStanzasAndAnEmbeddedKey) {
  const std::vector<AptSource> sources = parse_deb822_sources(
      "Types: deb deb-src\n# a comment\nURIs: http://a.example/debian\nSuites: bookworm bookworm-updates\n"
      "Components: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n -----END\n"
      "\n"
      "Enabled: no\nTypes: deb\nURIs: http://b.example\nSuites: x\n"
      "\n\n"
      "Types: deb-src\nURIs: http://c.example\nSuites: x\n"
      "\n"
      "types: deb\nuris: http://d.example/debian-security\nsuites: bookworm-security\ncomponents: main");
  ASSERT_EQ(sources.size(), 2U);
  EXPECT_EQ(sources[0].suites, (Texts{"bookworm", "bookworm-updates"}));
  EXPECT_EQ(sources[0].options[0].second, "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n -----END");
  EXPECT_EQ(sources[1].uris, Texts{"http://d.example/debian-security"});
}

AptConfiguration configured() {
  AptConfiguration apt;
  apt.sources = parse_deb822_sources(
      "Types: deb\nURIs: http://cloud.example/apt\nSuites: cloud-sdk-bookworm\nComponents: main\n\n"
      "Types: deb\nURIs: http://a.example/debian\nSuites: bookworm bookworm-updates bookworm-backports\n"
      "Components: main\nSigned-By: /k.gpg\n\n"
      "Types: deb\nURIs: http://a.example/debian-security\nSuites: bookworm-security\nComponents: main\n");
  return apt;
}

TEST(AptSources, ASuiteComesWithUpdatesAndSecurityAndNothingElse) {
  const Result<std::string> text = sources_for_suite(configured(), "bookworm", false);
  ASSERT_TRUE(text);
  EXPECT_EQ(text.value(),
            "Types: deb\nURIs: http://a.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\n"
            "Signed-By: /k.gpg\n\n"
            "Types: deb\nURIs: http://a.example/debian-security\nSuites: bookworm-security\nComponents: main\n\n");
}

TEST(AptSources, ASuiteTheHostDoesNotListComesFromItsDebianMirror) {
  const Result<std::string> text = sources_for_suite(configured(), "trixie", false);
  ASSERT_TRUE(text);
  EXPECT_EQ(text.value(),
            "Types: deb\nURIs: http://a.example/debian\nSuites: trixie\nComponents: main\nSigned-By: /k.gpg\n\n");
}

TEST(AptSources, AnExpiredIndexIsTakenOnlyWhenTheListSaysSo) {
  EXPECT_TRUE(host_has_suite(configured(), "bookworm"));
  EXPECT_FALSE(host_has_suite(configured(), "sid"));
  const Result<std::string> text = sources_for_suite(configured(), "sid", true);
  ASSERT_TRUE(text);
  EXPECT_EQ(text.value(),
            "Types: deb\nURIs: http://a.example/debian\nSuites: sid\nComponents: main\nSigned-By: /k.gpg\n"
            "Check-Valid-Until: no\n\n");
}

TEST(AptSources, NoMirrorIsToldWithTheRemedy) {
  const Result<std::string> text = sources_for_suite({}, "bookworm", false);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code(), Errc::unavailable);
  EXPECT_NE(text.error().message().find("/etc/apt/sources.list.d"), std::string::npos);
}

TEST(AptSources, AnEmbeddedKeySurvivesTheRoundTrip) {
  AptConfiguration apt;
  apt.sources = parse_deb822_sources(
      "Types: deb\nURIs: http://a.example/debian\nSuites: x\nSigned-By:\n -----BEGIN\n .\n -----END\n");
  EXPECT_EQ(sources_for_suite(apt, "x", false).value(),
            "Types: deb\nURIs: http://a.example/debian\nSuites: x\nSigned-By:\n -----BEGIN\n .\n -----END\n\n");
}

TEST(AptSources, FetchOptionsAreProxiesAndDateChecks) {
  AptConfiguration apt;
  parse_fetch_options(
      "APT::Architecture \"amd64\";\nAcquire \"\";\nAcquire::http::Proxy \"http://proxy.example:3128\";\n"
      "Acquire::https::Proxy::deb.example \"DIRECT\";\nAcquire::Check-Valid-Until \"false\";\n"
      "Acquire::Check-Date \"false\";\nAcquire::http::Pipeline-Depth \"5\";\nDPkg::Post-Invoke \"rm -rf /\";\n",
      apt);
  EXPECT_EQ(apt.fetch_options, (Texts{"Acquire::http::Proxy \"http://proxy.example:3128\"",
                                      "Acquire::https::Proxy::deb.example \"DIRECT\""}));
  EXPECT_EQ(apt.date_options, (Texts{"Acquire::Check-Valid-Until \"false\"", "Acquire::Check-Date \"false\""}));
}

TEST(AptSources, ThisHostsAreRead) {
  const Result<AptConfiguration> apt = read_apt_configuration();
  if (!apt && apt.error().code() == Errc::unavailable) GTEST_SKIP() << apt.error().message();
  ASSERT_TRUE(apt) << apt.error().message();
  EXPECT_FALSE(apt.value().architecture.empty());
}

}  // namespace
}  // namespace belljar::sandbox
