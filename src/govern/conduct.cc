#include "govern/conduct.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <map>

#include "base/check.h"
#include "base/text.h"
#include "base/version.h"
#include "codec/crypto.h"
#include "content/screen.h"
#include "govern/conductor.h"
#include "govern/judge.h"
#include "govern/record.h"
#include "govern/report.h"
#include "os/file.h"
#include "sandbox/native/locations.h"
#include "scenario/canaries.h"
#include "scenario/credentials.h"
#include "scenario/recorded_calls.h"
#include "scenario/remote_port.h"

namespace belljar::govern {

namespace {

using codec::Json;

constexpr mode_t kFileMode = 0644;
constexpr mode_t kFolderMode = 0755;

struct CivilTime {
  int year;
  unsigned month;
  unsigned day;
  unsigned hour;
  unsigned minute;
  unsigned second;
};

CivilTime civil(Nanoseconds since_epoch) {
  using namespace std::chrono;
  const sys_time<Nanoseconds> time{since_epoch};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<seconds>(time - day)};
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          static_cast<unsigned>(clock.hours().count()),
          static_cast<unsigned>(clock.minutes().count()),
          static_cast<unsigned>(clock.seconds().count())};
}

// What `drive` sees, told to whoever watches.
class Teller final : public scenario::DriveListener {
 public:
  explicit Teller(Progress& progress) : progress_{progress} {}

  void cases(const scenario::EndCounts& ended, std::size_t total) override {
    const auto count = [&](spec::CaseEnd end) { return ended[static_cast<std::size_t>(end)]; };
    std::uint64_t done = 0;
    for (const std::uint64_t some : ended) done += some;
    progress_.cases(done, total,
                    {count(spec::CaseEnd::model_error), count(spec::CaseEnd::contract_error),
                     count(spec::CaseEnd::timeout), count(spec::CaseEnd::harness_error)});
  }

  void finding(const spec::Finding& finding) override {
    progress_.note(finding_sentence(finding) + (finding.contained ? " (contained)" : ""));
  }

 private:
  Progress& progress_;
};

// For what is written beside the ledger; the ledger's own errors say what to do already.
Result<void> or_remedy(Result<void> result) {
  if (result) return result;
  return Error{result.error().code(),
               result.error().message() + ": make room for it there, or keep the run elsewhere with --out"};
}

}  // namespace

// The first thing that went wrong is the one to tell.
void Conductor::fail(const Error& error) {
  if (error_.empty()) error_ = error.message();
}

Result<void> Conductor::enter(StepName step) {
  tools_.progress.step(step);
  TRY(journal_->add({{"kind", "step"}, {"step", step_name(step)}}));
  TRY(journal_->checkpoint());
  return {};
}

Result<void> Conductor::open_record() {
  TRY(or_remedy(os::make_directories(directory_ + "/logs", kFolderMode)));
  const codec::SigningKey key = TRY(ledger::open_signing_key());
  ledger_ = TRY(ledger::Ledger::create(directory_, "belljar.local/run/" + run_, key));
  journal_.emplace(*ledger_, tools_.clock);
  TRY(journal_->add({{"kind", "run"},
                     {"run", run_},
                     {"scenario", scenario().name},
                     {"belljar", kVersion},
                     {"started", utc_time(started_)}}));
  // Loading came before there was a record to write it in.
  return journal_->add({{"kind", "step"}, {"step", step_name(StepName::load)}});
}

// What the run was made of, beside its record: it can be replayed where nothing else of it is left.
Result<void> Conductor::keep_inputs() {
  TRY(or_remedy(os::make_directories(directory_ + "/inputs", kFolderMode)));
  TRY(write_bound("inputs/index.json", scenario::kept_index(resolved_.loaded)));
  for (std::size_t at = 0; at < resolved_.loaded.texts.size(); ++at) {
    TRY(write_bound("inputs/" + std::to_string(at), resolved_.loaded.texts[at].content));
  }
  // From here on a killed run can be resumed.
  TRY(journal_->checkpoint());
  return {};
}

Result<void> Conductor::resolve() {
  TRY(enter(StepName::resolve));
  scenario::draw_canary_key(resolved_.loaded, tools_.entropy);
  TRY(keep_inputs());
  const std::string profiles = TRY(sandbox::native::find_profiles());
  if (again_ != nullptr && (again_->kind == AgainKind::replay || again_->kind == AgainKind::live)) {
    TRY(resolve_again(profiles));
  } else {
    resolved_ = TRY(scenario::resolve(std::move(resolved_.loaded), {std::string{kVersion}, profiles}, tools_.entropy));
  }
  TRY(journal_->add({{"kind", "manifest"}, {"digest", resolved_.manifest_digest.text()}}));
  return write_bound("manifest.json", codec::to_json_pretty(resolved_.manifest));
}

