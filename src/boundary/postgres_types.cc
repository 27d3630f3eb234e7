#include "boundary/postgres_types.h"

#include <array>
#include <bit>
#include <charconv>

#include "base/text.h"

namespace belljar::boundary {

namespace {

std::string big_endian(std::uint64_t value) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(value >> static_cast<unsigned>(shift));
  return out;
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = (value << 8U) | static_cast<std::uint8_t>(c);
  return value;
}

std::string decimal(double value) {
  std::array<char, 64> room{};
  const auto end = std::to_chars(room.data(), room.data() + room.size(), value).ptr;
  return {room.data(), end};
}

std::optional<SqlValue> read_binary(std::string_view bytes, std::uint32_t type) {
  const std::uint64_t number = bytes.size() <= 8 ? big_endian(bytes) : 0;
  if (type == kPgBool && bytes.size() == 1) return SqlValue{static_cast<std::int64_t>(number != 0)};
  if (type == kPgInt8 && bytes.size() == 8) return SqlValue{static_cast<std::int64_t>(number)};
  constexpr std::uint32_t kInt2 = 21;
  constexpr std::uint32_t kInt4 = 23;
  constexpr std::uint32_t kFloat4 = 700;
  if (type == kInt4 && bytes.size() == 4) return SqlValue{std::int64_t{static_cast<std::int32_t>(number)}};
  if (type == kInt2 && bytes.size() == 2) return SqlValue{std::int64_t{static_cast<std::int16_t>(number)}};
  if (type == kPgFloat8 && bytes.size() == 8) return SqlValue{std::bit_cast<double>(number)};
  if (type == kFloat4 && bytes.size() == 4) {
    return SqlValue{double{std::bit_cast<float>(static_cast<std::uint32_t>(number))}};
  }
  if (type == kPgBytea) return SqlValue{SqlBlob{std::string{bytes}}};
  constexpr std::uint32_t kVarchar = 1043;
  const bool text = type == 0 || type == kPgText || type == kVarchar;
  if (text && is_utf8(bytes)) return SqlValue{std::string{bytes}};
  return std::nullopt;
}

std::optional<SqlValue> read_text(std::string_view bytes, std::uint32_t type) {
  if (type == kPgBool) {
    if (bytes == "t" || bytes == "true" || bytes == "1") return SqlValue{std::int64_t{1}};
    if (bytes == "f" || bytes == "false" || bytes == "0") return SqlValue{std::int64_t{0}};
    return std::nullopt;
  }
  if (type == kPgBytea && bytes.starts_with("\\x")) {
    Result<std::string> raw = from_hex(bytes.substr(2));
    if (!raw) return std::nullopt;
    return SqlValue{SqlBlob{std::move(raw).value()}};
  }
  if (!is_utf8(bytes)) return std::nullopt;
  // Untyped numbers stay text: the column's affinity turns them into what it holds.
  constexpr std::uint32_t kInt2 = 21;
  constexpr std::uint32_t kInt4 = 23;
  if (type == kPgInt8 || type == kInt4 || type == kInt2) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), number);
    if (error != std::errc{} || end != bytes.data() + bytes.size()) return std::nullopt;
    return SqlValue{number};
  }
  return SqlValue{std::string{bytes}};
}

}  // namespace

std::uint32_t pg_type(const SqlColumn& column, const SqlValue* first) {
  constexpr std::array<std::pair<std::string_view, std::uint32_t>, 15> kDeclared{{{"BOOL", kPgBool},
                                                                                  {"BIGINT", kPgInt8},
                                                                                  {"INT", kPgInt8},
                                                                                  {"FLOAT", kPgFloat8},
                                                                                  {"DOUBLE", kPgFloat8},
                                                                                  {"REAL", kPgFloat8},
                                                                                  {"NUMERIC", 1700},
                                                                                  {"DECIMAL", 1700},
                                                                                  {"TIMESTAMPTZ", 1184},
                                                                                  {"TIMESTAMP", 1114},
                                                                                  {"DATE", 1082},
                                                                                  {"UUID", 2950},
                                                                                  {"JSON", 114},
                                                                                  {"BLOB", kPgBytea},
                                                                                  {"BYTEA", kPgBytea}}};
  for (const auto& [name, type] : kDeclared) {
    if (column.declared.starts_with(name)) return type;
  }
  if (!column.declared.empty() || first == nullptr) return kPgText;
  if (std::holds_alternative<std::int64_t>(*first)) return kPgInt8;
  if (std::holds_alternative<double>(*first)) return kPgFloat8;
  return std::holds_alternative<SqlBlob>(*first) ? kPgBytea : kPgText;
}

std::optional<std::string> pg_write(const SqlValue& value, std::uint32_t type, std::int16_t format) {
  if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    if (type == kPgBool) return format == 1 ? std::string(1, *number != 0 ? '\1' : '\0') : *number != 0 ? "t" : "f";
    if (format == 1 && type == kPgInt8) return big_endian(static_cast<std::uint64_t>(*number));
    if (format == 1 && type == kPgFloat8) {
      return big_endian(std::bit_cast<std::uint64_t>(static_cast<double>(*number)));
    }
    return std::to_string(*number);
  }
  if (const auto* real = std::get_if<double>(&value)) {
    if (format == 1 && type == kPgFloat8) return big_endian(std::bit_cast<std::uint64_t>(*real));
    return decimal(*real);
  }
  if (const auto* blob = std::get_if<SqlBlob>(&value)) return format == 1 ? blob->bytes : "\\x" + to_hex(blob->bytes);
  return std::get<std::string>(value);
}

std::optional<SqlValue> pg_read(std::string_view bytes, std::uint32_t type, std::int16_t format) {
  return format == 1 ? read_binary(bytes, type) : read_text(bytes, type);
}

}  // namespace belljar::boundary
