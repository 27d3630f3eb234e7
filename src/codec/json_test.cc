#include "codec/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/text.h"

namespace belljar::codec {
namespace {

using testing::HasSubstr;

struct Refused {
  const char* name;
  std::string text;
  const char* says;
};

class JsonRefuses : public testing::TestWithParam<Refused> {};

TEST_P(JsonRefuses, with_the_byte_and_the_reason) {
  const Result<Json> parsed = parse_json(GetParam().text);
  ASSERT_FALSE(parsed) << GetParam().text;
  EXPECT_THAT(parsed.error().message(), HasSubstr(GetParam().says));
  EXPECT_EQ(parsed.error().code(), Errc::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(
    Json, JsonRefuses,
    testing::Values(
        Refused{"nothing", "", "byte 0: found the end of the text"}, Refused{"space_alone", "  \n", "end of the text"},
        Refused{"trailing_comma", "[1,]", "byte 3: found \"]\""}, Refused{"comment", "[1 /*x*/]", "byte 3"},
        Refused{"line_comment", "1 // x", "byte 2"},
        Refused{"two_values", "1 2", "byte 2: found \"2\": expected nothing after"},
        Refused{"byte_order_mark", "\xEF\xBB\xBF{}", "byte 0"}, Refused{"single_quotes", "{'a':1}", "byte 1"},
        Refused{"bare_key", "{a:1}", "byte 1"}, Refused{"leading_zero", "[01]", "byte 2"},
        Refused{"plus", "+1", "byte 0"}, Refused{"nan", "NaN", "byte 0"}, Refused{"infinity", "-Infinity", "byte 1"},
        Refused{"half_number", "1.", "byte 2"},
        Refused{"too_large", "1e400", "number 1e400, expected one that fits a double"},
        Refused{"absurd_exponent", "1e99999999999", ""}, Refused{"raw_newline", "\"a\nb\"", "byte 2"},
        Refused{"raw_nul", std::string("\"a\0\"", 4), "byte 2"}, Refused{"bad_escape", "\"\\x41\"", "byte 2"},
        Refused{"lone_lead", "\"\\ud800\"", "byte 7"}, Refused{"lone_trail", "\"\\udc00\"", "surrogate"},
        Refused{"overlong", "\"\xC0\x80\"", "byte 1"}, Refused{"surrogate_bytes", "\"\xED\xA0\x80\"", "byte 1"},
        Refused{"cut_utf8", "\"\xE6\xBC", "byte"}, Refused{"bad_key_utf8", "{\"\xFF\":1}", "byte 2"},
        Refused{"duplicate", R"({"a":1,"b":2,"a":3})", "two members a in the object that ends here"},
        Refused{"escaped_duplicate", R"({"a":1,"\u0061":3})", "two members a"},
        Refused{"nested_duplicate", R"([{"k":{"x":1,"x":1}}])", "two members x"},
        Refused{"unclosed", "[[1,2]", "end of the text"}),
    [](const auto& row) { return row.param.name; });

TEST(Json, values_keep_order_kind_and_exact_integers) {
  const Json value =
      parse_json(R"( {"z":9007199254740993,"a":[1.0,-0,null,true,"é\u0000\ud83e\uded9"],"n":-9223372036854775808} )")
          .value();
  EXPECT_EQ(value.find("z")->as_int(), 9007199254740993);
  EXPECT_EQ(value.find("n")->as_int(), INT64_MIN);
  EXPECT_EQ(value.as_object()[1].first, "a");
  EXPECT_EQ(value.find("a")->as_array()[0].kind(), "number");
  EXPECT_EQ(value.find("a")->as_array()[4].as_string(), (std::string{"é\0🫙", 7}));
  EXPECT_EQ(value.find("absent"), nullptr);
  EXPECT_EQ(Json{1}.find("a"), nullptr);
  EXPECT_EQ(to_json(value), R"({"z":9007199254740993,"a":[1.0,0,null,true,"é\u0000🫙"],"n":-9223372036854775808})");
  EXPECT_EQ(parse_json(to_json(value)).value(), value);
  EXPECT_EQ(parse_json(to_json_pretty(value)).value(), value);
}

TEST(Json, numbers_are_read_to_the_nearest_double) {
  for (const char* text :
       {"9007199254740993.0", "0.1", "1.7976931348623157e308", "5e-324", "123456789012345678901234567890",
        "18446744073709551615", "7.2057594037927933e16", "-1.5E+3", "2.2250738585072011e-308"}) {
    EXPECT_EQ(parse_json(text).value().as_number(), std::strtod(text, nullptr)) << text;
  }
}

TEST(Json, depth_and_size_and_count_are_bounded) {
  const std::string deep = std::string(64, '[') + std::string(64, ']');
  EXPECT_TRUE(parse_json(deep));
  EXPECT_THAT(parse_json("[" + deep + "]").error().message(), HasSubstr("nested deeper than 64 levels"));
  EXPECT_TRUE(parse_json("[]", {.depth_max = 1}));
  EXPECT_FALSE(parse_json("[[]]", {.depth_max = 1}));
  EXPECT_FALSE(parse_json("{\"a\":{}}", {.depth_max = 1}));
  EXPECT_FALSE(parse_json(std::string(10U << 20, '[')));
  EXPECT_FALSE(parse_json(std::string(1U << 20, '['), {.depth_max = 1U << 30}));
  EXPECT_THAT(parse_json("12345", {.bytes_max = 4}).error().message(),
              HasSubstr("5 bytes of JSON, expected at most 4"));
  EXPECT_TRUE(parse_json("[1,2]", {.values_max = 3}));
  EXPECT_THAT(parse_json("[1,2,3]", {.values_max = 3}).error().message(), HasSubstr("more than 3 values"));
}

TEST(Json, many_members_are_checked_in_little_time) {
  std::string text = "{";
  for (int at = 0; at < 200000; ++at) text += "\"k" + std::to_string(at) + "\":0,";
  EXPECT_TRUE(parse_json(text + "\"end\":0}"));
  EXPECT_THAT(parse_json(text + "\"k7\":0}").error().message(), HasSubstr("two members k7"));
}

TEST(Json, an_error_about_hostile_text_is_printable) {
  const Result<Json> parsed = parse_json("[1,\x1b]52;c;AAAA\x07");
  EXPECT_EQ(parsed.error().message().find('\x1b'), std::string::npos);
}

TEST(Json, set_replaces_and_null_becomes_what_is_asked) {
  Json value;
  value.set("a", 1);
  value.set("b", Json::Array{1, "x"});
  value.set("a", 2.5);
  value.find("b");
  Json list;
  list.push(nullptr);
  list.push(true);
  value.set("c", list);
  EXPECT_EQ(to_json(value), R"({"a":2.5,"b":[1,"x"],"c":[null,true]})");
  EXPECT_EQ(to_json_pretty(Json::Object{{"a", Json::Array{}}, {"b", Json::Array{1}}}),
            "{\n  \"a\": [],\n  \"b\": [\n    1\n  ]\n}\n");
  EXPECT_EQ(to_json(Json{std::nan("")}), "null");
}

double from_bits(std::uint64_t bits) {
  double value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// RFC 8785 appendix B, all rows but NaN and infinity.
TEST(Json, canonical_numbers_are_those_of_rfc_8785) {
  const std::vector<std::pair<std::uint64_t, std::string>> rows{{0x0000000000000000, "0"},
                                                                {0x8000000000000000, "0"},
                                                                {0x0000000000000001, "5e-324"},
                                                                {0x8000000000000001, "-5e-324"},
                                                                {0x7fefffffffffffff, "1.7976931348623157e+308"},
                                                                {0xffefffffffffffff, "-1.7976931348623157e+308"},
                                                                {0x4340000000000000, "9007199254740992"},
                                                                {0xc340000000000000, "-9007199254740992"},
                                                                {0x4430000000000000, "295147905179352830000"},
                                                                {0x44b52d02c7e14af5, "9.999999999999997e+22"},
                                                                {0x44b52d02c7e14af6, "1e+23"},
                                                                {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
                                                                {0x444b1ae4d6e2ef4e, "999999999999999700000"},
                                                                {0x444b1ae4d6e2ef4f, "999999999999999900000"},
                                                                {0x444b1ae4d6e2ef50, "1e+21"},
                                                                {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
                                                                {0x3eb0c6f7a0b5ed8d, "0.000001"},
                                                                {0x41b3de4355555553, "333333333.3333332"},
                                                                {0x41b3de4355555554, "333333333.33333325"},
                                                                {0x41b3de4355555555, "333333333.3333333"},
                                                                {0x41b3de4355555556, "333333333.3333334"},
                                                                {0x41b3de4355555557, "333333333.33333343"},
                                                                {0xbecbf647612f3696, "-0.0000033333333333333333"},
                                                                {0x43143ff3c1cb0959, "1424953923781206.2"}};
  for (const auto& [bits, text] : rows) EXPECT_EQ(canonical_json(Json{from_bits(bits)}), text);
}

// RFC 8785 sections 3.2.2 and 3.2.3.
TEST(Json, canonical_form_is_that_of_rfc_8785) {
  const Json value = parse_json(R"({"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],
    "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]})")
                         .value();
  EXPECT_EQ(canonical_json(value),
            "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
            "\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
  const Json keys =
      parse_json(R"({"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",
    "1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"})")
          .value();
  EXPECT_EQ(canonical_json(keys),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\",\"ö\":\"Latin Small Letter O With "
            "Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\xEF\xAC\xB3\":\"Hebrew Letter Dalet "
            "With Dagesh\"}");
}

}  // namespace
}  // namespace belljar::codec
