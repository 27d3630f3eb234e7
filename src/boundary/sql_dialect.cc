#include "boundary/sql_dialect.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace belljar::boundary {

namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string upper(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

// Reads SQL piece by piece: strings, quoted names and comments whole, words, and single characters.
class Translator {
 public:
  explicit Translator(std::string_view sql) : rest_{sql} {}

  std::string run() {
    while (!rest_.empty()) step();
    return std::move(out_);
  }

 private:
  void step() {
    const char c = rest_[0];
    if (c == '\'' || c == '"') return keep(quoted(c));
    if (rest_.starts_with("--")) return keep(std::min(rest_.find('\n'), rest_.size()));
    if (rest_.starts_with("/*")) return keep(end_of("*/", 2));
    if (rest_.starts_with("::")) return cast();
    if (c == '$' && dollar_string()) return;
    if (is_word(c)) return word();
    keep(1);
  }

  void keep(std::size_t count) {
    out_ += rest_.substr(0, count);
    rest_.remove_prefix(std::min(count, rest_.size()));
  }

  std::size_t end_of(std::string_view mark, std::size_t from) const {
    const std::size_t end = rest_.find(mark, from);
    return end == std::string_view::npos ? rest_.size() : end + mark.size();
  }

  std::size_t quoted(char quote) const {
    std::size_t at = 1;
    while (at < rest_.size()) {
      if (rest_[at] != quote) {
        ++at;
      } else if (at + 1 < rest_.size() && rest_[at + 1] == quote) {
        at += 2;
      } else {
        return at + 1;
      }
    }
    return rest_.size();
  }

  void skip_blanks() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_[0])) != 0) rest_.remove_prefix(1);
  }

  // "::character varying(20)[]": one or two words, perhaps a size, perhaps brackets.
  void cast() {
    rest_.remove_prefix(2);
    skip_blanks();
    const std::string type = upper(take_word());
    if (type == "DOUBLE" || type == "CHARACTER") {
      const std::string_view before = rest_;
      skip_blanks();
      const std::string second = upper(take_word());
      if (second != "PRECISION" && second != "VARYING") rest_ = before;
    }
    if (rest_.starts_with("(")) rest_.remove_prefix(end_of(")", 1));
    while (rest_.starts_with("[]")) rest_.remove_prefix(2);
  }

  std::string_view take_word() {
    std::size_t size = 0;
    while (size < rest_.size() && (is_word(rest_[size]) || (size > 0 && rest_[size] == '.'))) ++size;
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  bool dollar_string() {
    std::size_t tag = 1;
    while (tag < rest_.size() && is_word(rest_[tag])) ++tag;
    const bool parameter = tag > 1 && std::isdigit(static_cast<unsigned char>(rest_[1])) != 0;
    if (parameter || tag >= rest_.size() || rest_[tag] != '$') return false;
    const std::string_view mark = rest_.substr(0, tag + 1);
    const std::size_t end = rest_.find(mark, tag + 1);
    if (end == std::string_view::npos) return false;
    out_ += '\'';
    for (const char c : rest_.substr(tag + 1, end - tag - 1)) out_ += c == '\'' ? std::string{"''"} : std::string{c};
    out_ += '\'';
    rest_.remove_prefix(end + mark.size());
    return true;
  }

  void word() {
    std::size_t size = 0;
    while (size < rest_.size() && is_word(rest_[size])) ++size;
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    const std::string name = upper(text);
    if (name == "ILIKE") {
      out_ += "LIKE";
    } else if (name == "SERIAL" || name == "BIGSERIAL") {
      out_ += "INTEGER";
    } else if (name == "E" && rest_.starts_with("'") &&
               rest_.substr(0, quoted('\'')).find('\\') == std::string_view::npos) {
      return;
    } else if (name == "PUBLIC" && rest_.starts_with(".")) {
      rest_.remove_prefix(1);
    } else if (name == "TRUNCATE" && first_) {
      const std::string_view before = rest_;
      skip_blanks();
      if (upper(take_word()) != "TABLE") rest_ = before;
      out_ += "DELETE FROM";
    } else if (name == "START" && first_) {
      out_ += "BEGIN";
    } else {
      out_ += text;
    }
    first_ = false;
  }

  std::string_view rest_;
  std::string out_;
  bool first_ = true;
};

}  // namespace

std::string to_sqlite(std::string_view sql) { return Translator{sql}.run(); }

std::string sql_verb(std::string_view sql) {
  for (;;) {
    while (!sql.empty() && (std::isspace(static_cast<unsigned char>(sql[0])) != 0 || sql[0] == '('))
      sql.remove_prefix(1);
    std::size_t end = 0;
    if (sql.starts_with("--")) {
      end = std::min(sql.find('\n'), sql.size());
    } else if (sql.starts_with("/*")) {
      const std::size_t close = sql.find("*/", 2);
      end = close == std::string_view::npos ? sql.size() : close + 2;
    }
    if (end == 0) break;
    sql.remove_prefix(end);
  }
  std::size_t size = 0;
  while (size < sql.size() && is_word(sql[size])) ++size;
  return upper(sql.substr(0, size));
}

}  // namespace belljar::boundary
