// Cedar: a policy written in the Cedar language (docs.cedarpolicy.com), for other tools to read and for the comparison
// in tests/cedar_peer.
//
//   std::string text = TRY(to_cedar(spec));
//     @id("api") permit (principal, action == Action::"connect", resource)
//       when { context.resource == "api.example.com" && (context has port && [443].contains(context.port)) };
//
// Subject and resource stand in the context as texts, beside the attributes. Of patterns it can say those with one `*`;
// others are an error that names them. Addresses and the forms of hosts and paths are not Cedar's: a request is taken
// to name a host in its normal form. What Cedar does otherwise: it skips a policy that cannot be evaluated, where we
// deny. Pure.
#pragma once

#include <string>

#include "base/result.h"
#include "spec/policy.h"

namespace belljar::policy {

Result<std::string> to_cedar(const spec::PolicySpec& spec);

}  // namespace belljar::policy
