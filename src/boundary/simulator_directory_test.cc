#include "boundary/simulator_directory.h"

#include <cstdlib>
#include <filesystem>

#include "boundary/reply_for_tests.h"
#include "codec/crypto.h"
#include "os/file.h"

namespace belljar::boundary {
namespace {

using testing::HasSubstr;

class Directory : public testing::Test {
 protected:
  void SetUp() override {
    std::string made = testing::TempDir() + "belljar-directory-XXXXXX";
    folder_ = mkdtemp(made.data());
  }
  void TearDown() override { EXPECT_TRUE(os::remove_tree(folder_)); }

  void write(const std::string& name, std::string_view text) {
    std::filesystem::create_directories(std::filesystem::path{folder_ + "/" + name}.parent_path());
    ASSERT_TRUE(os::write_file_atomic(folder_ + "/" + name, text, 0644));
  }
  void shell(const std::string& command) { ASSERT_EQ(std::system(("cd " + folder_ + " && " + command).c_str()), 0); }
  std::shared_ptr<SimulatedDirectory> serve(const std::string& index = "") {
    ServiceSpec spec;
    spec.name = "site";
    spec.kind = ServiceKind::directory;
    spec.index = index;
    auto made = SimulatedDirectory::make(spec, folder_, {7, "a key"});
    EXPECT_TRUE(made) << made.error().message();
    return made.value();
  }

  std::string folder_;
};

TEST_F(Directory, ServesFilesAndNothingBesideThem) {
  write("a/notes.txt", "hello");
  write("site/index.html", "<p>home</p>");
  shell("ln -s /etc/hostname a/out && ln -s .. a/up");
  const auto site = serve();
  EXPECT_EQ(asked(*site, make_ask("GET", "/a/notes.txt")).text, "hello");
  EXPECT_EQ(asked(*site, make_ask("GET", "/site/")).text, "<p>home</p>");
  EXPECT_THAT(asked(*site, make_ask("GET", "/a")).text, HasSubstr("href=\"/a/notes.txt\""));
  for (const char* target : {"/a/out", "/a/up/a/notes.txt", "/none", "/a/../../etc/hostname", "/a/%2e%2e/%2e%2e/etc"}) {
    const GatheredReply reply = asked(*site, make_ask("GET", target));
    EXPECT_GE(reply.status, 400) << target;
  }
  EXPECT_EQ(asked(*site, make_ask("PUT", "/a/notes.txt", "{}")).status, 405);
}

TEST_F(Directory, IsASimpleIndexForPip) {
  write("Tea_Pot-1.0-py3-none-any.whl", "wheel");
  write("tea.pot-0.9.tar.gz", "source");
  write("notes.txt", "none of it");
  const auto index = serve("pip");
  EXPECT_THAT(asked(*index, make_ask("GET", "/simple/")).text, HasSubstr("/simple/tea-pot/"));
  const GatheredReply project = asked(*index, make_ask("GET", "/simple/tea-pot/"));
  EXPECT_THAT(project.text, HasSubstr("#sha256=" + codec::sha256("wheel").hex()));
  EXPECT_THAT(project.text, HasSubstr("tea.pot-0.9.tar.gz"));
  EXPECT_EQ(asked(*index, make_ask("GET", "/Tea_Pot-1.0-py3-none-any.whl")).text, "wheel");
  EXPECT_EQ(asked(*index, make_ask("GET", "/simple/kettle/")).status, 404);
}

TEST_F(Directory, IsARegistryForNpm) {
  shell(
      "mkdir package && echo '{\"name\": \"@tea/pot\", \"version\": \"1.2.3\"}' > package/package.json && "
      "tar czf tea-pot-1.2.3.tgz package && rm -r package");
  const auto registry = serve("npm");
  const GatheredReply reply = asked(*registry, make_ask("GET", "/@tea%2fpot"));
  EXPECT_EQ(reply.status, 200) << "npm escapes the slash of a scope";
  const codec::Json document = asked(*registry, make_ask("GET", "/@tea/pot")).json();
  ASSERT_NE(document.find("versions"), nullptr);
  const codec::Json* version = document.find("versions")->find("1.2.3");
  ASSERT_NE(version, nullptr);
  const std::string tarball = version->find("dist")->find("tarball")->as_string();
  EXPECT_EQ(tarball, "https://api.example.com/@tea/pot/-/tea-pot-1.2.3.tgz");
  const GatheredReply file = asked(*registry, make_ask("GET", "/@tea/pot/-/tea-pot-1.2.3.tgz"));
  EXPECT_EQ(file.text, os::read_file(folder_ + "/tea-pot-1.2.3.tgz", 1 << 20).value());
  EXPECT_EQ(asked(*registry, make_ask("GET", "/kettle")).status, 404);
}

TEST_F(Directory, RefusesToStartOnAPackageItCannotRead) {
  write("broken.tgz", "no gzip");
  ServiceSpec spec;
  spec.name = "site";
  spec.index = "npm";
  const auto made = SimulatedDirectory::make(spec, folder_, {7, "a key"});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message(), HasSubstr("service site: broken.tgz"));
}

TEST_F(Directory, TellsGitWhatARepositoryHas) {
  if (std::system("git --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "git is not here";
  shell(
      "git init -q -b main work && cd work && git -c user.name=a -c user.email=a@b.de commit -q --allow-empty -m one "
      "&& "
      "git -c user.name=a -c user.email=a@b.de tag -a v1 -m v1 && cd .. && git clone -q --bare work project.git && "
      "git -C project.git pack-refs --all && git -C project.git repack -q -a && git -C project.git branch next");
  shell(
      "cd project.git && git update-server-info && cp info/refs ../refs && cp objects/info/packs ../packs && "
      "rm info/refs objects/info/packs");
  const auto site = serve("git");
  EXPECT_EQ(asked(*site, make_ask("GET", "/project.git/info/refs?service=git-upload-pack")).text,
            os::read_file(folder_ + "/refs", 4096).value());
  EXPECT_EQ(asked(*site, make_ask("GET", "/project.git/objects/info/packs")).text,
            os::read_file(folder_ + "/packs", 4096).value());
  EXPECT_EQ(asked(*site, make_ask("GET", "/project.git/HEAD")).text, "ref: refs/heads/main\n");
  EXPECT_EQ(asked(*site, make_ask("GET", "/other.git/info/refs")).status, 404);
}

}  // namespace
}  // namespace belljar::boundary
