// SimulatedPostgres: a PostgreSQL server as clients see it: its wire protocol over a database in memory.
//
//   auto server = TRY(SimulatedPostgres::make(spec, folder, seed, notes));
//   std::unique_ptr<Talk> talk = server->open("agent");
//
// Protocol 3.0: startup (TLS is refused and done without, as libpq's default takes it), any user and database without a
// password, simple and extended queries, row limits, errors with SQLSTATE, transactions. The language is SQLite's, with
// what programs usually write for PostgreSQL translated (sql_dialect.h); COPY, LISTEN and the catalogs are not there
// and say so. Each statement is a note. Format: PostgreSQL 15 manual, chapter 55.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "boundary/service.h"
#include "boundary/service_file.h"
#include "boundary/service_notes.h"
#include "boundary/simulator_http.h"
#include "boundary/sql_store.h"

namespace belljar::boundary {

class SimulatedPostgres final : public TalkService {
 public:
  static Result<std::shared_ptr<SimulatedPostgres>> make(const ServiceSpec& spec, const std::string& folder,
                                                         const SimulatorSeed& seed,
                                                         std::shared_ptr<ServiceNotes> notes);
  std::unique_ptr<Talk> open(std::string_view subject) override;

 private:
  SimulatedPostgres(std::string name, std::int64_t latency_ns, std::shared_ptr<SqlStore> store,
                    std::shared_ptr<ServiceNotes> notes)
      : name_{std::move(name)}, latency_ns_{latency_ns}, store_{std::move(store)}, notes_{std::move(notes)} {}

  std::string name_;
  std::int64_t latency_ns_;
  std::shared_ptr<SqlStore> store_;
  std::shared_ptr<ServiceNotes> notes_;
};

}  // namespace belljar::boundary
