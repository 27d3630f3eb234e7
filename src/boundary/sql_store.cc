#include "boundary/sql_store.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>

#include "base/check.h"
#include "base/text.h"

namespace belljar::boundary {

namespace {

sqlite3* as_database(void* database) { return static_cast<sqlite3*>(database); }

Error sql_failed(std::string_view doing, sqlite3* database) {
  return Error{Errc::invalid_argument,
               std::string{doing} + ": " + (database == nullptr ? "out of memory" : sqlite3_errmsg(database))};
}

std::string state_of(int code, std::string_view message) {
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return "23505";
    case SQLITE_CONSTRAINT_NOTNULL:
      return "23502";
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return "23503";
    case SQLITE_CONSTRAINT_CHECK:
      return "23514";
    default:
      break;
  }
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return "23000";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "55P03";
    case SQLITE_AUTH:
      return "42501";
    case SQLITE_INTERRUPT:
      return "57014";
    case SQLITE_FULL:
      return "53100";
    case SQLITE_NOMEM:
      return "53200";
    case SQLITE_TOOBIG:
      return "54000";
    case SQLITE_MISMATCH:
      return "42804";
    default:
      break;
  }
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kMessages{{
      {"syntax error", "42601"},
      {"no such table", "42P01"},
      {"no such column", "42703"},
      {"no such function", "42883"},
      {"already exists", "42P07"},
  }};
  for (const auto& [part, state] : kMessages) {
    if (message.find(part) != std::string_view::npos) return std::string{state};
  }
  return "42000";
}

SqlError error_of(sqlite3* database) {
  std::string message = sqlite3_errmsg(database);
  const int code = sqlite3_extended_errcode(database);
  std::string state = state_of(code, message);
  if (state == "57014") message = "the statement takes too long and was ended";
  if (state == "55P03") message = "another session is writing; try again";
  return {std::move(state), is_utf8(message) ? std::move(message) : printable(message)};
}

// Reading and writing tables, and what goes with it.
int authorize(void*, int action, const char* first, const char* second, const char*, const char*) {
  switch (action) {
    case SQLITE_FUNCTION: {
      constexpr std::array<std::string_view, 8> kDenied{"load_extension", "random",   "randomblob", "fts3_tokenizer",
                                                        "sqlite_version", "zeroblob", "writefile",  "readfile"};
      const std::string_view name = second == nullptr ? "" : second;
      return std::find(kDenied.begin(), kDenied.end(), name) == kDenied.end() ? SQLITE_OK : SQLITE_DENY;
    }
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
    case SQLITE_PRAGMA:
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_VTABLE:
    case SQLITE_ANALYZE:
    case SQLITE_REINDEX:
      return SQLITE_DENY;
    default:
      static_cast<void>(first);
      return SQLITE_OK;
  }
}

void fixed_text(sqlite3_context* context, int, sqlite3_value**) {
  sqlite3_result_text(context, static_cast<const char*>(sqlite3_user_data(context)), -1, SQLITE_STATIC);
}

// What programs that know PostgreSQL ask for. Time stands still: a service has no clock.
void add_functions(sqlite3* database) {
  constexpr std::array<std::pair<const char*, const char*>, 7> kFixed{{
      {"version", "PostgreSQL 15.0 (a simulation by belljar)"},
      {"current_database", "belljar"},
      {"current_schema", "public"},
      {"now", "2025-01-01 00:00:00+00"},
      {"clock_timestamp", "2025-01-01 00:00:00+00"},
      {"pg_backend_pid", "1"},
      {"pg_is_in_recovery", "f"},
  }};
  for (const auto& [name, text] : kFixed) {
    sqlite3_create_function_v2(database, name, 0, SQLITE_UTF8 | SQLITE_DETERMINISTIC, const_cast<char*>(text),
                               fixed_text, nullptr, nullptr, nullptr);
  }
}

// SQLite's memory file system with a clock that stands still, as a service has none. SQLite keeps file systems in a
// list of the process, so this one lives as long.
const char* still_memory() {
  constexpr std::int64_t kJulianMilliseconds = 212'602'449'600'000;  // 2025-01-01 00:00:00
  static sqlite3_vfs still = [] {
    sqlite3_initialize();
    sqlite3_vfs* memory = sqlite3_vfs_find("memdb");
    CHECK(memory != nullptr && memory->iVersion >= 2, "SQLite is built with its memory file system");
    sqlite3_vfs copy = *memory;
    copy.pNext = nullptr;
    copy.zName = "belljar";
    copy.xCurrentTime = [](sqlite3_vfs*, double* now) {
      *now = static_cast<double>(kJulianMilliseconds) / 86'400'000.0;
      return SQLITE_OK;
    };
    copy.xCurrentTimeInt64 = [](sqlite3_vfs*, sqlite3_int64* now) {
      *now = kJulianMilliseconds;
      return SQLITE_OK;
    };
    return copy;
  }();
  static const int kRegistered = sqlite3_vfs_register(&still, 0);
  CHECK(kRegistered == SQLITE_OK, "SQLite takes one more file system");
  return still.zName;
}

