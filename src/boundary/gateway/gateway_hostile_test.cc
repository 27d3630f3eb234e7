// The corpus of hostile forms in hostile.txt against a gateway whose policy lets every name through: what stops them is
// the gateway alone. Kinds: `host`, `connect`, `socks` and `sni` put their bytes where a name belongs, `target` where a
// path does; `head`, `socks-bytes`, `tls` and `dns` are sent as they are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "boundary/gateway/stage_test.h"

namespace belljar::boundary {
namespace {

using namespace std::string_literals;  // NOLINT(google-build-using-namespace): literals alone
using testing::enter_own_network;
using testing::policy_of;
using testing::Program;
using testing::Stage;
using testing::StandIn;
using ::testing::StartsWith;

constexpr const char* kPublic = "93.184.216.34";
constexpr const char* kHosts =
    "93.184.216.34 web.example.com evil.example.com evil.com example.com a.web.example.com rebind.example.com\n"
    "127.0.0.1 inward.example.com\n"
    "169.254.169.254 metadata.example.com\n"
    "10.0.0.7 rebind.example.com\n"
    "::ffff:127.0.0.1 mapped.example.com\n";

struct Form {
  std::string kind;
  std::string name;
  std::string bytes;
};

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      out += text[at];
      continue;
    }
    const char what = text[++at];
    if (what == 'x') {
      out += static_cast<char>(std::stoi(std::string{text.substr(at + 1, 2)}, nullptr, 16));
      at += 2;
    } else {
      out += what == 'r' ? '\r' : what == 'n' ? '\n' : what;
    }
  }
  return out;
}

std::vector<Form> corpus() {
  std::ifstream file{BELLJAR_SOURCE_DIR "/src/boundary/gateway/hostile.txt"};
  std::vector<Form> forms;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    const std::size_t first = line.find(' ');
    const std::size_t second = std::min(line.find(' ', first + 1), line.size());
    forms.push_back({line.substr(0, first), line.substr(first + 1, second - first - 1),
                     unescape(std::string_view{line}.substr(std::min(second + 1, line.size())))});
  }
  return forms;
}

std::string u16(std::size_t value) { return {static_cast<char>(value >> 8U), static_cast<char>(value & 0xffU)}; }

// A hello with that server name; "-": without one.
std::string hello(const std::string& name) {
  const std::string entry = "\x00"s + u16(name.size()) + name;
  const std::string extension = name == "-" ? "" : "\x00\x00"s + u16(entry.size() + 2) + u16(entry.size()) + entry;
  const std::string body =
      "\x03\x03"s + std::string(32, 'r') + "\x00\x00\x02\x13\x01\x01\x00"s + u16(extension.size()) + extension;
  const std::string message = "\x01\x00"s + u16(body.size()) + body;
  return "\x16\x03\x01"s + u16(message.size()) + message;
}

void send_form(const Stage& stage, const Form& form) {
  if (form.kind == "dns") {
    Program program{stage.dns, SOCK_DGRAM};
    program.say(form.bytes);
    (void)program.hear({}, 20);
    return;
  }
  Program program{form.kind.starts_with("socks") ? stage.socks : stage.http};
  if (form.kind == "host") program.say("GET http://" + form.bytes + "/ HTTP/1.1\r\nHost: " + form.bytes + "\r\n\r\n");
  if (form.kind == "target")
    program.say("GET http://web.example.com" + form.bytes + " HTTP/1.1\r\nHost: web.example.com\r\n\r\n");
  if (form.kind == "head" || form.kind == "socks-bytes") program.say(form.bytes);
  if (form.kind == "connect") program.say("CONNECT " + form.bytes + " HTTP/1.1\r\nHost: " + form.bytes + "\r\n\r\n");
  if (form.kind == "socks") {
    program.say("\x05\x01\x00\x05\x01\x00\x03"s + static_cast<char>(form.bytes.size()) + form.bytes + "\x00\x50"s);
  }
  if (form.kind == "sni" || form.kind == "tls") {
    program.say("CONNECT web.example.com:443 HTTP/1.1\r\nHost: web.example.com:443\r\n\r\n");
    EXPECT_THAT(program.hear("\r\n\r\n"), StartsWith("HTTP/1.1 200")) << form.name;
    program.say(form.kind == "sni" ? hello(form.bytes) : form.bytes);
  }
  (void)program.hear();
}

TEST(GatewayHostile, NoFormPassesEachIsOneEventAndTheGatewayServesOn) {
  if (!enter_own_network({kPublic})) GTEST_SKIP() << "needs a network namespace of its own";
  const auto answer = [](const std::string&) {
    return "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"s;
  };
  StandIn web{kPublic, 80, answer};
  StandIn sealed{kPublic, 443, answer};
  StandIn inward{"127.0.0.1", 80, answer};
  StandIn inward_sealed{"127.0.0.1", 443, answer};
  Attachment attachment;
  attachment.policy =
      policy_of("  - permit: any\n    action: connect\n    what: {hosts: [\"**\"], schemes: [http, https]}\n");
  attachment.limits.head_deadline = std::chrono::milliseconds{300};
  Stage stage{std::move(attachment), kHosts};
  const std::vector<Form> forms = corpus();
  ASSERT_GE(forms.size(), 150U);
  for (const Form& form : forms) {
    send_form(stage, form);
    std::uint64_t count = 0;
    std::string told;
    for (const auto& event : stage.refusals()) {
      count += event.count;
      told += std::string{spec::name_of(event.kind)} + " " + event.rule + ": " + event.reason + "\n";
    }
    EXPECT_EQ(count, 1U) << form.kind << " " << form.name << ": " << told;
    EXPECT_TRUE(web.requests().empty() && sealed.requests().empty()) << form.kind << " " << form.name << " passed";
    ASSERT_EQ(inward.connections() + inward_sealed.connections(), 0) << form.kind << " " << form.name;
  }
  EXPECT_THAT(stage.get("http://web.example.com/"), StartsWith("HTTP/1.1 200"));
  // None of them is told of a second time, later.
  std::this_thread::sleep_for(std::chrono::milliseconds{400});
  for (const auto& event : stage.gateway->take_events()) EXPECT_FALSE(event.is_refusal()) << event.rule;
}

}  // namespace
}  // namespace belljar::boundary
