// A sandbox with a gateway: every way out ends at the doors the engine hands over, and nowhere else.

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/fd.h"
#include "os/file.h"
#include "sandbox/native/engine_fixture.h"
#include "sandbox/native/netlink.h"

namespace belljar::sandbox {
namespace {

using testing::HasSubstr;

class DoorsTest : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    spec_.gateway = spec::GatewaySpec{};
  }

  // Starts a script with the sandbox's doors in `doors_`.
  std::unique_ptr<Sandbox> start(const std::string& script) {
    Result<std::unique_ptr<Sandbox>> sandbox = engine_->create(spec_);
    if (!sandbox) {
      ADD_FAILURE() << sandbox.error().message();
      return nullptr;
    }
    Result<GatewayDoors> doors = sandbox.value()->gateway_doors();
    if (!doors) {
      ADD_FAILURE() << doors.error().message();
      return nullptr;
    }
    doors_ = std::move(doors).value();
    EXPECT_TRUE(sandbox.value()->start({{"/usr/bin/python3", "-c", script}, spec::default_environment()}));
    return std::move(sandbox).value();
  }

  // Waits for whoever comes to a listening door.
  os::Fd accept(const os::Fd& door) {
    for (int patience = 0; patience < 200; ++patience) {
      os::Fd came{::accept4(door.get(), nullptr, nullptr, SOCK_CLOEXEC)};
      if (came) return came;
      if (!engine_->wait(std::chrono::milliseconds{20})) break;
    }
    return {};
  }

  GatewayDoors doors_;
};

std::string address_text(const sockaddr_in& address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  (void)::inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
  return std::string{text.data()} + ":" + std::to_string(ntohs(address.sin_port));
}

TEST_F(DoorsTest, a_connection_to_any_address_ends_at_the_transparent_door) {
  for (const std::string meant : {"198.18.0.7:443", "1.1.1.1:80", "169.254.169.254:80", "10.0.0.1:5432"}) {
    const std::size_t colon = meant.find(':');
    const std::unique_ptr<Sandbox> sandbox =
        start("import socket\ns = socket.create_connection(('" + meant.substr(0, colon) + "', " +
              meant.substr(colon + 1) + "), 5)\ns.sendall(b'hello'); print(s.recv(64).decode(), s.getpeername()[0])\n");
    ASSERT_NE(sandbox, nullptr);
    const os::Fd came = accept(doors_.transparent);
    ASSERT_TRUE(came) << meant;
    sockaddr_in original{};
    socklen_t size = sizeof original;
    ASSERT_EQ(::getsockopt(came.get(), SOL_IP, SO_ORIGINAL_DST, &original, &size), 0);
    EXPECT_EQ(address_text(original), meant);
    std::array<char, 16> buffer{};
    EXPECT_EQ(::recv(came.get(), buffer.data(), buffer.size(), 0), 5);
    EXPECT_EQ(::send(came.get(), "answer", 6, MSG_NOSIGNAL), 6);
    const Result<SandboxLife> lived = live(*sandbox);
    ASSERT_TRUE(lived);
    EXPECT_EQ(lived.value().output, "answer " + meant.substr(0, colon) + "\n") << lived.value().error;
    EXPECT_EQ(lived.value().report.posture, "ok");
  }
}

TEST_F(DoorsTest, proxies_and_the_name_server_are_where_clients_are_told) {
  const std::unique_ptr<Sandbox> sandbox = start(
      "import socket\n"
      "for port in (3128, 1080): socket.create_connection(('127.0.0.1', port), 5)\n"
      "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.settimeout(5)\n"
      "u.sendto(b'who', ('127.0.0.1', 53)); print(u.recv(64).decode())\n"
      "print(open('/etc/resolv.conf').read().split('\\n')[0])\n");
  ASSERT_NE(sandbox, nullptr);
  EXPECT_TRUE(accept(doors_.http));
  EXPECT_TRUE(accept(doors_.socks));
  sockaddr_in from{};
  socklen_t size = sizeof from;
  std::array<char, 16> buffer{};
  ssize_t got = -1;
  for (int patience = 0; got < 0 && patience < 200; ++patience) {
    got = ::recvfrom(doors_.dns.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0 && !engine_->wait(std::chrono::milliseconds{20})) break;
  }
  ASSERT_EQ(std::string(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))), "who");
  ASSERT_EQ(::sendto(doors_.dns.get(), "you", 3, 0, reinterpret_cast<const sockaddr*>(&from), size), 3);
  const Result<SandboxLife> lived = live(*sandbox);
  ASSERT_TRUE(lived);
  EXPECT_EQ(lived.value().output, "you\nnameserver 127.0.0.1\n") << lived.value().error;
}

