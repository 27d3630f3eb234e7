#include "os/durable.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "os/file.h"

namespace belljar::os {
namespace {

class DurableTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/belljar_durable_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { EXPECT_TRUE(remove_tree(folder_)); }
  std::string path(const std::string& name) const { return folder_ + '/' + name; }
  std::string content(const std::string& name) const {
    const Result<std::string> text = read_file(path(name), 1000);
    return text ? text.value() : text.error().message();
  }

  std::string folder_;
};

TEST_F(DurableTest, WritesReplacesAndKeepsWhatIsThere) {
  EXPECT_TRUE(write_file(path("a"), "longer", 0644));
  EXPECT_TRUE(write_file(path("a"), "b", 0644));
  EXPECT_EQ(content("a"), "b");
  EXPECT_FALSE(write_new_file(path("a"), "c", 0644).value());
  EXPECT_EQ(content("a"), "b");
  EXPECT_TRUE(write_new_file(path("n"), "c", 0644).value());
  EXPECT_EQ(content("n"), "c");
}

TEST_F(DurableTest, WritesThroughNoLink) {
  ASSERT_EQ(::symlink("target", path("link").c_str()), 0);
  EXPECT_FALSE(write_file(path("link"), "x", 0644));
  EXPECT_FALSE(write_new_file(path("link"), "x", 0644).value());
  EXPECT_FALSE(publish_file(path("link"), "x", 0644).value());
  EXPECT_FALSE(exists(path("target")));
}

TEST_F(DurableTest, PublishesOnceAndLeavesNothingBeside) {
  EXPECT_TRUE(publish_file(path("key"), "first", 0600).value());
  EXPECT_FALSE(publish_file(path("key"), "second", 0600).value());
  EXPECT_EQ(content("key"), "first");
  struct stat info {};
  ASSERT_EQ(::stat(path("key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600U);
  EXPECT_EQ(list_directory(folder_).value().size(), 1U);
}

TEST_F(DurableTest, OpensRegularFilesAlone) {
  ASSERT_TRUE(make_directories(path("sub"), 0755));
  ASSERT_TRUE(write_file(path("sub/file"), "x", 0644));
  ASSERT_EQ(::symlink("sub/file", path("link").c_str()), 0);
  ASSERT_EQ(::symlink("sub", path("folder_link").c_str()), 0);
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  const Fd folder = open_folder(folder_).value();
  EXPECT_TRUE(open_regular_beneath(folder.get(), "sub/file"));
  for (const char* name : {"sub", "link", "folder_link/file", "pipe", "missing", "../x", "/etc/passwd"}) {
    EXPECT_FALSE(open_regular_beneath(folder.get(), name)) << name;
  }
  EXPECT_EQ(facts_beneath(folder.get(), "link").value().kind, FileKind::link);
  EXPECT_EQ(facts_beneath(folder.get(), "pipe").value().kind, FileKind::other);
  EXPECT_EQ(facts_beneath(folder.get(), "sub").value().kind, FileKind::folder);
}

TEST_F(DurableTest, VisitsEachNameOnceAndStopsWhenTold) {
  std::set<std::string> expected;
  for (int at = 0; at < 100; ++at) {
    expected.insert(std::to_string(at));
    ASSERT_TRUE(write_file(path(std::to_string(at)), "", 0644));
  }
  const Fd folder = open_folder(folder_).value();
  std::multiset<std::string> seen;
  ASSERT_TRUE(visit_folder(folder.get(), folder_, [&seen](std::string_view name) {
    seen.emplace(name);
    return true;
  }));
  EXPECT_EQ(seen, (std::multiset<std::string>{expected.begin(), expected.end()}));
  int visits = 0;
  ASSERT_TRUE(visit_folder(folder.get(), folder_, [&visits](std::string_view) { return ++visits < 3; }));
  EXPECT_EQ(visits, 3);
}

TEST_F(DurableTest, RemovesWhatIsGoneWithoutAWord) {
  EXPECT_TRUE(remove_file(path("missing")));
  EXPECT_TRUE(remove_empty_folder(path("missing")));
  ASSERT_TRUE(make_directories(path("full/sub"), 0755));
  EXPECT_FALSE(remove_empty_folder(path("full")));
  EXPECT_TRUE(sync_path(path("full")));
  EXPECT_FALSE(sync_path(path("missing")));
}

}  // namespace
}  // namespace belljar::os
