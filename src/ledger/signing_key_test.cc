#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "ledger/ledger.h"
#include "ledger/record_for_tests.h"

namespace belljar::ledger {
namespace {

// A configuration folder of the test's own.
class SigningKeyTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::setenv("XDG_CONFIG_HOME", folder_.path().c_str(), 1), 0); }
  void TearDown() override { ASSERT_EQ(::unsetenv("XDG_CONFIG_HOME"), 0); }

  std::string secret() const { return folder_.path() + "/belljar/signing.key"; }
  std::string verifier() const { return folder_.path() + "/belljar/signing.pub"; }
  std::string refusal() const {
    const Result<codec::SigningKey> key = open_signing_key();
    return key ? "" : key.error().message();
  }

 private:
  TempFolder folder_;
};

TEST_F(SigningKeyTest, IsMadeOnceAndPrivate) {
  const Result<codec::SigningKey> first = open_signing_key();
  ASSERT_TRUE(first) << first.error().message();
  struct stat info {};
  ASSERT_EQ(::stat(secret().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600U);
  EXPECT_EQ(read_bytes(verifier()), verifier_line(first.value()));
  const Result<codec::SigningKey> second = open_signing_key();
  ASSERT_TRUE(second);
  EXPECT_EQ(second.value().seed(), first.value().seed());
}

TEST_F(SigningKeyTest, RefusesAKeyOthersMayUse) {
  ASSERT_TRUE(open_signing_key());
  for (const mode_t mode : {0640U, 0604U, 0620U, 0601U}) {
    ASSERT_EQ(::chmod(secret().c_str(), mode), 0);
    EXPECT_EQ(refusal(),
              "use the signing key " + secret() +
                  ": others may use it: if nobody has, chmod 600 it; otherwise remove it and a new one is made");
  }
}

TEST_F(SigningKeyTest, RefusesAKeyOfAnotherUser) {
  ASSERT_TRUE(open_signing_key());
  if (::chown(secret().c_str(), 12345, 12345) != 0) GTEST_SKIP() << "only root can give files away";
  EXPECT_NE(refusal().find("it belongs to user 12345"), std::string::npos);
}

TEST_F(SigningKeyTest, RefusesLinksPipesAndBrokenKeys) {
  ASSERT_TRUE(open_signing_key());
  const std::string good = read_bytes(secret());
  write_bytes(secret(), good.substr(0, 40));
  EXPECT_NE(refusal().find("cut off"), std::string::npos);
  write_bytes(secret(), good.substr(0, 40) + '\n');
  EXPECT_NE(refusal().find("not a signed-note signer named belljar"), std::string::npos);
  EXPECT_EQ(refusal().find(good.substr(25, 15)), std::string::npos) << "the secret is never repeated";
  const std::string elsewhere = secret() + ".real";
  write_bytes(elsewhere, good);
  ASSERT_EQ(::chmod(elsewhere.c_str(), 0600), 0);
  ASSERT_EQ(::unlink(secret().c_str()), 0);
  ASSERT_EQ(::symlink(elsewhere.c_str(), secret().c_str()), 0);
  EXPECT_NE(refusal().find("not a regular file"), std::string::npos);
  ASSERT_EQ(::unlink(secret().c_str()), 0);
  ASSERT_EQ(::mkfifo(secret().c_str(), 0600), 0);
  EXPECT_NE(refusal().find("not a regular file"), std::string::npos);
}

TEST_F(SigningKeyTest, RefusesAVerifierThatIsNotItsOwn) {
  ASSERT_TRUE(open_signing_key());
  write_bytes(verifier(), verifier_line(key_for_tests()));
  EXPECT_NE(refusal().find("not the public half"), std::string::npos);
}

TEST_F(SigningKeyTest, FirstRunsAtOnceAgreeOnOneKey) {
  const TempFolder seeds;
  std::vector<pid_t> runs;
  for (int at = 0; at < 8; ++at) {
    runs.push_back(::fork());
    if (runs.back() != 0) continue;
    const Result<codec::SigningKey> key = open_signing_key();
    write_bytes(seeds.path() + '/' + std::to_string(at), key ? key.value().seed() : key.error().message());
    ::_exit(0);
  }
  for (const pid_t run : runs) ASSERT_EQ(::waitpid(run, nullptr, 0), run);
  const Result<codec::SigningKey> key = open_signing_key();
  ASSERT_TRUE(key) << key.error().message();
  for (int at = 0; at < 8; ++at) {
    EXPECT_EQ(read_bytes(seeds.path() + '/' + std::to_string(at)), key.value().seed());
  }
}

TEST_F(SigningKeyTest, IsWhomVerifyTrustsByDefault) {
  const Result<codec::SigningKey> key = open_signing_key();
  ASSERT_TRUE(key);
  const TempFolder folder;
  const std::string run = folder.path() + "/run";
  ASSERT_TRUE(Ledger::create(run, "belljar.test/run/r_1", key.value()));
  EXPECT_EQ(told(verify_run(run, {}).value()), "");
  ASSERT_EQ(::unlink(verifier().c_str()), 0);
  const VerifyReport stranger = verify_run(run, {}).value();
  ASSERT_TRUE(names(stranger, "ledger/key.pub"));
  EXPECT_NE(told(stranger).find("which nothing here trusts"), std::string::npos);
}

}  // namespace
}  // namespace belljar::ledger
