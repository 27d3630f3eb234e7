#include "sandbox/image/store.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "os/file.h"
#include "os/run_program.h"

namespace belljar::sandbox {
namespace {

namespace fs = std::filesystem;

// Stands in for mmdebstrap, which needs a mirror and a minute: makes a small root where the real one is asked to.
// tests/image builds with the real one.
constexpr std::string_view kStandIn = R"(#!/bin/sh
for last; do destination=$before; before=$last; done
[ -z "$FAIL_BOOTSTRAP" ] || { echo "E: no such package" >&2; exit 1; }
cat > "$SEEN_SOURCES"
echo run >> "$SEEN_RUNS"
case " $* " in *" --format=tar "*) top=$(mktemp -d);; *) top=$destination;; esac
mkdir -p "$top/usr/bin" "$top/var/lib/dpkg" "$top/var/log" "$top/etc/apt"
echo tool > "$top/usr/bin/tool"
echo secret > "$top/etc/apt/proxy"
printf 'Package: a\nStatus: install ok installed\nVersion: 1.2\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 2\n' \
  > "$top/var/lib/dpkg/status"
case " $* " in *" --format=tar "*) tar -C "$top" -cf "$destination" . && rm -rf "$top";; esac
)";

class Store : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "belljar-store-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    fs::create_directories(folder_ + "/bin");
    std::ofstream{folder_ + "/bin/mmdebstrap"} << kStandIn;
    fs::permissions(folder_ + "/bin/mmdebstrap", fs::perms::owner_all);
    old_path_ = ::getenv("PATH");
    ::setenv("PATH", (folder_ + "/bin:" + old_path_).c_str(), 1);
    ::setenv("SEEN_SOURCES", (folder_ + "/sources").c_str(), 1);
    ::setenv("SEEN_RUNS", (folder_ + "/runs").c_str(), 1);
    const Result<AptConfiguration> apt = read_apt_configuration();
    if (!apt || !sources_for_suite(apt.value(), "bookworm", false)) GTEST_SKIP() << "this host has no apt sources";
    list_.name = "small";
    list_.suite = "bookworm";
    list_.packages = {"a1"};
  }
  void TearDown() override {
    ::setenv("PATH", old_path_.c_str(), 1);
    ::unsetenv("FAIL_BOOTSTRAP");
    fs::remove_all(folder_);
  }

  ImageStore store() {
    return ImageStore::in(folder_ + "/images", [this](const std::string& line) { told_ += line + "\n"; });
  }
  long runs() {
    const Result<std::string> text = os::read_file(folder_ + "/runs", 1 << 20);
    return text ? std::count(text.value().begin(), text.value().end(), '\n') : 0;
  }
  StoredImage built() {
    ImageStore here = store();
    Result<StoredImage> image = here.find_or_build(list_);
    EXPECT_TRUE(image) << image.error().message();
    return std::move(image).value();
  }

  std::string folder_;
  std::string old_path_;
  std::string told_;
  PackageList list_;
};

TEST_F(Store, BuildsOnceAndServesFromThenOn) {
  const StoredImage first = built();
  EXPECT_TRUE(fs::exists(first.root + "/usr/bin/tool"));
  EXPECT_FALSE(fs::exists(first.root + "/etc/apt/proxy"));
  ASSERT_EQ(first.installed.size(), 1U);
  EXPECT_EQ(first.installed[0].name, "a");
  EXPECT_EQ(first.installed[0].version, "1.2");
  EXPECT_NE(told_.find("building"), std::string::npos);
  const StoredImage second = built();
  EXPECT_EQ(second.digest, first.digest);
  EXPECT_EQ(second.root, first.root);
  EXPECT_EQ(runs(), 1);
}

TEST_F(Store, TheMirrorIsTheHosts) {
  (void)built();
  const std::string sources = os::read_file(folder_ + "/sources", 1 << 20).value();
  EXPECT_EQ(sources, sources_for_suite(read_apt_configuration().value(), "bookworm", false).value());
}

