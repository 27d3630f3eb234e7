#include "scenario/load.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "boundary/service_canaries.h"
#include "boundary/service_file.h"
#include "codec/crypto.h"
#include "content/map_template.h"
#include "content/screen.h"
#include "exchange/contract_stage.h"
#include "os/file.h"
#include "scenario/credentials.h"
#include "scenario/flow.h"
#include "scenario/policy_check.h"
#include "scenario/run_gateway.h"

namespace belljar::scenario {

namespace {

constexpr std::uint64_t kTextBytesMax = 1U << 20;
constexpr std::uint64_t kRulesBytesMax = 4U << 20;
constexpr std::uint64_t kCasesBytesMax = 64U << 20;
constexpr std::size_t kCaseErrorsMax = 20;

// Collects what is wrong, so that a person sees all of it at once.
class Complaints {
 public:
  explicit Complaints(std::string file) : file_{std::move(file)} {}

  void at(const codec::Mark& mark, const std::string& what) {
    add(file_ + ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column) + ": " + what);
  }
  void add(const std::string& line) { text_ += (text_.empty() ? "" : "\n") + line; }
  Result<void> result() const {
    if (text_.empty()) return {};
    return Error{Errc::invalid_argument, text_};
  }

 private:
  std::string file_;
  std::string text_;
};

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

void check_model(const spec::ModelSpec& model, const std::string& directory, Complaints& complaints) {
  if (!model.files.empty()) {
    const auto is_folder = os::is_directory(path_from(directory, model.files));
    if (!is_folder) complaints.at(model.mark, "files: " + is_folder.error().message() + ", expected a folder");
    if (is_folder && !is_folder.value())
      complaints.at(model.mark, "files: " + model.files + " is a file, expected a folder");
  }
  if (model.tier != "native") {
    complaints.at(model.mark, "tier: " + printable(model.tier) + " is not in this version, expected native");
  }
}

void check_image(const std::string& image, const codec::Mark& mark, const std::string& directory,
                 Complaints& complaints) {
  if (image != "host" && !os::exists(path_from(directory, image))) {
    complaints.at(mark, "image: " + printable(image) + " does not exist, expected host, a folder or a package list");
  }
}

void check_paths(const Loaded& loaded, Complaints& complaints) {
  for (const spec::ModelSpec& model : loaded.scenario.models) {
    check_model(model, loaded.directory, complaints);
    check_image(model.image, model.mark, loaded.directory, complaints);
  }
  for (const spec::ArtifactSpec& artifact : loaded.scenario.artifacts) {
    check_image(artifact.image, artifact.mark, loaded.directory, complaints);
    if (!artifact.files.empty() && !os::exists(path_from(loaded.directory, artifact.files))) {
      complaints.at(artifact.mark, "files: " + printable(artifact.files) + " does not exist, expected a folder");
    }
  }
}

// Without a `links:` section every model is asked everything.
std::vector<spec::LinkSpec> links_of(const spec::Scenario& scenario) {
  if (!scenario.links.empty()) return scenario.links;
  std::vector<spec::LinkSpec> links;
  for (const spec::ModelSpec& model : scenario.models) {
    spec::LinkSpec link;
    link.to = model.name;
    link.mark = model.mark;
    links.push_back(std::move(link));
  }
  return links;
}

// A text of the scenario: from the kept ones where there are any and it is among them, else from its file.
Result<std::string> read_input(const std::string& path, std::uint64_t bytes_max, const std::vector<InputText>& kept,
                               Loaded& loaded) {
  const auto found = std::find_if(kept.begin(), kept.end(), [&](const InputText& text) { return text.path == path; });
  std::string content =
      found != kept.end() ? found->content : TRY(os::read_file(path_from(loaded.directory, path), bytes_max));
  loaded.texts.push_back({path, content});
  return content;
}

Result<exchange::Link> load_link(const spec::LinkSpec& link, const std::vector<InputText>& kept, Loaded& loaded) {
  if (link.map) TRY(content::check_template(*link.map));
  if (link.contract.empty()) return exchange::make_link(link, spec::open_contract());
  const std::string text = TRY(read_input(link.contract, kTextBytesMax, kept, loaded));
  spec::Contract contract = TRY(spec::parse_contract(text, link.contract));
  loaded.contracts.push_back({link.contract, codec::sha256(text)});
  return exchange::make_link(link, std::move(contract));
}

// What each tool server may offer.
void load_tools(Loaded& loaded, const std::vector<InputText>& kept, Complaints& complaints) {
  for (const spec::ModelSpec& model : loaded.scenario.models) {
    if (model.adapter != spec::AdapterKind::mcp) continue;
    auto text = read_input(model.tools, kTextBytesMax, kept, loaded);
    if (!text) {
      complaints.at(model.mark, "tools: " + text.error().message());
      continue;
    }
    auto pinned = content::PinnedTools::parse(text.value(), model.tools);
    if (!pinned) {
      complaints.at(model.mark, pinned.error().message());
      continue;
    }
    loaded.tools[model.name] = std::make_shared<const content::PinnedTools>(std::move(pinned).value());
    loaded.tool_files.push_back({model.tools, codec::sha256(text.value())});
  }
}

void load_links(Loaded& loaded, const std::vector<InputText>& kept, Complaints& complaints) {
  for (const spec::LinkSpec& link : links_of(loaded.scenario)) {
    auto made = load_link(link, kept, loaded);
    if (made) {
      const auto tools = loaded.tools.find(link.to);
      if (tools != loaded.tools.end()) made.value().tools = tools->second;
      loaded.links.push_back(std::move(made).value());
    } else if (made.error().code() == Errc::invalid_argument) {
      complaints.add(made.error().message());
    } else {
      complaints.at(link.mark, "contract: " + made.error().message());
    }
  }
}

void load_cases(Loaded& loaded, const std::vector<InputText>& kept, Complaints& complaints) {
  const spec::WorkloadSpec& workload = loaded.scenario.workload;
  auto text = read_input(workload.cases, kCasesBytesMax, kept, loaded);
  if (!text) return complaints.at(workload.mark, "cases: " + text.error().message());
  loaded.cases_source = {workload.cases, codec::sha256(text.value())};
  auto cases = parse_cases(text.value(), workload.cases, workload);
  if (!cases) return complaints.add(cases.error().message());
  loaded.cases = std::move(cases).value();
}

// The filters can be made: their rules load, their expressions are known. The screen itself needs the run's canaries.
void load_filters(Loaded& loaded, const std::vector<InputText>& kept, Complaints& complaints) {
  if (!loaded.scenario.filters) return;
  spec::FilterSpec& filters = *loaded.scenario.filters;
  if (filters.secrets && !filters.secrets->rules.empty()) {
    auto text = read_input(filters.secrets->rules, kRulesBytesMax, kept, loaded);
    if (!text) return complaints.at(filters.secrets->mark, "filters: " + text.error().message());
    loaded.filter_files.push_back({filters.secrets->rules, codec::sha256(text.value())});
    filters.secrets->rules_text = std::move(text).value();
  }
  const auto screen = content::Screen::make(filters);
  if (!screen) complaints.at(filters.mark, "filters: " + screen.error().message());
}

// The schemas that permits hold the arguments of tools to.
void load_arguments(Loaded& loaded, const std::vector<InputText>& kept, Complaints& complaints) {
  for (const spec::PolicyRule& rule : loaded.policy->spec().rules) {
    const std::string& path = rule.terms.arguments;
    if (path.empty() || loaded.arguments.contains(path)) continue;
    const std::string doing = "permit " + rule.id + ", arguments " + path + ": ";
    auto text = read_input(path, kTextBytesMax, kept, loaded);
    const auto parsed = text ? codec::parse_json(text.value()) : Result<codec::Json>{text.error()};
    auto schema = parsed ? content::compile_schema(parsed.value()) : Result<content::Schema>{parsed.error()};
    if (!schema) {
      complaints.add(rule.file + ":" + std::to_string(rule.mark.line) + ":" + std::to_string(rule.mark.column) + ": " +
                     doing + schema.error().message());
      continue;
    }
    loaded.arguments.emplace(path, std::move(schema).value());
    loaded.argument_files.push_back({path, codec::sha256(text.value())});
  }
}

// The policy and whatever it extends and includes; their paths are relative to the scenario's folder, like its own.
void load_policy(Loaded& loaded, const std::vector<InputText>& kept, Complaints& complaints) {
  const spec::Scenario& scenario = loaded.scenario;
  if (scenario.policy.empty()) return;
  const spec::PolicyReader read = [&](const std::string& path) -> Result<std::string> {
    const auto found = std::find_if(kept.begin(), kept.end(), [&](const InputText& text) { return text.path == path; });
    if (found != kept.end() || !spec::is_ready_policy(path)) return read_input(path, kTextBytesMax, kept, loaded);
    std::string text = TRY(spec::read_policy_file(path));
    loaded.texts.push_back({path, text});
    return text;
  };
  auto text = read(scenario.policy);
  if (!text) return complaints.at(scenario.policy_mark, "policy: " + text.error().message());
  auto spec = spec::parse_policy(text.value(), scenario.policy, read);
  if (!spec) return complaints.add(spec.error().message());
  for (const spec::PolicyFile& file : spec.value().files) {
    loaded.policy_files.push_back({file.path, codec::sha256(file.text)});
  }
  auto policy = policy::compile(std::move(spec).value());
  if (!policy) return complaints.at(scenario.policy_mark, "policy: " + policy.error().message());
  loaded.policy = std::move(policy).value();
  load_arguments(loaded, kept, complaints);
  for (const spec::ModelSpec& model : scenario.models) {
    if (!model.needs_sandbox()) continue;
    if (model.deterministic && may_have_gateway(*loaded.policy, model.name)) {
      complaints.at(model.mark, "found deterministic: true, expected a model that policy " +
                                    printable(scenario.policy) +
                                    " permits neither to connect nor to call: what comes from a network comes by the "
                                    "host's clock; say in the permits `who` they are for, or drop deterministic");
    }
    for (const std::string& wrong : against_policy(*loaded.policy, model)) {
      complaints.at(model.mark, "policy " + printable(scenario.policy) + ": " + wrong);
    }
  }
}

void load_services(Loaded& loaded, const std::vector<InputText>& kept, Complaints& complaints) {
  const spec::Scenario& scenario = loaded.scenario;
  if (!scenario.services.empty() && scenario.policy.empty()) {
    complaints.at(scenario.services_mark,
                  "found services without a policy, expected \"policy\": what no rule permits is "
                  "denied, and nobody could reach them");
  }
  std::set<std::string> names;  // of all files: canaries are told apart by them
  for (const std::string& path : scenario.services) {
    auto text = read_input(path, kTextBytesMax, kept, loaded);
    if (!text) {
      complaints.at(scenario.services_mark, "services: " + text.error().message());
      continue;
    }
    auto file = boundary::parse_services(text.value(), path);
    if (!file) complaints.add(file.error().message());
    loaded.services.push_back({path, codec::sha256(text.value())});
    if (!file) continue;
    const Result<void> apart = boundary::add_canary_places(file.value(), names, loaded.service_canaries);
    if (!apart) complaints.add(apart.error().message());
  }
}

// That each is there and in safe keeping; the secrets themselves are fetched when the gateway is opened.
void load_credentials(const Loaded& loaded, ModelFiles files, Complaints& complaints) {
  const std::vector<spec::CredentialSpec>& credentials = loaded.scenario.credentials;
  if (loaded.policy) {
    const Result<void> known = check_credentials(loaded.policy->spec(), credentials);
    if (!known) complaints.at(loaded.scenario.policy_mark, known.error().message());
  } else if (!credentials.empty()) {
    complaints.at(credentials.front().mark,
                  "found credentials without a policy, expected \"policy\": a permit says where one may go");
  }
  if (files == ModelFiles::unused) return;
  for (const spec::CredentialSpec& credential : credentials) {
    const auto secret = fetch_secrets({credential}, loaded.directory);
    if (!secret) complaints.at(credential.mark, secret.error().message());
  }
}

// A request as the driver will make it; the id stands for any.
std::optional<Step> first_request(const Flow& flow, std::size_t link, const Case& item) {
  Progress progress;
  for (Step& step : flow.begin(progress, item)) {
    if (step.link == link) return std::move(step);
  }
  return std::nullopt;
}

// A case that breaks a request contract is an error of the scenario; found here, no model is blamed for it.
void check_requests(const Loaded& loaded, Complaints& complaints) {
  const exchange::ContractStage stage;
  std::vector<const exchange::Link*> links;
  for (const exchange::Link& link : loaded.links) links.push_back(&link);
  const Flow flow{loaded.scenario, links};
  std::size_t found = 0;
  for (std::size_t at = 0; at < links.size(); ++at) {
    const exchange::Link& link = *links[at];
    if (link.from != "workload") continue;
    for (const Case& item : loaded.cases) {
      std::optional<Step> step = first_request(flow, at, item);
      if (!step) continue;
      exchange::Decision decision{exchange::Act::refuse, "map", step->error, {}, {}};
      if (step->error.empty()) {
        exchange::Message message;
        message.body = codec::Json::Object{{"id", "c-1-0123456789abcdef"}};
        for (codec::Json::Member& member : step->body.as_object()) message.body.set(member.first, member.second);
        message.text = codec::to_json(message.body);
        decision = stage.admit(message, {link});
      }
      if (decision.act == exchange::Act::allow) continue;
      if (++found > kCaseErrorsMax) return complaints.add("and more cases like these");
      complaints.add(loaded.cases_source.path + ":" + std::to_string(item.line) + ": the request to " + link.to +
                     " breaks " + (link.contract.file.empty() ? "the limits" : link.contract.file) + ": " +
                     decision.rule + ": " + decision.reason);
    }
  }
}

}  // namespace

