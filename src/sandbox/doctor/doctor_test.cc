#include "sandbox/doctor/doctor.h"

#include <unistd.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace belljar::sandbox {
namespace {

HostCheck check_of(const char* id, CheckStatus status, Need need, const char* accept = "") {
  return {.id = id,
          .name = std::string{"name of "} + id,
          .group = "group",
          .status = status,
          .need = need,
          .detail = "what was seen",
          .cost = "what it costs",
          .remedy = "what to do",
          .accept = accept};
}

TEST(Doctor, OnlyWhatIsRequiredAndMissingBlocks) {
  HostReport report;
  report.checks = {check_of("a", CheckStatus::works, Need::required),
                   check_of("b", CheckStatus::degraded, Need::required),
                   check_of("c", CheckStatus::missing, Need::optional)};
  EXPECT_TRUE(report.native_ready());
  report.checks.push_back(check_of("d", CheckStatus::missing, Need::required, "d-name"));
  EXPECT_EQ(report.blockers(), std::vector<std::string>{"d"});
}

TEST(Doctor, TheTableTellsCostAndRemedyOfWhatFailsAlone) {
  HostReport report;
  report.kernel = "6.0";
  report.checks = {check_of("a", CheckStatus::works, Need::required),
                   check_of("d", CheckStatus::missing, Need::required, "d-name"),
                   check_of("e", CheckStatus::missing, Need::optional)};
  report.checks.front().detail = "all is well";
  EXPECT_EQ(host_table(report),
            "Linux 6.0, as root\n"
            "\n"
            "group\n"
            "  works     name of a  all is well\n"
            "  missing   name of d  what was seen\n"
            "            costs:   what it costs\n"
            "            enable:  what to do\n"
            "            or:      --allow-degraded d-name\n"
            "  missing   name of e  for the same reason\n"
            "            costs:   what it costs\n"
            "\n"
            "tiers\n"
            "  native   NOT ready, missing: d (each can be given up by name, see --allow-degraded above)\n"
            "  gvisor   missing\n"
            "  microvm  missing\n");
}

TEST(Doctor, LongTextsWrapWithinTheirColumn) {
  HostReport report;
  HostCheck check = check_of("a", CheckStatus::missing, Need::optional);
  check.detail = std::string(150, 'x');
  for (int i = 0; i < 40; ++i) check.cost += " again";
  report.checks = {check};
  std::istringstream lines{host_table(report)};
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(line.size() <= 100 || line.find("xxx") != std::string::npos) << line;
    EXPECT_FALSE(line.ends_with(' ')) << "'" << line << "'";
  }
}

// On whatever host the tests run: complete, well-formed, and honest about what it needs.
TEST(Doctor, ExaminesThisHost) {
  const HostReport report = examine_host();
  EXPECT_GE(report.checks.size(), 45U);
  std::set<std::string> ids;
  for (const HostCheck& check : report.checks) {
    EXPECT_TRUE(ids.insert(check.id).second) << check.id << " twice";
    EXPECT_FALSE(check.detail.empty()) << check.id;
    EXPECT_FALSE(check.cost.empty()) << check.id;
    EXPECT_TRUE(check.status == CheckStatus::works || !check.remedy.empty()) << check.id;
  }
  std::istringstream lines{host_table(report)};
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
  const Result<codec::Json> json = codec::parse_json(codec::to_json(host_json(report)));
  ASSERT_TRUE(json) << json.error().message();
  EXPECT_EQ(json.value().find("checks")->as_array().size(), report.checks.size());
  EXPECT_EQ(json.value().find("tiers")->find("native")->find("ready")->as_bool(), report.native_ready());
}

}  // namespace
}  // namespace belljar::sandbox
