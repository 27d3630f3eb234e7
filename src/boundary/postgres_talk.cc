#include "boundary/postgres_talk.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "boundary/postgres_types.h"
#include "boundary/sql_dialect.h"

namespace belljar::boundary {

namespace {

using codec::Json;

std::string tag_of(const std::string& verb, const SqlOutcome& outcome) {
  if (verb == "INSERT") return "INSERT 0 " + std::to_string(outcome.changes);
  if (verb == "UPDATE" || verb == "DELETE") return verb + " " + std::to_string(outcome.changes);
  if (outcome.returns_rows && verb != "SHOW") return "SELECT " + std::to_string(outcome.rows.size());
  if (verb == "CREATE" || verb == "DROP" || verb == "ALTER") return verb + " TABLE";
  if (verb == "TRUNCATE") return "TRUNCATE TABLE";
  if (verb == "END") return "COMMIT";
  if (verb == "START") return "BEGIN";
  return verb;
}

bool ends_transaction(std::string_view verb) {
  return verb == "ROLLBACK" || verb == "COMMIT" || verb == "END" || verb == "ABORT";
}

std::int16_t format_of(const std::vector<std::int16_t>& formats, std::size_t at) {
  if (formats.empty()) return 0;
  return formats.size() == 1 ? formats[0] : at < formats.size() ? formats[at] : std::int16_t{0};
}

const SqlValue* first_value(const SqlOutcome* outcome, std::size_t at) {
  if (outcome == nullptr) return nullptr;
  for (const std::vector<SqlValue>& row : outcome->rows) {
    if (!std::holds_alternative<std::monostate>(row[at])) return &row[at];
  }
  return nullptr;
}

// The word after the verb: what SHOW shows.
std::string second_word(std::string_view sql) {
  std::string text{sql};
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::size_t at = text.find("show");
  const std::size_t begin = at == std::string::npos ? text.size() : text.find_first_not_of(" \t\n", at + 4);
  if (begin == std::string::npos || begin >= text.size()) return {};
  return text.substr(begin, text.find_first_of(" \t\n;", begin) - begin);
}

}  // namespace

Said PostgresTalk::feed(std::string_view bytes) {
  frames_.feed(bytes);
  while (!closing_) {
    Result<std::optional<PgFrame>> frame = frames_.next();
    if (!frame) {
      fail("08P01", frame.error().message());
      closing_ = true;
      break;
    }
    if (!frame.value()) break;
    if (started_) {
      take(*frame.value());
    } else {
      startup(*frame.value());
    }
    if (out_.size() > kOutputBytesMax) {
      out_.clear();
      fail("54000", "too many answers at once");
      closing_ = true;
    }
  }
  Said said;
  said.after_ns = out_.empty() ? 0 : parts_.latency_ns;
  said.bytes = std::exchange(out_, {});
  said.close = closing_;
  return said;
}

void PostgresTalk::startup(const PgFrame& frame) {
  constexpr std::int32_t kTls = 80877103;
  constexpr std::int32_t kGss = 80877104;
  constexpr std::int32_t kCancel = 80877102;
  PgReader reader{frame.body};
  const std::int32_t code = reader.int32();
  if (code == kTls || code == kGss) {
    out_ += 'N';
    return;
  }
  if (code == kCancel || reader.bad()) {
    closing_ = true;
    return;
  }
  if (code >> 16 != 3) {
    fail("0A000", "protocol " + std::to_string(code >> 16) + " is not supported: this server speaks 3.0");
    closing_ = true;
    return;
  }
  if ((code & 0xffff) != 0) out_ += PgMessage{'v'}.int32(0).int32(0).bytes();
  started_ = true;
  frames_.startup_done();
  out_ += PgMessage{'R'}.int32(0).bytes();
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kParameters{
      {{"server_version", "15.0"},
       {"server_encoding", "UTF8"},
       {"client_encoding", "UTF8"},
       {"DateStyle", "ISO, MDY"},
       {"TimeZone", "UTC"},
       {"integer_datetimes", "on"},
       {"standard_conforming_strings", "on"}}};
  for (const auto& [name, value] : kParameters) out_ += PgMessage{'S'}.text(name).text(value).bytes();
  out_ += PgMessage{'K'}.int32(1).int32(0).bytes();
  ready();
}

void PostgresTalk::take(const PgFrame& frame) {
  const PgReader reader{frame.body};
  if (frame.type == 'X') {
    closing_ = true;
  } else if (frame.type == 'S') {
    sync();
  } else if (skipping_) {
    return;
  } else if (frame.type == 'Q') {
    simple(reader);
  } else if (frame.type == 'P') {
    parse(reader);
  } else if (frame.type == 'B') {
    bind(reader);
  } else if (frame.type == 'D') {
    describe(reader);
  } else if (frame.type == 'E') {
    execute(reader);
  } else if (frame.type == 'C') {
    close(reader);
  } else if (frame.type == 'H' || frame.type == 'd' || frame.type == 'c' || frame.type == 'f') {
    return;  // Flush: everything goes out anyway; copy data after a refused COPY
  } else {
    fail("08P01", "found a message of an unknown type");
    closing_ = true;
  }
}

void PostgresTalk::sync() {
  skipping_ = false;
  if (!session_->in_transaction()) portals_.clear();
  ready();
}

void PostgresTalk::ready() {
  const char* status = !session_->in_transaction() ? "I" : failed_ ? "E" : "T";
  out_ += PgMessage{'Z'}.raw(status).bytes();
}

void PostgresTalk::fail(std::string_view state, std::string_view message) {
  if (session_->in_transaction()) failed_ = true;
  out_ += PgMessage{'E'}
              .raw("S")
              .text("ERROR")
              .raw("V")
              .text("ERROR")
              .raw("C")
              .text(state)
              .raw("M")
              .text(printable(message, 1000))
              .raw(std::string_view{"\0", 1})
              .bytes();
}

bool PostgresTalk::refuse_in_failed(const std::string& verb) {
  if (!failed_ || ends_transaction(verb)) return false;
  fail("25P02", "current transaction is aborted, commands ignored until end of transaction block");
  return true;
}

// Statements that no database need hear of.
std::optional<SqlOutcome> PostgresTalk::run_house(const std::string& verb, std::string_view sql) const {
  SqlOutcome outcome;
  if (verb == "SET" || verb == "RESET" || verb == "DISCARD" || verb == "DEALLOCATE") return outcome;
  if (verb == "COPY" || verb == "LISTEN" || verb == "NOTIFY" || verb == "DECLARE" || verb == "FETCH") {
    outcome.error = SqlError{"0A000", verb + " is not there in this simulation"};
    return outcome;
  }
  if (verb != "SHOW") return std::nullopt;
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kShown{
      {{"server_version", "15.0"},
       {"transaction", "read committed"},
       {"transaction_isolation", "read committed"},
       {"timezone", "UTC"},
       {"client_encoding", "UTF8"},
       {"standard_conforming_strings", "on"}}};
  const std::string name = second_word(sql);
  outcome.returns_rows = true;
  outcome.columns.push_back({name, "TEXT"});
  for (const auto& [key, value] : kShown) {
    if (key == name) outcome.rows.push_back({SqlValue{std::string{value}}});
  }
  if (outcome.rows.empty()) outcome.error = SqlError{"42704", "unrecognized configuration parameter"};
  return outcome;
}

SqlOutcome PostgresTalk::run(const std::string& sql, const std::vector<SqlValue>& values) {
  const std::string verb = sql_verb(sql);
  std::optional<SqlOutcome> house = run_house(verb, sql);
  if (house) return std::move(*house);
  const std::string text = to_sqlite(sql);
  std::string_view rest = text;
  SqlPrepared prepared = session_->prepare(rest);
  SqlOutcome outcome;
  if (prepared.error) {
    outcome.error = std::move(prepared.error);
  } else if (!prepared.empty) {
    const bool idle_end = ends_transaction(verb) && !session_->in_transaction();
    if (!idle_end) outcome = session_->run(prepared, values);
  }
  if (ends_transaction(verb)) failed_ = false;
  note(sql, outcome);
  return outcome;
}

void PostgresTalk::note(std::string_view sql, const SqlOutcome& outcome) {
  Json::Object detail{{"sql", is_utf8(sql) && sql.size() <= 4096 ? std::string{sql} : printable(sql, 4096)},
                      {"rows", static_cast<std::uint64_t>(outcome.rows.size())},
                      {"changes", outcome.changes}};
  if (outcome.error) detail.emplace_back("error", outcome.error->state);
  parts_.notes->add({parts_.service, parts_.subject, "sql", std::move(detail)});
}

void PostgresTalk::simple(PgReader reader) {
  const std::string sql = reader.text();
  if (reader.bad() || !is_utf8(sql)) {
    fail("22021", "the statement is no UTF-8 text");
    return ready();
  }
  // Cut where SQLite sees one statement end, in its own words.
  const std::string translated = to_sqlite(sql);
  std::string_view rest = translated;
  bool any = false;
  while (!rest.empty()) {
    const std::string_view before = rest;
    const std::string verb = sql_verb(before);
    std::string one;
    if (run_house(verb, before)) {
      const std::size_t end = std::min(before.find(';'), before.size() - 1) + 1;
      one = before.substr(0, end);
      rest.remove_prefix(end);
    } else {
      const SqlPrepared prepared = session_->prepare(rest);
      one = before.substr(0, before.size() - rest.size());
      if (prepared.empty && !prepared.error) continue;
    }
    any = true;
    if (refuse_in_failed(verb)) break;
    const SqlOutcome outcome = run(one, {});
    if (outcome.error) {
      fail(outcome.error->state, outcome.error->message);
      break;
    }
    if (outcome.returns_rows) {
      send_columns(outcome.columns, &outcome, {});
      send_rows(outcome, {}, 0, outcome.rows.size());
    }
    out_ += PgMessage{'C'}.text(tag_of(sql_verb(sql) == "TRUNCATE" ? "TRUNCATE" : verb, outcome)).bytes();
  }
  if (!any) out_ += PgMessage{'I'}.bytes();
  ready();
}

void PostgresTalk::parse(PgReader reader) {
  const std::string name = reader.text();
  const std::string sql = reader.text();
  Statement statement;
  const std::int16_t count = reader.int16();
  for (int at = 0; at < count && !reader.bad(); ++at) {
    statement.types.push_back(static_cast<std::uint32_t>(reader.int32()));
  }
  skipping_ = true;  // until it is clear that all is well
  if (reader.bad() || !is_utf8(sql)) return fail("08P01", "a Parse message that cannot be read");
  if (statements_.size() >= kStatementsMax && !statements_.contains(name)) {
    return fail("53400", "too many prepared statements");
  }
  const std::string verb = sql_verb(sql);
  if (refuse_in_failed(verb)) return;
  if (const std::optional<SqlOutcome> house = run_house(verb, sql)) {
    statement.columns = house->columns;
  } else {
    const std::string text = to_sqlite(sql);
    std::string_view rest = text;
    const SqlPrepared prepared = session_->prepare(rest);
    if (prepared.error) return fail(prepared.error->state, prepared.error->message);
    if (rest.find_first_not_of("; \t\r\n") != std::string_view::npos) {
      return fail("42601", "cannot insert multiple commands into a prepared statement");
    }
    statement.parameters = prepared.parameters;
    statement.columns = prepared.columns;
    statement.reads_only = prepared.reads_only;
  }
  statement.sql = sql;
  statements_[name] = std::move(statement);
  out_ += PgMessage{'1'}.bytes();
  skipping_ = false;
}

void PostgresTalk::bind(PgReader reader) {
  skipping_ = true;
  const std::string portal_name = reader.text();
  const auto found = statements_.find(reader.text());
  if (found == statements_.end()) return fail("26000", "that prepared statement does not exist");
  std::vector<std::int16_t> formats;
  const std::int16_t format_count = reader.int16();
  for (int at = 0; at < format_count && !reader.bad(); ++at) formats.push_back(reader.int16());
  Portal portal;
  portal.sql = found->second.sql;
  portal.reads_only = found->second.reads_only;
  const std::int16_t value_count = reader.int16();
  for (int at = 0; at < value_count && !reader.bad(); ++at) {
    const std::int32_t size = reader.int32();
    if (size == -1) {
      portal.values.emplace_back(std::monostate{});
      continue;
    }
    const std::string_view bytes = reader.bytes(static_cast<std::size_t>(std::max(size, 0)));
    const auto which = static_cast<std::size_t>(at);
    const std::uint32_t type = which < found->second.types.size() ? found->second.types[which] : 0;
    std::optional<SqlValue> value = pg_read(bytes, type, format_of(formats, which));
    if (!value || size < 0) return fail("22P02", "parameter " + std::to_string(at + 1) + " cannot be read");
    portal.values.push_back(std::move(*value));
  }
  const std::int16_t result_count = reader.int16();
  for (int at = 0; at < result_count && !reader.bad(); ++at) portal.formats.push_back(reader.int16());
  if (reader.bad()) return fail("08P01", "a Bind message that cannot be read");
  if (portals_.size() >= kStatementsMax && !portals_.contains(portal_name)) return fail("53400", "too many portals");
  portals_[portal_name] = std::move(portal);
  out_ += PgMessage{'2'}.bytes();
  skipping_ = false;
}

void PostgresTalk::describe(PgReader reader) {
  const char kind = reader.byte();
  const std::string name = reader.text();
  skipping_ = true;
  if (kind == 'S') {
    const auto found = statements_.find(name);
    if (found == statements_.end()) return fail("26000", "that prepared statement does not exist");
    const Statement& statement = found->second;
    PgMessage types{'t'};
    types.int16(static_cast<std::size_t>(statement.parameters));
    for (std::size_t at = 0; at < static_cast<std::size_t>(statement.parameters); ++at) {
      const std::uint32_t type = at < statement.types.size() ? statement.types[at] : 0;
      types.int32(type == 0 ? kPgText : type);
    }
    out_ += types.bytes();
    send_columns(statement.columns, nullptr, {});
  } else {
    const auto found = portals_.find(name);
    if (found == portals_.end()) return fail("34000", "that portal does not exist");
    Portal& portal = found->second;
    if (refuse_in_failed(sql_verb(portal.sql))) return;
    // Asking a statement that changes nothing is how the types of its expressions become known.
    if (portal.reads_only && !portal.outcome) portal.outcome = run(portal.sql, portal.values);
    if (portal.outcome && portal.outcome->error) {
      return fail(portal.outcome->error->state, portal.outcome->error->message);
    }
    if (portal.outcome) {
      send_columns(portal.outcome->columns, &*portal.outcome, portal.formats);
    } else {
      const std::string text = to_sqlite(portal.sql);
      std::string_view rest = text;
      send_columns(session_->prepare(rest).columns, nullptr, portal.formats);
    }
  }
  skipping_ = false;
}

void PostgresTalk::execute(PgReader reader) {
  const auto found = portals_.find(reader.text());
  const std::int32_t most = reader.int32();
  skipping_ = true;
  if (found == portals_.end() || reader.bad()) return fail("34000", "that portal does not exist");
  Portal& portal = found->second;
  const std::string verb = sql_verb(portal.sql);
  if (refuse_in_failed(verb)) return;
  if (!portal.outcome) portal.outcome = run(portal.sql, portal.values);
  const SqlOutcome& outcome = *portal.outcome;
  if (outcome.error) return fail(outcome.error->state, outcome.error->message);
  skipping_ = false;
  if (verb.empty()) {
    out_ += PgMessage{'I'}.bytes();
    return;
  }
  const std::size_t left = outcome.rows.size() - portal.next_row;
  const std::size_t now = most > 0 ? std::min(left, static_cast<std::size_t>(most)) : left;
  send_rows(outcome, portal.formats, portal.next_row, portal.next_row + now);
  portal.next_row += now;
  out_ += portal.next_row < outcome.rows.size() ? PgMessage{'s'}.bytes()
                                                : PgMessage{'C'}.text(tag_of(verb, outcome)).bytes();
}

void PostgresTalk::close(PgReader reader) {
  const char kind = reader.byte();
  const std::string name = reader.text();
  if (kind == 'S') {
    statements_.erase(name);
  } else {
    portals_.erase(name);
  }
  out_ += PgMessage{'3'}.bytes();
}

void PostgresTalk::send_columns(const std::vector<SqlColumn>& columns, const SqlOutcome* outcome,
                                const std::vector<std::int16_t>& formats) {
  if (columns.empty()) {
    out_ += PgMessage{'n'}.bytes();
    return;
  }
  PgMessage message{'T'};
  message.int16(columns.size());
  for (std::size_t at = 0; at < columns.size(); ++at) {
    const std::uint32_t type = pg_type(columns[at], first_value(outcome, at));
    message.text(columns[at].name).int32(0).int16(0).int32(type).int16(0xffff).int32(-1);
    message.int16(static_cast<std::size_t>(format_of(formats, at)));
  }
  out_ += message.bytes();
}

void PostgresTalk::send_rows(const SqlOutcome& outcome, const std::vector<std::int16_t>& formats, std::size_t from,
                             std::size_t to) {
  std::vector<std::uint32_t> types;
  for (std::size_t at = 0; at < outcome.columns.size(); ++at) {
    types.push_back(pg_type(outcome.columns[at], first_value(&outcome, at)));
  }
  for (std::size_t row = from; row < to; ++row) {
    PgMessage message{'D'};
    message.int16(types.size());
    for (std::size_t at = 0; at < types.size(); ++at) {
      const auto text = pg_write(outcome.rows[row][at], types[at], format_of(formats, at));
      message.int32(text ? static_cast<std::int64_t>(text->size()) : -1);
      if (text) message.raw(*text);
    }
    out_ += message.bytes();
  }
}

}  // namespace belljar::boundary
