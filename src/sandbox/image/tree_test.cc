#include "sandbox/image/tree.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace belljar::sandbox {
namespace {

namespace fs = std::filesystem;

class Tree : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "belljar-tree-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    write("usr/bin/tool", "#!/bin/sh\n", 0755);
    write("etc/name", "x", 0644);
    fs::create_symlink("usr/bin", root_ + "/bin");
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& name, const std::string& text, mode_t mode) {
    fs::create_directories(fs::path{root_ + "/" + name}.parent_path());
    std::ofstream{root_ + "/" + name, std::ios::binary} << text;
    ASSERT_EQ(::chmod((root_ + "/" + name).c_str(), mode), 0);
  }
  TreeContent content() {
    Result<TreeContent> read = read_tree(root_);
    EXPECT_TRUE(read) << read.error().message();
    return std::move(read).value();
  }
  std::string digest() { return content().digest.text(); }

  std::string root_;
};

TEST_F(Tree, ManifestNamesEveryEntryInOrder) {
  const TreeContent read = content();
  EXPECT_EQ(read.manifest,
            "l bin -> usr/bin\n"
            "d 0755 etc\n"
            "f 0644 1 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881 etc/name\n"
            "d 0755 usr\n"
            "d 0755 usr/bin\n"
            "f 0755 10 a8076d3d28d21e02012b20eaf7dbf75409a6277134439025f282e368e3305abf usr/bin/tool\n");
  EXPECT_EQ(read.entries, 6U);
  EXPECT_EQ(read.bytes, 11U);
}

TEST_F(Tree, DigestChangesWithContentModeNameAndTarget) {
  const std::string before = digest();
  EXPECT_EQ(digest(), before);
  write("etc/name", "y", 0644);
  const std::string changed = digest();
  EXPECT_NE(changed, before);
  write("etc/name", "x", 0600);
  EXPECT_NE(digest(), before);
  write("etc/name", "x", 0644);
  EXPECT_EQ(digest(), before);
  fs::remove(root_ + "/bin");
  fs::create_symlink("usr/sbin", root_ + "/bin");
  EXPECT_NE(digest(), before);
}

TEST_F(Tree, TimesDoNotChangeTheDigest) {
  const std::string before = digest();
  fs::last_write_time(root_ + "/etc/name", fs::file_time_type::clock::now() - std::chrono::hours{1});
  EXPECT_EQ(digest(), before);
}

TEST_F(Tree, ANameCannotForgeALine) {
  write("etc/a\nf 0644 1 00 b", "", 0644);
  const std::string manifest = content().manifest;
  EXPECT_EQ(std::count(manifest.begin(), manifest.end(), '\n'), 7);
  EXPECT_NE(manifest.find("etc/a\\x0af\\x200644\\x201\\x2000\\x20b"), std::string::npos) << manifest;
}

TEST_F(Tree, LinksAreNeverFollowed) {
  fs::create_symlink("/", root_ + "/host");
  fs::create_symlink("self", root_ + "/self");
  EXPECT_EQ(content().entries, 8U);
}

TEST_F(Tree, StrippingTakesOutWhatNoModelShouldFind) {
  write("usr/bin/su", "x", 04755);
  write("usr/bin/wall", "x", 02755);
  write("var/log/dpkg.log", "secret", 0644);
  write("var/cache/apt/a.bin", "x", 0644);
  write("etc/apt/apt.conf.d/99proxy", "http://user:password@proxy", 0644);
  write("etc/shadow", "root:*", 0640);
  write("usr/lib/gcc/x86_64-linux-gnu/12/cc1", "x", 0755);
  write("usr/lib/x86_64-linux-gnu/libx.la", "x", 0644);
  write("etc/resolv.conf", "nameserver 10.0.0.1", 0644);
  ASSERT_EQ(::mkfifo((root_ + "/etc/pipe").c_str(), 0600), 0);
  fs::create_directories(root_ + "/dev");
  if (::geteuid() == 0) {
    ASSERT_EQ(::mknod((root_ + "/dev/null").c_str(), S_IFCHR | 0666, makedev(1, 3)), 0);
  }
  const Result<void> stripped = strip_root(root_, {"/usr/lib/gcc/*", "*.la"});
  ASSERT_TRUE(stripped) << stripped.error().message();
  const std::string manifest = content().manifest;
  for (const char* gone :
       {"dpkg.log", "a.bin", "99proxy", "shadow", "resolv.conf", "pipe", "null", "cc1", "libx.la", "o "}) {
    EXPECT_EQ(manifest.find(gone), std::string::npos) << gone;
  }
  EXPECT_NE(manifest.find("f 0755 1 "), std::string::npos) << manifest;  // su, without its bit
  EXPECT_EQ(manifest.find("f 4"), std::string::npos);
  EXPECT_EQ(manifest.find("f 2"), std::string::npos);
  EXPECT_NE(manifest.find("d 0755 var/log\n"), std::string::npos);
  EXPECT_NE(manifest.find("d 0755 proc\n"), std::string::npos);
}

TEST_F(Tree, StrippingFollowsNoLinkOutOfTheTree) {
  const std::string outside = root_ + "-outside";
  fs::create_directories(outside);
  std::ofstream{outside + "/kept"} << "x";
  fs::create_directories(root_ + "/var");
  fs::create_symlink(outside, root_ + "/var/log");
  ASSERT_TRUE(strip_root(root_, {"/usr/lib/gcc/*", "*.la"}));
  EXPECT_TRUE(fs::exists(outside + "/kept"));
  fs::remove_all(outside);
}

TEST_F(Tree, FingerprintSeesTheTopTwoLevels) {
  const Digest before = tree_fingerprint(root_).value();
  EXPECT_EQ(tree_fingerprint(root_).value(), before);
  fs::remove_all(root_ + "/usr/bin");
  EXPECT_NE(tree_fingerprint(root_).value(), before);
}

TEST_F(Tree, AMissingRootIsAnError) {
  EXPECT_FALSE(read_tree(root_ + "/none"));
  EXPECT_FALSE(tree_fingerprint(root_ + "/none"));
}

}  // namespace
}  // namespace belljar::sandbox
