#include "content/checks.h"

#include <gtest/gtest.h>

namespace belljar::content {

namespace {

// Numbers that the issuers or their documentation give as examples, and each with one character changed.
TEST(Checks, TellRealFormsFromLookalikes) {
  struct Row {
    std::string_view name;
    Check check;
    std::string_view good;
    std::string_view bad;
  };
  constexpr Row kRows[] = {
      {"visa", luhn, "4111 1111 1111 1111", "4111 1111 1111 1112"},
      {"american express", luhn, "3782-822463-10005", "3782-822463-10006"},
      {"all zeros", luhn, "5555555555554444", "0000000000000000"},
      {"iban of Germany", iban, "DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 01"},
      {"iban of Britain", iban, "GB82WEST12345698765432", "GB82WEST1234569876543"},
      {"ssn", us_ssn, "536-90-4399", "666-90-4399"},
      {"ssn, group", us_ssn, "536 90 4399", "536 00 4399"},
      {"ipv4", ip_address, "192.168.10.1", "192.168.10.256"},
      {"ipv6", ip_address, "2001:db8::1", "2001:db8:::1"},
      {"nhs", uk_nhs, "943 476 5919", "943 476 5918"},
      {"nif", es_nif, "12345678Z", "12345678A"},
      {"nie", es_nif, "X1234567L", "X1234567M"},
      {"codice fiscale", it_fiscal_code, "RSSMRA85T10A562S", "RSSMRA85T10A562T"},
      {"pesel", pl_pesel, "44051401359", "44051401358"},
      {"tfn", au_tfn, "123 456 782", "123 456 789"},
      {"aadhaar", in_aadhaar, "2363 4567 8927", "2363 4567 8922"},
      {"nric", sg_fin, "S1234567D", "S1234567A"},
      {"henkilotunnus", fi_personal_id, "131052-308T", "131052-308U"},
      {"steuer-id", de_tax_id, "86095742719", "86095742718"},
      {"nir", fr_nir, "2 55 08 14 168 025 38", "2 55 08 14 168 025 39"},
      {"date", date, "29 February 2000", "30 February 2000"},
      {"iso date", date, "1984-12-31", "1984-13-31"},
      {"american date", date, "12/31/1984", "13/31/1984"},
      {"phone", phone, "+1 (555) 010-4477", "2024-01-31"},
      // The token of GitHub's own description of the format.
      {"token", crc32_base62, "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", "ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18"},
  };
  for (const Row& row : kRows) {
    EXPECT_TRUE(row.check(row.good)) << row.name << ": " << row.good;
    EXPECT_FALSE(row.check(row.bad)) << row.name << ": " << row.bad;
  }
}

}  // namespace

}  // namespace belljar::content
