#include "spec/quotas.h"

#include <algorithm>
#include <array>
#include <variant>

#include "base/text.h"
#include "spec/quantity.h"

namespace belljar::spec {

namespace {

using Milliseconds = std::chrono::milliseconds;

using Field = std::variant<std::uint64_t Quotas::*, std::uint32_t Quotas::*, double Quotas::*, Milliseconds Quotas::*>;

enum class Measure { bytes, count, cores, duration };

struct Key {
  std::string_view name;
  std::string_view json_name;
  Measure measure;
  Field field;
  double least;  // in bytes, pieces, cores or milliseconds
  double most;
  std::string_view range;  // `least` and `most` in words
};

constexpr double kPetabyte = 1125899906842624.0;
constexpr double kYearMs = 365.0 * 24 * 3600 * 1000;

// A tmpfs takes 0 for "no limit", so no size or inode limit may be 0.
constexpr std::array<Key, 11> kKeys{{
    {"memory", "memory_bytes", Measure::bytes, &Quotas::memory_bytes, 1048576, kPetabyte, "1MiB to 1048576GiB"},
    {"swap", "swap_bytes", Measure::bytes, &Quotas::swap_bytes, 0, kPetabyte, "0B to 1048576GiB"},
    {"cpu", "cpu_cores", Measure::cores, &Quotas::cpu_cores, 0.05, 1024, "0.05 to 1024"},
    {"cpu-time", "cpu_time_ms", Measure::duration, &Quotas::cpu_time, 1, kYearMs, "1ms to 8760h"},
    {"processes", "processes", Measure::count, &Quotas::processes, 1, 4194304, "1 to 4194304"},
    {"open-files", "open_files", Measure::count, &Quotas::open_files, 8, 1048576, "8 to 1048576"},
    {"file-size", "file_bytes", Measure::bytes, &Quotas::file_bytes, 0, kPetabyte, "0B to 1048576GiB"},
    {"disk", "disk_bytes", Measure::bytes, &Quotas::disk_bytes, 4096, kPetabyte, "4KiB to 1048576GiB"},
    {"inodes", "inodes", Measure::count, &Quotas::inodes, 16, 1e12, "16 to 1000000000000"},
    {"output", "output_bytes", Measure::bytes, &Quotas::output_bytes, 0, kPetabyte, "0B to 1048576GiB"},
    {"wall", "wall_ms", Measure::duration, &Quotas::wall, 1, kYearMs, "1ms to 8760h"},
}};

Error out_of_range(const Key& key, std::string_view value) {
  return Error{Errc::invalid_argument, "found \"" + printable(value, 60) + "\", expected " + std::string{key.name} +
                                           " from " + std::string{key.range}};
}

Result<double> read_measure(const Key& key, std::string_view value) {
  switch (key.measure) {
    case Measure::bytes:
      return static_cast<double>(TRY(parse_bytes(value)));
    case Measure::duration:
      return static_cast<double>(TRY(parse_duration(value)).count());
    case Measure::cores:
      return TRY(parse_decimal(value, "a number of processors such as 1 or 0.5"));
    case Measure::count:
      return static_cast<double>(TRY(parse_count(value, "a whole number such as 64")));
  }
  return Error{Errc::internal, "unknown measure"};
}

// Every `most` is below 2^53, so a double holds each value exactly.
void assign(Quotas& quotas, const Field& field, double value) {
  std::visit(
      [&quotas, value](auto member) {
        using Type = std::remove_reference_t<decltype(quotas.*member)>;
        if constexpr (std::is_same_v<Type, Milliseconds>) {
          quotas.*member = Milliseconds{static_cast<std::int64_t>(value)};
        } else {
          quotas.*member = static_cast<Type>(value);
        }
      },
      field);
}

Error unknown_key(std::string_view key) {
  const std::vector<std::string_view> keys = quota_keys();
  const std::string_view near = nearest(key, keys);
  const std::string expected = near.empty() ? one_of(keys) : "\"" + std::string{near} + "\"";
  return Error{Errc::invalid_argument, "found limit \"" + printable(key, 60) + "\", expected " + expected};
}

}  // namespace

Result<void> set_quota(Quotas& quotas, std::string_view key, std::string_view value) {
  const auto* const known =
      std::find_if(kKeys.begin(), kKeys.end(), [key](const Key& candidate) { return candidate.name == key; });
  if (known == kKeys.end()) return unknown_key(key);
  const double amount = TRY(read_measure(*known, value));
  if (amount < known->least || amount > known->most) return out_of_range(*known, value);
  assign(quotas, known->field, amount);
  return {};
}

std::vector<std::string_view> quota_keys() {
  std::vector<std::string_view> names;
  for (const Key& key : kKeys) names.push_back(key.name);
  return names;
}

std::vector<std::string_view> quotas_above(const Quotas& quotas, const Quotas& bounds) {
  std::vector<std::string_view> above;
  for (const Key& key : kKeys) {
    const bool higher = std::visit([&](auto member) { return quotas.*member > bounds.*member; }, key.field);
    if (higher) above.push_back(key.name);
  }
  return above;
}

codec::Json quotas_json(const Quotas& quotas) {
  codec::Json out{codec::Json::Object{}};
  for (const Key& key : kKeys) {
    std::visit(
        [&](auto member) {
          if constexpr (std::is_same_v<std::remove_cvref_t<decltype(quotas.*member)>, Milliseconds>) {
            out.set(std::string{key.json_name}, std::int64_t{(quotas.*member).count()});
          } else {
            out.set(std::string{key.json_name}, quotas.*member);
          }
        },
        key.field);
  }
  return out;
}

Result<std::uint64_t> parse_bytes(std::string_view text) { return parse_quantity(text, kByteUnits, kBytesExpected); }

Result<Milliseconds> parse_duration(std::string_view text) {
  constexpr std::uint64_t kNsPerMs = 1'000'000;
  const std::uint64_t ns = TRY(parse_quantity(text, kDurationUnits, kDurationExpected));
  if (ns % kNsPerMs != 0) {
    return Error{Errc::invalid_argument,
                 "found \"" + printable(text, 60) + "\", expected a whole number of milliseconds"};
  }
  return Milliseconds{static_cast<std::int64_t>(ns / kNsPerMs)};
}

}  // namespace belljar::spec
