// Journal: JSON entries into the ledger, in time for a reader who may come after a power cut.
//
//   Journal journal{ledger, clock};
//   TRY(journal.add({{"kind", "step"}, {"step", "seal"}}));
//   TRY(journal.add_with_body({{"kind", "request"}, {"case", "7"}}, body));   // which can be erased later
//   TRY(journal.tick(Traffic::quiet));                                        // signs what has waited 200 ms
//
// Signing waits for the disk, some tens of milliseconds: while an answer is awaited that would be measured as the
// model's. So it is done between cases, and beside one only when it has waited a second.
// Each entry gains "at_ns", nanoseconds since the journal was made. The first failure is final: what follows a hole in
// the record would not be evidence, so every later call fails with the same words. One thread at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "codec/json.h"
#include "ledger/ledger.h"

namespace belljar::exchange {

enum class Traffic { quiet, in_flight };

class Journal {
 public:
  Journal(ledger::Ledger& ledger, const Clock& clock);

  Result<void> add(codec::Json::Object entry);
  // `body` is kept beside the entry (ledger.h).
  Result<void> add_with_body(codec::Json::Object entry, std::string_view body);
  // The same for writers that know the shape of their entry: `entry` is the text of an object without its last brace.
  Result<void> add_text(std::string entry, std::optional<std::string_view> body = std::nullopt);
  Result<void> tick(Traffic traffic);
  Result<ledger::Head> checkpoint();
  Result<void> bind_file(const std::string& path_in_run);

  ledger::Head head() const { return ledger_.head(); }
  std::int64_t elapsed_ns() const;

 private:
  template <class T>
  Result<T> keep(Result<T> result);
  Result<void> add_value(codec::Json::Object entry, std::optional<std::string_view> body);
  Result<void> append(std::string_view text, std::optional<std::string_view> body, std::string_view kind);
  Result<void> count_unsigned();

  ledger::Ledger& ledger_;
  const Clock& clock_;
  Nanoseconds begun_;
  Nanoseconds signed_at_;
  std::size_t unsigned_entries_ = 0;
  std::optional<Error> failed_;
};

}  // namespace belljar::exchange
