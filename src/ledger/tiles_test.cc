#include "ledger/tiles.h"

#include <gtest/gtest.h>

namespace belljar::ledger {
namespace {

struct PathRow {
  TileName name;
  const char* path;
};

TEST(TilePath, SpellsAndReadsBack) {
  const PathRow rows[] = {
      {{0, 0}, "tile/0/000"},
      {{0, 0, 1}, "tile/0/000.p/1"},
      {{0, 0, 255}, "tile/0/000.p/255"},
      {{1, 999}, "tile/1/999"},
      {{0, 1000}, "tile/0/x001/000"},
      {{0, 1234067}, "tile/0/x001/x234/067"},
      {{7, 1234067, 8}, "tile/7/x001/x234/067.p/8"},
      {{kEntriesLevel, 5}, "tile/entries/005"},
      {{kEntriesLevel, 1000000, 12}, "tile/entries/x001/x000/000.p/12"},
      {{0, UINT64_MAX}, "tile/0/x018/x446/x744/x073/x709/x551/615"},
  };
  for (const PathRow& row : rows) {
    EXPECT_EQ(tile_path(row.name), row.path);
    EXPECT_EQ(parse_tile_path(row.path), row.name) << row.path;
  }
}

TEST(TilePath, RefusesEverySecondSpelling) {
  for (const char* path : {"",
                           "tile",
                           "tile/",
                           "tile/0",
                           "tile/0/",
                           "tile/0/0",
                           "tile/0/00",
                           "tile/0/0000",
                           "tile/0/x000/000",
                           "tile/0/x001",
                           "tile/0/x001/",
                           "tile/0/001/000",
                           "tile/0/000/",
                           "tile/00/000",
                           "tile/8/000",
                           "tile/64/000",
                           "tile/-1/000",
                           "tile/0/-01",
                           "tile/0/ 01",
                           "tile/0/+01",
                           "tile/0/000.p",
                           "tile/0/000.p/",
                           "tile/0/000.p/0",
                           "tile/0/000.p/01",
                           "tile/0/000.p/256",
                           "tile/0/000.p/1/",
                           "tile/0/000.p/1/2",
                           "tile/0/000.q/1",
                           "tile/entries/0",
                           "tile/Entries/000",
                           "/tile/0/000",
                           "tile//000",
                           "tile/0//000",
                           "tile/0/000x",
                           "tile/0/x018/x446/x744/x073/x709/x551/616",
                           "tile/0/x999/x999/x999/x999/x999/x999/x999/999"}) {
    EXPECT_FALSE(parse_tile_path(path)) << path;
  }
}

TEST(TilePath, BelongsToATree) {
  EXPECT_TRUE(is_part_of_tree({0, 0, 44}, 44));
  EXPECT_FALSE(is_part_of_tree({0, 0, 43}, 44));
  EXPECT_FALSE(is_part_of_tree({0, 0}, 255));
  EXPECT_TRUE(is_part_of_tree({0, 0}, 256));
  EXPECT_TRUE(is_part_of_tree({1, 0, 1}, 256));
  EXPECT_FALSE(is_part_of_tree({0, 1, 1}, 256));
  EXPECT_TRUE(is_part_of_tree({kEntriesLevel, 1, 1}, 257));
  EXPECT_FALSE(is_part_of_tree({2, 0, 1}, 65535));
  EXPECT_TRUE(is_part_of_tree({2, 0, 1}, 65536));
  EXPECT_FALSE(is_part_of_tree({7, 0, 1}, UINT64_MAX >> 8));
}

TEST(Bundle, TakesApartWhatItPutTogether) {
  const std::string entries[] = {"", "a", std::string(kEntryBytesMax, 'x'), std::string("\0\xFF", 2)};
  std::string bundle;
  for (const std::string& entry : entries) append_to_bundle(bundle, entry);
  EXPECT_EQ(bundle.substr(0, 5), std::string("\0\0\0\1a", 5));
  BundleReader reader{bundle};
  for (const std::string& entry : entries) {
    const auto next = reader.next();
    ASSERT_TRUE(next);
    EXPECT_EQ(next.value(), entry);
  }
  EXPECT_EQ(reader.left(), 0U);
  EXPECT_FALSE(reader.next().value().has_value());
}

TEST(Bundle, TellsWhereItIsCutOff) {
  BundleReader half_length{std::string_view{"\0", 1}};
  EXPECT_EQ(half_length.next().error().message(), "its length is cut off");
  BundleReader short_entry{std::string_view{"\x01\x02xyz", 5}};
  EXPECT_EQ(short_entry.next().error().message(), "it is cut off: 258 bytes announced, 3 there");
}

}  // namespace
}  // namespace belljar::ledger
