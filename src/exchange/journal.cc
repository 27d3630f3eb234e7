#include "exchange/journal.h"

namespace belljar::exchange {

namespace {

constexpr std::size_t kEntryBytesMax = 65535 - 256;  // with room for what the ledger says of a body
constexpr std::size_t kUnsignedEntriesMax = 1024;
constexpr std::size_t kUnsignedEntriesEver = 4096;  // whatever the traffic
constexpr Nanoseconds kUnsignedTimeMax = std::chrono::milliseconds{200};
constexpr Nanoseconds kUnsignedTimeInFlight = std::chrono::seconds{1};

// The entry of which the rest is beside.
std::string stand_in(const codec::Json& entry) {
  const codec::Json* kind = entry.find("kind");
  return codec::to_json(codec::Json::Object{{"kind", kind != nullptr ? *kind : codec::Json{"entry"}}});
}

}  // namespace

Journal::Journal(ledger::Ledger& ledger, const Clock& clock)
    : ledger_{ledger}, clock_{clock}, begun_{clock.monotonic()}, signed_at_{begun_} {}

std::int64_t Journal::elapsed_ns() const { return (clock_.monotonic() - begun_).count(); }

template <class T>
Result<T> Journal::keep(Result<T> result) {
  if (!result && !failed_) failed_.emplace(result.error());
  return result;
}

Result<void> Journal::append(const codec::Json& entry) {
  const std::string text = codec::to_json(entry);
  if (text.size() > kEntryBytesMax) {
    // Nothing we write is this large; what is was swollen by somebody else's text, and is kept whole beside.
    TRY(keep(ledger_.append_with_body(stand_in(entry), text)));
  } else {
    TRY(keep(ledger_.append(text)));
  }
  return count_unsigned();
}

Result<void> Journal::count_unsigned() {
  if (++unsigned_entries_ >= kUnsignedEntriesEver) TRY(checkpoint());
  return {};
}

Result<void> Journal::add(codec::Json::Object entry) {
  if (failed_) return *failed_;
  entry.emplace_back("at_ns", elapsed_ns());
  return append(codec::Json{std::move(entry)});
}

Result<void> Journal::add_with_body(codec::Json::Object entry, std::string_view body) {
  if (failed_) return *failed_;
  entry.emplace_back("at_ns", elapsed_ns());
  const codec::Json json{std::move(entry)};
  std::string text = codec::to_json(json);
  if (text.size() > kEntryBytesMax) {
    TRY(append(json));
    text = stand_in(json);
  }
  TRY(keep(ledger_.append_with_body(text, body)));
  return count_unsigned();
}

Result<void> Journal::tick(Traffic traffic) {
  if (failed_) return *failed_;
  if (unsigned_entries_ == 0) return {};
  const Nanoseconds waited = clock_.monotonic() - signed_at_;
  const bool is_due = traffic == Traffic::quiet ? waited >= kUnsignedTimeMax || unsigned_entries_ >= kUnsignedEntriesMax
                                                : waited >= kUnsignedTimeInFlight;
  if (is_due) TRY(checkpoint());
  return {};
}

Result<ledger::Head> Journal::checkpoint() {
  if (failed_) return *failed_;
  const ledger::Head head = TRY(keep(ledger_.checkpoint()));
  unsigned_entries_ = 0;
  signed_at_ = clock_.monotonic();
  return head;
}

Result<void> Journal::bind_file(const std::string& path_in_run) {
  if (failed_) return *failed_;
  TRY(keep(ledger_.bind_file(path_in_run)));
  ++unsigned_entries_;
  return {};
}

}  // namespace belljar::exchange
