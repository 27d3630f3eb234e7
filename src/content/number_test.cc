#include "content/number.h"

#include <gtest/gtest.h>

#include "content/uri.h"

namespace belljar::content {
namespace {

using codec::Json;
using codec::parse_json;

Json value(std::string_view text) { return parse_json(text).value(); }

TEST(Number, multiples_are_decimal_and_exact) {
  const std::vector<std::tuple<std::string, std::string, bool>> rows{{"0.0075", "0.0001", true},
                                                                     {"0.00751", "0.0001", false},
                                                                     {"1e308", "0.5", true},
                                                                     {"1e308", "0.123456789", false},
                                                                     {"12391239123", "1e-8", true},
                                                                     {"4.35", "0.01", true},
                                                                     {"9007199254740993", "3", true},
                                                                     {"9007199254740993", "2", false},
                                                                     {"-9223372036854775808", "2", true},
                                                                     {"0", "7", true},
                                                                     {"-0.0", "0.3", true},
                                                                     {"5e-324", "5e-324", true},
                                                                     {"5e-324", "1e308", false},
                                                                     {"1e22", "7", false},
                                                                     {"7", "1e-300", true}};
  for (const auto& [number, step, is] : rows) {
    EXPECT_EQ(is_multiple(value(number), value(step)), is) << number << " of " << step;
  }
}

TEST(Number, equal_values_have_equal_hashes_whatever_their_spelling) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"1", "1.0"}, {"0", "-0.0"}, {R"({"a":1,"b":[2]})", R"({"b":[2.0],"a":1})"}, {"1e3", "1000"}};
  for (const auto& [left, right] : rows) {
    EXPECT_TRUE(same(value(left), value(right))) << left;
    EXPECT_EQ(hash_of(value(left)), hash_of(value(right))) << left;
  }
  for (const auto& [left, right] :
       std::vector<std::pair<std::string, std::string>>{{"1", "true"},
                                                        {"\"1\"", "1"},
                                                        {"[]", "{}"},
                                                        {"null", "false"},
                                                        {"[1,2]", "[2,1]"},
                                                        {"{\"a\":1}", "{\"a\":1,\"b\":1}"}}) {
    EXPECT_FALSE(same(value(left), value(right))) << left;
  }
}

// RFC 3986, section 5.4.
TEST(Uri, references_resolve_as_the_standard_lists_them) {
  constexpr std::string_view kBase = "http://a/b/c/d;p?q";
  const std::vector<std::pair<std::string, std::string>> rows{{"g:h", "g:h"},
                                                              {"g", "http://a/b/c/g"},
                                                              {"./g", "http://a/b/c/g"},
                                                              {"g/", "http://a/b/c/g/"},
                                                              {"/g", "http://a/g"},
                                                              {"//g", "http://g"},
                                                              {"?y", "http://a/b/c/d;p?y"},
                                                              {"g?y", "http://a/b/c/g?y"},
                                                              {"#s", "http://a/b/c/d;p?q#s"},
                                                              {"g#s", "http://a/b/c/g#s"},
                                                              {";x", "http://a/b/c/;x"},
                                                              {"", "http://a/b/c/d;p?q"},
                                                              {".", "http://a/b/c/"},
                                                              {"./", "http://a/b/c/"},
                                                              {"..", "http://a/b/"},
                                                              {"../g", "http://a/b/g"},
                                                              {"../..", "http://a/"},
                                                              {"../../g", "http://a/g"},
                                                              {"../../../g", "http://a/g"},
                                                              {"/./g", "http://a/g"},
                                                              {"/../g", "http://a/g"},
                                                              {"g.", "http://a/b/c/g."},
                                                              {"./../g", "http://a/b/g"},
                                                              {"g/./h", "http://a/b/c/g/h"},
                                                              {"g;x=1/../y", "http://a/b/c/y"}};
  for (const auto& [reference, resolved] : rows) EXPECT_EQ(resolve_uri(kBase, reference), resolved) << reference;
  EXPECT_EQ(resolve_uri("", "#/a"), "#/a");
  EXPECT_EQ(percent_decode("a%20%7e"), "a ~");
  EXPECT_EQ(percent_decode("%2"), std::nullopt);
}

}  // namespace
}  // namespace belljar::content
