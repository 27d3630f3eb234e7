#include "scenario/credentials.h"

#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "os/secret_file.h"

namespace belljar::scenario {

namespace {

constexpr std::uint64_t kSecretMost = 8192;
constexpr std::size_t kSecretLeast = 8;  // shorter ones would be found in innocent answers

Error wrong(const spec::CredentialSpec& credential, const std::string& what) {
  return Error{Errc::invalid_argument, "credential " + credential.name + ": " + what};
}

Result<std::string> from_file(const spec::CredentialSpec& credential, const std::string& directory) {
  const std::string path = credential.file.starts_with('/') ? credential.file : directory + "/" + credential.file;
  Result<std::string> text = os::read_secret_file(path, kSecretMost + 2);
  if (text) return text;
  return wrong(credential,
               text.error().message() + "; its secret is expected there, in a file that nobody else may read");
}

Result<std::string> from_variable(const spec::CredentialSpec& credential) {
  const char* const value = ::getenv(credential.variable.c_str());
  if (value == nullptr) {
    return wrong(credential, "the variable " + credential.variable + " is not set; its secret is expected there");
  }
  return std::string{value};
}

Result<std::string> fetch(const spec::CredentialSpec& credential, const std::string& directory) {
  std::string value = TRY(credential.file.empty() ? from_variable(credential) : from_file(credential, directory));
  if (value.ends_with('\n')) value.pop_back();
  if (value.ends_with('\r')) value.pop_back();
  const bool visible = std::all_of(value.begin(), value.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!visible || value.size() < kSecretLeast || value.size() > kSecretMost) {
    return wrong(credential, "its secret is expected to be one line of " + std::to_string(kSecretLeast) + " to " +
                                 std::to_string(kSecretMost) + " visible characters without spaces");
  }
  return value;
}

}  // namespace

Result<void> check_credentials(const spec::PolicySpec& policy, const std::vector<spec::CredentialSpec>& credentials) {
  for (const spec::PolicyRule& rule : policy.rules) {
    if (rule.terms.credential.empty()) continue;
    const std::string doing = "policy " + policy.name + ", rule " + rule.id;
    const auto given = std::find_if(credentials.begin(), credentials.end(),
                                    [&](const auto& one) { return one.name == rule.terms.credential; });
    if (given == credentials.end()) {
      std::string known;
      for (const spec::CredentialSpec& one : credentials) known += (known.empty() ? "" : ", ") + one.name;
      return Error{Errc::invalid_argument, doing + ": found the credential " + rule.terms.credential + ", expected " +
                                               (known.empty() ? "none, for the run has none" : "one of " + known) +
                                               "; `credentials:` of a scenario or --credential of exec gives it"};
    }
    if (rule.terms.tls != spec::Tls::intercept) {
      return Error{Errc::invalid_argument, doing +
                                               ": found a credential without `tls: intercept`, expected both: the " +
                                               "gateway puts it into requests, and inside a TLS tunnel it sees none"};
    }
  }
  return {};
}

Result<std::vector<Secret>> fetch_secrets(const std::vector<spec::CredentialSpec>& credentials,
                                          const std::string& directory) {
  std::vector<Secret> secrets;
  for (const spec::CredentialSpec& credential : credentials) {
    secrets.push_back({credential.name, TRY(fetch(credential, directory)), credential.inside});
  }
  return secrets;
}

}  // namespace belljar::scenario
