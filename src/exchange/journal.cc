#include "exchange/journal.h"

namespace belljar::exchange {

namespace {

constexpr std::size_t kEntryBytesMax = 65535 - 256;  // with room for what the ledger says of a body
constexpr std::size_t kUnsignedEntriesMax = 1024;
constexpr std::size_t kUnsignedEntriesEver = 16'384;  // whatever the traffic
constexpr Nanoseconds kUnsignedTimeMax = std::chrono::milliseconds{200};
constexpr Nanoseconds kUnsignedTimeInFlight = std::chrono::seconds{1};

}  // namespace

Journal::Journal(ledger::Ledger& ledger, const Clock& clock)
    : ledger_{ledger}, clock_{clock}, begun_{clock.monotonic()}, signed_at_{begun_} {}

std::int64_t Journal::elapsed_ns() const { return (clock_.monotonic() - begun_).count(); }

template <class T>
Result<T> Journal::keep(Result<T> result) {
  if (!result && !failed_) failed_.emplace(result.error());
  return result;
}

Result<void> Journal::append(std::string_view text, std::optional<std::string_view> body, std::string_view kind) {
  if (text.size() > kEntryBytesMax) {
    // Nothing we write is this large; what is was swollen by somebody else's text, and is kept whole beside.
    std::string stand_in = "{\"kind\":";
    codec::append_json_text(stand_in, kind);
    TRY(keep(ledger_.append_with_body(stand_in + "}", text)));
    if (!body) return count_unsigned();
    TRY(keep(ledger_.append_with_body(stand_in + "}", *body)));
    return count_unsigned();
  }
  if (body) {
    TRY(keep(ledger_.append_with_body(text, *body)));
  } else {
    TRY(keep(ledger_.append(text)));
  }
  return count_unsigned();
}

Result<void> Journal::count_unsigned() {
  if (++unsigned_entries_ >= kUnsignedEntriesEver) TRY(checkpoint());
  return {};
}

Result<void> Journal::add_value(codec::Json::Object entry, std::optional<std::string_view> body) {
  if (failed_) return *failed_;
  entry.emplace_back("at_ns", elapsed_ns());
  const codec::Json value{std::move(entry)};
  const codec::Json* kind = value.find("kind");
  return append(codec::to_json(value), body, kind != nullptr && kind->is_string() ? kind->as_string() : "entry");
}

Result<void> Journal::add(codec::Json::Object entry) { return add_value(std::move(entry), std::nullopt); }

Result<void> Journal::add_with_body(codec::Json::Object entry, std::string_view body) {
  return add_value(std::move(entry), body);
}

Result<void> Journal::add_text(std::string entry, std::optional<std::string_view> body) {
  if (failed_) return *failed_;
  entry.append(",\"at_ns\":").append(std::to_string(elapsed_ns())).append("}");
  return append(entry, body, "message");
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
