// A model that serves is reached by the host alone, and reaches nobody.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/fd.h"
#include "sandbox/native/engine_fixture.h"

namespace belljar::sandbox {
namespace {

using testing::HasSubstr;

class ServeTest : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    spec_.serve_port = 8080;
    spec_.profile = "server";
  }

  // Connects as soon as something listens; -1 when nothing ever does.
  int connect(Sandbox& sandbox, std::size_t line) {
    for (int patience = 0; patience < 400; ++patience) {
      const Result<int> fd = sandbox.connect(line);
      if (fd) return fd.value();
      if (!engine_->wait(std::chrono::milliseconds{20})) return -1;
    }
    return -1;
  }

  // What arrives on the line after `question` was sent, up to `bytes`.
  std::string ask(int fd, std::string_view question, std::size_t bytes) {
    std::string answer;
    bool asked = false;
    for (int patience = 0; patience < 200 && answer.size() < bytes; ++patience) {
      os::PollSet poll;
      poll.add(fd, asked ? os::Interest::read : os::Interest::write);
      if (!poll.wait(std::chrono::milliseconds{50})) return answer;
      if (!asked) {
        const Result<os::Written> written = os::write_some(fd, question);
        asked = written && written.value().bytes == question.size();
        continue;
      }
      std::array<char, 4096> buffer{};
      const os::Taken taken = os::read_ready(fd, buffer);
      answer.append(buffer.data(), taken.bytes);
      if (taken.closed) break;
    }
    return answer;
  }

  std::unique_ptr<Sandbox> start_python(const std::string& script) {
    Result<std::unique_ptr<Sandbox>> sandbox = engine_->create(spec_);
    if (!sandbox) {
      ADD_FAILURE() << sandbox.error().message();
      return nullptr;
    }
    EXPECT_TRUE(sandbox.value()->start({{"/usr/bin/python3", "-c", script}, spec::default_environment()}));
    return std::move(sandbox).value();
  }
};

constexpr const char* kEcho =
    "import socket, threading\n"
    "s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
    "s.bind(('127.0.0.1', 8080)); s.listen(16)\n"
    "def serve(c):\n"
    "  while True:\n"
    "    b = c.recv(4096)\n"
    "    if not b: return\n"
    "    c.sendall(b.upper())\n"
    "while True:\n"
    "  c, _ = s.accept(); threading.Thread(target=serve, args=(c,)).start()\n";

TEST_F(ServeTest, every_line_is_a_connection_of_its_own) {
  const std::unique_ptr<Sandbox> sandbox = start_python(kEcho);
  ASSERT_NE(sandbox, nullptr);
  std::array<int, kServeLines> lines{};
  for (std::size_t line = 0; line < kServeLines; ++line) {
    lines[line] = connect(*sandbox, line);
    ASSERT_GE(lines[line], 0);
  }
  for (std::size_t line = 0; line < kServeLines; ++line) {
    EXPECT_EQ(ask(lines[line], "line " + std::to_string(line), 6), "LINE " + std::to_string(line));
  }
  const Result<spec::SandboxReport> report = sandbox->destroy();
  ASSERT_TRUE(report);
  EXPECT_EQ(report.value().posture, "ok");
}

TEST_F(ServeTest, connecting_again_hangs_up_and_keeps_the_descriptor) {
  const std::unique_ptr<Sandbox> sandbox = start_python(kEcho);
  ASSERT_NE(sandbox, nullptr);
  const int first = connect(*sandbox, 0);
  ASSERT_GE(first, 0);
  ASSERT_TRUE(os::write_some(first, "left unread"));
  for (int round = 0; round < 20; ++round) {
    const int again = connect(*sandbox, 0);
    EXPECT_EQ(again, first);
    EXPECT_EQ(ask(again, "again", 5), "AGAIN");
  }
}

TEST_F(ServeTest, a_model_that_is_gone_or_deaf_refuses_a_connection) {
  const std::unique_ptr<Sandbox> sandbox = start_python("import time; time.sleep(30)");
  ASSERT_NE(sandbox, nullptr);
  const Result<int> deaf = sandbox->connect(0);
  ASSERT_FALSE(deaf);
  EXPECT_EQ(deaf.error().code(), Errc::unavailable);
  EXPECT_THAT(deaf.error().message(), HasSubstr("nothing listens"));
  sandbox->kill(spec::EndStatus::denied, "test");
  while (!sandbox->ended()) ASSERT_TRUE(engine_->wait(std::chrono::milliseconds{50}));
  EXPECT_FALSE(sandbox->connect(0));
}

// A listener of the host that the sandbox tries to reach; `reached()` tells whether anybody came.
class HostListener {
 public:
  HostListener() : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd_.get(), 4), 0);
    EXPECT_EQ(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  int port() const { return port_; }
  bool reached() const { return os::Fd{::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC)}.get() >= 0; }

 private:
  os::Fd fd_;
  int port_ = 0;
};

TEST_F(ServeTest, nothing_is_reachable_from_inside) {
  const HostListener host;
  const SandboxLife lived = python(
      "import socket\n"
      "def attempt(name, deed):\n"
      "  try: deed(); print(name, 'worked')\n"
      "  except OSError as e: print(name, e.errno)\n"
      "def tcp(): return socket.socket(socket.AF_INET, socket.SOCK_STREAM)\n"
      "own = tcp(); own.bind(('127.0.0.1', 8080)); own.listen(1); print('listens')\n"
      "attempt('host', lambda: tcp().connect(('127.0.0.1', " +
      std::to_string(host.port()) +
      ")))\n"
      "attempt('itself', lambda: tcp().connect(('127.0.0.1', 8080)))\n"
      "attempt('beyond', lambda: tcp().connect(('1.1.1.1', 80)))\n"
      "attempt('other port', lambda: tcp().bind(('127.0.0.1', 9090)))\n"
      "attempt('datagram', lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))\n"
      "attempt('raw', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))\n"
      "attempt('multipath', lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262))\n"
      "attempt('local', lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))\n");
  EXPECT_THAT(lived.output, HasSubstr("listens\n")) << lived.error;
  EXPECT_THAT(lived.output, testing::Not(HasSubstr("worked")));
  EXPECT_THAT(lived.output, HasSubstr("host 1"));
  EXPECT_THAT(lived.output, HasSubstr("beyond 1"));
  EXPECT_FALSE(host.reached());
}

TEST_F(ServeTest, a_model_that_does_not_serve_has_no_line_and_no_loopback) {
  spec_.serve_port = 0;
  const SandboxLife lived = python(
      "import socket\n"
      "s = socket.socket(); s.settimeout(1)\n"
      "try: s.bind(('127.0.0.1', 8080)); print('bound')\n"
      "except OSError as e: print(e.errno)\n");
  EXPECT_THAT(lived.output, testing::Not(HasSubstr("bound")));
}

}  // namespace
}  // namespace belljar::sandbox