Result<void> Conductor::admit() {
  TRY(enter(StepName::admit));
  // Messages and the network's bodies pass the same filters.
  const spec::FilterSpec filters = scenario().filters.value_or(spec::FilterSpec{});
  const std::vector<content::Canary> canaries = scenario::run_canaries(resolved_.loaded);
  const auto screen = std::make_shared<const content::Screen>(TRY(content::Screen::make(filters, canaries)));
  if (!screen->empty()) filters_ = screen;
  if (!canaries.empty()) {
    spec::FilterSpec alone;
    alone.canaries = filters.canaries;
    log_screen_ = std::make_shared<const content::Screen>(TRY(content::Screen::make(alone, canaries)));
  }
  const bool any = std::any_of(resolved_.models.begin(), resolved_.models.end(),
                               [](const auto& model) { return model.needs_sandbox(); });
  if (!any) return {};
  engine_ = TRY(sandbox::Engine::start({}, tools_.clock));
  TRY(open_network());
  return scenario::admit(resolved_, *engine_, network_.get());
}

// One gateway for all models that the policy lets connect or call.
Result<void> Conductor::open_network() {
  const auto& links = resolved_.loaded.links;
  const auto call = std::find_if(links.begin(), links.end(), [](const auto& link) { return link.shape.calls; });
  if (!resolved_.loaded.policy) {
    if (call == links.end()) return {};
    const std::string_view host = call->tools != nullptr ? scenario::kToolsHost : scenario::kModelsHost;
    return Error{Errc::invalid_argument, "let " + call->from + " call others: the scenario has no policy, so " +
                                             "nothing may be reached; name one that lets it connect to " +
                                             std::string{host} + ", port 80"};
  }
  scenario::RunGatewaySpec spec{.policy = *resolved_.loaded.policy, .services = {}, .screen = filters_};
  spec.decoys = scenario().filters.value_or(spec::FilterSpec{}).canaries;
  spec.canary_key = resolved_.loaded.canary_key;
  spec.canaries = scenario::run_canaries(resolved_.loaded);
  spec.seed = scenario().seed;
  for (const std::string& file : scenario().services) {
    spec.services.push_back(file.starts_with('/') ? file : resolved_.loaded.directory + "/" + file);
  }
  const bool any = std::any_of(resolved_.models.begin(), resolved_.models.end(), [&](const auto& model) {
    return model.needs_sandbox() && scenario::may_have_gateway(*resolved_.loaded.policy, model.spec.name);
  });
  if (!any) return {};
  spec.secrets = TRY(scenario::fetch_secrets(scenario().credentials, resolved_.loaded.directory));
  if (call != links.end()) {
    calls_ = TRY(scenario::LiveCalls::make());
    spec.callees = scenario::callees_of(links, scenario::Callee::model);
    spec.tools = scenario::callees_of(links, scenario::Callee::tool_server);
    spec.desk = calls_;
  }
  network_ = TRY(scenario::RunGateway::open(std::move(spec)));
  return {};
}

Result<void> Conductor::seal() {
  TRY(enter(StepName::seal));
  stop_.emplace(TRY(os::StopSignals::open()));
  if (engine_ == nullptr) {
    for (const std::string& name : resolved_.loaded.driven_models()) {
      sealed_.push_back(scenario::hosted(*scenario().model(name)));
    }
    return {};
  }
  scenario::ArtifactStore store = TRY(scenario::ArtifactStore::open());
  sealed_ = TRY(scenario::seal(resolved_, store, {*engine_, *journal_, &*stop_, directory_ + "/logs", network_.get()}));
  return {};
}

