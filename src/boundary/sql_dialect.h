// SQL dialect: what programs write for PostgreSQL, in SQLite's words.
//
//   std::string text = to_sqlite("SELECT id::text FROM users WHERE name ILIKE $1");   // "SELECT id FROM users WHERE
//   name LIKE $1"
//
// Translated, outside of strings, quoted names and comments: casts `::type` are left out, ILIKE is LIKE, SERIAL and
// BIGSERIAL are INTEGER, E'..' strings without backslashes are plain, $tag$..$tag$ strings are quoted, TRUNCATE is
// DELETE FROM, START TRANSACTION is BEGIN, `public.` before a name is left out. Everything else stays. Pure; linear.
#pragma once

#include <string>
#include <string_view>

namespace belljar::boundary {

std::string to_sqlite(std::string_view sql);

// The first word, upper case: "SELECT".
std::string sql_verb(std::string_view sql);

}  // namespace belljar::boundary
