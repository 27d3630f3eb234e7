#include "cli/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "os/file.h"
#include "os/system.h"

namespace belljar::cli {

namespace {

using testing::HasSubstr;
using testing::Not;

struct Ran {
  int code = 0;
  std::string out;
};

Ran scan(std::vector<std::string> words) {
  words.insert(words.begin(), "scan");
  const auto arguments = parse_arguments(kFilter, words);
  EXPECT_TRUE(arguments) << arguments.error().message();
  const os::SystemClock clock;
  os::SystemEntropy entropy;
  testing::internal::CaptureStdout();
  const int code = kFilter.main(arguments.value(), {clock, entropy});
  return {code, testing::internal::GetCapturedStdout()};
}

std::string file_with(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "belljar-filter-" + name;
  EXPECT_TRUE(os::write_file_atomic(path, text, 0600));
  return path;
}

TEST(FilterScan, SaysWhereWhatIsAndMasksIt) {
  const std::string path = file_with("mail.txt", "Hello\nmy card is 4111 1111 1111 1111,\nwrite to ada@example.org\n");
  const Ran ran = scan({path});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, HasSubstr("mail.txt:2: bytes 17-36: pii CREDIT_CARD: 4111"));
  EXPECT_THAT(ran.out, HasSubstr("mail.txt:3: bytes 47-62: pii EMAIL_ADDRESS: "));
  EXPECT_THAT(ran.out, Not(HasSubstr("1111 1111")));
}

TEST(FilterScan, IsSilentAboutInnocentText) {
  const Ran ran = scan({file_with("plain.txt", "The quick brown fox jumps over the lazy dog.\n")});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "");
}

TEST(FilterScan, TakesTheFiltersOfAFile) {
  const std::string filters = file_with("filters.yaml", "filters: {domain: [{name: ticket, pattern: 'T-[0-9]+'}]}\n");
  const Ran ran = scan({"--filters", filters, file_with("t.txt", "see T-17, ada@example.org\n")});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, HasSubstr("domain ticket"));
  EXPECT_THAT(ran.out, Not(HasSubstr("EMAIL")));
}

}  // namespace

}  // namespace belljar::cli
