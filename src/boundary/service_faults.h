// ServiceFaults: what goes wrong on purpose in a service, counted. Inner part of the simulators.
//
//   if (faults.strike(source, reply)) return;    // a fault answered
//
// One thread at a time.
#pragma once

#include <memory>
#include <vector>

#include "boundary/path_and_query.h"
#include "boundary/service.h"
#include "boundary/service_file.h"

namespace belljar::boundary {

class ServiceFaults {
 public:
  explicit ServiceFaults(std::vector<ServiceFault> faults) : faults_{std::move(faults)}, reached_(faults_.size(), 0) {}

  // Whether a fault answered or broke the request; a delay alone lets it go on.
  bool strike(const codec::Json& source, Reply& reply);

 private:
  std::vector<ServiceFault> faults_;
  std::vector<std::uint64_t> reached_;
};

// What conditions of services look into: {"method", "host", "path", "query", "header", "body", "subject"}; `path` is
// the decoded text here, "body" JSON where the content type says so and it parses, else text.
codec::Json ask_source(const HttpAsk& ask, const PathAndQuery& target);

}  // namespace belljar::boundary
