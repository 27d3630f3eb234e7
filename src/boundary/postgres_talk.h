// PostgresTalk: one connection of a client to SimulatedPostgres. Inner part of simulator_postgres.cc.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "boundary/postgres_frames.h"
#include "boundary/service.h"
#include "boundary/service_notes.h"
#include "boundary/sql_store.h"

namespace belljar::boundary {

class PostgresTalk final : public Talk {
 public:
  static constexpr std::size_t kStatementsMax = 256;  // and as many portals
  static constexpr std::size_t kOutputBytesMax = 64U << 20;

  struct Parts {
    std::string service;
    std::string subject;
    std::int64_t latency_ns = 0;
    std::shared_ptr<SqlStore> store;  // shared with the other connections
    std::shared_ptr<ServiceNotes> notes;
  };
  PostgresTalk(Parts parts, std::unique_ptr<SqlSession> session)
      : parts_{std::move(parts)}, session_{std::move(session)} {}

  Said open() override { return {}; }
  Said feed(std::string_view bytes) override;

 private:
  struct Statement {
    std::string sql;  // as the client wrote it
    std::vector<std::uint32_t> types;
    int parameters = 0;
    std::vector<SqlColumn> columns;
    bool reads_only = true;
  };
  struct Portal {
    std::string sql;
    bool reads_only = true;
    std::vector<SqlValue> values;
    std::vector<std::int16_t> formats;  // of the columns
    std::optional<SqlOutcome> outcome;
    std::size_t next_row = 0;
  };

  void startup(const PgFrame& frame);
  void take(const PgFrame& frame);
  void simple(PgReader reader);
  void parse(PgReader reader);
  void bind(PgReader reader);
  void describe(PgReader reader);
  void execute(PgReader reader);
  void close(PgReader reader);
  void sync();

  SqlOutcome run(const std::string& sql, const std::vector<SqlValue>& values);
  std::optional<SqlOutcome> run_house(const std::string& verb, std::string_view sql) const;
  bool refuse_in_failed(const std::string& verb);
  void send_rows(const SqlOutcome& outcome, const std::vector<std::int16_t>& formats, std::size_t from, std::size_t to);
  void send_columns(const std::vector<SqlColumn>& columns, const SqlOutcome* outcome,
                    const std::vector<std::int16_t>& formats);
  void fail(std::string_view state, std::string_view message);
  void ready();
  void note(std::string_view sql, const SqlOutcome& outcome);

  Parts parts_;
  std::unique_ptr<SqlSession> session_;
  PgFrames frames_;
  std::string out_;
  std::map<std::string, Statement> statements_;
  std::map<std::string, Portal> portals_;
  bool started_ = false;
  bool closing_ = false;
  bool skipping_ = false;  // after an error of an extended query, until Sync
  bool failed_ = false;    // the transaction
};

}  // namespace belljar::boundary
