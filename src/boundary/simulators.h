// Simulators: a service file as services that answer.
//
//   ServiceFile file = TRY(parse_services(text, "services.yaml"));
//   Services services = TRY(make_simulators(file, directory, {seed, run_key}, notes));
//   gateway.attach(name, doors, policy, services, ...);
//   for (const codec::Json& note : notes->take()) ...    // mail that came, rows that were written
//
// Everything a file names (OpenAPI documents, folders, rules, SQL) is read here; what cannot be read or does not fit is
// an error, never a service that answers less.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "boundary/service.h"
#include "boundary/service_file.h"
#include "boundary/service_notes.h"
#include "boundary/simulator_http.h"

namespace belljar::boundary {

// `directory`: what paths of the file are relative to.
Result<Services> make_simulators(ServiceFile file, const std::string& directory, const SimulatorSeed& seed,
                                 const std::shared_ptr<ServiceNotes>& notes);

}  // namespace belljar::boundary