Result<sqlite3*> open_database(const std::string& uri) {
  sqlite3* database = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI | SQLITE_OPEN_FULLMUTEX;
  if (sqlite3_open_v2(uri.c_str(), &database, kFlags, nullptr) != SQLITE_OK) {
    Error error = sql_failed("make a database in memory", database);
    sqlite3_close_v2(database);
    return error;
  }
  sqlite3_extended_result_codes(database, 1);
  sqlite3_limit(database, SQLITE_LIMIT_LENGTH, 8 << 20);
  sqlite3_limit(database, SQLITE_LIMIT_SQL_LENGTH, 1 << 20);
  sqlite3_limit(database, SQLITE_LIMIT_EXPR_DEPTH, 200);
  sqlite3_limit(database, SQLITE_LIMIT_COMPOUND_SELECT, 50);
  sqlite3_limit(database, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000);
  sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(database, SQLITE_LIMIT_TRIGGER_DEPTH, 20);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  add_functions(database);
  return database;
}

int bind(sqlite3_stmt* statement, int at, const SqlValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return sqlite3_bind_int64(statement, at, *number);
  if (const auto* real = std::get_if<double>(&value)) return sqlite3_bind_double(statement, at, *real);
  if (const auto* text = std::get_if<std::string>(&value)) {
    return sqlite3_bind_text64(statement, at, text->data(), text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  if (const auto* blob = std::get_if<SqlBlob>(&value)) {
    return sqlite3_bind_blob64(statement, at, blob->bytes.data(), blob->bytes.size(), SQLITE_TRANSIENT);
  }
  return sqlite3_bind_null(statement, at);
}

SqlValue column(sqlite3_stmt* statement, int at, std::size_t& bytes) {
  switch (sqlite3_column_type(statement, at)) {
    case SQLITE_INTEGER:
      bytes += 8;
      return std::int64_t{sqlite3_column_int64(statement, at)};
    case SQLITE_FLOAT:
      bytes += 8;
      return sqlite3_column_double(statement, at);
    case SQLITE_NULL:
      return std::monostate{};
    default:
      break;
  }
  const bool text = sqlite3_column_type(statement, at) == SQLITE_TEXT;
  const void* from = sqlite3_column_blob(statement, at);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, at));
  bytes += size;
  std::string copy = size == 0 ? std::string{} : std::string{static_cast<const char*>(from), size};
  if (text && is_utf8(copy)) return copy;
  return SqlBlob{std::move(copy)};
}

