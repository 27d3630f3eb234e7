// The examples of docs/formats/scenario.md are read by the parsers they describe.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "spec/contract.h"
#include "spec/scenario.h"

namespace belljar::spec {
namespace {

std::vector<std::string> examples(const std::string& page) {
  constexpr std::string_view kOpen = "```yaml\n";
  std::vector<std::string> found;
  for (std::size_t at = page.find(kOpen); at != std::string::npos; at = page.find(kOpen, at)) {
    at += kOpen.size();
    found.push_back(page.substr(at, page.find("```", at) - at));
  }
  return found;
}

TEST(Document, the_examples_are_what_the_parsers_read) {
  std::ifstream file{BELLJAR_SOURCE_DIR "/docs/formats/scenario.md"};
  std::ostringstream page;
  page << file.rdbuf();
  const std::vector<std::string> found = examples(page.str());
  ASSERT_EQ(found.size(), 2U);
  const auto scenario = parse_scenario(found[0], "scenario");
  EXPECT_TRUE(scenario) << scenario.error().message();
  const auto contract = parse_contract(found[1], "contract");
  EXPECT_TRUE(contract) << contract.error().message();
}

}  // namespace
}  // namespace belljar::spec
