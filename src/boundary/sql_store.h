// SqlStore: a database that lives as long as a run, for simulators; sessions are hostile, bounded and cannot leave it.
// SQLite stays inside sql_store.cc.
//
//   auto store = TRY(SqlStore::make());
//   TRY(store->load("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)", "schema.sql"));
//   auto session = TRY(store->open());
//   SqlPrepared statement = session->prepare(text);            // takes one statement off `text`
//   SqlOutcome outcome = session->run(statement, values);
//
// In memory alone. A session may read and write tables, and nothing else: ATTACH, VACUUM, PRAGMA, virtual tables and
// extensions are denied by an authorizer. Bounds: kPagesMax pages, kStepsMax steps of SQLite's machine a statement,
// kAnswerBytesMax bytes of rows, SQLite's own memory kHeapBytesMax for all stores of the process. Sessions have
// transactions of their own; where two write at once the later one is told "busy" (55P03), never made to wait.
// Functions that draw or tell time are denied or fixed, so that equal statements in equal order have equal answers.
// A store may be used by any thread, one at a time; a session likewise and must not outlive its store.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace belljar::boundary {

struct SqlBlob {
  std::string bytes;
  bool operator==(const SqlBlob&) const = default;
};
using SqlValue = std::variant<std::monostate, std::int64_t, double, std::string, SqlBlob>;

struct SqlColumn {
  std::string name;
  std::string declared;  // "VARCHAR(20)", upper case; empty for an expression
};

struct SqlError {
  std::string state;  // SQLSTATE: "42P01"
  std::string message;
};

struct SqlOutcome {
  std::optional<SqlError> error;
  std::vector<SqlColumn> columns;
  std::vector<std::vector<SqlValue>> rows;
  std::int64_t changes = 0;
  bool returns_rows = false;
};

class SqlSession;

// One statement, compiled. Movable; must not outlive its session.
class SqlPrepared {
 public:
  SqlPrepared();
  ~SqlPrepared();
  SqlPrepared(SqlPrepared&&) noexcept;
  SqlPrepared& operator=(SqlPrepared&&) noexcept;

  std::optional<SqlError> error;
  std::vector<SqlColumn> columns;  // of the rows it will give
  int parameters = 0;
  bool empty = true;  // nothing but blanks and comments
  bool reads_only = true;

 private:
  friend class SqlSession;
  friend class SqlStore;
  struct State;
  std::unique_ptr<State> state_;
};

class SqlSession {
 public:
  explicit SqlSession(void* database);
  ~SqlSession();
  SqlSession(const SqlSession&) = delete;
  SqlSession& operator=(const SqlSession&) = delete;

  SqlPrepared prepare(std::string_view& text);
  SqlOutcome run(SqlPrepared& statement, const std::vector<SqlValue>& values);
  bool in_transaction() const;

 private:
  void* database_;  // sqlite3*
  std::uint64_t steps_ = 0;
};

class SqlStore {
 public:
  static constexpr int kPagesMax = 65'536;  // of 4 KiB
  static constexpr std::uint64_t kStepsMax = 50'000'000;
  static constexpr std::size_t kAnswerBytesMax = 32U << 20;
  static constexpr std::int64_t kHeapBytesMax = 1LL << 30;

  static Result<std::shared_ptr<SqlStore>> make();
  ~SqlStore();
  SqlStore(const SqlStore&) = delete;
  SqlStore& operator=(const SqlStore&) = delete;

  // A script of the person's own. `name` stands in errors.
  Result<void> load(std::string_view script, std::string_view name);
  Result<void> insert(const std::string& table, const std::vector<std::string>& columns,
                      const std::vector<SqlValue>& values);
  Result<std::unique_ptr<SqlSession>> open() const;

 private:
  SqlStore(std::string uri, void* database) : uri_{std::move(uri)}, database_{database} {}

  std::string uri_;
  void* database_;  // keeps the memory alive
};

// An identifier as SQL writes it.
std::string sql_name(std::string_view name);

}  // namespace belljar::boundary