std::vector<SqlColumn> columns_of(sqlite3_stmt* statement) {
  std::vector<SqlColumn> columns;
  for (int at = 0; at < sqlite3_column_count(statement); ++at) {
    const char* name = sqlite3_column_name(statement, at);
    const char* declared = sqlite3_column_decltype(statement, at);
    SqlColumn column{name == nullptr ? "?" : name, declared == nullptr ? "" : declared};
    std::transform(column.declared.begin(), column.declared.end(), column.declared.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace

struct SqlPrepared::State {
  sqlite3_stmt* statement = nullptr;
  ~State() { sqlite3_finalize(statement); }
};

SqlPrepared::SqlPrepared() : state_{std::make_unique<State>()} {}
SqlPrepared::~SqlPrepared() = default;
SqlPrepared::SqlPrepared(SqlPrepared&&) noexcept = default;
SqlPrepared& SqlPrepared::operator=(SqlPrepared&&) noexcept = default;

SqlSession::SqlSession(void* database) : database_{database} {
  sqlite3_set_authorizer(as_database(database_), authorize, nullptr);
  const auto count = [](void* steps) {
    auto& done = *static_cast<std::uint64_t*>(steps);
    done += 1000;
    return done > SqlStore::kStepsMax ? 1 : 0;
  };
  sqlite3_progress_handler(as_database(database_), 1000, count, &steps_);
}

SqlSession::~SqlSession() { sqlite3_close_v2(as_database(database_)); }

bool SqlSession::in_transaction() const { return sqlite3_get_autocommit(as_database(database_)) == 0; }

SqlPrepared SqlSession::prepare(std::string_view& text) {
  SqlPrepared prepared;
  const char* rest = nullptr;
  steps_ = 0;
  const std::string copy{text};
  const int code = sqlite3_prepare_v2(as_database(database_), copy.c_str(), static_cast<int>(copy.size()) + 1,
                                      &prepared.state_->statement, &rest);
  if (code != SQLITE_OK) {
    prepared.error = error_of(as_database(database_));
    prepared.empty = false;
    text = {};
    return prepared;
  }
  text.remove_prefix(std::min(text.size(), static_cast<std::size_t>(rest - copy.c_str())));
  sqlite3_stmt* statement = prepared.state_->statement;
  prepared.empty = statement == nullptr;
  if (prepared.empty) return prepared;
  prepared.columns = columns_of(statement);
  prepared.parameters = sqlite3_bind_parameter_count(statement);
  prepared.reads_only = sqlite3_stmt_readonly(statement) != 0;
  return prepared;
}

SqlOutcome SqlSession::run(SqlPrepared& prepared, const std::vector<SqlValue>& values) {
  SqlOutcome outcome;
  sqlite3* database = as_database(database_);
  sqlite3_stmt* statement = prepared.state_->statement;
  CHECK(statement != nullptr, "only a statement can be run");
  steps_ = 0;
  outcome.columns = prepared.columns;
  outcome.returns_rows = !prepared.columns.empty();
  for (int at = 1; at <= prepared.parameters; ++at) {
    // "$2" is the second value wherever it stands; "?" counts by itself.
    const char* name = sqlite3_bind_parameter_name(statement, at);
    std::size_t which = static_cast<std::size_t>(at);
    if (name != nullptr && name[0] == '$') which = std::strtoul(name + 1, nullptr, 10);
    if (which == 0 || which > values.size()) {
      outcome.error = SqlError{"08P01", "the statement has a parameter that was given no value"};
      return outcome;
    }
    bind(statement, at, values[which - 1]);
  }
  const std::int64_t before = sqlite3_total_changes64(database);
  std::size_t bytes = 0;
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    std::vector<SqlValue> row;
    for (int at = 0; at < sqlite3_column_count(statement); ++at) row.push_back(column(statement, at, bytes));
    bytes += 64 + row.size() * sizeof(SqlValue);
    outcome.rows.push_back(std::move(row));
    if (bytes > SqlStore::kAnswerBytesMax) {
      outcome.error = SqlError{"54000", "the answer is larger than this database gives at once; use LIMIT"};
      break;
    }
  }
  if (!outcome.error && code != SQLITE_DONE) outcome.error = error_of(database);
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  if (outcome.error) outcome.rows.clear();
  outcome.changes = sqlite3_total_changes64(database) - before;
  return outcome;
}

Result<std::shared_ptr<SqlStore>> SqlStore::make() {
  static std::atomic<std::uint64_t> number{0};  // memory databases are named process-wide
  sqlite3_hard_heap_limit64(kHeapBytesMax);
  std::string uri = "file:/belljar-" + std::to_string(++number) + "?vfs=" + still_memory();
  sqlite3* database = TRY(open_database(uri));
  const std::string pages = "PRAGMA max_page_count = " + std::to_string(kPagesMax);
  sqlite3_exec(database, pages.c_str(), nullptr, nullptr, nullptr);
  return std::shared_ptr<SqlStore>{new SqlStore{std::move(uri), database}};
}

SqlStore::~SqlStore() { sqlite3_close_v2(as_database(database_)); }

Result<void> SqlStore::load(std::string_view script, std::string_view name) {
  const std::string text{script};
  if (sqlite3_exec(as_database(database_), text.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return sql_failed("load " + std::string{name} + " into the database", as_database(database_));
}

Result<void> SqlStore::insert(const std::string& table, const std::vector<std::string>& columns,
                              const std::vector<SqlValue>& values) {
  std::string names;
  std::string marks;
  for (const std::string& column : columns) {
    names += (names.empty() ? "" : ", ") + sql_name(column);
    marks += marks.empty() ? "?" : ", ?";
  }
  const std::string text = "INSERT INTO " + sql_name(table) + " (" + names + ") VALUES (" + marks + ")";
  SqlPrepared::State state;
  sqlite3* database = as_database(database_);
  if (sqlite3_prepare_v2(database, text.c_str(), -1, &state.statement, nullptr) != SQLITE_OK) {
    return sql_failed("fill the table " + table, database);
  }
  for (std::size_t at = 0; at < values.size(); ++at) bind(state.statement, static_cast<int>(at) + 1, values[at]);
  if (sqlite3_step(state.statement) != SQLITE_DONE) return sql_failed("fill the table " + table, database);
  return {};
}

Result<std::unique_ptr<SqlSession>> SqlStore::open() const {
  sqlite3* database = TRY(open_database(uri_));
  const std::string pages = "PRAGMA max_page_count = " + std::to_string(kPagesMax);
  sqlite3_exec(database, pages.c_str(), nullptr, nullptr, nullptr);
  return std::make_unique<SqlSession>(database);
}

std::string sql_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

}  // namespace belljar::boundary
