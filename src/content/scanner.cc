#include "content/scanner.h"

#include <hs/hs.h>

#include <cstdlib>
#include <optional>
#include <utility>

#include "base/check.h"
#include "codec/crypto.h"
#include "os/file.h"
#include "os/private_file.h"

namespace belljar::content {

namespace {

constexpr std::size_t kPieceMost = std::size_t{1} << 30;  // Vectorscan counts the bytes of one call in 32 bits
constexpr std::uint64_t kEntryMost = 256ULL << 20;
constexpr std::string_view kMagic = "belljar patterns 1\n";

Error compile_error(hs_compile_error_t* error) {
  const std::string where = error->expression < 0 ? "" : "pattern " + std::to_string(error->expression) + ": ";
  Error told{Errc::invalid_argument, where + error->message};
  hs_free_compile_error(error);
  return told;
}

unsigned flags_of(const ScanPattern& pattern, bool prefilter) {
  return (pattern.caseless ? HS_FLAG_CASELESS : 0U) | (prefilter ? HS_FLAG_PREFILTER : 0U);
}

// Literals and expressions share one database: a literal is an expression of escaped bytes.
std::string expression(const ScanPattern& pattern) {
  if (!pattern.literal) return pattern.text;
  std::string out;
  for (const char byte : pattern.text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto code = static_cast<std::uint8_t>(byte);
    out.append("\\x").append(1, kHex[code >> 4]).append(1, kHex[code & 15]);
  }
  return out;
}

}  // namespace

struct Scanner::Database {
  hs_database_t* database = nullptr;
  hs_scratch_t* scratch = nullptr;  // the form that each run's own is cloned from

  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() {
    hs_free_scratch(scratch);
    hs_free_database(database);
  }
};

struct Scanner::Run::State {
  hs_stream_t* stream = nullptr;
  hs_scratch_t* scratch = nullptr;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (stream != nullptr) hs_close_stream(stream, nullptr, nullptr, nullptr);
    hs_free_scratch(scratch);
  }
};

namespace {

int collect(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void* context) {
  (void)from;
  (void)flags;
  static_cast<std::vector<Sighting>*>(context)->push_back({id, to});
  return 0;
}

}  // namespace

Scanner::Scanner(std::unique_ptr<Database> database) : database_{std::move(database)} {}
Scanner::~Scanner() = default;
Scanner::Scanner(Scanner&&) noexcept = default;
Scanner& Scanner::operator=(Scanner&&) noexcept = default;

Result<Scanner> Scanner::compile(std::span<const ScanPattern> patterns) {
  std::vector<std::string> texts;
  std::vector<unsigned> flags;
  std::vector<unsigned> ids;
  for (const ScanPattern& pattern : patterns) {
    ids.push_back(static_cast<unsigned>(ids.size()));
    texts.push_back(expression(pattern));
    flags.push_back(flags_of(pattern, false));
  }
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  auto made = std::make_unique<Database>();
  // What cannot be done exactly is asked for as a superset, once for each pattern.
  for (;;) {
    hs_compile_error_t* error = nullptr;
    const hs_error_t code =
        hs_compile_multi(pointers.data(), flags.data(), ids.data(), static_cast<unsigned>(pointers.size()),
                         HS_MODE_STREAM, nullptr, &made->database, &error);
    if (code == HS_SUCCESS) break;
    const int at = error->expression;
    if (at < 0 || (flags[static_cast<std::size_t>(at)] & HS_FLAG_PREFILTER) != 0) return compile_error(error);
    flags[static_cast<std::size_t>(at)] |= HS_FLAG_PREFILTER;
    hs_free_compile_error(error);
  }
  if (hs_alloc_scratch(made->database, &made->scratch) != HS_SUCCESS) {
    return Error{Errc::exhausted, "no memory to scan with"};
  }
  return Scanner{std::move(made)};
}

Result<Scanner> Scanner::compile_cached(std::span<const ScanPattern> patterns, const std::string& cache_directory) {
  std::string made_of{hs_version()};
  for (const ScanPattern& pattern : patterns) {
    made_of.append("\n").append(std::to_string(flags_of(pattern, false))).append(" ").append(expression(pattern));
  }
  const std::string path = cache_directory + "/patterns-" + codec::sha256(made_of).hex().substr(0, 32);
  if (!cache_directory.empty()) {
    const Result<std::string> kept = os::read_private_file(path, kEntryMost);
    const std::size_t head = kMagic.size() + 64;
    if (kept && kept.value().size() > head && kept.value().starts_with(kMagic)) {
      const std::string_view body = std::string_view{kept.value()}.substr(head);
      auto made = std::make_unique<Database>();
      if (codec::sha256_of({made_of, body}).hex() == kept.value().substr(kMagic.size(), 64) &&
          hs_deserialize_database(body.data(), body.size(), &made->database) == HS_SUCCESS &&
          hs_alloc_scratch(made->database, &made->scratch) == HS_SUCCESS) {
        return Scanner{std::move(made)};
      }
    }
  }
  Scanner made = TRY(compile(patterns));
  char* bytes = nullptr;
  std::size_t size = 0;
  if (!cache_directory.empty() && hs_serialize_database(made.database_->database, &bytes, &size) == HS_SUCCESS) {
    const std::string_view body{bytes, size};
    std::string entry{kMagic};
    entry.append(codec::sha256_of({made_of, body}).hex()).append(body);
    std::free(bytes);
    // Without a cache the next start compiles again; that is no reason to refuse this one.
    (void)os::write_file_atomic(path, entry, 0600);
  }
  return made;
}

Scanner::Run Scanner::run() const {
  auto state = std::make_unique<Run::State>();
  const bool ready = hs_clone_scratch(database_->scratch, &state->scratch) == HS_SUCCESS &&
                     hs_open_stream(database_->database, 0, &state->stream) == HS_SUCCESS;
  CHECK(ready, "memory for one stream of a scanner");
  return Run{std::move(state)};
}

std::optional<std::uint64_t> Scanner::width_max(const std::string& regex) {
  hs_expr_info_t* info = nullptr;
  hs_compile_error_t* error = nullptr;
  if (hs_expression_info(regex.c_str(), 0, &info, &error) != HS_SUCCESS) {
    hs_free_compile_error(error);
    return std::nullopt;
  }
  const unsigned most = info->max_width;
  std::free(info);
  if (most == ~0U) return std::nullopt;
  return most;
}

Scanner::Run::Run(std::unique_ptr<State> state) : state_{std::move(state)} {}
Scanner::Run::~Run() = default;
Scanner::Run::Run(Run&&) noexcept = default;
Scanner::Run& Scanner::Run::operator=(Run&&) noexcept = default;

void Scanner::Run::scan(std::string_view bytes, std::vector<Sighting>& found) {
  for (std::size_t at = 0; at < bytes.size(); at += kPieceMost) {
    const std::string_view piece = bytes.substr(at, kPieceMost);
    const hs_error_t code = hs_scan_stream(state_->stream, piece.data(), static_cast<unsigned>(piece.size()), 0,
                                           state_->scratch, collect, &found);
    CHECK(code == HS_SUCCESS, "a scan of valid memory with its own scratch");
  }
}

void Scanner::Run::finish(std::vector<Sighting>& found) {
  const hs_error_t code = hs_reset_stream(state_->stream, 0, state_->scratch, collect, &found);
  CHECK(code == HS_SUCCESS, "the end of a stream that is open");
}

void Scanner::Run::restart() {
  std::vector<Sighting> nobody;
  finish(nobody);
}

}  // namespace belljar::content
