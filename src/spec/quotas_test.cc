#include "spec/quotas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/quantity.h"

namespace belljar::spec {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

TEST(Quotas, sizes_are_exact) {
  const std::vector<std::pair<std::string, std::uint64_t>> rows{{"0B", 0},
                                                                {"7B", 7},
                                                                {"1KiB", 1024},
                                                                {"512MiB", 512ULL << 20},
                                                                {"1.5GiB", 3ULL << 29},
                                                                {"2KB", 2000},
                                                                {"0.5MB", 500000},
                                                                {"1GB", 1000000000},
                                                                {"0.25KiB", 256},
                                                                {"8589934591GiB", 8589934591ULL << 30}};
  for (const auto& [text, bytes] : rows) EXPECT_EQ(parse_bytes(text).value(), bytes) << text;
}

TEST(Quotas, durations_are_exact) {
  const std::vector<std::pair<std::string, std::chrono::milliseconds>> rows{
      {"0ms", 0ms},   {"150ms", 150ms}, {"120s", 120s}, {"1.5s", 1500ms},
      {"2min", 2min}, {"8760h", 8760h}, {"0.001s", 1ms}};
  for (const auto& [text, duration] : rows) EXPECT_EQ(parse_duration(text).value(), duration) << text;
}

TEST(Quotas, what_is_no_quantity_is_refused) {
  for (const char* text : {"",
                           "512",
                           "MiB",
                           "512 MiB",
                           "512mib",
                           "512Mib",
                           "-1MiB",
                           "+1MiB",
                           "1e3MiB",
                           "0x10B",
                           ".5MiB",
                           "5.MiB",
                           "1.2.3MiB",
                           "512MiB ",
                           " 512MiB",
                           "0.3B",
                           "0.0001KiB",
                           "9999999999999999999GiB",
                           "999999999999999999GiB",
                           "1.0000000001GiB",
                           "512MiBB",
                           "١B",
                           "1TiB"}) {
    const auto bytes = parse_bytes(text);
    ASSERT_FALSE(bytes) << text;
    EXPECT_EQ(bytes.error().message(),
              "found \"" + std::string{text} + "\", expected a size such as 512MiB (B, KiB, MiB, GiB, KB, MB, GB)");
  }
  for (const char* text : {"", "10", "10 s", "10S", "-1s", "1d", "inf", "1e3s", "99999999999999999h"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  EXPECT_EQ(parse_duration("0.5ms").error().message(), "found \"0.5ms\", expected a whole number of milliseconds");
}

TEST(Quotas, every_key_sets_its_own_field) {
  Quotas quotas;
  const std::vector<std::pair<std::string, std::string>> rows{
      {"memory", "1GiB"}, {"swap", "1MiB"},     {"cpu", "0.5"},        {"cpu-time", "10s"},
      {"processes", "3"}, {"open-files", "99"}, {"file-size", "2MiB"}, {"disk", "3MiB"},
      {"inodes", "100"},  {"output", "1KiB"},   {"wall", "5min"}};
  ASSERT_EQ(rows.size(), quota_keys().size());
  for (const auto& [key, value] : rows) ASSERT_TRUE(set_quota(quotas, key, value)) << key;
  const Quotas wanted{1ULL << 30, 1ULL << 20, 0.5, 10s, 3, 99, 2ULL << 20, 3ULL << 20, 100, 1024, 5min};
  EXPECT_EQ(quotas, wanted);
  EXPECT_EQ(
      codec::to_json(quotas_json(quotas)),
      R"({"memory_bytes":1073741824,"swap_bytes":1048576,"cpu_cores":0.5,"cpu_time_ms":10000,"processes":3,)"
      R"("open_files":99,"file_bytes":2097152,"disk_bytes":3145728,"inodes":100,"output_bytes":1024,"wall_ms":300000})");
}

TEST(Quotas, a_wrong_key_or_value_changes_nothing_and_says_why) {
  const std::vector<std::array<std::string, 3>> rows{
      {"memry", "1GiB", "found limit \"memry\", expected \"memory\""},
      {"", "1GiB",
       "found limit \"\", expected memory, swap, cpu, cpu-time, processes, open-files, file-size, disk, inodes, output "
       "or wall"},
      {"memory", "1", "found \"1\", expected a size such as"},
      {"memory", "1KiB", "found \"1KiB\", expected memory from 1MiB to 1048576GiB"},
      {"memory", "8589934591GiB", "expected memory from"},
      {"cpu", "0", "found \"0\", expected cpu from 0.05 to 1024"},
      {"cpu", "nan", "found \"nan\", expected a number of processors"},
      {"cpu", "1e3", "found \"1e3\", expected a number of processors"},
      {"processes", "0", "expected processes from 1 to 4194304"},
      {"processes", "4294967297", "expected processes from 1 to 4194304"},
      {"processes", "1.5", "found \"1.5\", expected a whole number"},
      {"processes", "08", "found \"08\", expected a whole number"},
      {"disk", "0B", "found \"0B\", expected disk from 4KiB"},
      {"inodes", "0", "found \"0\", expected inodes from 16"},
      {"wall", "0s", "found \"0s\", expected wall from 1ms to 8760h"},
      {"wall", "\x1b[2J", "found \"\\x1b[2J\", expected a duration"}};
  for (const auto& [key, value, says] : rows) {
    Quotas quotas;
    const auto set = set_quota(quotas, key, value);
    ASSERT_FALSE(set) << key << "=" << value;
    EXPECT_THAT(set.error().message(), testing::HasSubstr(says));
    EXPECT_EQ(quotas, Quotas{});
  }
}

TEST(Quantity, the_nearest_word_is_near) {
  constexpr std::array<std::string_view, 3> kWords{"accuracy", "recall", "f1"};
  EXPECT_EQ(nearest("acuracy", kWords), "accuracy");
  EXPECT_EQ(nearest("reclal", kWords), "recall");
  EXPECT_EQ(nearest("f2", kWords), "f1");
  EXPECT_EQ(nearest("xy", kWords), "");
  EXPECT_EQ(nearest("speed", kWords), "");
  EXPECT_EQ(nearest("", kWords), "");
  EXPECT_EQ(nearest(std::string(100000, 'a'), kWords), "");
}

}  // namespace
}  // namespace belljar::spec
