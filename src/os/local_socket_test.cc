#include "os/local_socket.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "os/file.h"

namespace belljar::os {
namespace {

using testing::HasSubstr;

constexpr std::chrono::seconds kPatience{5};

class LocalSocketTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string folder = testing::TempDir() + "socket-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }
  void TearDown() override { (void)remove_tree(folder_); }
  std::string path() const { return folder_ + "/s"; }

  static std::optional<Fd> accepted(int listener) {
    pollfd polled{listener, POLLIN, 0};
    (void)::poll(&polled, 1, 5000);
    return accept_local(listener).value();
  }

  std::string folder_;
};

TEST_F(LocalSocketTest, BytesAndDescriptorsArrive) {
  const Fd listener = listen_local(path()).value();
  EXPECT_FALSE(accept_local(listener.get()).value());
  const Fd guest = *connect_local(path(), kPatience).value();
  const std::optional<Fd> host = accepted(listener.get());
  ASSERT_TRUE(host);
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const Fd from{pipe[0]};
  Fd to{pipe[1]};
  ASSERT_TRUE(send_with_descriptors(host->get(), "hello", std::array{to.get()}));
  std::array<char, 64> buffer{};
  Result<Arrival> got = receive_with_descriptors(guest.get(), buffer);
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(std::string(buffer.data(), got.value().bytes), "hello");
  ASSERT_EQ(got.value().descriptors.size(), 1U);
  EXPECT_EQ(::fcntl(got.value().descriptors[0].get(), F_GETFD), FD_CLOEXEC);
  ASSERT_EQ(::write(got.value().descriptors[0].get(), "x", 1), 1);
  EXPECT_EQ(::read(from.get(), buffer.data(), 1), 1);
}

TEST_F(LocalSocketTest, WhoListensAlreadyIsNotPushedAside) {
  const Fd listener = listen_local(path()).value();
  const Result<Fd> second = listen_local(path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Errc::denied);
}

TEST_F(LocalSocketTest, AFileInTheWayStays) {
  std::ofstream{path()} << "mine";
  EXPECT_FALSE(listen_local(path()));
  EXPECT_TRUE(exists(path()));
}

TEST_F(LocalSocketTest, NobodyThereIsNoError) {
  EXPECT_FALSE(connect_local(path(), kPatience).value());
  { const Fd listener = listen_local(path()).value(); }
  EXPECT_FALSE(connect_local(path(), kPatience).value());
}

TEST_F(LocalSocketTest, APathThatIsTooLongIsSaidToBe) {
  const Result<Fd> listener = listen_local("/" + std::string(200, 'x'));
  ASSERT_FALSE(listener);
  EXPECT_THAT(listener.error().message(), HasSubstr("107 bytes"));
}

// Even where the folder and the socket let them.
TEST_F(LocalSocketTest, AnotherUserIsTurnedAwayOnBothSides) {
  if (::geteuid() != 0) GTEST_SKIP() << "takes root, to become another user";
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  const Fd listener = listen_local(path()).value();
  ASSERT_EQ(::chmod(path().c_str(), 0666), 0);
  const pid_t other = ::fork();
  if (other == 0) {
    if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0) ::_exit(2);
    const Result<std::optional<Fd>> got = connect_local(path(), kPatience);
    ::_exit(!got && got.error().code() == Errc::denied ? 0 : 1);
  }
  EXPECT_FALSE(accepted(listener.get()));
  int status = -1;
  ASSERT_EQ(::waitpid(other, &status, 0), other);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace belljar::os
