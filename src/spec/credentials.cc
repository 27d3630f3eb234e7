#include "spec/credentials.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"
#include "spec/fields.h"

namespace belljar::spec {

namespace {

using codec::Yaml;

constexpr std::string_view kNameOthers = "-_.";
constexpr std::size_t kNameMax = 64;
constexpr std::size_t kCredentialsMax = 64;

bool is_variable(std::string_view text) { return is_name(text, "_", 128) && !(text[0] >= '0' && text[0] <= '9'); }

template <std::string CredentialSpec::*member>
void read_variable(Problems& problems, const Yaml& value, CredentialSpec& credential) {
  constexpr std::string_view kExpected = "the name of a variable, such as OPENAI_API_KEY";
  auto name = read_text(problems, value, kExpected);
  if (!name) return;
  if (is_variable(*name)) {
    credential.*member = std::move(*name);
  } else {
    problems.add(value.mark, describe(value), kExpected);
  }
}

constexpr std::array<Field<CredentialSpec>, 3> kCredential{{
    {"file", Need::optional,
     [](Problems& p, const Yaml& v, CredentialSpec& c) {
       c.file = read_path(p, v, "the path of a file that holds the secret").value_or("");
     }},
    {"variable", Need::optional, read_variable<&CredentialSpec::variable>},
    {"inside", Need::optional, read_variable<&CredentialSpec::inside>},
}};

void read_one(Problems& problems, const Yaml& value, std::span<const Field<CredentialSpec>> fields,
              CredentialSpec& credential) {
  read_fields<CredentialSpec>(problems, value, "a credential", fields, {}, credential);
  if (value.kind == Yaml::Kind::map && (value.find("file") == nullptr) == (value.find("variable") == nullptr)) {
    problems.add(credential.mark, "the credential " + quote(credential.name), "either \"file\" or \"variable\"");
  }
}

}  // namespace

void read_secret_source(Problems& problems, const Yaml& value, CredentialSpec& credential) {
  read_one(problems, value, std::span{kCredential}.first<2>(), credential);  // nothing inside asks for it
}

void read_credentials(Problems& problems, const Yaml& value, std::vector<CredentialSpec>& credentials) {
  if (!require_map(problems, value, "credentials")) return;
  if (value.entries.size() > kCredentialsMax) {
    problems.add(value.mark, std::to_string(value.entries.size()) + " credentials", "at most 64");
    return;
  }
  for (const Yaml::Entry& entry : value.entries) {
    if (!is_name(entry.key, kNameOthers, kNameMax)) {
      problems.add(entry.key_mark, "the credential " + quote(entry.key), name_expected(kNameOthers, kNameMax));
      continue;
    }
    CredentialSpec credential;
    credential.name = entry.key;
    credential.mark = entry.key_mark;
    read_one(problems, entry.value, kCredential, credential);
    credentials.push_back(std::move(credential));
  }
}

Result<CredentialSpec> parse_credential(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::size_t colon = text.find(':', std::min(equals, text.size()));
  CredentialSpec credential;
  credential.name = text.substr(0, std::min(equals, text.size()));
  const bool whole = colon != std::string_view::npos && is_name(credential.name, kNameOthers, kNameMax);
  const std::string_view source = whole ? text.substr(equals + 1, colon - equals - 1) : std::string_view{};
  const std::string_view where = whole ? text.substr(colon + 1) : std::string_view{};
  if (source == "file" && !where.empty()) {
    credential.file = where;
  } else if (source == "variable" && is_variable(where)) {
    credential.variable = where;
    credential.inside = where;
  } else {
    // Not shown: whoever wrote the secret itself here must not find it in a log.
    return Error{Errc::invalid_argument,
                 "found something else than NAME=file:PATH or NAME=variable:VARIABLE, such as openai=file:keys/openai"};
  }
  return credential;
}

}  // namespace belljar::spec
