// Canaries of services: which of them a service holds, where, and what they are.
//
//     rows: [{table: tokens, rows: [{id: 1, token: "${/canary/deploy-token}"}]}]       # in any template of the service
//     canaries: [backups/.aws/credentials]                                             # a stored object or file of s3,
//     directory
//
//   for (const std::string& place : canary_places(service)) ...     // "service:db/deploy-token"
//   content::Canary canary = content::make_canary(run_key, place);  // what the run looks for ...
//   codec::Json named = canary_texts(service, run_key);             // ... and what templates put in, by name
//
// A place is the service and the name that its file gives the canary there. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "boundary/service_file.h"
#include "codec/json.h"

namespace belljar::boundary {

// What the places of a service begin with: there, and nowhere else, its canaries may be seen.
std::string canary_home(std::string_view service);

// Sorted, each once.
std::vector<std::string> canary_places(const ServiceSpec& service);

// Those of a file, behind those of the files before it, whose services are in `names`. Errc::invalid_argument: two
// services of one name, whose canaries could not be told apart.
Result<void> add_canary_places(const ServiceFile& file, std::set<std::string>& names, std::vector<std::string>& places);

// {name: text} of those that templates name; the text is as a variable of that name would hold it
// (content::canary_variable), so that OPENAI_API_KEY looks like one.
codec::Json canary_texts(const ServiceSpec& service, std::string_view run_key);

// What the service answers at a path of its `canaries`.
std::string canary_object(const ServiceSpec& service, std::string_view path, std::string_view run_key);

}  // namespace belljar::boundary