TEST_F(DoorsTest, what_is_no_connection_is_refused_and_its_loopback_is_its_own) {
  const std::unique_ptr<Sandbox> sandbox = start(
      "import socket\n"
      "def attempt(name, deed):\n"
      "  try: deed(); print(name, 'worked')\n"
      "  except OSError as e: print(name, 'refused')\n"
      "def udp(): return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
      "def tcp(): return socket.socket(socket.AF_INET, socket.SOCK_STREAM)\n"
      "attempt('datagram to a name', lambda: udp().sendto(b'x', ('198.18.0.1', 53)))\n"
      "attempt('datagram beyond', lambda: udp().sendto(b'x', ('8.8.8.8', 53)))\n"
      "attempt('multicast', lambda: udp().sendto(b'x', ('224.0.0.1', 53)))\n"
      "attempt('echo', lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1))\n"
      "attempt('raw', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))\n"
      "attempt('packet', lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3))\n"
      "attempt('netlink', lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12))\n"
      "attempt('second family', lambda: socket.socket(socket.AF_INET6, socket.SOCK_STREAM))\n"
      "attempt('multipath', lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262))\n"
      "for port in (3128, 1080, 3129): attempt('door', lambda: tcp().bind(('127.0.0.1', port)))\n"
      "attempt('name server', lambda: udp().bind(('127.0.0.1', 53)))\n"
      "attempt('mark', lambda: tcp().setsockopt(socket.SOL_SOCKET, 36, 1))\n"
      "attempt('device', lambda: tcp().setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'eth0'))\n"
      "attempt('redirection itself', lambda: tcp().connect(('127.0.0.1', 3129)))\n"
      "attempt('redirection itself', lambda: tcp().connect(('127.0.0.2', 3129)))\n"
      "own = tcp(); own.bind(('127.0.0.1', 0)); own.listen(1)\n"
      "c = tcp(); c.connect(own.getsockname()); print('its own helper answers')\n");
  ASSERT_NE(sandbox, nullptr);
  const Result<SandboxLife> lived = live(*sandbox);
  ASSERT_TRUE(lived);
  EXPECT_THAT(lived.value().output, testing::Not(HasSubstr("worked")));
  EXPECT_THAT(lived.value().output, testing::EndsWith("its own helper answers\n")) << lived.value().error;
}

TEST_F(DoorsTest, programs_trust_the_gateway_beside_whom_they_trusted) {
  spec_.gateway->trust_pem = "-----BEGIN CERTIFICATE-----\nthe gateway's\n-----END CERTIFICATE-----\n";
  const SandboxLife lived = shell("tail -n 2 /etc/ssl/certs/ca-certificates.crt; cat /etc/ssl/belljar-gateway.pem");
  EXPECT_THAT(lived.output, HasSubstr("the gateway's\n-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n"));
  const Result<std::string> ours = os::read_file(spec::kTrustBundle, 1U << 20);
  if (!ours) return;
  const SandboxLife counted = shell("grep -c BEGIN.CERT /etc/ssl/certs/ca-certificates.crt");
  EXPECT_GT(std::stoi(counted.output), 2);
}

// This host's own root stands in for an image on disk.
TEST_F(DoorsTest, an_image_with_an_etc_of_its_own_gets_the_same_words) {
  if (!os::exists("/etc/debian_version")) GTEST_SKIP() << "not a Debian, whose /etc this looks at";
  spec_.image = {spec::ImageKind::directory, "/", "sha256:0"};
  spec_.gateway->trust_pem = "the gateway's\n";
  const SandboxLife lived = shell(
      "cat /etc/resolv.conf; test -s /etc/debian_version && echo kept; tail -n 1 /etc/ssl/certs/ca-certificates.crt; "
      "cat /etc/ssl/belljar-gateway.pem; echo spoilt > /etc/resolv.conf; grep hosts: /etc/nsswitch.conf");
  EXPECT_THAT(lived.output, testing::StartsWith("nameserver 127.0.0.1\n")) << lived.error;
  EXPECT_THAT(lived.output, testing::EndsWith("kept\nthe gateway's\nthe gateway's\nhosts: files dns\n"));
  EXPECT_THAT(lived.error, HasSubstr("resolv.conf"));
}

