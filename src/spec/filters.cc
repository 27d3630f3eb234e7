#include "spec/filters.h"

#include <algorithm>
#include <array>

#include "spec/filters_read.h"
#include "spec/quotas.h"

namespace belljar::spec {

namespace {

using codec::Yaml;

constexpr std::array<std::string_view, 5> kTreatments{"allow", "redact", "hold", "refuse", "contain"};  // as Treatment
constexpr std::array<std::string_view, 4> kNoRedact{"allow", "hold", "refuse", "contain"};

std::optional<Treatment> read_treatment(Problems& problems, const Yaml& value) {
  const auto name = read_choice(problems, value, kTreatments, {});
  if (!name) return std::nullopt;
  return static_cast<Treatment>(std::find(kTreatments.begin(), kTreatments.end(), *name) - kTreatments.begin());
}

// Of what has no part that could be replaced.
std::optional<Treatment> read_stop(Problems& problems, const Yaml& value) {
  if (!read_choice(problems, value, kNoRedact, {})) return std::nullopt;
  return read_treatment(problems, value);
}

constexpr std::array<Field<MostSpec>, 2> kSize{{
    {"most", Need::required,
     [](Problems& p, const Yaml& v, MostSpec& most) {
       const Result<std::uint64_t> bytes = parse_bytes(v.scalar);
       if (v.kind == Yaml::Kind::scalar && bytes) {
         most.most = bytes.value();
       } else {
         p.add(v.mark, describe(v), "a size such as 1MiB");
       }
     }},
    {"then", Need::optional,
     [](Problems& p, const Yaml& v, MostSpec& most) { most.then = read_stop(p, v).value_or(most.then); }},
}};

constexpr std::array<Field<MostSpec>, 2> kDepth{{
    {"most", Need::required,
     [](Problems& p, const Yaml& v, MostSpec& most) {
       most.most = read_count(p, v, "a whole number", {1, 1'000'000}).value_or(1);
     }},
    {"then", Need::optional,
     [](Problems& p, const Yaml& v, MostSpec& most) { most.then = read_stop(p, v).value_or(most.then); }},
}};

constexpr std::array<Field<SecretsSpec>, 3> kSecrets{{
    {"rules", Need::optional,
     [](Problems& p, const Yaml& v, SecretsSpec& s) {
       s.rules = read_path(p, v, "a file of rules in gitleaks' format").value_or("");
       s.mark = v.mark;
     }},
    {"then", Need::optional,
     [](Problems& p, const Yaml& v, SecretsSpec& s) { s.then = read_treatment(p, v).value_or(s.then); }},
    {"without", Need::optional,
     [](Problems& p, const Yaml& v, SecretsSpec& s) { s.without = read_texts(p, v, "a list of ids of rules"); }},
}};

constexpr std::array<Field<DomainRule>, 3> kDomain{{
    {"name", Need::required,
     [](Problems& p, const Yaml& v, DomainRule& rule) { rule.name = read_name(p, v, "-_", 63).value_or(""); }},
    {"pattern", Need::required,
     [](Problems& p, const Yaml& v, DomainRule& rule) {
       rule.pattern = read_text(p, v, "a regular expression of RE2").value_or("");
     }},
    {"then", Need::optional,
     [](Problems& p, const Yaml& v, DomainRule& rule) { rule.then = read_treatment(p, v).value_or(rule.then); }},
}};

void read_secrets(Problems& problems, const Yaml& value, FilterSpec& spec) {
  spec.secrets = SecretsSpec{};
  if (value.kind == Yaml::Kind::scalar) {  // `secrets: redact`
    spec.secrets->then = read_treatment(problems, value).value_or(Treatment::redact);
    return;
  }
  read_fields<SecretsSpec>(problems, value, "the secrets", kSecrets, {}, *spec.secrets);
}

void read_pii(Problems& problems, const Yaml& value, FilterSpec& spec) {
  if (!require_map(problems, value, "the recognisers")) return;
  for (const Yaml::Entry& entry : value.entries) {
    if (!is_name(entry.key, "_", 63)) problems.add(entry.key_mark, quote(entry.key), "the name of a recogniser");
    const auto then = read_treatment(problems, entry.value);
    if (then) spec.pii.push_back({entry.key, *then});
  }
}

void read_domain(Problems& problems, const Yaml& value, FilterSpec& spec) {
  if (!require_list(problems, value, "a list of rules, each with a name and a pattern")) return;
  for (const Yaml& item : value.items) {
    read_fields<DomainRule>(problems, item, "a rule", kDomain, {}, spec.domain.emplace_back());
  }
}

void read_redaction(Problems& problems, const Yaml& value, FilterSpec& spec) {
  constexpr std::array<std::string_view, 2> kStyles{"mark", "keep-format"};
  const auto name = read_choice(problems, value, kStyles, {});
  if (name) spec.redaction = *name == "mark" ? Redaction::mark : Redaction::keep_format;
}

constexpr std::array<Field<FilterSpec>, 11> kFilters{{
    {"size", Need::optional,
     [](Problems& p, const Yaml& v, FilterSpec& s) {
       read_fields<MostSpec>(p, v, "the size", kSize, {}, s.size.emplace());
     }},
    {"depth", Need::optional,
     [](Problems& p, const Yaml& v, FilterSpec& s) {
       read_fields<MostSpec>(p, v, "the depth", kDepth, {}, s.depth.emplace());
     }},
    {"encoding", Need::optional, [](Problems& p, const Yaml& v, FilterSpec& s) { s.encoding = read_treatment(p, v); }},
    {"unicode", Need::optional, [](Problems& p, const Yaml& v, FilterSpec& s) { s.unicode = read_treatment(p, v); }},
    {"secrets", Need::optional, read_secrets},
    {"pii", Need::optional, read_pii},
    {"persons", Need::optional,
     [](Problems& p, const Yaml& v, FilterSpec& s) { s.persons = read_texts(p, v, "a list of names of persons"); }},
    {"injection", Need::optional,
     [](Problems& p, const Yaml& v, FilterSpec& s) { s.injection = read_treatment(p, v); }},
    {"canaries", Need::optional,
     [](Problems& p, const Yaml& v, FilterSpec& s) { s.canaries = read_stop(p, v).value_or(s.canaries); }},
    {"domain", Need::optional, read_domain},
    {"redaction", Need::optional, read_redaction},
}};

}  // namespace

std::string_view treatment_name(Treatment treatment) { return kTreatments[static_cast<std::size_t>(treatment)]; }

void read_filters(Problems& problems, const Yaml& value, FilterSpec& spec) {
  spec.mark = value.mark;
  read_fields<FilterSpec>(problems, value, "the filters", kFilters, {}, spec);
}

Result<FilterSpec> parse_filters(std::string_view text, std::string_view file) {
  const Yaml root = TRY(codec::parse_yaml(text, file));
  Problems problems{file};
  FilterSpec spec;
  const Yaml* section = root.kind == Yaml::Kind::map ? root.find("filters") : nullptr;
  if (section == nullptr) {
    problems.add(root.mark, describe(root), "a map with \"filters\"");
  } else {
    read_filters(problems, *section, spec);
  }
  TRY(problems.result());
  return spec;
}

}  // namespace belljar::spec