std::string path_from(const std::string& directory, const std::string& path) {
  return path.starts_with('/') ? path : directory + "/" + path;
}

std::vector<std::string> Loaded::driven_models() const {
  std::vector<std::string> names;
  for (const spec::ModelSpec& model : scenario.models) {
    const bool linked =
        std::any_of(links.begin(), links.end(), [&](const auto& link) { return link.to == model.name; });
    if (linked) names.push_back(model.name);
  }
  return names;
}

namespace {

Result<Loaded> load_from(InputText source, std::string directory, std::optional<std::uint64_t> seed,
                         const std::vector<InputText>& kept, ModelFiles files) {
  Loaded loaded;
  loaded.scenario = TRY(spec::parse_scenario(source.content, source.path));
  if (seed) loaded.scenario.seed = *seed;
  loaded.directory = std::move(directory);
  loaded.source = {source.path, codec::sha256(source.content)};
  Complaints complaints{source.path};
  loaded.texts.push_back(std::move(source));
  if (files == ModelFiles::needed) check_paths(loaded, complaints);
  load_tools(loaded, kept, complaints);
  load_links(loaded, kept, complaints);
  load_policy(loaded, kept, complaints);
  load_filters(loaded, kept, complaints);
  load_services(loaded, kept, complaints);
  load_credentials(loaded, files, complaints);
  load_cases(loaded, kept, complaints);
  for (const InputText& text : kept) {
    if (text.path != kCanaryKeyInput) continue;
    loaded.canary_key = text.content;
    loaded.texts.push_back(text);
  }
  check_requests(loaded, complaints);
  TRY(complaints.result());
  return loaded;
}

}  // namespace

