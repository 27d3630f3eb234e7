#include "content/recognisers.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "content/checks.h"

namespace belljar::content {

namespace {

struct Form {
  std::string_view name;
  std::string_view regex;
  Check check;
};

// The day of a date in the orders and spellings that English text uses.
#define BELLJAR_DATE                                                                                             \
  R"((\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}(?:st|nd|rd|th)? (?:of )?[A-Z][a-z]{2,8},? )" \
  R"(\d{4}|[A-Z][a-z]{2,8}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}))"

// Most particular first. A form with a group is replaced in that group alone.
constexpr Form kForms[] = {
    {"EMAIL_ADDRESS",
     R"(\b([A-Za-z0-9][A-Za-z0-9.!#$&'*+/=?^_{|}~-]{0,63}@(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.){1,6}[A-Za-z]{2,24})\b)",
     nullptr},
    {"CREDIT_CARD", R"(\b(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|6\d{3}|35\d{2})(?:[ -]?\d{4}){3}\b)", luhn},
    {"CREDIT_CARD", R"(\b3[47]\d{2}[ -]?\d{6}[ -]?\d{5}\b)", luhn},
    {"CREDIT_CARD", R"(\b3(?:0[0-5]|[68]\d)\d[ -]?\d{6}[ -]?\d{4}\b)", luhn},
    {"US_SSN", R"(\b\d{3}-\d{2}-\d{4}\b)", us_ssn},
    {"US_SSN", R"((?i)\b(?:ssn|social security)[^\n\d]{0,20}(\d{3}[ .-]?\d{2}[ .-]?\d{4})\b)", us_ssn},
    {"PHONE_NUMBER", R"(\+\d{1,3}(?:[ .-]?\(?\d{1,4}\)?){2,5}\b)", phone},
    {"PHONE_NUMBER", R"((?:\(\d{3}\) ?|\b\d{3}[ .-])\d{3}[ .-]\d{4}\b)", phone},
    {"PHONE_NUMBER",
     R"((?i)\b(?:phone|telephone|tel|mobile|cell|fax|whatsapp|call me (?:at|on))\b[^\n\d+(]{0,16}(\+?\(?\d[\d .()-]{5,18}\d)\b)",
     phone},
    {"IP_ADDRESS", R"(\b(?:\d{1,3}\.){3}\d{1,3}\b)", ip_address},
    {"IP_ADDRESS", R"(\b(?:[0-9A-Fa-f]{1,4}:){1,7}(?::?[0-9A-Fa-f]{1,4}){1,7}\b)",
     [](std::string_view found) { return std::count(found.begin(), found.end(), ':') >= 3 && ip_address(found); }},
    {"DATE_OF_BIRTH",
     R"((?i:\b(?:born(?: on)?|birth ?da(?:te|y)|date[ _]of[ _]birth|birth_date|dob|d\.o\.b\.?)\W{0,5}(?:is |was |on )?))" BELLJAR_DATE
     R"((?:\b))",
     date},
    {"UK_NHS", R"(\b\d{3}[ -]\d{3}[ -]\d{4}\b)", uk_nhs},
    {"UK_NHS", R"((?i)\bnhs\b[^\n\d]{0,16}(\d{10})\b)", uk_nhs},
    {"ES_NIF", R"(\b[0-9XYZ]\d{7}[ -]?[A-Z]\b)", es_nif},
    {"IT_FISCAL_CODE", R"(\b[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]\b)", it_fiscal_code},
    {"PL_PESEL", R"((?i)\bpesel\b[^\n\d]{0,12}(\d{11})\b)", pl_pesel},
    {"AU_TFN", R"((?i)\b(?:tfn|tax file (?:number|no))\b[^\n\d]{0,12}(\d{3} ?\d{3} ?\d{3})\b)", au_tfn},
    {"IN_AADHAAR", R"(\b[2-9]\d{3}[ -]\d{4}[ -]\d{4}\b)", in_aadhaar},
    {"IN_AADHAAR", R"((?i)\baadhaar\b[^\n\d]{0,16}(\d{12})\b)", in_aadhaar},
    {"SG_NRIC_FIN", R"(\b[STFG]\d{7}[A-Z]\b)", sg_fin},
    {"FI_PERSONAL_IDENTITY_CODE", R"(\b\d{6}[+A-FYXWVU-]\d{3}[0-9A-FHJ-NPR-Y]\b)", fi_personal_id},
    {"DE_TAX_ID",
     R"((?i)\b(?:steuer-?id\w{0,24}|steuerliche identifikationsnummer|idnr)[^\n\d]{0,12}(\d{2} ?\d{3} ?\d{3} ?\d{3})\b)",
     de_tax_id},
    {"FR_NIR", R"(\b[12] ?\d{2} ?\d{2} ?\d{2} ?\d{3} ?\d{3} ?\d{2}\b)", fr_nir},
};

#undef BELLJAR_DATE

// ISO 13616: each country's own length, so that what follows a number is no part of it.
std::string iban_regex() {
  constexpr std::string_view kCountries =
      "AD24AE23AT20BE16BG22CH21CY28CZ24DE22DK18EE20ES24FI18FR27GB22GR27HR21HU28IE22IL23IS26IT27LI21LT20LU20LV21MC27MT31"
      "NL18NO15PL28PT25RO24SA24SE24SI19";
  std::string out = "\\b(?:";
  for (std::size_t at = 0; at < kCountries.size(); at += 4) {
    const int rest = (kCountries[at + 2] - '0') * 10 + (kCountries[at + 3] - '0') - 4;
    if (at != 0) out += "|";
    out.append(kCountries.substr(at, 2)).append("\\d{2}(?:[ -]?[A-Z0-9]){").append(std::to_string(rest)).append("}");
  }
  return out + ")\\b";
}

PatternRule rule(std::string_view name, std::string regex, Check check, Treatment then) {
  PatternRule out;
  out.kind = "pii";
  out.name = name;
  out.then = then;
  out.regex = std::move(regex);
  out.check = check;
  return out;
}

// The names themselves, a space for any run of white space, whatever the case of the first letters.
Result<PatternRule> person_rule(Treatment then, const std::vector<std::string>& persons) {
  if (persons.empty()) {
    return Error{Errc::invalid_argument, "recogniser PERSON: no names: give them as \"persons\""};
  }
  std::string regex = "(?i)\\b(?:";
  for (const std::string& person : persons) {
    if (regex.back() != ':') regex += "|";
    for (const char byte : person) {
      const auto code = static_cast<std::uint8_t>(byte);
      const bool plain = code >= 0x80 || (code >= '0' && code <= '9') || ((code | 0x20) >= 'a' && (code | 0x20) <= 'z');
      regex += plain ? std::string(1, byte) : byte == ' ' ? "[ \\t]{1,3}" : std::string{"\\"} + byte;
    }
  }
  return rule("PERSON", regex + ")\\b", nullptr, then);
}

}  // namespace

std::vector<std::string_view> recogniser_names() {
  std::vector<std::string_view> names{"IBAN_CODE", "PERSON"};
  for (const Form& form : kForms) names.push_back(form.name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Result<std::vector<PatternRule>> recogniser_rules(std::string_view name, Treatment then,
                                                  const std::vector<std::string>& persons) {
  std::vector<PatternRule> rules;
  if (name == "PERSON") rules.push_back(TRY(person_rule(then, persons)));
  if (name == "IBAN_CODE") rules.push_back(rule(name, iban_regex(), iban, then));
  for (const Form& form : kForms) {
    if (form.name == name) rules.push_back(rule(form.name, std::string{form.regex}, form.check, then));
  }
  if (rules.empty()) {
    return Error{Errc::invalid_argument, "recogniser \"" + printable(name, 60) + "\": not known"};
  }
  return rules;
}

}  // namespace belljar::content
