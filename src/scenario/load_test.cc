#include "scenario/load.h"

#include <unistd.h>

#include <cstdlib>

#include "os/file.h"

namespace belljar::scenario {
namespace {

using testing::HasSubstr;
using testing::Not;

spec::WorkloadSpec workload(std::string label = "label") {
  spec::WorkloadSpec made;
  made.label = std::move(label);
  return made;
}

TEST(Cases, CsvValuesAreSentAsWhatTheyAre) {
  const auto cases =
      parse_cases("id,x,y,z,flag,label\np-1,1.50,007,\"a,b\",true,m\np-2,-3,,text,false,b\n", "c.csv", workload());
  ASSERT_TRUE(cases) << cases.error().message();
  ASSERT_EQ(cases.value().size(), 2U);
  EXPECT_EQ(cases.value()[0].id, "p-1");
  EXPECT_EQ(cases.value()[0].expected, "m");
  EXPECT_EQ(cases.value()[0].fields, R"({"x":1.5,"y":"007","z":"a,b","flag":true})");
  EXPECT_EQ(cases.value()[1].fields, R"({"x":-3,"y":null,"z":"text","flag":false})");
  EXPECT_EQ(cases.value()[1].line, 3);
  EXPECT_EQ(codec::to_json(case_request(cases.value()[1], "c-1")),
            R"({"id":"c-1","x":-3,"y":null,"z":"text","flag":false})");
}

TEST(Cases, JsonLinesKeepTheirMembers) {
  const auto cases = parse_cases("{\"label\":1.0,\"features\":[1,2]}\n\n{\"id\":7,\"label\":1,\"features\":[]}\n",
                                 "c.jsonl", workload());
  ASSERT_TRUE(cases) << cases.error().message();
  EXPECT_EQ(cases.value()[0].id, "1");
  EXPECT_EQ(cases.value()[0].expected, cases.value()[1].expected) << "1.0 and 1 are the same label";
  EXPECT_EQ(cases.value()[0].fields, R"({"features":[1,2]})");
  EXPECT_EQ(cases.value()[1].id, "7");
}

TEST(Cases, ErrorsNameTheirLines) {
  struct Row {
    std::string text;
    std::string file;
    std::string expected;
  };
  const std::vector<Row> rows{{"a,b\n1,2\n", "c.csv", "c.csv:1: no column \"label\", found a, b"},
                              {"a,label\n1,\n", "c.csv", "c.csv:2: no \"label\""},
                              {"label\n", "c.csv", "holds no case"},
                              {"{\"label\":1}\nnope\n[]\n", "c.jsonl", "c.jsonl:2: "},
                              {"{\"label\":1}\nnope\n[]\n", "c.jsonl", "c.jsonl:3: found array, expected object"},
                              {"{\"x\":1}\n", "c.jsonl", "c.jsonl:1: no \"label\""},
                              {"x", "c.txt", "expected a file ending in .csv or .jsonl"}};
  for (const Row& row : rows) {
    const auto cases = parse_cases(row.text, row.file, workload());
    ASSERT_FALSE(cases) << row.text;
    EXPECT_EQ(cases.error().code(), Errc::invalid_argument);
    EXPECT_THAT(cases.error().message(), HasSubstr(row.expected));
  }
}

TEST(Cases, TakeTheFirstOnly) {
  spec::WorkloadSpec some = workload("");
  some.cases_max = 2;
  EXPECT_EQ(parse_cases("x\n1\n2\n3\n", "c.csv", some).value().size(), 2U);
}

class LoadTest : public testing::Test {
 protected:
  LoadTest() {
    std::string pattern = testing::TempDir() + "belljar-load-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    EXPECT_TRUE(os::make_directories(folder + "/model", 0755));
    write("cases.csv", "id,x,label\np-1,1,b\np-2,no,b\n");
    write("contract.yaml",
          "belljar-contract: 1\nrequest: {type: object, properties: {x: {type: number}}}\nanswer: {type: object}\n");
  }
  ~LoadTest() override { (void)os::remove_tree(folder); }
  LoadTest(const LoadTest&) = delete;
  LoadTest& operator=(const LoadTest&) = delete;

