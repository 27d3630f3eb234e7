#include "codec/csv.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace belljar::codec {

namespace {

constexpr std::size_t kColumnsMax = 65536;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

class Reader {
 public:
  Reader(std::string_view text, std::string_view file) : text_{text}, file_{file} {}

  bool at_end() const { return at_ == text_.size(); }
  int line() const { return line_; }

  Error wrong(int line, std::string_view what) const {
    return Error{Errc::invalid_argument, std::string{file_} + ":" + std::to_string(line) + ": " + std::string{what}};
  }

  // One record without its line ending.
  Result<std::vector<std::string>> record() {
    std::vector<std::string> fields;
    while (true) {
      if (fields.size() == kColumnsMax) return wrong(line_, "found more than 65536 columns, expected fewer");
      fields.push_back(TRY(field()));
      if (at_end() || text_[at_] != ',') break;
      ++at_;
    }
    TRY(end_of_line());
    return fields;
  }

 private:
  Result<std::string> field() {
    if (!at_end() && text_[at_] == '"') return quoted();
    const std::size_t end = std::min(text_.find_first_of(",\r\n\"", at_), text_.size());
    std::string value{text_.substr(at_, end - at_)};
    at_ = end;
    if (!at_end() && text_[at_] == '"') {
      return wrong(line_, "found a quote inside a plain field, expected the whole field in quotes");
    }
    return value;
  }

  Result<std::string> quoted() {
    const int began = line_;
    std::string value;
    ++at_;
    while (true) {
      const std::size_t quote = text_.find('"', at_);
      if (quote == std::string_view::npos) return wrong(began, "found a quote that never ends, expected a closing one");
      const std::string_view piece = text_.substr(at_, quote - at_);
      line_ += static_cast<int>(std::count(piece.begin(), piece.end(), '\n'));
      value += piece;
      at_ = quote + 1;
      if (at_end() || text_[at_] != '"') return value;
      value += '"';
      ++at_;
    }
  }

  Result<void> end_of_line() {
    if (at_end()) return {};
    if (text_.substr(at_).starts_with("\r\n")) ++at_;
    if (text_[at_] != '\n') {
      return wrong(line_,
                   "found \"" + printable(text_.substr(at_, 8)) + "\" after a field, expected a comma or a new line");
    }
    ++at_;
    ++line_;
    return {};
  }

  std::string_view text_;
  std::string_view file_;
  std::size_t at_ = 0;
  int line_ = 1;
};

Result<void> check_header(const Reader& reader, const std::vector<std::string>& header) {
  std::set<std::string_view> seen;
  for (const std::string& name : header) {
    if (name.empty())
      return reader.wrong(1, "found a column without a name, expected a name in every column of the header");
    if (!seen.insert(name).second) {
      return reader.wrong(1, "found column \"" + printable(name, 60) + "\" twice, expected each name once");
    }
  }
  return {};
}

}  // namespace

std::optional<std::size_t> CsvTable::column(std::string_view name) const {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header.begin());
}

Result<CsvTable> parse_csv(std::string_view text, std::string_view file_name) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Reader reader{text, file_name};
  if (!is_utf8(text)) return reader.wrong(1, "found bytes that are not UTF-8, expected UTF-8");
  if (text.empty()) return reader.wrong(1, "found an empty file, expected a header row");
  CsvTable table;
  table.header = TRY(reader.record());
  TRY(check_header(reader, table.header));
  while (!reader.at_end()) {
    const int line = reader.line();
    std::vector<std::string> row = TRY(reader.record());
    if (row.size() != table.header.size()) {
      return reader.wrong(line, "found " + std::to_string(row.size()) + " columns, expected " +
                                    std::to_string(table.header.size()) + " as in the header");
    }
    table.rows.push_back(std::move(row));
    table.lines.push_back(line);
  }
  return table;
}

}  // namespace belljar::codec
