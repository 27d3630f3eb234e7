#include "os/cgroup_mounts.h"

namespace belljar::os {
namespace {

TEST(CgroupMounts, ReadsEveryLayout) {
  constexpr std::string_view kHybrid =
      "25 24 0:22 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
      "26 25 0:23 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
      "27 25 0:24 /docker/1f /sys/fs/cgroup/memory ro,relatime shared:10 master:2 - cgroup cgroup rw,memory\n"
      "28 25 0:25 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd\n"
      "29 25 0:26 / /sys/fs/cgroup/my\\040unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n";
  const std::vector<CgroupMount> mounts = parse_cgroup_mounts(kHybrid);
  ASSERT_EQ(mounts.size(), 3U);
  EXPECT_EQ(mounts[0].label(), "cpu,cpuacct");
  EXPECT_TRUE(mounts[0].has("cpuacct"));
  EXPECT_FALSE(mounts[0].has("memory"));
  EXPECT_EQ(mounts[1].label(), "memory");
  EXPECT_EQ(mounts[1].root, "/docker/1f");
  EXPECT_EQ(mounts[2].version, CgroupVersion::v2);
  EXPECT_EQ(mounts[2].mount_point, "/sys/fs/cgroup/my unified");
}

TEST(CgroupMounts, SkipsWhatItCannotRead) {
  for (const std::string_view text :
       {"", "\n\n", "26 25", "26 25 0:23 / /x rw", "26 25 0:23 / /x rw - ", "26 25 0:23 / /x rw - cgroup cgroup rw\n",
        " - cgroup2 cgroup2 rw", "26 25 0:23 / /x rw - cgroup3 cgroup rw,memory", "- - - - - - - - -"}) {
    EXPECT_TRUE(parse_cgroup_mounts(text).empty()) << text;
  }
}

struct OwnCase {
  const char* name;
  CgroupVersion version;
  std::string root;
  const char* own;
  std::optional<std::string> expected;
};

TEST(CgroupMounts, FindsOurOwnGroup) {
  const OwnCase cases[] = {
      {"v1", CgroupVersion::v1, "/", "8:pids:/\n4:memory:/process/7\n0::/\n", "/process/7"},
      {"v1 top", CgroupVersion::v1, "/", "4:memory:/\n", ""},
      {"v1 among others", CgroupVersion::v1, "/", "4:cpuset,memory:/a\n", "/a"},
      {"v2", CgroupVersion::v2, "/", "4:memory:/a\n0::/user.slice/b\n", "/user.slice/b"},
      {"path with colons", CgroupVersion::v2, "/", "0::/a:b:c\n", "/a:b:c"},
      {"below a bind", CgroupVersion::v1, "/docker/1f", "4:memory:/docker/1f/x\n", "/x"},
      {"the bind itself", CgroupVersion::v1, "/docker/1f", "4:memory:/docker/1f\n", ""},
      {"beside a bind", CgroupVersion::v1, "/docker/1f", "4:memory:/docker/1ff\n", std::nullopt},
      {"outside the namespace", CgroupVersion::v2, "/", "0::/../b\n", std::nullopt},
      {"not listed", CgroupVersion::v1, "/", "0::/\n", std::nullopt},
      {"malformed", CgroupVersion::v1, "/", "memory\n:::\n4:memory\n", std::nullopt},
  };
  for (const OwnCase& row : cases) {
    CgroupMount mount{.version = row.version, .controllers = {}, .mount_point = "/x", .root = row.root};
    if (row.version == CgroupVersion::v1) mount.controllers = {"memory"};
    EXPECT_EQ(own_cgroup(row.own, mount), row.expected) << row.name;
  }
}

}  // namespace
}  // namespace belljar::os
