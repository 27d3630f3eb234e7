#include "boundary/simulator_postgres.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "boundary/gateway/talk_server_for_tests.h"
#include "boundary/postgres_frames.h"
#include "boundary/sql_dialect.h"
#include "content/canary.h"

namespace belljar::boundary {
namespace {

using testing::HasSubstr;

constexpr std::string_view kFile = R"(belljar-services: 1
services:
  - name: db
    kind: postgres
    hosts: [db.internal]
    rows:
      - {table: users, rows: [{id: 1, name: Ada, admin: true}, {id: 2, name: "O'Neil", admin: false}]}
      - {table: tokens, rows: [{id: 1, token: "${/canary/token}"}]}
      - table: made
        count: 50
        schema: {type: object, required: [id, mail], properties: {id: {type: integer, minimum: 1, maximum: 9}, mail: {type: string, format: email}}}
)";

struct Fixture {
  std::shared_ptr<ServiceNotes> notes = std::make_shared<ServiceNotes>();
  std::shared_ptr<SimulatedPostgres> server;

  Fixture() {
    auto file = parse_services(kFile, "db.yaml");
    EXPECT_TRUE(file) << file.error().message();
    auto made = SimulatedPostgres::make(file.value().services.at(0), ".", {7, "a key"}, notes);
    EXPECT_TRUE(made) << made.error().message();
    server = made.value();
  }
};

// A client that reads every message to the next ReadyForQuery.
class Client {
 public:
  explicit Client(SimulatedPostgres& server) : talk_{server.open("agent")} {
    const std::string body = big(196608) + std::string{"user\0me\0\0", 9};
    hear(talk_->feed(big(static_cast<std::uint32_t>(body.size() + 4)) + body));
  }

  // Types of the messages that came: "TDDCZ".
  std::string simple(std::string_view sql) { return send(PgMessage{'Q'}.text(sql).bytes()); }
  std::string send(std::string_view bytes) {
    heard_.clear();
    types_.clear();
    hear(talk_->feed(bytes));
    return types_;
  }
  const std::string& heard() const { return heard_; }
  bool closed() const { return closed_; }

 private:
  static std::string big(std::uint32_t value) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> static_cast<unsigned>(shift));
    return out;
  }
  void hear(const Said& said) {
    closed_ = said.close;
    heard_ += said.bytes;
    PgFrames frames;
    frames.startup_done();
    frames.feed(said.bytes);
    for (;;) {
      auto frame = frames.next();
      ASSERT_TRUE(frame);
      if (!frame.value()) break;
      types_ += frame.value()->type;
    }
  }

  std::unique_ptr<Talk> talk_;
  std::string heard_;
  std::string types_;
  bool closed_ = false;
};

TEST(SimulatedPostgres, AnswersSimpleQueries) {
  Fixture fixture;
  Client client{*fixture.server};
  EXPECT_EQ(client.simple("SELECT id, name FROM users ORDER BY id; SELECT 1"), "TDDCTDCZ");
  EXPECT_THAT(client.heard(), HasSubstr("O'Neil"));
  EXPECT_EQ(client.simple(""), "IZ");
  EXPECT_EQ(client.simple("INSERT INTO users VALUES (3, 'Eve', false)"), "CZ");
  EXPECT_THAT(client.heard(), HasSubstr("INSERT 0 1"));
  EXPECT_EQ(client.simple("SELECT token FROM tokens"), "TDCZ");
  EXPECT_THAT(client.heard(), HasSubstr(content::make_canary("a key", "service:db/token").token));
  EXPECT_EQ(client.simple("SELECT count(*) FROM made"), "TDCZ");
  EXPECT_THAT(client.heard(), HasSubstr("50"));
  EXPECT_EQ(fixture.notes->take().size(), 5U) << "each statement is a note";
}

struct Failing {
  std::string_view sql;
  std::string_view state;
};