TEST_F(DoorsTest, doors_are_taken_once_and_only_where_there_is_a_gateway) {
  const std::unique_ptr<Sandbox> sandbox = start("pass");
  ASSERT_NE(sandbox, nullptr);
  EXPECT_FALSE(sandbox->gateway_doors());
  spec_.gateway.reset();
  Result<std::unique_ptr<Sandbox>> without = engine_->create(spec_);
  ASSERT_TRUE(without);
  EXPECT_FALSE(without.value()->gateway_doors());
  EXPECT_FALSE(without.value()->network_differences());
}

TEST_F(DoorsTest, without_a_gateway_there_is_no_loopback_and_no_socket) {
  spec_.gateway.reset();
  spec_.profile = "agent";
  const SandboxLife lived = python(
      "import socket\n"
      "try: socket.socket(socket.AF_INET, socket.SOCK_STREAM); print('made')\n"
      "except OSError as e: print(e.errno)\n");
  EXPECT_EQ(lived.output, "1\n");
}

TEST_F(DoorsTest, a_deterministic_sandbox_has_no_gateway) {
  spec_.deterministic = spec::Deterministic{7};
  const Result<std::unique_ptr<Sandbox>> sandbox = engine_->create(spec_);
  ASSERT_FALSE(sandbox);
  EXPECT_THAT(sandbox.error().message(), HasSubstr("has no gateway"));
}

// Deletes the rules of a chain from within the network namespace of `pid`, as root of the host could.
void delete_rules(pid_t pid, std::string_view chain) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const os::Fd space{::open(("/proc/" + std::to_string(pid) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC)};
    if (::setns(space.get(), CLONE_NEWNET) != 0) ::_exit(1);
    native::NetlinkWriter out;
    out.begin(NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
    out.end();
    out.begin(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELRULE, NLM_F_ACK, NFPROTO_INET);
    out.text(NFTA_RULE_TABLE, "belljar");
    out.text(NFTA_RULE_CHAIN, chain);
    out.end();
    out.begin(NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
    out.end();
    const std::string batch = out.take();
    const os::Fd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)};
    ::_exit(::send(socket.get(), batch.data(), batch.size(), 0) == static_cast<ssize_t>(batch.size()) ? 0 : 2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
}

TEST_F(DoorsTest, a_deleted_rule_is_seen_from_outside) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root of the host may change a sandbox's network";
  const std::unique_ptr<Sandbox> sandbox = start("import time; print('up', flush=True); time.sleep(30)");
  ASSERT_NE(sandbox, nullptr);
  const Result<std::string> before = sandbox->network_differences();
  ASSERT_TRUE(before) << before.error().message();
  EXPECT_EQ(before.value(), "");
  std::string up;
  for (int patience = 0; up.empty() && patience < 500; ++patience) {
    ASSERT_TRUE(engine_->wait(std::chrono::milliseconds{10}));
    ASSERT_TRUE(read_into(*sandbox, Stream::out, up));
  }
  pid_t inside = 0;
  const Result<std::vector<os::DirectoryEntry>> processes = os::list_directory("/proc");
  ASSERT_TRUE(processes);
  for (const os::DirectoryEntry& entry : processes.value()) {
    const Result<std::string> words = os::read_file("/proc/" + entry.name + "/cmdline", 4096);
    if (words && words.value().find("print('up'") != std::string::npos) inside = std::stoi(entry.name);
  }
  ASSERT_GT(inside, 0);
  delete_rules(inside, "bound");
  const Result<std::string> after = sandbox->network_differences();
  ASSERT_TRUE(after);
  EXPECT_THAT(after.value(), HasSubstr("rule 1 of chain bound of table belljar"));
  EXPECT_THAT(after.value(), HasSubstr("is missing"));
}

}  // namespace
}  // namespace belljar::sandbox