Result<void> Conductor::drive() {
  TRY(enter(StepName::drive));
  const spec::Treatment decoys = scenario().filters.value_or(spec::FilterSpec{}).canaries;
  exchange::Exchange exchange{
      *journal_, exchange::standard_stages({resolved_.loaded.policy, resolved_.loaded.arguments, filters_, decoys})};
  for (const exchange::Link& link : resolved_.loaded.links) exchange.connect(link);
  exchange.set_rules({scenario().budgets, exchange::FaultBook{scenario().faults, scenario().seed},
                      scenario().clock == spec::ClockKind::logical, filters_});
  monitor::Monitor monitor{scenario().on_breach};
  Teller teller{tools_.progress};
  const Digest secret =
      codec::sha256(std::to_string(scenario().seed) + "\n" + resolved_.loaded.cases_source.digest.hex());
  scenario::DriveInput input{.scenario = scenario(),
                             .cases = resolved_.loaded.cases,
                             .id_secret = secret,
                             .models = std::move(sealed_),
                             .directory = resolved_.loaded.directory,
                             .times = {}};
  input.log_screen = log_screen_;
  input.make_port = [this](scenario::PortParts parts) { return make_port(std::move(parts)); };
  if (again_ != nullptr) {
    if (again_->kind != AgainKind::fork) input.until = again_->until;
  }
  input.remake = [this](const std::string& model) -> Result<scenario::DriveModel> {
    if (!is_alive(model)) return scenario::hosted(*scenario().model(model));
    scenario::ArtifactStore store = TRY(scenario::ArtifactStore::open());
    return scenario::seal_again(resolved_, model, store,
                                {*engine_, *journal_, &*stop_, directory_ + "/logs", network_.get()});
  };
  std::optional<scenario::RecordedCalls> recorded;
  if (recording_ != nullptr && recording_->has_calls()) {
    recorded.emplace(*recording_, [this](const std::string& model) { return !is_alive(model); });
  }
  scenario::CallDesk* desk = calls_.get();
  if (recorded) desk = &*recorded;
  const scenario::DriveTools tools{engine_.get(), exchange, *journal_, monitor,       tools_.clock,
                                   &*stop_,       teller,   desk,      network_.get()};
  auto driven = TRY(scenario::drive(std::move(input), tools));
  TRY(record_notes());
  measurements_ = std::move(driven.measurements);
  transcript_digest_ = driven.transcript.text();
  if (!driven.interrupted) return {};
  return Error{Errc::timeout, "interrupted by signal " + std::to_string(*driven.interrupted) +
                                  ": the record holds what was done until then; run it again for a verdict"};
}

// What models left with services: mail, statements, objects. Their text may be erased later, as that of messages; of a
// long one the beginning is kept. How many there are is bounded where they wait (boundary/service_notes.h).
Result<void> Conductor::record_notes() {
  constexpr std::size_t kNoteMax = 64U << 10;
  constexpr std::size_t kBeginning = 4096;
  if (network_ == nullptr) return {};
  std::map<std::string, std::uint64_t> counts;
  for (const boundary::ServiceNote& note : network_->take_notes()) {
    ++counts[note.kind];
    std::string detail = codec::to_json(note.detail);
    Json::Object entry{{"kind", "note"}, {"model", note.subject}, {"service", note.service}, {"note", note.kind}};
    if (detail.size() > kNoteMax) {
      entry.emplace_back("cut_from", static_cast<std::uint64_t>(detail.size()));
      detail = codec::to_json(Json{printable(detail.substr(0, kBeginning), 2 * kBeginning)});
    }
    TRY(journal_->add_with_body(std::move(entry), detail));
  }
  std::string shown;
  for (const auto& [kind, count] : counts) shown += (shown.empty() ? "" : ", ") + std::to_string(count) + " " + kind;
  if (!shown.empty()) tools_.progress.note("services were left with: " + shown);
  return {};
}

// A model that was hosted elsewhere.
void Conductor::tell_limitations() {
  for (const spec::ModelSpec& model : scenario().models) {
    if (model.adapter != spec::AdapterKind::remote || !is_alive(model.name)) continue;
    const auto place = scenario::remote_place(model);
    verdict_.limitations.push_back("model " + model.name + " was hosted elsewhere (" +
                                   (place ? place.value().host : "") + ", " + printable(model.remote.model) +
                                   "): it was not sealed, and what it is has no digest");
  }
}

Result<void> Conductor::judge_run() {
  TRY(enter(StepName::judge));
  verdict_ = judge(scenario(), measurements_);
  tell_limitations();
  return journal_->add({{"kind", "verdict"},
                        {"verdict", spec::outcome_name(verdict_.outcome)},
                        {"contained", verdict_.contained},
                        {"exit", verdict_.exit_code},
                        {"transcript_digest", transcript_digest_}});
}

Result<void> Conductor::write_bound(const std::string& name, const std::string& bytes) {
  TRY_CTX(or_remedy(os::write_file_atomic(directory_ + "/" + name, bytes, kFileMode)), "record the run");
  return journal_->bind_file(name);
}

