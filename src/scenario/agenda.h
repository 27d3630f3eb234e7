// Agenda: what happens when, in the one order that everybody agrees on: by time, then in the order it was put down.
//
//   agenda.put(t_ns, Event{Event::Kind::deliver, ask});
//   while (const Event* next = agenda.next()) { if (next->t_ns > now) break; handle(agenda.take()); }
//
// Under the logical clock this order, and nothing else, decides what a run does. Pure; one thread at a time.
#pragma once

#include <cstdint>
#include <queue>
#include <vector>

namespace belljar::scenario {

struct Event {
  enum class Kind {
    deliver,    // a request reaches its model
    due,        // its answer is believed; under the logical clock, awaited
    deadline,   // its answer is no longer awaited
    hand_over,  // its answer reaches whoever asked
    retry,      // it is asked again
    resume,     // a paused model goes on; `ask` names no question but a seat (driver.h)
  };
  Kind kind = Kind::deliver;
  std::uint64_t ask = 0;
  std::int64_t t_ns = 0;
  std::uint64_t order = 0;
};

class Agenda {
 public:
  void put(std::int64_t t_ns, Event::Kind kind, std::uint64_t ask) { events_.push({kind, ask, t_ns, next_order_++}); }
  const Event* next() const { return events_.empty() ? nullptr : &events_.top(); }
  Event take() {
    const Event event = events_.top();
    events_.pop();
    return event;
  }

 private:
  struct Later {
    bool operator()(const Event& a, const Event& b) const {
      return a.t_ns != b.t_ns ? a.t_ns > b.t_ns : a.order > b.order;
    }
  };
  std::priority_queue<Event, std::vector<Event>, Later> events_;
  std::uint64_t next_order_ = 0;
};

}  // namespace belljar::scenario
