// Csv: RFC 4180 tables with a header row, for cases.
//
//   CsvTable table = TRY(parse_csv(text, "cases.csv"));
//   table.rows[0][table.column("diagnosis").value()]
//
// Quoted fields may hold commas, quotes ("") and newlines. A row of another width than the header is an error that
// names the line. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace belljar::codec {

struct CsvTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  std::vector<int> lines;  // the line each row begins on, from 1

  std::optional<std::size_t> column(std::string_view name) const;
};

Result<CsvTable> parse_csv(std::string_view text, std::string_view file_name);

}  // namespace belljar::codec