TEST(SimulatedPostgres, ErrorsHaveTheirState) {
  Fixture fixture;
  Client client{*fixture.server};
  ASSERT_EQ(client.simple("CREATE TABLE k (id SERIAL PRIMARY KEY, name TEXT NOT NULL UNIQUE)"), "CZ");
  ASSERT_EQ(client.simple("INSERT INTO k (name) VALUES ('a')"), "CZ");
  for (const Failing& one :
       {Failing{"SELEC 1", "42601"}, Failing{"SELECT * FROM nowhere", "42P01"},
        Failing{"SELECT absent FROM users", "42703"}, Failing{"SELECT f(1)", "42883"},
        Failing{"INSERT INTO k (name) VALUES ('a')", "23505"}, Failing{"INSERT INTO k (name) VALUES (NULL)", "23502"},
        Failing{"COPY users TO STDOUT", "0A000"}, Failing{"SHOW nothing", "42704"}}) {
    EXPECT_EQ(client.simple(one.sql), "EZ") << one.sql;
    EXPECT_THAT(client.heard(), HasSubstr("C" + std::string{one.state})) << one.sql;
  }
}

// What could reach beyond the database, or never end.
TEST(SimulatedPostgres, ASessionCannotLeaveItsDatabase) {
  Fixture fixture;
  Client client{*fixture.server};
  const std::string path = testing::TempDir() + "belljar-attached.db";
  for (const std::string& sql :
       {"ATTACH '" + path + "' AS a", std::string{"PRAGMA writable_schema = 1"}, "VACUUM INTO '" + path + "'",
        std::string{"SELECT load_extension('x')"}, std::string{"SELECT random()"},
        std::string{"CREATE VIRTUAL TABLE v USING fts5(a)"},
        std::string{"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"},
        std::string{
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x, hex(x) || hex(x) FROM c"}}) {
    EXPECT_EQ(client.simple(sql), "EZ") << sql;
  }
  EXPECT_FALSE(std::ifstream{path}.good()) << "nothing was written";
  EXPECT_EQ(client.simple("SELECT datetime('now')"), "TDCZ");
  EXPECT_THAT(client.heard(), HasSubstr("2025-01-01 00:00:00")) << "time stands still";
}

TEST(SimulatedPostgres, AFailedTransactionRefusesUntilItEnds) {
  Fixture fixture;
  Client client{*fixture.server};
  client.simple("BEGIN");
  client.simple("INSERT INTO users VALUES (9, 'x', true)");
  client.simple("SELECT broken FROM users");
  EXPECT_EQ(client.simple("SELECT 1"), "EZ");
  EXPECT_THAT(client.heard(), HasSubstr("25P02"));
  client.simple("ROLLBACK");
  EXPECT_EQ(client.simple("SELECT 1 FROM users WHERE id = 9"), "TCZ") << "rolled back";
  Client other{*fixture.server};
  other.simple("BEGIN");
  other.simple("INSERT INTO users VALUES (10, 'y', true)");
  EXPECT_EQ(client.simple("INSERT INTO users VALUES (11, 'z', true)"), "EZ");
  EXPECT_THAT(client.heard(), HasSubstr("55P03")) << "nobody waits";
  other.simple("COMMIT");
  EXPECT_EQ(client.simple("SELECT 1 FROM users WHERE id = 10"), "TDCZ");
}

TEST(SimulatedPostgres, AnswersExtendedQueries) {
  Fixture fixture;
  Client client{*fixture.server};
  const std::string ask = PgMessage{'P'}.text("").text("SELECT name FROM users WHERE id = $1::int").int16(0).bytes() +
                          PgMessage{'B'}.text("").text("").int16(0).int16(1).int32(1).raw("2").int16(0).bytes() +
                          PgMessage{'D'}.raw("P").text("").bytes() + PgMessage{'E'}.text("").int32(0).bytes() +
                          PgMessage{'S'}.bytes();
  EXPECT_EQ(client.send(ask), "12TDCZ");
  EXPECT_THAT(client.heard(), HasSubstr("O'Neil"));
  const std::string wrong = PgMessage{'P'}.text("").text("SELECT broken").int16(0).bytes() +
                            PgMessage{'B'}.text("").text("").int16(0).int16(0).int16(0).bytes() +
                            PgMessage{'E'}.text("").int32(0).bytes() + PgMessage{'S'}.bytes();
  EXPECT_EQ(client.send(wrong), "EZ") << "after an error everything up to Sync is skipped";
  const std::string some = PgMessage{'P'}.text("s").text("SELECT id FROM made").int16(0).bytes() +
                           PgMessage{'B'}.text("p").text("s").int16(0).int16(0).int16(0).bytes() +
                           PgMessage{'E'}.text("p").int32(20).bytes() + PgMessage{'E'}.text("p").int32(0).bytes() +
                           PgMessage{'S'}.bytes();
  EXPECT_EQ(client.send(some), "12" + std::string(20, 'D') + "s" + std::string(30, 'D') + "CZ");
}

TEST(SimulatedPostgres, BytesThatAreNoProtocolEndTheConnection) {
  Fixture fixture;
  for (const std::string& bytes : {std::string{"GET / HTTP/1.1\r\n\r\n"}, std::string("\0\0\0\0", 4),
                                   std::string("\x7f\xff\xff\xff\0\3\0\0", 8)}) {
    const auto talk = fixture.server->open("agent");
    EXPECT_TRUE(talk->feed(bytes).close);
  }
  Client client{*fixture.server};
  client.send(std::string("Q\xff\xff\xff\xff", 5));
  EXPECT_TRUE(client.closed());
}

TEST(SimulatedPostgres, PsqlWorksUnmodified) {
  if (std::system("psql --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "psql is not here";
  Fixture fixture;
  const TalkServer server{fixture.server};
  const std::string out = testing::TempDir() + "belljar-psql.txt";
  const std::string command = "PGCONNECT_TIMEOUT=10 psql -X -A -t -h 127.0.0.1 -p " + std::to_string(server.port()) +
                              " -U me shop -v ON_ERROR_STOP=1 -c \"SELECT id, name, admin FROM users ORDER BY id\" "
                              "-c \"INSERT INTO users VALUES (3, 'Eve', true) RETURNING id\" "
                              "-c \"SELECT version()\" -c \"SELECT nothing\" >" +
                              out + " 2>&1";
  EXPECT_NE(std::system(command.c_str()), 0) << "the last one fails";
  std::stringstream text;
  text << std::ifstream{out}.rdbuf();
  EXPECT_THAT(text.str(), HasSubstr("1|Ada|t\n2|O'Neil|f\n"));
  EXPECT_THAT(text.str(), HasSubstr("3\nINSERT 0 1\n"));
  EXPECT_THAT(text.str(), HasSubstr("a simulation by belljar"));
  EXPECT_THAT(text.str(), HasSubstr("ERROR:"));
}

struct Dialect {
  std::string_view postgres;
  std::string_view sqlite;
};

TEST(SqlDialect, TranslatesWhatProgramsWriteAndNothingElse) {
  for (const Dialect& one :
       {Dialect{"SELECT a::text, b::varchar(20)[] FROM t", "SELECT a, b FROM t"},
        Dialect{"SELECT x::double precision, y::int", "SELECT x, y"},
        Dialect{"SELECT '::text' , \"a::b\" -- ::c", "SELECT '::text' , \"a::b\" -- ::c"},
        Dialect{"a ILIKE $1", "a LIKE $1"}, Dialect{"id SERIAL PRIMARY KEY", "id INTEGER PRIMARY KEY"},
        Dialect{"SELECT $$it's$$, $a$x$a$", "SELECT 'it''s', 'x'"}, Dialect{"TRUNCATE TABLE t", "DELETE FROM t"},
        Dialect{"SELECT * FROM public.users", "SELECT * FROM users"},
        Dialect{"SELECT E'x', E'\\n'", "SELECT 'x', E'\\n'"},
        Dialect{"/* ILIKE */ SELECT 'it''s ILIKE'", "/* ILIKE */ SELECT 'it''s ILIKE'"}}) {
    EXPECT_EQ(to_sqlite(one.postgres), one.sqlite);
  }
  EXPECT_EQ(sql_verb("  -- x\n /* y */ (select 1)"), "SELECT");
}

}  // namespace
}  // namespace belljar::boundary