Result<Loaded> load(const std::string& path, std::optional<std::uint64_t> seed) {
  auto text = os::read_file(path, kTextBytesMax);
  if (!text) return Error{Errc::invalid_argument, text.error().message() + ", expected a scenario file"};
  std::string directory = directory_of(TRY(os::absolute_path(path)));
  return load_from({path, std::move(text).value()}, std::move(directory), seed, {}, ModelFiles::needed);
}

std::string kept_index(const Loaded& loaded) {
  codec::Json::Array texts;
  for (const InputText& text : loaded.texts) texts.emplace_back(text.path);
  return codec::to_json_pretty(codec::Json::Object{
      {"directory", loaded.directory}, {"seed", loaded.scenario.seed}, {"texts", codec::Json{std::move(texts)}}});
}

Result<KeptInputs> read_kept_inputs(const std::string& run_directory, const std::map<std::string, Digest>& files) {
  const std::string folder = run_directory + "/inputs/";
  const auto as_signed = [&](const std::string& name, std::uint64_t bytes_max) -> Result<std::string> {
    std::string content = TRY(os::read_file(folder + name, bytes_max));
    const auto vouched = files.find("inputs/" + name);
    if (vouched == files.end()) {
      return Error{Errc::corrupt, printable(run_directory) + ": killed before anything of it was signed: run it again"};
    }
    if (vouched->second == codec::sha256(content)) return content;
    return Error{Errc::corrupt,
                 printable(folder + name) + ": not what the record was signed with: `belljar verify` tells more"};
  };
  const auto wrong = [&](const std::string& what) {
    return Error{Errc::corrupt, printable(folder) + "index.json: " + what};
  };
  auto text = as_signed("index.json", kTextBytesMax);
  if (!text && text.error().code() == Errc::corrupt) return text.error();
  if (!text) {
    return Error{Errc::invalid_argument, printable(run_directory) + " keeps no inputs (" + text.error().message() +
                                             "): it is no run that can be replayed"};
  }
  const auto index = codec::parse_json(text.value());
  if (!index) return wrong(index.error().message());
  const codec::Json* directory = index.value().find("directory");
  const codec::Json* seed = index.value().find("seed");
  const codec::Json* texts = index.value().find("texts");
  if (directory == nullptr || !directory->is_string() || seed == nullptr || !seed->is_int() || texts == nullptr ||
      !texts->is_array() || texts->as_array().empty()) {
    return wrong("expected directory, seed and texts");
  }
  KeptInputs kept{directory->as_string(), static_cast<std::uint64_t>(seed->as_int()), {}};
  for (const codec::Json& path : texts->as_array()) {
    if (!path.is_string()) return wrong("expected paths as texts");
    kept.texts.push_back({path.as_string(), TRY(as_signed(std::to_string(kept.texts.size()), kCasesBytesMax))});
  }
  return kept;
}

Result<Loaded> load_kept(KeptInputs kept, const std::optional<InputText>& scenario, ModelFiles files) {
  InputText source = scenario.value_or(kept.texts.front());
  return load_from(std::move(source), std::move(kept.directory), kept.seed, kept.texts, files);
}

}  // namespace belljar::scenario
