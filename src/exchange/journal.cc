#include "exchange/journal.h"

#include "codec/crypto.h"

namespace belljar::exchange {

namespace {

constexpr std::size_t kInlineBytesMax = 4096;
constexpr std::size_t kEntryBytesMax = 65535;
constexpr std::size_t kUnsignedEntriesMax = 1024;
constexpr std::size_t kUnsignedEntriesEver = 4096;  // whatever the traffic
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

Result<void> Journal::append(const codec::Json& entry) {
  std::string text = codec::to_json(entry);
  if (text.size() > kEntryBytesMax) {
    // Nothing we write is this large; what is was swollen by somebody else's text, and is kept whole beside.
    const Digest blob = TRY(keep(ledger_.put_blob(text)));
    const codec::Json* kind = entry.find("kind");
    codec::Json::Object named{{"kind", kind != nullptr ? *kind : codec::Json{"entry"}},
                              {"blob", "blob:" + blob.text()}};
    text = codec::to_json(codec::Json{std::move(named)});
  }
  TRY(keep(ledger_.append(text)));
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
  if (body.size() > kInlineBytesMax) {
    const Digest blob = TRY(keep(ledger_.put_blob(body)));
    entry.emplace_back("digest", blob.text());
    entry.emplace_back("blob", "blob:" + blob.text());
  } else {
    // As one string, not as members: what a model says can never look like a member of ours.
    entry.emplace_back("digest", codec::sha256(body).text());
    entry.emplace_back("body", body);
  }
  return add(std::move(entry));
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
