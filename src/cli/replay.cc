#include "cli/replay.h"

#include <unistd.h>

#include <charconv>
#include <cstdio>

#include "base/text.h"
#include "cli/find_run.h"
#include "codec/json.h"
#include "govern/again.h"
#include "govern/judge.h"
#include "govern/progress.h"

namespace belljar::cli {

namespace {

constexpr int kSame = 0;
constexpr int kDiffers = 1;
constexpr int kUsage = 2;
constexpr int kHostError = 4;
constexpr std::size_t kBodyShownMax = 2000;

int usage(const std::string& what) {
  (void)std::fprintf(stderr, "belljar replay: %s\n", what.c_str());
  return kUsage;
}

// An Error in words, or what to do.
Result<govern::Again> read_again(const Arguments& arguments) {
  govern::Again again;
  again.run = find_run(arguments.operands.front());
  again.model = arguments.value("live").value_or("");
  again.scenario = arguments.value("scenario").value_or("");
  if (!again.model.empty()) again.kind = govern::AgainKind::live;
  if (arguments.has("fork")) again.kind = govern::AgainKind::fork;
  if (const auto until = arguments.value("until")) {
    std::uint64_t step = 0;
    const auto parsed = std::from_chars(until->data(), until->data() + until->size(), step);
    if (parsed.ec != std::errc{} || parsed.ptr != until->data() + until->size() || step == 0) {
      return Error{Errc::invalid_argument, "--until: found \"" + printable(*until) + "\", expected a message number"};
    }
    again.until = step;
  }
  const bool forks = again.kind == govern::AgainKind::fork;
  if (forks && !again.model.empty()) return Error{Errc::invalid_argument, "either --live or --fork"};
  if (forks && !again.until) return Error{Errc::invalid_argument, "--fork needs --until: the message to go on from"};
  if (!forks && !again.scenario.empty()) return Error{Errc::invalid_argument, "--scenario needs --fork"};
  return again;
}

void print_difference(const scenario::Difference& difference) {
  const auto line = [](const char* what, const std::string& text) {
    (void)std::printf("  %-9s %s\n", what, printable(text, kBodyShownMax).c_str());
  };
  (void)std::printf("%s answers otherwise from message %llu on, case %s\n", printable(difference.model).c_str(),
                    static_cast<unsigned long long>(difference.seq), printable(difference.case_id).c_str());
  line("asked", difference.request);
  line("recorded", difference.recorded.empty() ? "(nothing)" : difference.recorded);
  line("now", difference.live);
}

codec::Json json_of(const govern::Repeated& repeated, bool same) {
  codec::Json json{codec::Json::Object{{"same", same},
                                       {"recorded_digest", repeated.recorded_digest},
                                       {"recorded_contained", repeated.recorded_contained},
                                       {"verdict", spec::verdict_json(repeated.verdict)}}};
  if (const auto& difference = repeated.difference) {
    json.set("difference", codec::Json::Object{{"model", difference->model},
                                               {"case", difference->case_id},
                                               {"seq", difference->seq},
                                               {"request", printable(difference->request, kBodyShownMax)},
                                               {"recorded", printable(difference->recorded, kBodyShownMax)},
                                               {"live", printable(difference->live, kBodyShownMax)}});
  }
  return json;
}

int tell(const govern::Again& again, const govern::Repeated& repeated, const Arguments& arguments) {
  const spec::Verdict& verdict = repeated.verdict;
  const bool same = verdict.transcript_digest == repeated.recorded_digest && !verdict.transcript_digest.empty();
  const bool whole = !again.until && again.kind != govern::AgainKind::fork;
  if (arguments.has("json")) {
    (void)std::printf("%s\n", codec::to_json(json_of(repeated, same)).c_str());
  } else if (repeated.difference) {
    print_difference(*repeated.difference);
  } else {
    (void)std::printf("%s\n", govern::verdict_sentence(verdict).c_str());
    if (repeated.recorded_contained && !verdict.contained) {
      (void)std::printf("the recorded run was CONTAINED, for what a replay does not repeat: see its report\n");
    }
    (void)std::printf("transcript %s%s\n", verdict.transcript_digest.c_str(),
                      !whole ? "" : (same ? ", as recorded" : (", recorded " + repeated.recorded_digest).c_str()));
    (void)std::printf("record %s\n", verdict.directory.c_str());
  }
  if (repeated.difference) return kDiffers;
  if (verdict.outcome == spec::Outcome::error && whole) return kHostError;
  return whole && !same ? kDiffers : kSame;
}

int replay(const Arguments& arguments, const Host& host) {
  const auto again = read_again(arguments);
  if (!again) return usage(again.error().message());
  const auto kind = arguments.has("json") ? govern::ProgressKind::none : govern::ProgressKind::plain;
  const auto progress = govern::make_progress(govern::choose_progress(STDERR_FILENO, kind, "", ""), host.clock);
  const auto repeated = govern::conduct_again(again.value(), {{}, {}, arguments.value("out").value_or("")},
                                              {host.clock, host.entropy, *progress});
  if (repeated) return tell(again.value(), repeated.value(), arguments);
  (void)std::fprintf(stderr, "%s\n", printable(repeated.error().message(), 4000).c_str());
  return repeated.error().code() == Errc::invalid_argument ? kUsage : kHostError;
}

}  // namespace

const Command kReplay{
    .name = "replay",
    .operands = "RUN",
    .summary = "Run again from a record, without its models: 0 the same transcript, 1 not the same",
    .options = {{"live", Argument::required, "MODEL", "let MODEL answer and tell its first answer that differs"},
                {"until", Argument::required, "N", "stop at message N"},
                {"fork", Argument::none, "", "let every model live from message N on"},
                {"scenario", Argument::required, "FILE", "fork into this scenario instead of the recorded one"},
                {"out", Argument::required, "DIR", "keep the record in DIR"},
                {"json", Argument::none, "", "print one JSON object"}},
    .trailing_command = false,
    .main = replay};

}  // namespace belljar::cli
