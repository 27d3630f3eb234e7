// Driver: what drive() is made of. driver.cc turns the wheel, driver_asks.cc moves messages, driver_faults.cc lets
// faults strike them, driver_sanctions.cc does to models what a policy asks, driver_findings.cc tells of them,
// driver_calls.cc takes what models ask of others, driver_cases.cc begins and ends cases. Inner part of drive.h.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "monitor/amplification.h"
#include "scenario/agenda.h"
#include "scenario/drive.h"
#include "scenario/flow.h"
#include "scenario/transcript.h"

namespace belljar::scenario {

// A question on its way, from the moment the exchange let it pass until whoever asked has its answer.
struct Ask {
  exchange::Message request;
  std::size_t link = 0;
  std::size_t station = 0;
  std::uint64_t number = 0;  // of the station's questions
  std::uint32_t attempt = 1;
  std::vector<std::uint64_t> path;     // how often the chain of causes took each link
  std::uint64_t caused_by_tokens = 0;  // of the answer that led to it, as the model said it
  std::int64_t passed_ns = 0;
  std::int64_t deadline_ns = 0;
  bool sent = false;           // the model has it
  bool answered = false;       // the reply is believed; it waits to be handed over
  std::optional<Reply> reply;  // taken, but not yet believed
  codec::Json answer;          // answered
  exchange::Cause answer_cause;
  std::uint64_t said_tokens = 0;  // of the answer, as the model said it
  // Asked by a model while it worked: the call, and the question it works on.
  std::optional<std::uint64_t> call;
  std::uint64_t caller = 0;
  std::uint64_t calls_open = 0;  // that the model makes because of this question
  bool due_waits = false;        // its end is off the agenda until they are over
};

// A case under way, or in a scenario that asks each model by itself a case of one model.
struct Root {
  Progress progress;
  exchange::Cause cause;
  std::size_t item = 0;
  std::size_t entry = 0;      // among the links from workload, where each is asked by itself
  std::uint64_t ordinal = 0;  // messages so far
  std::uint64_t open = 0;     // questions under way
  std::int64_t begun_ns = 0;
  std::int64_t latency_ns = 0;  // of its answer, where one model gives it
};

// What a policy's rules have put on a model, or on the workload.
struct Restraint {
  std::int64_t interval_ns = 0;  // between its messages; 0: none
  std::int64_t free_ns = 0;      // when the next one may go
  std::optional<std::int64_t> paused_until_ns;
  std::uint32_t resets = 0;
};

constexpr std::uint64_t ask_key(std::size_t station, std::uint64_t number) { return (station << 40U) | number; }
// In the place of a question's key, where an event is about a seat.
constexpr std::uint64_t seat_key(std::size_t seat) { return UINT64_MAX - seat; }

class Driver {
 public:
  Driver(DriveInput input, const DriveTools& tools);
  Result<DriveResult> run();

 private:
  struct Seat {  // a model's place in the run
    std::unique_ptr<Station> station;
    std::deque<std::uint64_t> queue;       // asks that wait for room
    std::size_t sent = 0;                  // questions before the model
    std::optional<Fate> fate;              // it is gone, and the run knows
    std::optional<std::uint64_t> parked;   // an answer that a fault keeps until the next one is handed over
    std::optional<std::uint64_t> at_work;  // the question last sent, until its place is free again
  };
  struct Way {  // a link's place in the run
    spec::LinkRun run;
    std::deque<std::int64_t> begun;  // of the last requests, where the contract bounds their rate
    std::int64_t free_ns = 0;        // when the link's own rate lets the next one begin
  };

  // driver.cc
  Result<void> open_seats();
  Result<void> turn();
  Result<void> sleep(os::PollSet& set);
  Result<void> check_stop();
  Result<void> advance();
  Result<bool> blocked(const Event& event);
  Result<void> handle(const Event& event);
  Result<void> tell_findings();
  Result<void> tell_strays();
  DriveResult finish(Nanoseconds begun);
  Result<void> stop_all(const Fate& fate);
  bool done() const;
  std::int64_t real_ns() const { return (tools_.clock.monotonic() - begun_).count(); }
  exchange::Traffic traffic() const;

