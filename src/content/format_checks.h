// The checks behind content/format.h. For format*.cc alone. Pure functions on well-formed UTF-8, linear in its length.
#pragma once

#include <cstddef>
#include <string_view>

namespace belljar::content {

// A reader of one text, which every check walks once.
class Scan {
 public:
  explicit Scan(std::string_view text) : text_{text} {}

  bool done() const { return at_ == text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  // Exactly `count` digits as a number, -1 where they are not there.
  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i, ++at_) {
      if (done() || text_[at_] < '0' || text_[at_] > '9') return -1;
      value = value * 10 + (text_[at_] - '0');
    }
    return value;
  }
  std::size_t digits_ahead() const {
    std::size_t count = 0;
    while (at_ + count < text_.size() && text_[at_ + count] >= '0' && text_[at_ + count] <= '9') ++count;
    return count;
  }
  void skip(std::size_t count) { at_ += count; }
  std::string_view rest() const { return text_.substr(at_); }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
constexpr bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

// format_time.cc
bool is_date_time(std::string_view text);
bool is_date(std::string_view text);
bool is_time(std::string_view text);
bool is_duration(std::string_view text);
// format_net.cc
bool is_email(std::string_view text);
bool is_idn_email(std::string_view text);
bool is_hostname(std::string_view text);
bool is_ipv4(std::string_view text);
bool is_ipv6(std::string_view text);
// format_uri.cc
bool is_uri(std::string_view text);
bool is_uri_reference(std::string_view text);
bool is_iri(std::string_view text);
bool is_iri_reference(std::string_view text);
bool is_uri_template(std::string_view text);

}  // namespace belljar::content