TEST_F(Store, EqualContentHasAnEqualDigest) {
  const std::string first = built().digest;
  ImageStore here = store();
  EXPECT_EQ(here.rebuild(list_).value().digest, first);
  EXPECT_EQ(runs(), 2);
}

TEST_F(Store, AFailedBuildLeavesNothingToUseAndSaysWhy) {
  ::setenv("FAIL_BOOTSTRAP", "1", 1);
  ImageStore here = store();
  const Result<StoredImage> image = here.find_or_build(list_);
  ASSERT_FALSE(image);
  EXPECT_NE(image.error().message().find("no such package"), std::string::npos) << image.error().message();
  EXPECT_TRUE(here.list().value().empty());
  ::unsetenv("FAIL_BOOTSTRAP");
  (void)built();
}

TEST_F(Store, AnInterruptedBuildIsNeverUsed) {
  const StoredImage image = built();
  const std::string folder = folder_ + "/images/" + image.key;
  fs::rename(folder, folder + ".building");
  EXPECT_TRUE(store().list().value().empty());
  (void)built();
  EXPECT_EQ(runs(), 2);
  EXPECT_FALSE(fs::exists(folder + ".building"));
}

TEST_F(Store, AChangedByteIsFoundByVerifyWhichNamesTheFile) {
  const StoredImage image = built();
  std::ofstream{image.root + "/usr/bin/tool"} << "evil";
  ImageStore here = store();
  const Result<void> verified = here.verify(image);
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code(), Errc::corrupt);
  EXPECT_NE(verified.error().message().find("usr/bin/tool"), std::string::npos) << verified.error().message();
}

TEST_F(Store, ATreeThatLostAFolderIsRefused) {
  const StoredImage image = built();
  fs::remove_all(image.root + "/usr/bin");
  ImageStore here = store();
  const Result<StoredImage> again = here.find_or_build(list_);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), Errc::corrupt);
}

TEST_F(Store, ATreeThatWasRestoredIsReadOnceAndThenTrusted) {
  const StoredImage image = built();
  fs::last_write_time(image.root + "/usr", fs::file_time_type::clock::now() - std::chrono::hours{1});
  (void)built();
  EXPECT_NE(told_.find("reading all of it"), std::string::npos);
  told_.clear();
  (void)built();
  EXPECT_EQ(told_, "");
}

TEST_F(Store, ARecordOfAnotherImageIsRefused) {
  const StoredImage image = built();
  const std::string path = folder_ + "/images/" + image.key + "/image.json";
  std::string text = os::read_file(path, 1 << 20).value();
  text.replace(text.find(image.key), 4, "ffff");
  std::ofstream{path} << text;
  ImageStore here = store();
  EXPECT_EQ(here.find_or_build(list_).error().code(), Errc::corrupt);
}

TEST_F(Store, TwoBuildersBuildOnce) {
  const pid_t other = ::fork();
  ASSERT_GE(other, 0);
  if (other == 0) ::_exit(store().find_or_build(list_) ? 0 : 1);
  (void)built();
  int status = 0;
  ASSERT_EQ(::waitpid(other, &status, 0), other);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(runs(), 1);
}

TEST_F(Store, AMissingToolIsToldWithTheRemedy) {
  fs::remove(folder_ + "/bin/mmdebstrap");
  for (const char* tool : {"apt-config", "id", "setpriv", "unshare", "tar", "newuidmap", "sh", "cat"}) {
    const Result<os::ProgramOutput> found = os::run_program({"/bin/sh", "-c", std::string{"command -v "} + tool}, {});
    const std::string path = found ? found.value().output.substr(0, found.value().output.find('\n')) : "";
    if (!path.empty()) fs::create_symlink(path, folder_ + "/bin/" + tool);
  }
  ::setenv("PATH", (folder_ + "/bin").c_str(), 1);
  ImageStore here = store();
  const Result<StoredImage> image = here.find_or_build(list_);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code(), Errc::unavailable);
  EXPECT_NE(image.error().message().find("apt-get install"), std::string::npos) << image.error().message();
}

}  // namespace
}  // namespace belljar::sandbox
