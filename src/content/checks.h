// Checks: what the bytes of a find must satisfy beyond its form: checksums and ranges of numbers that people and
// services issue. Each takes what was found as it stands, separators and all. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace belljar::content {

using Check = bool (*)(std::string_view found);

bool luhn(std::string_view found);          // card numbers, ISO/IEC 7812
bool iban(std::string_view found);          // ISO 13616: length of the country, mod 97
bool us_ssn(std::string_view found);        // no area 000, 666, 9xx; no group 00; no serial 0000
bool ip_address(std::string_view found);    // v4 in range, v6 as inet_pton(3) reads it
bool crc32_base62(std::string_view found);  // the last six characters of a token of GitHub or npm
bool uk_nhs(std::string_view found);        // mod 11
bool es_nif(std::string_view found);        // the letter of mod 23
bool it_fiscal_code(std::string_view found);
bool pl_pesel(std::string_view found);
bool au_tfn(std::string_view found);
bool in_aadhaar(std::string_view found);  // Verhoeff
bool sg_fin(std::string_view found);
bool fi_personal_id(std::string_view found);
bool de_tax_id(std::string_view found);  // ISO 7064 mod 11,10
bool fr_nir(std::string_view found);     // 97 - mod 97
bool date(std::string_view found);       // a day that there is, 1900 to 2029
bool phone(std::string_view found);      // 7 to 15 digits, and not a date or a version

// By the name that a rule file uses; null: none of that name.
Check check_named(std::string_view name);
std::string check_names();

}  // namespace belljar::content