  // driver_asks.cc
  Result<void> take_step(std::uint64_t root, Step step, const exchange::Cause* cause,
                         const std::vector<std::uint64_t>* path, std::uint64_t said_tokens);
  Result<void> request(Ask ask, codec::Json body);
  Result<void> noticed(const exchange::Message& message, const exchange::Decision& decision);
  Result<void> broke(const std::string& model, const exchange::Decision& decision);
  Result<void> refused(const Ask& ask, const exchange::Decision& decision);
  Result<void> give_up(const Ask& ask, spec::CaseEnd end, std::string why, std::string rule);
  void launch(Ask ask);
  std::int64_t throttle(std::size_t link);
  Result<void> on_deliver(std::uint64_t key);
  Result<void> send(std::uint64_t key, Ask& ask);
  Result<void> on_due(std::uint64_t key);
  Result<void> on_deadline(std::uint64_t key);
  Result<void> on_hand_over(std::uint64_t key);
  Result<void> on_retry(std::uint64_t key);
  Result<void> free_place(std::size_t seat);
  Result<void> fill_places(std::size_t seat);  // from the queue
  Result<void> believe(std::uint64_t key, Reply reply);
  Result<void> accept(std::uint64_t key, std::int64_t at_ns);
  Result<void> failure(std::uint64_t key, const codec::Json& error);
  Result<void> lose(std::uint64_t key, const Fate& fate, spec::ErrorClass kind);
  Result<void> measure_gain(const Ask& ask);
  Result<exchange::Decision> pass(exchange::Message& message, std::size_t link);
  Result<void> alarmed(const std::optional<monitor::Alarm>& alarm);
  Ask* find(std::uint64_t key);

  // driver_faults.cc
  Result<void> copies(const Ask& ask, const codec::Json& body, std::uint64_t count);
  Result<void> struck_request(Ask ask, const codec::Json& body, const exchange::FaultHit& hit);
  Result<void> struck_answer(std::uint64_t key, const exchange::FaultHit& hit);

  // driver_sanctions.cc
  Result<void> take_demands();
  Result<void> sanction(const std::string& who, const std::string& rule, const std::string& why,
                        const exchange::Sanction& sanction);
  Result<void> pause(const std::string& who, const std::string& rule, std::int64_t for_ns);
  Result<void> reset(const std::string& who, const std::string& rule, std::uint32_t resets_max);
  Result<void> contain_paused(Seat& seat, const std::string& rule, const Error& why);
  Result<void> on_resume(std::size_t seat);
  void throttle_network(const std::string& who);
  std::int64_t next_turn(const std::string& who, std::int64_t at_ns);
  std::optional<std::int64_t> paused_until(const Seat& seat) const;

  // driver_calls.cc
  Result<void> take_calls();
  Result<bool> calls_first(const Event& event);
  void put_end_back(std::uint64_t key, Ask& ask, std::int64_t after_ns);
  Result<void> begin_call(Call call);
  Result<void> refuse_call(const Call& call, const std::string& rule, const std::string& reason);
  Result<void> end_call(const Ask& ask, CallReply reply);

  // driver_cases.cc
  Result<void> fill();
  Result<void> begin_root(std::size_t item, std::size_t entry);
  Result<void> take_steps(std::uint64_t root, std::vector<Step> steps, const exchange::Cause* cause,
                          const std::vector<std::uint64_t>* path, std::uint64_t said_tokens);
  Result<void> close(std::uint64_t root);  // one question of it less under way
  Result<void> wind_up(std::uint64_t root);
  Result<void> end_root(std::uint64_t root);
  Result<void> record_vote(const Root& root, const Joined& joined);
  Result<void> fail_root(std::uint64_t root, spec::CaseEnd end, std::string why);
  std::size_t width() const;

  DriveInput input_;
  const DriveTools& tools_;
  const bool logical_;
  const bool each_;
  std::vector<const exchange::Link*> links_;
  Flow flow_;
  exchange::TraceKey trace_;
  monitor::GainMeter gain_;
  Transcript transcript_;
  StrayBook strays_;
  std::vector<spec::StrayMessage> stray_counts_;
  Agenda agenda_;
  std::vector<Seat> seats_;
  std::vector<Way> ways_;
  std::vector<std::size_t> seat_of_;    // by link: of the model it leads to
  std::vector<std::size_t> entries_;    // links from workload
  std::vector<std::size_t> next_case_;  // by entry; one for all where cases are composed
  std::vector<std::size_t> active_;     // by entry, likewise
  std::unordered_map<std::uint64_t, Root> roots_;
  std::unordered_map<std::uint64_t, Ask> asks_;
  std::vector<spec::CaseResult> results_;
  std::map<std::string, spec::VoteRun> votes_;
  std::map<std::string, Restraint> restraints_;
  EndCounts ends_{};
  Nanoseconds begun_{};
  std::int64_t now_ns_ = 0;  // on the run's clock
  std::optional<Fate> stopping_;
  std::optional<int> interrupted_;
  bool stopped_ = false;
};

}  // namespace belljar::scenario
