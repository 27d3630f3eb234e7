// Credentials from inside: a program holds a placeholder, the server behind the permit that names it gets the secret,
// and nobody else does: no other path, no other host, no answer, no file of the record.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/text.h"
#include "codec/json.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/run_program.h"

namespace belljar {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kSecret = "live/0123456789+kept-outside";

// A real server at a loopback address of the host: answers with what it was told, also in base64 and in a header.
class Echo {
 public:
  Echo() : listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    (void)::inet_pton(AF_INET, "127.0.0.2", &place.sin_addr);
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0 ||
        ::listen(listener_.get(), 16) != 0) {
      throw std::runtime_error{"listen"};
    }
    socklen_t size = sizeof place;
    (void)::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&place), &size);
    port_ = ntohs(place.sin_port);
    thread_ = std::thread{[this] { run(); }};
  }
  ~Echo() {
    stop_ = true;
    thread_.join();
  }
  Echo(const Echo&) = delete;
  Echo& operator=(const Echo&) = delete;

  std::string url(const std::string& path) const { return "http://127.0.0.2:" + std::to_string(port_) + path; }
  std::string heard() {
    const std::lock_guard held{lock_};
    return heard_;
  }

 private:
  void run() {
    while (!stop_) {
      pollfd waiting{listener_.get(), POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const os::Fd caller{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
      std::string request;
      while (request.find("\r\n\r\n") == std::string::npos) {
        pollfd reading{caller.get(), POLLIN, 0};
        char piece[4096];
        if (::poll(&reading, 1, 2000) <= 0) break;
        const ssize_t bytes = ::recv(caller.get(), piece, sizeof piece, 0);
        if (bytes <= 0) break;
        request.append(piece, static_cast<std::size_t>(bytes));
      }
      const std::string body = "you said " + request + " or " + to_base64("x" + request);
      const std::size_t at = request.find("x-key: ");
      const std::string key = at == std::string::npos ? "" : request.substr(at + 7, request.find("\r\n", at) - at - 7);
      const std::string answer = "HTTP/1.1 200 OK\r\nx-echo: " + key +
                                 "\r\ncontent-length: " + std::to_string(body.size()) +
                                 "\r\nconnection: close\r\n\r\n" + body;
      (void)::send(caller.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      const std::lock_guard held{lock_};
      heard_ += request;
    }
  }

  os::Fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_ = false;
  std::mutex lock_;
  std::string heard_;
  std::thread thread_;
};

constexpr const char* kPolicy = R"(belljar-policy: 1
name: paid
profiles: [agent]
rules:
  - {permit: messages, action: send, what: {models: ['*']}}
  - {permit: files, action: read, what: {paths: [/**]}}
  - permit: paid
    action: connect
    what: {hosts: [127.0.0.2], methods: [GET], paths: [/v1/**]}
    terms: {tls: intercept, credential: api}
  - permit: free
    action: connect
    what: {hosts: [127.0.0.2], paths: [/free/**]}
    terms: {tls: intercept}
)";

class CredentialsInside : public testing::Test {
 protected:
  void SetUp() override {
    std::string made = testing::TempDir() + "belljar-credentials-XXXXXX";
    ASSERT_NE(::mkdtemp(made.data()), nullptr);
    folder_ = made;
    ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
    ASSERT_EQ(::setenv("XDG_STATE_HOME", (folder_ + "/state").c_str(), 1), 0);
    ASSERT_EQ(::setenv("XDG_CONFIG_HOME", (folder_ + "/config").c_str(), 1), 0);
    write("policy.yaml", kPolicy);
    write("key", kSecret + "\n", 0600);
    write("contract.yaml", "belljar-contract: 1\nanswer: {type: object, required: [label]}\ndeadline: 30s\n");
    write("cases.csv", "x,label\n1,b\n");
    write("s.yaml", scenario("{api: {file: key, inside: API_KEY}}"));
  }
  void TearDown() override {
    (void)::unsetenv("BELLJAR_TEST_KEY");
    EXPECT_TRUE(os::remove_tree(folder_));
  }

  static std::string scenario(const std::string& credentials) {
    return "belljar: 1\nname: paid\npolicy: policy.yaml\ncredentials: " + credentials +
           "\nmodels: {m: {files: model, run: [/usr/bin/python3, /model/serve.py], profile: agent, limits: {wall: "
           "60s}}}\nworkload: {cases: cases.csv, label: label}\nlinks: [{from: workload, to: m, contract: "
           "contract.yaml}]\ngates: [{metric: findings, at_most: 0}]\n";
  }
  void write(const std::string& name, const std::string& text, mode_t mode = 0644) const {
    const std::string path = folder_ + "/" + name;
    ASSERT_TRUE(os::make_directories(path.substr(0, path.find_last_of('/')), 0755));
    ASSERT_TRUE(os::write_file_atomic(path, text, mode));
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
  }
  // For each case: asks every url with the placeholder and answers with all that it heard.
  void write_model(const std::vector<std::string>& urls) const {
    std::string list;
    for (const std::string& url : urls) list += "'" + url + "',";
    write("model/serve.py",
          "import json, os, sys, urllib.request\n"
          "for line in sys.stdin:\n"
          "  heard = os.environ.get('API_KEY', 'none')\n"
          "  for url in [" +
              list +
              "]:\n"
              "    try:\n"
              "      ask = urllib.request.Request(url, headers={'x-key': heard[:200].split()[0]})\n"
              "      answer = urllib.request.urlopen(ask, timeout=10)\n"
              "      heard += ' ' + str(answer.headers) + answer.read().decode()\n"
              "    except Exception as error: heard += ' ' + repr(error)\n"
              "  print(heard, file=sys.stderr, flush=True)\n"
              "  print(json.dumps({'id': json.loads(line)['id'], 'label': heard}), flush=True)\n");
  }
  static os::ProgramOutput belljar(const std::vector<std::string>& words) {
    std::vector<std::string> argv{BELLJAR_BINARY_DIR "/bin/belljar"};
    argv.insert(argv.end(), words.begin(), words.end());
    Result<os::ProgramOutput> got = os::run_program(argv, {});
    EXPECT_TRUE(got) << got.error().message();
    return got ? std::move(got).value() : os::ProgramOutput{};
  }
  os::ProgramOutput run() const { return belljar({"run", folder_ + "/s.yaml", "--out", folder_ + "/r"}); }
  os::ProgramOutput exec(const std::vector<std::string>& more) const {
    std::vector<std::string> words{"exec",
                                   "--policy",
                                   folder_ + "/policy.yaml",
                                   "--result",
                                   folder_ + "/result.json",
                                   "--allow-degraded=cgroup-memory",
                                   "--allow-degraded=cgroup-processes",
                                   "--allow-degraded=cgroup-cpu"};
    words.insert(words.end(), more.begin(), more.end());
    return belljar(words);
  }
  // In no file below: as it is, in hex, in base64 at any alignment.
  void expect_nowhere(const std::string& below) const {
    std::vector<std::string> forms{kSecret, to_hex(kSecret)};
    for (std::size_t before = 0; before < 3; ++before) {
      forms.push_back(to_base64(std::string(before, 'x') + kSecret).substr(4, 24));
    }
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{below}) {
      if (!entry.is_regular_file()) continue;
      ++files;
      const Result<std::string> text = os::read_file(entry.path(), 64U << 20);
      ASSERT_TRUE(text) << text.error().message();
      for (const std::string& form : forms) {
        EXPECT_EQ(text.value().find(form), std::string::npos) << entry.path() << " holds " << form;
      }
    }
    EXPECT_GT(files, 5U);
  }
  std::string recorded(const std::string& file) const {
    const Result<std::string> text = os::read_file(folder_ + "/r/" + file, 16U << 20);
    return text ? text.value() : text.error().message();
  }

  std::string folder_;
};

TEST_F(CredentialsInside, ReachTheirOwnServerAndNothingElse) {
  Echo server;
  write_model({server.url("/v1/orders"), server.url("/free/orders")});
  const os::ProgramOutput got = run();
  EXPECT_EQ(got.exit_code, 0) << got.output << got.error << recorded("logs/m.log");
  const std::string heard = server.heard();
  EXPECT_THAT(heard, HasSubstr("GET /v1/orders HTTP/1.1")) << recorded("logs/m.log");
  const std::size_t second = heard.find("GET /free/orders");
  ASSERT_NE(second, std::string::npos);
  EXPECT_THAT(heard.substr(0, second), HasSubstr("x-key: " + kSecret + "\r\n"));
  EXPECT_THAT(heard.substr(second), HasSubstr("x-key: belljar-credential-api\r\n"));
  EXPECT_THAT(heard.substr(second), Not(HasSubstr(kSecret)));
  EXPECT_THAT(recorded("logs/m.log"), HasSubstr("x-echo: belljar-credential-api")) << "what was put in is taken out";
  EXPECT_THAT(recorded("manifest.json"), HasSubstr("\"credentials\""));
  expect_nowhere(folder_ + "/r");
}

TEST_F(CredentialsInside, ComeFromAVariableOfExecAndArePasswordsToo) {
  if (!os::exists("/usr/bin/curl")) GTEST_SKIP() << "not tried: curl is not here";
  Echo server;
  ASSERT_EQ(::setenv("BELLJAR_TEST_KEY", kSecret.c_str(), 1), 0);
  const os::ProgramOutput got = exec({"--credential", "api=variable:BELLJAR_TEST_KEY", "--", "/bin/sh", "-c",
                                      "env; curl -sS -u \"me:$BELLJAR_TEST_KEY\" " + server.url("/v1/x") +
                                          "; curl -sS -X POST -H \"x-key: "
                                          "$BELLJAR_TEST_KEY\" " +
                                          server.url("/v1/x")});
  EXPECT_THAT(server.heard(), HasSubstr(to_base64("me:" + kSecret))) << got.output << got.error;
  EXPECT_THAT(server.heard(), Not(HasSubstr("POST"))) << "the permit is for GET";
  EXPECT_THAT(got.output, HasSubstr("BELLJAR_TEST_KEY=belljar-credential-api"));
  for (const std::string& text : {got.output, got.error, os::read_file(folder_ + "/result.json", 1U << 20).value()}) {
    EXPECT_THAT(text, Not(HasSubstr(kSecret)));
    EXPECT_THAT(text, Not(HasSubstr(to_base64("me:" + kSecret))));
  }
}

struct Wrong {
  std::string name;
  std::string credentials;
  mode_t mode;
  std::string says;
};

class WrongCredentials : public CredentialsInside, public testing::WithParamInterface<Wrong> {};

TEST_P(WrongCredentials, StopTheStart) {
  write_model({});
  write("key", kSecret + "\n", GetParam().mode);
  write("short", "abc\n", 0600);
  write("lines", kSecret + "\n" + kSecret + "\n", 0600);
  write("s.yaml", scenario(GetParam().credentials));
  const os::ProgramOutput got = run();
  EXPECT_EQ(got.exit_code, 2) << got.error;
  EXPECT_THAT(got.error, HasSubstr(GetParam().says));
  EXPECT_THAT(got.error, Not(HasSubstr(kSecret)));
  EXPECT_FALSE(os::exists(folder_ + "/r"));
}

INSTANTIATE_TEST_SUITE_P(
    Each, WrongCredentials,
    testing::Values(Wrong{"missing", "{api: {file: nowhere}}", 0600, "credential api: open"},
                    Wrong{"unset", "{api: {variable: BELLJAR_TEST_UNSET}}", 0600, "BELLJAR_TEST_UNSET is not set"},
                    Wrong{"open_to_others", "{api: {file: key}}", 0644, "others may read"},
                    Wrong{"open_to_the_group", "{api: {file: key}}", 0640, "others may read"},
                    Wrong{"unknown", "{other: {file: key}}", 0600, "found the credential api, expected one of other"},
                    Wrong{"too_short", "{api: {file: short}}", 0600, "8 to 8192 visible characters"},
                    Wrong{"two_lines", "{api: {file: lines}}", 0600, "one line of"},
                    Wrong{"both", "{api: {file: key, variable: X}}", 0600, "either \"file\" or \"variable\""},
                    Wrong{"neither", "{api: {inside: X}}", 0600, "either \"file\" or \"variable\""}),
    [](const auto& row) { return row.param.name; });

TEST_F(CredentialsInside, OfExecAreCheckedAtItsStart) {
  os::ProgramOutput got = exec({"--", "/bin/true"});
  EXPECT_EQ(got.exit_code, 2);
  EXPECT_THAT(got.error, HasSubstr("rule paid: found the credential api, expected none"));
  got = exec({"--credential", "api=" + kSecret, "--", "/bin/true"});
  EXPECT_EQ(got.exit_code, 2);
  EXPECT_THAT(got.error, HasSubstr("NAME=file:PATH"));
  EXPECT_THAT(got.error, Not(HasSubstr(kSecret)));
}

}  // namespace
}  // namespace belljar
