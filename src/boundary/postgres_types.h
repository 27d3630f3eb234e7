// Postgres types: values as PostgreSQL's clients write and read them. Inner part of postgres_talk.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "boundary/sql_store.h"

namespace belljar::boundary {

// Object ids of pg_type.
constexpr std::uint32_t kPgBool = 16;
constexpr std::uint32_t kPgBytea = 17;
constexpr std::uint32_t kPgInt8 = 20;
constexpr std::uint32_t kPgText = 25;
constexpr std::uint32_t kPgFloat8 = 701;

// Of a column: as it was declared; of an expression, as its first value is.
std::uint32_t pg_type(const SqlColumn& column, const SqlValue* first);

// Nothing: NULL. Format 0 is text, 1 binary.
std::optional<std::string> pg_write(const SqlValue& value, std::uint32_t type, std::int16_t format);
// Nothing: bytes that are no value of that type.
std::optional<SqlValue> pg_read(std::string_view bytes, std::uint32_t type, std::int16_t format);

}  // namespace belljar::boundary
