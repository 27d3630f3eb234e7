#include "boundary/simulator_postgres.h"

#include <algorithm>

#include "base/mix.h"
#include "boundary/postgres_talk.h"
#include "boundary/service_canaries.h"
#include "boundary/sql_dialect.h"
#include "content/generate.h"
#include "content/map_template.h"
#include "os/file.h"

namespace belljar::boundary {

namespace {

using codec::Json;

constexpr std::uint64_t kSqlBytesMax = 64ULL << 20;

SqlValue value_of(const Json& json) {
  if (json.is_null()) return std::monostate{};
  if (json.is_bool()) return std::int64_t{json.as_bool() ? 1 : 0};
  if (json.is_int()) return json.as_int();
  if (json.is_number()) return json.as_number();
  if (json.is_string()) return json.as_string();
  return codec::to_json(json);
}

std::string_view column_type(const Json& json) {
  if (json.is_bool()) return "BOOLEAN";
  if (json.is_int()) return "BIGINT";
  return json.is_number() ? "DOUBLE PRECISION" : "TEXT";
}

// A table that no script made has the columns of its first row.
Result<void> make_table(SqlStore& store, const std::string& table, const Json& row) {
  std::string columns;
  for (const auto& [name, value] : row.as_object()) {
    columns += (columns.empty() ? "" : ", ") + sql_name(name) + " " + std::string{column_type(value)};
  }
  return store.load("CREATE TABLE IF NOT EXISTS " + sql_name(table) + " (" + columns + ")", "the table " + table);
}

Result<void> insert(SqlStore& store, const std::string& table, const Json& row) {
  std::vector<std::string> names;
  std::vector<SqlValue> values;
  for (const auto& [name, value] : row.as_object()) {
    names.push_back(name);
    values.push_back(value_of(value));
  }
  return store.insert(table, names, values);
}

Result<void> fill(SqlStore& store, const RowsSpec& rows, const Json& source, const SimulatorSeed& seed) {
  std::vector<Json> all;
  for (const Json& row : rows.rows) all.push_back(TRY(content::fill_template(row, source, 1U << 20)));
  for (std::uint64_t at = 0; at < rows.count; ++at) {
    Json row = TRY_CTX(content::valid_message(*rows.schema, mix(seed.seed ^ (at + 1))), "make rows of " + rows.table);
    if (!row.is_object()) {
      return Error{Errc::invalid_argument, "make rows of " + rows.table + ": its schema gives a " +
                                               std::string{row.kind()} + ", expected an object"};
    }
    all.push_back(std::move(row));
  }
  if (all.empty() || all.front().as_object().empty()) return {};
  TRY(make_table(store, rows.table, all.front()));
  TRY(store.load("BEGIN", rows.table));
  for (const Json& row : all) TRY(insert(store, rows.table, row));
  return store.load("COMMIT", rows.table);
}

// When no session can be had (memory is used up), the connection closes.
class RefusingTalk final : public Talk {
 public:
  Said open() override { return {{}, true, 0}; }
  Said feed(std::string_view) override { return {{}, true, 0}; }
};

}  // namespace

Result<std::shared_ptr<SimulatedPostgres>> SimulatedPostgres::make(const ServiceSpec& spec, const std::string& folder,
                                                                   const SimulatorSeed& seed,
                                                                   std::shared_ptr<ServiceNotes> notes) {
  const std::string who = "service " + spec.name;
  std::shared_ptr<SqlStore> store = TRY_CTX(SqlStore::make(), who);
  for (const std::string& file : spec.sql) {
    const std::string path = file.starts_with("/") ? file : folder + "/" + file;
    const std::string script = TRY_CTX(os::read_file(path, kSqlBytesMax), who);
    TRY_CTX(store->load(to_sqlite(script), path), who);
  }
  const Json source = Json::Object{{"canary", canary_texts(spec, seed.canary_key)}};
  for (const RowsSpec& rows : spec.rows) TRY_CTX(fill(*store, rows, source, seed), who);
  return std::shared_ptr<SimulatedPostgres>{
      new SimulatedPostgres{spec.name, spec.latency_ns, std::move(store), std::move(notes)}};
}

std::unique_ptr<Talk> SimulatedPostgres::open(std::string_view subject) {
  Result<std::unique_ptr<SqlSession>> session = store_->open();
  if (!session) return std::make_unique<RefusingTalk>();
  return std::make_unique<PostgresTalk>(PostgresTalk::Parts{name_, std::string{subject}, latency_ns_, store_, notes_},
                                        std::move(session).value());
}

}  // namespace belljar::boundary
