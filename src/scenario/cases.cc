#include "scenario/cases.h"

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "base/text.h"
#include "codec/csv.h"
#include "content/normal_text.h"

namespace belljar::scenario {

namespace {

constexpr std::string_view kId = "id";
constexpr std::size_t kErrorsMax = 20;

class Errors {
 public:
  explicit Errors(std::string file) : file_{std::move(file)} {}

  void add(int line, const std::string& what) {
    if (++count_ > kErrorsMax) return;
    if (!text_.empty()) text_ += '\n';
    text_ += file_ + ":" + std::to_string(line) + ": " + what;
  }
  std::optional<Error> taken() const {
    if (count_ == 0) return std::nullopt;
    std::string text = text_;
    if (count_ > kErrorsMax) text += "\nand " + std::to_string(count_ - kErrorsMax) + " more like these";
    return Error{Errc::invalid_argument, text};
  }

 private:
  std::string file_;
  std::string text_;
  std::size_t count_ = 0;
};

codec::Json csv_value(const std::string& text) {
  if (text.empty()) return nullptr;
  const bool may_be_number = text[0] == '-' || (text[0] >= '0' && text[0] <= '9');
  if (!may_be_number && text != "true" && text != "false") return text;
  const auto parsed = codec::parse_json(text, {.bytes_max = 64, .depth_max = 1});
  if (!parsed || parsed.value().is_array() || parsed.value().is_object()) return text;
  return parsed.value();
}

// Takes id and label out of the members and keeps the rest.
class CaseMaker {
 public:
  CaseMaker(const std::string& file, const spec::WorkloadSpec& workload) : workload_{workload}, errors_{file} {}

  bool full() const {
    return cases_.size() >= kCasesMax || (workload_.cases_max && cases_.size() >= *workload_.cases_max);
  }

  void add(codec::Json::Object members, int line) {
    Case made;
    made.line = line;
    made.id = std::to_string(cases_.size() + 1);
    codec::Json::Object fields;
    bool labelled = workload_.label.empty();
    for (codec::Json::Member& member : members) {
      if (!workload_.label.empty() && member.first == workload_.label) {
        labelled = !member.second.is_null();
        made.expected = comparable(member.second, workload_.compare);
      } else if (member.first == kId) {
        made.id = comparable(member.second);
      } else {
        fields.push_back(std::move(member));
      }
    }
    if (!labelled) errors_.add(line, "no \"" + workload_.label + "\", expected the label of the case");
    made.fields = codec::to_json(codec::Json{std::move(fields)});
    cases_.push_back(std::move(made));
  }

  void complain(int line, const std::string& what) { errors_.add(line, what); }

  Result<std::vector<Case>> finish(const std::string& file) {
    if (auto error = errors_.taken()) return std::move(*error);
    if (cases_.empty()) return Error{Errc::invalid_argument, file + ": holds no case, expected at least one"};
    return std::move(cases_);
  }

 private:
  const spec::WorkloadSpec& workload_;
  Errors errors_;
  std::vector<Case> cases_;
};

Result<std::vector<Case>> parse_table(std::string_view text, const std::string& file,
                                      const spec::WorkloadSpec& workload) {
  codec::CsvTable table = TRY(codec::parse_csv(text, file));
  if (!workload.label.empty() && !table.column(workload.label)) {
    std::string columns;
    for (const std::string& name : table.header) columns += (columns.empty() ? "" : ", ") + printable(name, 40);
    return Error{Errc::invalid_argument, file + ":1: no column \"" + workload.label + "\", found " + columns};
  }
  CaseMaker maker{file, workload};
  for (std::size_t row = 0; row < table.rows.size() && !maker.full(); ++row) {
    codec::Json::Object members;
    for (std::size_t column = 0; column < table.header.size(); ++column) {
      members.emplace_back(table.header[column], csv_value(table.rows[row][column]));
    }
    maker.add(std::move(members), table.lines[row]);
    std::vector<std::string>{}.swap(table.rows[row]);
  }
  return maker.finish(file);
}

Result<std::vector<Case>> parse_lines(std::string_view text, const std::string& file,
                                      const spec::WorkloadSpec& workload) {
  CaseMaker maker{file, workload};
  int number = 0;
  while (!text.empty() && !maker.full()) {
    ++number;
    const std::size_t newline = text.find('\n');
    const std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto parsed = codec::parse_json(line);
    if (!parsed) {
      maker.complain(number, parsed.error().message());
    } else if (!parsed.value().is_object()) {
      maker.complain(number, "found " + std::string{parsed.value().kind()} + ", expected object");
    } else {
      maker.add(std::move(parsed.value().as_object()), number);
    }
  }
  return maker.finish(file);
}

}  // namespace

std::string comparable(const codec::Json& value, spec::Compare compare) {
  if (value.is_string() && compare == spec::Compare::exact) return value.as_string();
  if (value.is_string()) {
    constexpr std::size_t kNumberMax = 64;
    const auto letters = compare == spec::Compare::caseless ? content::LetterCase::folded : content::LetterCase::kept;
    std::string text = content::normal_text(value.as_string(), letters);
    const bool may_be_number =
        !text.empty() && text.size() <= kNumberMax && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'));
    const auto number = may_be_number ? codec::parse_json(text) : Result<codec::Json>{codec::Json{}};
    return number && number.value().is_number() ? codec::canonical_json(number.value()) : text;
  }
  return value.is_null() ? std::string{} : codec::canonical_json(value);
}

Result<std::vector<Case>> parse_cases(std::string_view text, const std::string& file,
                                      const spec::WorkloadSpec& workload) {
  if (file.ends_with(".csv")) return parse_table(text, file, workload);
  if (file.ends_with(".jsonl")) return parse_lines(text, file, workload);
  return Error{Errc::invalid_argument, file + ": unknown form of cases, expected a file ending in .csv or .jsonl"};
}

codec::Json case_request(const Case& item, const std::string& id) {
  auto fields = codec::parse_json(item.fields);
  CHECK(fields && fields.value().is_object(), "fields were written by parse_cases");
  codec::Json::Object request{{std::string{kId}, id}};
  for (codec::Json::Member& member : fields.value().as_object()) request.push_back(std::move(member));
  return codec::Json{std::move(request)};
}

}  // namespace belljar::scenario
