#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belljar {
namespace {

TEST(Text, base64_round_trips_and_refuses_other_spellings) {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
    EXPECT_EQ(from_base64(to_base64(text)).value(), text);
  }
  EXPECT_EQ(to_base64("foob"), "Zm9vYg==");
  EXPECT_FALSE(from_base64("Zm9vYh=="));  // the same byte with stray bits below it
  EXPECT_FALSE(from_base64("Zm9vYg="));
  EXPECT_FALSE(from_base64("Zg==Zg=="));
}

TEST(Text, hex_is_lower_case) {
  EXPECT_EQ(from_hex("00ff").value(), (std::string{"\0\xff", 2}));
  EXPECT_FALSE(from_hex("00FF"));
  EXPECT_FALSE(from_hex("0"));
}

TEST(Text, ill_formed_utf8_is_found) {
  EXPECT_TRUE(is_utf8("naïve 漢字 🫙"));
  EXPECT_FALSE(is_utf8("\xC0\x80"));
  EXPECT_FALSE(is_utf8("\xED\xA0\x80"));
  EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80"));
  EXPECT_FALSE(is_utf8("\xE6\xBC"));
}

TEST(Text, a_terminal_never_sees_an_escape_from_a_sandbox) {
  EXPECT_EQ(printable("\x1b]52;c;AAAA\x07\r\n"), "\\x1b]52;c;AAAA\\x07\\x0d\\n");
  EXPECT_EQ(printable("a\xC2\x9B"
                      "b\xE2\x80\xAE"),
            "a\\xc2\\x9bb\\xe2\\x80\\xae");
  EXPECT_EQ(printable("abcdef", 3), "abc…(3 more bytes)");
}

TEST(Text, markup_is_escaped) { EXPECT_EQ(escape_markup("<a b='\"&\x01"), "&lt;a b=&#39;&quot;&amp;\xEF\xBF\xBD"); }

TEST(Text, quantities_read_as_people_write_them) {
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(512ULL << 20), "512 MiB");
  EXPECT_EQ(human_duration(1500000), "1.5 ms");
  EXPECT_EQ(human_duration(2000000000), "2 s");
}

}  // namespace
}  // namespace belljar