Result<void> Conductor::bind_logs() {
  for (const os::DirectoryEntry& entry : TRY(os::list_directory(directory_ + "/logs"))) {
    TRY(journal_->bind_file("logs/" + entry.name));
  }
  return {};
}

Result<void> Conductor::record() {
  TRY(enter(StepName::record));
  const ledger::Head head = TRY(journal_->checkpoint());
  verdict_.ledger = {head.size, head.root.text()};
  TRY(journal_->add({{"kind", "head"}, {"size", head.size}, {"root", head.root.text()}}));
  Story story;
  if (has_story(verdict_)) story = TRY(read_story(directory_));
  const ReportInput input{verdict_,           measurements_,   scenario(), resolved_.manifest, std::string{kVersion},
                          utc_time(started_), std::move(story)};
  TRY(write_bound("metrics.jsonl", metrics_lines(input)));
  TRY(write_bound("verdict.json", codec::to_json_pretty(spec::verdict_json(verdict_))));
  TRY(write_bound("report.html", render_html(input)));
  TRY(write_bound("report.json", render_json(input)));
  TRY(write_bound("junit.xml", render_junit(input)));
  return bind_logs();
}

Result<void> Conductor::destroy() {
  TRY(enter(StepName::destroy));
  sealed_.clear();
  network_.reset();
  engine_.reset();
  TRY(journal_->add({{"kind", "engine-stopped"}}));
  TRY(journal_->add({{"kind", "sealed"}}));
  TRY(journal_->checkpoint());
  return {};
}

spec::Verdict Conductor::conduct() {
  constexpr std::array kToVerdict{&Conductor::resolve, &Conductor::admit, &Conductor::seal, &Conductor::drive,
                                  &Conductor::judge_run};
  for (const auto step : kToVerdict) {
    const Result<void> done = (this->*step)();
    if (done) continue;
    fail(done.error());
    verdict_ = error_verdict(scenario(), measurements_, error_);
    break;
  }
  verdict_.run = run_;
  verdict_.directory = directory_;
  if (!resolved_.manifest.is_null()) verdict_.manifest_digest = resolved_.manifest_digest.text();
  verdict_.transcript_digest = transcript_digest_;
  Result<void> kept = record();
  // Without a whole record the seal is withheld: the run reads as interrupted, which it was.
  if (kept) kept = destroy();
  if (!kept) {
    fail(kept.error());
    spec::Verdict lost = error_verdict(scenario(), measurements_, error_);
    lost.run = verdict_.run;
    lost.directory = verdict_.directory;
    lost.manifest_digest = verdict_.manifest_digest;
    lost.transcript_digest = verdict_.transcript_digest;
    verdict_ = std::move(lost);
  }
  tools_.progress.end(error_.empty() ? Ending::finished : Ending::failed);
  return verdict_;
}

std::string utc_time(Nanoseconds since_epoch) {
  const CivilTime at = civil(since_epoch);
  std::array<char, 64> text{};
  (void)std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02u:%02u:%02uZ", at.year, at.month, at.day, at.hour,
                      at.minute, at.second);
  return text.data();
}

std::string make_run_id(const Clock& clock, Entropy& entropy) {
  const CivilTime at = civil(clock.wall());
  std::array<std::byte, 4> random{};
  entropy.fill(random);
  std::array<char, 64> text{};
  (void)std::snprintf(text.data(), text.size(), "r_%04d%02u%02uT%02u%02u%02u_", at.year, at.month, at.day, at.hour,
                      at.minute, at.second);
  return text.data() + to_hex({reinterpret_cast<const char*>(random.data()), random.size()});
}

Result<spec::Verdict> conduct(const ConductOptions& options, const ConductTools& tools) {
  const std::string run = make_run_id(tools.clock, tools.entropy);
  tools.progress.begin(options.scenario.substr(options.scenario.find_last_of('/') + 1), run);
  tools.progress.step(StepName::load);
  auto loaded = scenario::load(options.scenario, options.seed);
  if (!loaded) {
    tools.progress.end(Ending::failed);
    return std::move(loaded).error();
  }
  const std::string directory = options.directory.empty() ? ".belljar/runs/" + run : options.directory;
  Conductor conductor{std::move(loaded).value(), run, directory, tools};
  if (const auto opened = conductor.open_record(); !opened) {
    tools.progress.end(Ending::failed);
    return Error{opened.error()}.context("begin the record of the run");
  }
  return conductor.conduct();
}

}  // namespace belljar::govern
