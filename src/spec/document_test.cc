// The examples of docs/formats are read by the parsers they describe.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "spec/contract.h"
#include "spec/scenario.h"

namespace belljar::spec {
namespace {

std::string example(const std::string& page_name) {
  std::ifstream file{BELLJAR_SOURCE_DIR "/docs/formats/" + page_name};
  std::ostringstream page;
  page << file.rdbuf();
  constexpr std::string_view kOpen = "```yaml\n";
  const std::string text = page.str();
  const std::size_t at = text.find(kOpen);
  if (at == std::string::npos) return {};
  return text.substr(at + kOpen.size(), text.find("```", at + kOpen.size()) - at - kOpen.size());
}

TEST(Document, the_examples_are_what_the_parsers_read) {
  const auto scenario = parse_scenario(example("scenario.md"), "scenario");
  EXPECT_TRUE(scenario) << scenario.error().message();
  const auto contract = parse_contract(example("contract.md"), "contract");
  EXPECT_TRUE(contract) << contract.error().message();
}

}  // namespace
}  // namespace belljar::spec
