// Clients as they are: each believes it is on a network, gets what the stand-ins have where the policy names the host,
// and a reason where it does not. Clients that this host lacks are skipped by name.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "codec/json.h"
#include "os/file.h"
#include "os/run_program.h"

namespace belljar {
namespace {

using testing::HasSubstr;

constexpr const char* kPolicy = R"(belljar-policy: 1
name: clients
profiles: [agent]
rules:
  - permit: files
    action: read
    what: {paths: [/**]}
  - permit: stand-ins
    action: connect
    what: {hosts: ["*.example.test"]}
    reason: the stand-ins of this test
    terms: {tls: intercept}
)";

constexpr const char* kServices = R"(belljar-services: 1
services:
  - {name: www, kind: directory, hosts: [www.example.test], files: www}
  - {name: wheels, kind: directory, hosts: [pypi.example.test], files: wheels, index: pip}
  - {name: packages, kind: directory, hosts: [npm.example.test], files: npm, index: npm}
  - {name: code, kind: directory, hosts: [git.example.test], files: git, index: git}
  - name: api
    kind: http
    hosts: [api.example.test]
    routes:
      - on: GET /who/{name}
        body: {name: "${/path/name}", greeting: hello}
  - {name: db, kind: postgres, hosts: [db.example.test], rows: [{table: users, rows: [{id: 1, name: Ada}]}]}
  - {name: mail, kind: smtp, hosts: [mail.example.test]}
  - {name: model, kind: model, hosts: [model.example.test], rules: rules.yaml, models: [small]}
)";

constexpr const char* kRules = R"(belljar-rules: 1
rules:
  - rule: weather
    when: [{at: /messages/0/content, matches: weather}]
    answer: {tool_calls: [{name: look_outside, arguments: {place: here}}]}
  - rule: otherwise
    answer: {text: hello from the model}
)";

// The stand-ins and the policy in a folder of their own, made once.
class Clients : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    char name[] = "/tmp/belljar-clients-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
    const Result<os::ProgramOutput> prepared = os::run_program({CLIENTS_SCRIPTS "/prepare.sh", directory_}, {});
    ASSERT_TRUE(prepared) << prepared.error().message();
    ASSERT_EQ(prepared.value().exit_code, 0) << prepared.value().error;
    ASSERT_TRUE(os::write_file_atomic(directory_ + "/policy.yaml", kPolicy, 0644));
    ASSERT_TRUE(os::write_file_atomic(directory_ + "/services.yaml", kServices, 0644));
    ASSERT_TRUE(os::write_file_atomic(directory_ + "/rules.yaml", kRules, 0644));
  }
  static void TearDownTestSuite() { (void)os::remove_tree(directory_); }

  // Runs a command sealed, with the policy and the stand-ins.
  static os::ProgramOutput sealed(const std::vector<std::string>& command, const std::vector<std::string>& shown = {}) {
    std::vector<std::string> argv{BELLJAR_BINARY_DIR "/bin/belljar",
                                  "exec",
                                  "--policy",
                                  directory_ + "/policy.yaml",
                                  "--services",
                                  directory_ + "/services.yaml",
                                  "--result",
                                  directory_ + "/result.json",
                                  "--allow-degraded=cgroup-memory",
                                  "--allow-degraded=cgroup-processes",
                                  "--allow-degraded=cgroup-cpu",
                                  "--limit",
                                  "disk=256MiB",
                                  "--limit",
                                  "inodes=20000"};
    for (const std::string& files : shown) argv.push_back("--files=" + files);
    argv.emplace_back("--");
    argv.insert(argv.end(), command.begin(), command.end());
    Result<os::ProgramOutput> got = os::run_program(argv, {});
    EXPECT_TRUE(got) << got.error().message();
    return got ? std::move(got).value() : os::ProgramOutput{};
  }
  static os::ProgramOutput shell(const std::string& script) { return sealed({"/bin/sh", "-c", script}); }
  static os::ProgramOutput python(const std::string& script) { return sealed({"/usr/bin/python3", "-c", script}); }

  // A module of node with npm's packages beside it.
  static os::ProgramOutput node(const std::string& script) {
    EXPECT_TRUE(os::write_file_atomic(directory_ + "/script.mjs", script, 0644));
    return sealed({"node", "/script.mjs"}, {std::string{::getenv("BELLJAR_NPM")} + "/node_modules:/node_modules",
                                            directory_ + "/script.mjs:/script.mjs"});
  }

  // The words of the refusals in the result file.
  static std::string refusals() {
    const Result<std::string> text = os::read_file(directory_ + "/result.json", 1U << 20);
    if (!text) return "";
    const Result<codec::Json> result = codec::parse_json(text.value());
    if (!result || result.value().find("violations") == nullptr) return "";
    std::string words;
    for (const codec::Json& violation : result.value().find("violations")->as_array()) {
      if (violation.find("layer")->as_string() == "gateway") words += violation.find("arguments")->as_string() + "\n";
    }
    return words;
  }

  static void expect_refused(const os::ProgramOutput& got, const std::string& host) {
    EXPECT_NE(got.exit_code, 0) << got.output;
    EXPECT_THAT(got.error, HasSubstr("belljar exec: refused: ")) << got.output;
    EXPECT_THAT(refusals(), HasSubstr(host));
  }

  inline static std::string directory_;  // of the whole suite
};

bool is_here(const std::string& program) { return os::exists("/usr/bin/" + program); }
bool python_has(const std::string& module) {
  const auto tried = os::run_program({"/usr/bin/python3", "-c", "import " + module}, {});
  return tried && tried.value().exit_code == 0;
}

#define NEEDS(present, what) \
  if (!(present)) GTEST_SKIP() << "no " << what << " on this host"

TEST_F(Clients, curl) {
  NEEDS(is_here("curl"), "curl");
  EXPECT_EQ(sealed({"curl", "-sS", "http://www.example.test/hello.txt"}).output, "hello from the stand-in\n");
  EXPECT_EQ(sealed({"curl", "-sS", "https://www.example.test/hello.txt"}).output, "hello from the stand-in\n");
  // Without the proxy: by name, address and redirection.
  const os::ProgramOutput direct = sealed({"curl", "-sS", "--noproxy", "*", "https://www.example.test/hello.txt"});
  EXPECT_EQ(direct.output, "hello from the stand-in\n") << direct.error;
  const os::ProgramOutput socks =
      sealed({"curl", "-sS", "--proxy", "socks5h://127.0.0.1:1080", "https://www.example.test/hello.txt"});
  EXPECT_EQ(socks.output, "hello from the stand-in\n") << socks.error;
}

TEST_F(Clients, curl_is_told_why_not) {
  NEEDS(is_here("curl"), "curl");
  const os::ProgramOutput plain = sealed({"curl", "-sS", "--fail-with-body", "http://elsewhere.test/"});
  expect_refused(plain, "elsewhere.test");
  EXPECT_THAT(plain.output, HasSubstr("belljar refused this request: no rule of policy"));
  const os::ProgramOutput tunnel = sealed({"curl", "-sS", "https://elsewhere.test/"});
  expect_refused(tunnel, "elsewhere.test");
  EXPECT_THAT(tunnel.error, HasSubstr("403"));
  expect_refused(sealed({"curl", "-sS", "--noproxy", "*", "https://elsewhere.test/"}), "elsewhere.test");
  expect_refused(sealed({"curl", "-sS", "--noproxy", "*", "http://169.254.169.254/latest/"}), "169.254.169.254");
}

TEST_F(Clients, python_requests) {
  NEEDS(python_has("requests"), "python3-requests");
  const std::string script =
      "import requests\n"
      "r = requests.get('https://api.example.test/who/ada'); print(r.status_code, r.json()['greeting'])\n"
      "s = requests.Session(); s.trust_env = False; s.verify = '/etc/ssl/certs/ca-certificates.crt'\n"
      "print(s.get('https://api.example.test/who/bob').json()['name'])\n";
  const os::ProgramOutput got = python(script);
  EXPECT_EQ(got.output, "200 hello\nbob\n") << got.error;
  const os::ProgramOutput refused = python("import requests; requests.get('https://elsewhere.test/')");
  expect_refused(refused, "elsewhere.test");
  EXPECT_THAT(refused.error, HasSubstr("403"));
}

TEST_F(Clients, node_fetch) {
  NEEDS(is_here("node"), "node");
  const os::ProgramOutput got = sealed(
      {"node", "-e", "fetch('https://api.example.test/who/eve').then(r => r.json()).then(j => console.log(j.name))"});
  EXPECT_EQ(got.output, "eve\n") << got.error;
  expect_refused(sealed({"node", "-e", "fetch('https://elsewhere.test/').then(() => 0)"}), "elsewhere.test");
}

TEST_F(Clients, git_clone) {
  NEEDS(is_here("git"), "git");
  const os::ProgramOutput got =
      shell("git clone -q https://git.example.test/project.git /tmp/project && cat /tmp/project/README");
  EXPECT_EQ(got.output, "cloned from the stand-in\n") << got.error;
  const os::ProgramOutput refused = shell("git clone -q https://elsewhere.test/project.git /tmp/project");
  expect_refused(refused, "elsewhere.test");
  EXPECT_THAT(refused.error, HasSubstr("403"));
}

TEST_F(Clients, pip_install) {
  NEEDS(python_has("pip"), "python3-pip");
  const auto install = [](const std::string& host) {
    return shell(
        "/usr/bin/python3 -m pip install -q --no-input --disable-pip-version-check --retries 0 --target /tmp/got "
        "--index-url https://" +
        host + "/simple greeting && PYTHONPATH=/tmp/got /usr/bin/python3 -c 'import greeting; print(greeting.WORDS)'");
  };
  const os::ProgramOutput got = install("pypi.example.test");
  EXPECT_EQ(got.output, "installed from the stand-in\n") << got.error;
  expect_refused(install("elsewhere.test"), "elsewhere.test");
}

TEST_F(Clients, npm_install) {
  NEEDS(is_here("npm"), "npm");
  const auto install = [](const std::string& host) {
    return shell(
        "mkdir -p /tmp/app && cd /tmp/app && npm install --silent --no-audit --no-fund --fetch-retries=0 "
        "--registry https://" +
        host + "/ greeting >&2 && node -e 'console.log(require(\"greeting\"))'");
  };
  const os::ProgramOutput got = install("npm.example.test");
  EXPECT_EQ(got.output, "installed from the stand-in\n") << got.error;
  expect_refused(install("elsewhere.test"), "elsewhere.test");
}

TEST_F(Clients, psql) {
  const std::string program = "/usr/lib/postgresql/15/bin/psql";
  NEEDS(os::exists(program), "postgresql-client");
  const auto ask = [&](const std::string& host) {
    return sealed(
        {program, "-w", "-At", "-c", "select name from users where id = 1", "postgresql://me@" + host + "/app"});
  };
  const os::ProgramOutput got = ask("db.example.test");
  EXPECT_EQ(got.output, "Ada\n") << got.error;
  expect_refused(ask("db.elsewhere.test"), "db.elsewhere.test");
}

TEST_F(Clients, mail_by_smtplib) {
  const auto post = [](const std::string& host) {
    return python("import smtplib\ns = smtplib.SMTP('" + host +
                  "', 25, timeout=10)\n"
                  "print(s.sendmail('a@example.test', ['b@example.test'], 'Subject: hi\\r\\n\\r\\nhello\\r\\n'))\n"
                  "print(s.quit()[0])\n");
  };
  const os::ProgramOutput got = post("mail.example.test");
  EXPECT_EQ(got.output, "{}\n221\n") << got.error;
  expect_refused(post("mail.elsewhere.test"), "mail.elsewhere.test");
}

TEST_F(Clients, mail_by_msmtp) {
  NEEDS(is_here("msmtp"), "msmtp");
  const auto post = [](const std::string& host) {
    return shell("printf 'Subject: hi\\n\\nhello\\n' | msmtp --host=" + host +
                 " --port=25 --timeout=10 --from=a@example.test b@example.test && echo sent");
  };
  const os::ProgramOutput got = post("mail.example.test");
  EXPECT_EQ(got.output, "sent\n") << got.error;
  expect_refused(post("mail.elsewhere.test"), "mail.elsewhere.test");
}

// Packages of npm lie below BELLJAR_NPM (npm install --prefix DIR openai ...), never in this repository; they are shown
// read-only inside.
bool npm_has(const std::string& package) {
  const char* folder = ::getenv("BELLJAR_NPM");
  return folder != nullptr && os::exists(std::string{folder} + "/node_modules/" + package + "/package.json");
}

TEST_F(Clients, openai_sdk) {
  NEEDS(is_here("node") && npm_has("openai"), "node, or no package openai below BELLJAR_NPM");
  const auto talk = [](const std::string& host) {
    return node(R"(
import OpenAI from 'openai';
const client = new OpenAI({apiKey: 'none', baseURL: 'https://)" +
                host + R"(/v1', maxRetries: 0});
const ask = (content, more) => client.chat.completions.create({model: 'small', messages: [{role: 'user', content}], ...more});
console.log((await ask('hi')).choices[0].message.content);
let words = '';
for await (const part of await ask('hi', {stream: true})) words += part.choices[0]?.delta?.content ?? '';
console.log(words);
const tools = [{type: 'function', function: {name: 'look_outside', parameters: {type: 'object'}}}];
console.log((await ask('weather?', {tools})).choices[0].message.tool_calls[0].function.name);
)");
  };
  const os::ProgramOutput got = talk("model.example.test");
  EXPECT_EQ(got.output, "hello from the model\nhello from the model\nlook_outside\n") << got.error;
  expect_refused(talk("model.elsewhere.test"), "model.elsewhere.test");
}

// The servers run beside the client, in the same sandbox, and reach what it reaches.
TEST_F(Clients, mcp_sdk_with_two_servers_of_its_own) {
  NEEDS(is_here("node") && npm_has("@modelcontextprotocol/sdk") && npm_has("@modelcontextprotocol/server-filesystem") &&
            npm_has("@modelcontextprotocol/server-everything"),
        "node, or no packages of MCP below BELLJAR_NPM");
  const os::ProgramOutput got = node(R"(
import {Client} from '@modelcontextprotocol/sdk/client/index.js';
import {StdioClientTransport} from '@modelcontextprotocol/sdk/client/stdio.js';
import {writeFileSync} from 'node:fs';
const use = async (args, call) => {
  const client = new Client({name: 'test', version: '1'});
  await client.connect(new StdioClientTransport({command: 'node', args, stderr: 'ignore'}));
  console.log((await client.callTool(call)).content[0].text);
  await client.close();
};
writeFileSync('/work/note', 'kept inside');
const servers = '/node_modules/@modelcontextprotocol/';
await use([servers + 'server-filesystem/dist/index.js', '/work'], {name: 'read_text_file', arguments: {path: '/work/note'}});
await use([servers + 'server-everything/dist/index.js'], {name: 'echo', arguments: {message: 'hello'}});
)");
  EXPECT_EQ(got.output, "kept inside\nEcho: hello\n") << got.error;
}

}  // namespace
}  // namespace belljar
