// belljar exec with a policy: what its rules ask to follow, and what filters make of bodies at its gateway.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "os/file.h"
#include "os/run_program.h"

namespace belljar {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kServices = R"(belljar-services: 1
services:
  - name: api
    kind: http
    hosts: [api.example.test]
    routes: [{on: GET /key, text: "the key is AKIAQ3EGRZ7LN5XW2YPB now"}]
)";

// A folder with stand-ins of one page that holds a secret, and a policy whose rules end with `rule`.
class Exec : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/belljar-exec-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
    ASSERT_TRUE(os::write_file_atomic(directory_ + "/services.yaml", kServices, 0644));
  }
  void TearDown() override { (void)os::remove_tree(directory_); }

  os::ProgramOutput exec(const std::string& rule, const std::vector<std::string>& options,
                         const std::string& python) const {
    EXPECT_TRUE(os::write_file_atomic(directory_ + "/policy.yaml",
                                      "belljar-policy: 1\nname: p\nprofiles: [agent]\nrules:\n"
                                      "  - {permit: files, action: read, what: {paths: [/**]}}\n"
                                      "  - {permit: api, action: connect, what: {hosts: [api.example.test]}}\n" +
                                          rule,
                                      0644));
    std::vector<std::string> argv{BELLJAR_BINARY_DIR "/bin/belljar",
                                  "exec",
                                  "--policy=" + directory_ + "/policy.yaml",
                                  "--services=" + directory_ + "/services.yaml",
                                  "--allow-degraded=cgroup-memory",
                                  "--allow-degraded=cgroup-processes",
                                  "--allow-degraded=cgroup-cpu"};
    argv.insert(argv.end(), options.begin(), options.end());
    for (const char* word : {"--", "/usr/bin/python3", "-c"}) argv.emplace_back(word);
    argv.push_back(python);
    Result<os::ProgramOutput> got = os::run_program(argv, {});
    EXPECT_TRUE(got) << got.error().message();
    return got ? std::move(got).value() : os::ProgramOutput{};
  }

  std::string directory_;
};

constexpr const char* kGet =
    "import urllib.request\n"
    "def get(url):\n"
    "  try: return urllib.request.urlopen(url, timeout=10).read().decode()\n"
    "  except urllib.error.HTTPError as error: return 'status ' + str(error.code)\n";

TEST_F(Exec, FiltersScreenWhatComesInAndGoesOut) {
  const std::string look = std::string{kGet} + "print(get('http://api.example.test/key'))";
  EXPECT_THAT(exec("", {}, look).output, HasSubstr("AKIAQ3EGRZ7LN5XW2YPB"));
  const os::ProgramOutput redacted = exec("", {"--filters=secrets"}, look);
  EXPECT_THAT(redacted.output, HasSubstr("the key is ")) << redacted.error;
  EXPECT_THAT(redacted.output, Not(HasSubstr("AKIAQ3EGRZ7LN5XW2YPB")));
  EXPECT_THAT(redacted.error, HasSubstr("belljar exec: redacted: "));
  const os::ProgramOutput refused = exec("", {"--filters=strict"}, look);
  EXPECT_THAT(refused.output, Not(HasSubstr("AKIAQ3EGRZ7LN5XW2YPB"))) << refused.output;
  EXPECT_THAT(refused.error, HasSubstr("belljar exec: refused: "));
  // A file of one's own; what goes out is seen too.
  EXPECT_TRUE(os::write_file_atomic(
      directory_ + "/own.yaml", "filters:\n  domain: [{name: word, pattern: 'xyzzy-[0-9]+', then: contain}]\n", 0644));
  const os::ProgramOutput contained =
      exec("", {"--filters=" + directory_ + "/own.yaml"},
           std::string{kGet} + "import time\nget('http://api.example.test/xyzzy-7')\ntime.sleep(5)\nprint('lives')");
  EXPECT_THAT(contained.output, Not(HasSubstr("lives")));
  EXPECT_THAT(contained.error, HasSubstr("contained by policy rule"));
}

TEST_F(Exec, FiltersNeedAPolicyAndMustBeKnown) {
  const os::ProgramOutput unknown = exec("", {"--filters=nonsense"}, "pass");
  EXPECT_EQ(unknown.exit_code, 2) << unknown.error;
  EXPECT_THAT(unknown.error, HasSubstr("--filters"));
  const auto alone =
      os::run_program({BELLJAR_BINARY_DIR "/bin/belljar", "exec", "--filters=secrets", "--", "/bin/true"}, {});
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone.value().exit_code, 2);
  EXPECT_THAT(alone.value().error, HasSubstr("--filters: found without --policy"));
}

TEST_F(Exec, ARuleThatPausesStopsTheProgramForItsTime) {
  const os::ProgramOutput paused = exec(
      "  - {forbid: still, action: connect, what: {hosts: [still.test]}, then: {pause: 800ms}}\n", {},
      std::string{kGet} +
          "import threading, time\nlongest = 0\n"
          "def look():\n  global longest\n  before = time.monotonic()\n"
          "  while True:\n    time.sleep(0.005); now = time.monotonic()\n"
          "    longest, before = max(longest, now - before), now\n"
          "threading.Thread(target=look, daemon=True).start()\n"
          "print(get('http://still.test/'))\ntime.sleep(0.5)\nprint('stood still' if longest > 0.75 else longest)");
  EXPECT_THAT(paused.output, HasSubstr("status 403\nstood still\n")) << paused.error;
}

TEST_F(Exec, WhatOneProgramCannotBeDoneToIsRefusedWithItsPlace) {
  const os::ProgramOutput reset = exec(
      "  - {forbid: anew, action: connect, what: {hosts: [a.test]}, then: reset}\n"
      "  - {forbid: still, action: connect, what: {hosts: [b.test]}, then: pause}\n"
      "  - {forbid: others, action: connect, who: [model], what: {hosts: [c.test]}, then: reset}\n",
      {}, "print('ran')");
  EXPECT_EQ(reset.exit_code, 2);
  EXPECT_THAT(reset.error, HasSubstr("policy.yaml:7:5: found \"reset\" in rule anew, expected kill"));
  EXPECT_THAT(reset.error, HasSubstr("policy.yaml:8:5: found \"pause\" in rule still, expected a time"));
  EXPECT_THAT(reset.error, Not(HasSubstr("others")));
  EXPECT_EQ(reset.output, "");
}

}  // namespace
}  // namespace belljar