  void write(const std::string& name, const std::string& text) const {
    ASSERT_TRUE(os::write_file_atomic(folder + "/" + name, text, 0644));
  }

  Result<Loaded> load_text(const std::string& text) const {
    write("s.yaml", text);
    return load(folder + "/s.yaml", 42);
  }

  std::string folder;
};

constexpr const char* kScenario = R"(belljar: 1
name: tiny
models:
  m:
    files: model
    run: [./serve]
    adapter: stdio
workload: {cases: cases.csv, label: label}
)";

TEST_F(LoadTest, ReadsEverythingAScenarioNames) {
  const auto loaded = load_text(kScenario);
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded.value().scenario.seed, 42U);
  EXPECT_EQ(loaded.value().cases.size(), 2U);
  ASSERT_EQ(loaded.value().links.size(), 1U) << "without links, every model is asked";
  EXPECT_THAT(loaded.value().driven_models(), testing::ElementsAre("m"));
}

TEST_F(LoadTest, TellsEveryWrongPathAtOnce) {
  std::string text = kScenario;
  text.replace(text.find("files: model"), 12, "files: nope ");
  text.replace(text.find("cases.csv"), 9, "nope2.csv");
  text += "links: [{from: workload, to: m, contract: nope3.yaml}]\n";
  const auto loaded = load_text(text);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code(), Errc::invalid_argument);
  for (const char* path : {"nope", "nope2.csv", "nope3.yaml"}) EXPECT_THAT(loaded.error().message(), HasSubstr(path));
  EXPECT_THAT(loaded.error().message(), HasSubstr("s.yaml:4:"));
}

TEST_F(LoadTest, ACaseThatBreaksItsContractIsFoundBeforeAnyModelRuns) {
  const auto loaded = load_text(std::string{kScenario} + "links: [{from: workload, to: m, contract: contract.yaml}]\n");
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message(), HasSubstr("cases.csv:3: the request to m breaks contract.yaml"));
  EXPECT_THAT(loaded.error().message(), Not(HasSubstr("cases.csv:2")));
}

TEST_F(LoadTest, APolicyIsReadWithWhatItExtendsAndKeptAsAnInput) {
  write("own.yaml", "belljar-policy: 1\nname: own\nextends: strict\ninclude: [more.yaml]\n");
  write("more.yaml", "belljar-policy: 1\nrules: [{forbid: f, action: send, what: {models: [x]}}]\n");
  const auto loaded = load_text(std::string{kScenario} + "policy: own.yaml\n");
  ASSERT_TRUE(loaded) << loaded.error().message();
  ASSERT_TRUE(loaded.value().policy);
  ASSERT_EQ(loaded.value().policy_files.size(), 3U);
  EXPECT_EQ(loaded.value().policy_files[1].path, "strict");
  std::vector<std::string> kept;
  for (const InputText& text : loaded.value().texts) kept.push_back(text.path);
  EXPECT_THAT(kept, testing::IsSupersetOf({"own.yaml", "strict", "more.yaml"}));
}

