// Credentials: which secrets a run may use, and where the host keeps them; never the secrets themselves. The section
// `credentials` of a scenario, the key of a remote model, and `--credential` of `belljar exec`.
//
//     credentials:
//       openai: {file: keys/openai, inside: OPENAI_API_KEY}    # relative to the scenario; nobody else may read it
//       billing: {variable: BILLING_KEY}                       # of belljar's own environment
//
//   --credential openai=file:keys/openai --credential billing=variable:BILLING_KEY
//
// Plain values; pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/yaml.h"

namespace belljar::spec {

class Problems;

struct CredentialSpec {
  std::string name;  // as a permit's terms say it: `credential: openai`
  std::string file;  // one of the two
  std::string variable;
  std::string inside;  // the variable in which programs find the placeholder; empty: they know it otherwise
  codec::Mark mark;
};

// One secret by itself, {file: PATH} or {variable: NAME}; its name and mark are set already.
void read_secret_source(Problems& problems, const codec::Yaml& value, CredentialSpec& credential);

void read_credentials(Problems& problems, const codec::Yaml& value, std::vector<CredentialSpec>& credentials);

// "openai=file:keys/openai", "openai=variable:OPENAI_API_KEY"; a variable keeps its name inside.
Result<CredentialSpec> parse_credential(std::string_view text);

}  // namespace belljar::spec
