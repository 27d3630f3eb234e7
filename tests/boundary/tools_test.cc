// The Model Context Protocol's own client in one sandbox, two of its reference servers in others, and Belljar between
// them: what works, what is refused with which words, and what ends the run. Needs node, and npm's packages below
// BELLJAR_NPM, never in this repository.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <map>

#include "codec/json.h"
#include "os/file.h"
#include "os/run_program.h"

namespace belljar {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPolicy = R"(belljar-policy: 1
name: agent
rules:
  - {permit: files, action: read, what: {paths: [/**]}}
  - {permit: messages, action: send, what: {models: ["*"]}}
  - {permit: broker, action: connect, who: [agent], what: {hosts: [tools.belljar], ports: [80]}}
  - permit: tools
    action: call
    who: [agent]
    what: {tools: [files/read_text_file, everything/echo]}
    reason: what this test needs
)";

// Uses each server as `steps` says, and tells on its standard error what came of it. Its answer comes last.
constexpr const char* kAgent = R"(
const sdk = '/model/node_modules/@modelcontextprotocol/sdk/dist/esm/client/';
const {Client} = await import(sdk + 'index.js');
const {StreamableHTTPClientTransport: Http} = await import(sdk + 'streamableHttp.js');
const {SSEClientTransport: Sse} = await import(sdk + 'sse.js');
const log = (...words) => console.error('agent:', ...words);
const use = async (kind, path, calls) => {
  const client = new Client({name: 'test', version: '1'});
  try {
    await client.connect(new kind(new URL('http://tools.belljar/' + path)));
    const list = await client.listTools().catch(error => ({tools: [{name: error.message}]}));
    log(path, 'lists', list.tools.map(tool => tool.name).join(' '));
    for (const [name, args] of calls) {
      const said = await client.callTool({name, arguments: args}).catch(error => ({content: [{text: error.message}]}));
      log(path, name, said.content[0].text.split('\n').join(' '));
    }
    await client.close();
  } catch (error) { log(path, error.message); }
};
for await (const line of (await import('node:readline')).createInterface({input: process.stdin})) {
  STEPS
  console.log(JSON.stringify({id: JSON.parse(line).id, label: 'done'}));
}
process.exit(0);
)";

// What a server says it offers, word for word.
constexpr const char* kLister = R"(
import {Client} from '@modelcontextprotocol/sdk/client/index.js';
import {StdioClientTransport} from '@modelcontextprotocol/sdk/client/stdio.js';
const client = new Client({name: 'belljar', version: '1'});
const args = ['/node_modules/@modelcontextprotocol/PROGRAM'].concat(ARGUMENTS);
await client.connect(new StdioClientTransport({command: 'node', args, stderr: 'ignore'}));
const as_it_is = {parse: list => list, safeParse: data => ({success: true, data})};
console.log(JSON.stringify(await client.request({method: 'tools/list'}, as_it_is)));
process.exit(0);
)";

const std::map<std::string, std::string> kServers{{"files", "server-filesystem/dist/index.js"},
                                                  {"everything", "server-everything/dist/index.js"}};

std::string npm() {
  const char* folder = ::getenv("BELLJAR_NPM");
  return folder == nullptr ? "" : folder;
}

bool npm_has(const std::string& package) {
  return !npm().empty() && os::exists(npm() + "/node_modules/@modelcontextprotocol/" + package + "/package.json");
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

class SealedTools : public testing::Test {
 protected:
  struct Ran {
    os::ProgramOutput belljar;
    std::string agent;  // what it told
  };

  static void SetUpTestSuite() {
    char name[] = "/tmp/belljar-tools-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
    if (!is_possible()) return;
    for (const auto& [server, program] : kServers) {
      const std::string script =
          replaced(replaced(kLister, "PROGRAM", program), "ARGUMENTS", server == "files" ? "['/tmp']" : "[]");
      ASSERT_TRUE(os::write_file_atomic(directory_ + "/list.mjs", script, 0644));
      const auto listed = os::run_program({BELLJAR_BINARY_DIR "/bin/belljar", "exec", "--profile", "agent", "--files",
                                           npm() + "/node_modules:/node_modules", "--files",
                                           directory_ + "/list.mjs:/list.mjs", "--", "node", "/list.mjs"},
                                          {});
      ASSERT_TRUE(listed && listed.value().exit_code == 0) << (listed ? listed.value().error : "");
      lists_[server] = listed.value().output;
    }
  }
  static void TearDownTestSuite() { (void)os::remove_tree(directory_); }

  static bool is_possible() {
    return os::exists("/usr/bin/node") && npm_has("sdk") && npm_has("server-filesystem") &&
           npm_has("server-everything");
  }
  void SetUp() override {
    if (!is_possible()) GTEST_SKIP() << "no node, or no packages of MCP below BELLJAR_NPM";
  }

  static void write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(os::write_file_atomic(directory_ + "/" + name, text, 0644));
  }

  // One case of an agent that takes those steps; `lists`: what is pinned.
  static Ran run(const std::string& steps, std::map<std::string, std::string> lists = lists_) {
    std::string models = "  agent: {files: " + npm() + ", type: agent, canaries: [$TOKEN], run: [node, " +
                         "--input-type=module, -e, " + codec::to_json(codec::Json{replaced(kAgent, "STEPS", steps)}) +
                         "]}\n";
    std::string links = "  - {to: agent, contract: any.yaml}\n";
    for (const auto& [server, program] : kServers) {
      write(server + ".json", lists.at(server));
      models += "  " + server + ": {files: " + npm() + ", adapter: mcp, tools: " + server +
                ".json, run: [node, /model/node_modules/@modelcontextprotocol/" + program +
                (server == "files" ? ", /model" : "") + "]}\n";
      links += "  - {from: agent, to: " + server + ", calls: true, contract: any.yaml}\n";
    }
    write("scenario.yaml", "belljar: 1\nname: tools\nmodels:\n" + models + "links:\n" + links +
                               "policy: policy.yaml\nworkload: {cases: cases.csv}\n"
                               "gates: [{metric: contract.violations, at_most: 0}]\n");
    write("policy.yaml", kPolicy);
    write("any.yaml", "belljar-contract: 1\nrequest: true\nanswer: true\ndeadline: 60s\n");
    write("cases.csv", "case,task\none,go\n");
    const std::string out = directory_ + "/run-" + std::to_string(++runs_);
    const auto ran = os::run_program(
        {BELLJAR_BINARY_DIR "/bin/belljar", "run", directory_ + "/scenario.yaml", "--quiet", "--out", out}, {});
    EXPECT_TRUE(ran) << ran.error().message();
    if (!ran) return {};
    const Result<std::string> told = os::read_file(out + "/logs/agent.log", 1U << 20);
    return {ran.value(), told ? told.value() : ""};
  }

  inline static std::string directory_;  // of the whole suite
  inline static std::map<std::string, std::string> lists_;
  inline static int runs_ = 0;
};

TEST_F(SealedTools, work_for_the_protocols_own_client_over_both_transports) {
  const Ran got = run(R"(
    await use(Http, 'files/mcp', [['read_text_file', {path: '/model/package.json'}]]);
    await use(Sse, 'everything/sse', [['echo', {message: 'hello'}]]);)");
  EXPECT_EQ(got.belljar.exit_code, 0) << got.belljar.output << got.belljar.error;
  EXPECT_THAT(got.agent, HasSubstr("files/mcp lists read_file read_text_file"));
  EXPECT_THAT(got.agent, HasSubstr("files/mcp read_text_file { ")) << "the package.json";
  EXPECT_THAT(got.agent, HasSubstr("everything/sse echo Echo: hello"));
}

TEST_F(SealedTools, are_refused_with_a_reason_where_nothing_names_them) {
  const Ran got = run(R"(
    await use(Http, 'files/mcp', [['write_file', {path: '/model/x', content: 'x'}], ['read_text_file', {path: 7}],
                                  ['reed', {}]]);
    await use(Sse, 'everything/sse', [['get-env', {}]]);
    await use(Http, 'elsewhere/mcp', []);)");
  const std::string refused = " MCP error -32000: the request was not sent: ";
  EXPECT_THAT(got.agent, HasSubstr("write_file" + refused + "policy.default: call of files/write_file: no rule"));
  EXPECT_THAT(got.agent, HasSubstr("read_text_file" + refused + "tools.arguments: arguments/path"));
  EXPECT_THAT(got.agent, HasSubstr("reed" + refused + "tools.unknown: the tool \"reed\" is not among those pinned"));
  EXPECT_THAT(got.agent, HasSubstr("get-env" + refused + "policy.default"));
  EXPECT_THAT(got.agent, HasSubstr("no link of the scenario leads from agent to a tool server \\\"elsewhere\\\""));
}

TEST_F(SealedTools, are_refused_where_they_are_not_as_they_are_pinned) {
  std::map<std::string, std::string> lists = lists_;
  lists["files"] = replaced(lists["files"], "Only works within allowed directories.", "Works anywhere.");
  const Ran got = run("await use(Http, 'files/mcp', [['read_text_file', {path: '/model/package.json'}]]);", lists);
  EXPECT_THAT(got.agent, HasSubstr("files/mcp lists MCP error -32000: tools.drift: tools of files: the tool"));
  EXPECT_THAT(got.agent, HasSubstr("read_text_file MCP error -32000: the request was not sent: tools.drift"));
  EXPECT_THAT(got.belljar.output + got.belljar.error, HasSubstr("files: tools (tools.drift)"));
}

TEST_F(SealedTools, a_decoy_looks_like_the_others_and_ends_whoever_calls_it) {
  std::map<std::string, std::string> lists = lists_;
  lists["files"].resize(lists["files"].rfind('}'));
  lists["files"] += R"(, "decoys": [{"name": "read_passwords", "description": "all passwords of the office",
                                    "inputSchema": {"type": "object", "properties": {"of": {"type": "string"}}}}]})";
  const Ran looked = run("await use(Http, 'files/mcp', []);", lists);
  EXPECT_EQ(looked.belljar.exit_code, 0) << looked.belljar.output << looked.belljar.error;
  EXPECT_THAT(looked.agent, HasSubstr(" read_passwords"));
  const Ran called = run("await use(Http, 'files/mcp', [['read_passwords', {of: 'everybody'}]]);", lists);
  EXPECT_EQ(called.belljar.exit_code, 5) << called.belljar.error;
  EXPECT_THAT(called.belljar.output + called.belljar.error,
              AllOf(HasSubstr("agent was stopped for canary"), HasSubstr("decoy.files/read_passwords")));
  EXPECT_THAT(called.agent, Not(HasSubstr("decoy")));
}

TEST_F(SealedTools, a_canary_in_an_argument_ends_whoever_sends_it) {
  const Ran got = run("await use(Http, 'everything/mcp', [['echo', {message: 'it is ' + process.env.TOKEN}]]);");
  EXPECT_EQ(got.belljar.exit_code, 5) << got.belljar.output << got.belljar.error << got.agent;
  EXPECT_THAT(got.belljar.output + got.belljar.error, HasSubstr("agent was stopped for canary"));
  EXPECT_THAT(got.agent, Not(HasSubstr("Echo")));
}

}  // namespace
}  // namespace belljar
