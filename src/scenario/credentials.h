// Credentials of a run: the secrets themselves, fetched from where the host keeps them. They go to the gateway and
// nowhere else: not into a sandbox, a record, a report or a message.
//
//   TRY(check_credentials(policy.spec(), scenario.credentials));              // every permit's is known
//   std::vector<Secret> secrets = TRY(fetch_secrets(scenario.credentials, directory));
//
// Errc::invalid_argument names the credential, its file or variable and what to do; never a byte of the secret.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "spec/credentials.h"
#include "spec/policy.h"

namespace belljar::scenario {

struct Secret {
  std::string name;
  std::string value;   // 8 to 8192 visible characters
  std::string inside;  // the variable that holds its placeholder; empty: none
};

// A permit that names a credential which nobody gives, or which the gateway could not put in since it sees no requests.
Result<void> check_credentials(const spec::PolicySpec& policy, const std::vector<spec::CredentialSpec>& credentials);

// `directory`: what their paths are relative to. A file that others than its owner may read is an error, as is one that
// belongs to another user.
Result<std::vector<Secret>> fetch_secrets(const std::vector<spec::CredentialSpec>& credentials,
                                          const std::string& directory);

}  // namespace belljar::scenario
