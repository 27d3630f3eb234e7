// The only file that knows Boost.JSON. Its event parser drives a builder that counts before it allocates, so neither
// depth nor a flood of tiny values can cost more than the limits say.
#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <exception>

#include "base/text.h"
#include "codec/json.h"

namespace belljar::codec {

namespace {

namespace bj = boost::json;

// The parser and the destructor of a Json recurse once per level; this many levels fit any thread's stack.
constexpr std::size_t kDepthHardMax = 512;

bool has_duplicate(const Json::Object& object, std::string& duplicate) {
  std::vector<std::string_view> keys;
  keys.reserve(object.size());
  for (const Json::Member& member : object) keys.emplace_back(member.first);
  std::sort(keys.begin(), keys.end());
  const auto found = std::adjacent_find(keys.begin(), keys.end());
  if (found == keys.end()) return false;
  duplicate = *found;
  return true;
}

// Boost's own conversion of decimals is off by a unit in the last place for some inputs, so numbers are read from their
// text.
bool read_number(std::string_view text, Json& out, std::string& problem) {
  const char* end = text.data() + text.size();
  std::int64_t integer = 0;
  const auto whole = std::from_chars(text.data(), end, integer);
  if (whole.ec == std::errc{} && whole.ptr == end) {
    out = Json{integer};
    return true;
  }
  double number = 0;
  const auto real = std::from_chars(text.data(), end, number);
  if (real.ec == std::errc{} && real.ptr == end) {
    out = Json{number};
    return true;
  }
  problem = "number " + printable(text, 40) + ", expected one that fits a double";
  return false;
}

// Boost.JSON's handler: its names are the library's. A false return ends the parse with `problem` as the reason.
class Builder {
 public:
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);   // NOLINT(readability-identifier-naming)
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);  // NOLINT(readability-identifier-naming)
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);  // NOLINT(readability-identifier-naming)
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);     // NOLINT(readability-identifier-naming)

  explicit Builder(std::size_t values_max) : values_max_{values_max} {}

  Json take() { return std::move(root_); }
  const std::string& problem() const { return problem_; }

  bool on_document_begin(bj::error_code&) { return true; }
  bool on_document_end(bj::error_code&) { return true; }
  bool on_array_begin(bj::error_code& ec) { return open(Json{Json::Array{}}, ec); }
  bool on_object_begin(bj::error_code& ec) { return open(Json{Json::Object{}}, ec); }
  bool on_array_end(std::size_t, bj::error_code&) { return close(); }
  bool on_object_end(std::size_t, bj::error_code& ec) {
    std::string duplicate;
    if (has_duplicate(open_.back().value.as_object(), duplicate)) {
      return refuse("two members " + printable(duplicate, 60) + " in the object that ends here, expected one", ec);
    }
    return close();
  }
  bool on_string_part(bj::string_view part, std::size_t, bj::error_code&) { return append(part); }
  bool on_string(bj::string_view part, std::size_t, bj::error_code& ec) {
    append(part);
    return add(Json{std::exchange(text_, {})}, ec);
  }
  bool on_key_part(bj::string_view part, std::size_t, bj::error_code&) { return append(part); }
  bool on_key(bj::string_view part, std::size_t, bj::error_code&) {
    append(part);
    open_.back().key = std::exchange(text_, {});
    return true;
  }
  bool on_number_part(bj::string_view part, bj::error_code&) { return append(part); }
  bool on_int64(std::int64_t, bj::string_view part, bj::error_code& ec) { return number(part, ec); }
  bool on_uint64(std::uint64_t, bj::string_view part, bj::error_code& ec) { return number(part, ec); }
  bool on_double(double, bj::string_view part, bj::error_code& ec) { return number(part, ec); }
  bool on_bool(bool value, bj::error_code& ec) { return add(Json{value}, ec); }
  bool on_null(bj::error_code& ec) { return add(Json{}, ec); }
  bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
  bool on_comment(bj::string_view, bj::error_code&) { return true; }

 private:
  struct Open {
    Json value;
    std::string key;  // of the member being read, when `value` is an object
  };

  bool refuse(std::string problem, bj::error_code& ec) {
    problem_ = std::move(problem);
    ec = bj::error::input_error;
    return false;
  }

  bool append(bj::string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }

  bool number(bj::string_view part, bj::error_code& ec) {
    append(part);
    Json value;
    std::string problem;
    if (!read_number(std::exchange(text_, {}), value, problem)) return refuse(problem, ec);
    return add(std::move(value), ec);
  }

  bool count(bj::error_code& ec) {
    if (++values_ <= values_max_) return true;
    return refuse("more than " + std::to_string(values_max_) + " values, expected at most that many", ec);
  }

  bool open(Json value, bj::error_code& ec) {
    if (!count(ec)) return false;
    open_.push_back({std::move(value), {}});
    return true;
  }

  bool close() {
    Json value = std::move(open_.back().value);
    open_.pop_back();
    place(std::move(value));
    return true;
  }

  bool add(Json value, bj::error_code& ec) {
    if (!count(ec)) return false;
    place(std::move(value));
    return true;
  }

  void place(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Open& parent = open_.back();
    if (parent.value.is_array()) {
      parent.value.as_array().push_back(std::move(value));
    } else {
      parent.value.as_object().emplace_back(std::move(parent.key), std::move(value));
    }
  }

  std::size_t values_max_;
  std::size_t values_ = 0;
  std::vector<Open> open_;
  std::string text_;
  std::string problem_;
  Json root_;
};

std::string what_stands_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return "the end of the text";
  return "\"" + printable(text.substr(at, 12), 12) + "\"";
}

Error parse_error(std::string_view text, std::size_t at, const bj::error_code& ec, const std::string& problem,
                  std::size_t depth_max) {
  const std::string where = "byte " + std::to_string(at) + ": ";
  if (!problem.empty()) return Error{Errc::invalid_argument, where + problem};
  if (ec == bj::error::too_deep) {
    return Error{Errc::invalid_argument, where + "nested deeper than " + std::to_string(depth_max) + " levels"};
  }
  return Error{Errc::invalid_argument, where + "found " + what_stands_at(text, at) + ": not JSON: " + ec.message()};
}

Result<Json> parse_within(std::string_view text, const JsonLimits& limits) {
  bj::parse_options options;
  options.max_depth = std::min(limits.depth_max, kDepthHardMax);
  bj::basic_parser<Builder> parser{options, limits.values_max};
  bj::error_code ec;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
  if (ec) return parse_error(text, used, ec, parser.handler().problem(), options.max_depth);
  const std::size_t next = text.find_first_not_of(" \t\r\n", used);
  if (next != std::string_view::npos) {
    return Error{Errc::invalid_argument, "byte " + std::to_string(next) + ": found " + what_stands_at(text, next) +
                                             ": expected nothing after the value"};
  }
  return parser.handler().take();
}

}  // namespace

Result<Json> parse_json(std::string_view text, JsonLimits limits) {
  if (text.size() > limits.bytes_max) {
    return Error{Errc::invalid_argument,
                 std::to_string(text.size()) + " bytes of JSON, expected at most " + std::to_string(limits.bytes_max)};
  }
  try {
    return parse_within(text, limits);
  } catch (const std::exception& thrown) {
    return Error{Errc::exhausted, std::string{"parse JSON: "} + thrown.what()};
  }
}

}  // namespace belljar::codec