TEST_F(LoadTest, ASandboxThatItsPolicyDoesNotAllowIsRefusedBeforeItIsMade) {
  struct Row {
    const char* policy;
    const char* expected;
  };
  const std::string read = "rules: [{permit: f, action: read, what: {paths: [/model]}}]\n";
  const std::vector<Row> rows{
      {"minimum-tier: gvisor\n", "found tier \"native\", expected at least \"gvisor\""},
      {"profiles: [compute, server]\n", "found profile \"interpreter\", expected compute or server"},
      {"limits: {memory: 1MiB}\n", "found a limit of memory above 1MiB"},
      {"", "found files at /model, expected none: no rule of policy"},
      {"rules: [{permit: f, action: read, what: {paths: [/model]}}, {forbid: g, action: read, what: {paths: "
       "[/model/*/keys]}}]\n",
       "of which rule g forbids a part"},
      {"rules: [{permit: f, action: read, what: {paths: [/model]}}, {forbid: w, action: write, what: {paths: "
       "[/work/**]}}]\n",
       "found rule w, which forbids to write below /work"}};
  for (const Row& row : rows) {
    const std::string rules =
        std::string{row.policy}.find("rules") == std::string::npos && *row.policy != 0 ? read : "";
    write("p.yaml", "belljar-policy: 1\nname: p\n" + std::string{row.policy} + rules);
    const auto loaded = load_text(std::string{kScenario} + "policy: p.yaml\n");
    ASSERT_FALSE(loaded) << row.policy;
    EXPECT_THAT(loaded.error().message(), HasSubstr("s.yaml:4:"));
    EXPECT_THAT(loaded.error().message(), HasSubstr(row.expected));
  }
}

TEST_F(LoadTest, MistakesOfAPolicyAreToldWithTheirPlaces) {
  write("p.yaml", "belljar-policy: 1\nname: p\nrules: [{forbid: f, action: fly}]\n");
  const auto loaded = load_text(std::string{kScenario} + "policy: p.yaml\n");
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message(), HasSubstr("p.yaml:3:29: found \"fly\""));
}

constexpr const char* kToolScenario = R"(belljar: 1
name: tools
models:
  agent: {run: [./agent]}
  files: {run: [./serve], adapter: mcp, tools: tools.json}
links:
  - {to: agent}
  - {from: agent, to: files, calls: true}
workload: {cases: cases.csv, label: label}
policy: rules/p.yaml
)";
constexpr const char* kArguments =
    "belljar-policy: 1\nname: p\nrules:\n  - {permit: f, action: call, "
    "what: {tools: [files/read]}, terms: {arguments: read.json}}\n";

TEST_F(LoadTest, ToolsAndTheSchemasOfTheirArgumentsAreInputs) {
  EXPECT_TRUE(os::make_directories(folder + "/rules", 0755));
  write("tools.json", R"({"tools": [{"name": "read", "inputSchema": {"type": "object"}}]})");
  write("rules/p.yaml", kArguments);
  write("rules/read.json", R"({"required": ["path"]})");
  const auto loaded = load_text(kToolScenario);
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded.value().links[0].tools, nullptr);
  ASSERT_NE(loaded.value().links[1].tools, nullptr);
  EXPECT_NE(loaded.value().links[1].tools->find("read"), nullptr);
  EXPECT_TRUE(loaded.value().arguments.contains("rules/read.json")) << "beside the policy";
  std::vector<std::string> kept;
  for (const InputText& text : loaded.value().texts) kept.push_back(text.path);
  EXPECT_THAT(kept, testing::IsSupersetOf({"tools.json", "rules/read.json"}));
}

TEST_F(LoadTest, ToolsThatCannotBeReadStopTheStart) {
  EXPECT_TRUE(os::make_directories(folder + "/rules", 0755));
  write("tools.json", R"({"tools": [{"name": "read"}]})");
  write("rules/p.yaml", kArguments);
  const auto loaded = load_text(kToolScenario);
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message(), HasSubstr("s.yaml:5:3: read the tools of tools.json: found \"read\" without"));
  EXPECT_THAT(loaded.error().message(), HasSubstr("rules/p.yaml:4:5: permit f, arguments rules/read.json: "));
}

TEST_F(LoadTest, AFileThatIsNotThereIsTheCallersError) {
  const auto loaded = load(folder + "/none.yaml", std::nullopt);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code(), Errc::invalid_argument);
}

}  // namespace
}  // namespace belljar::scenario
