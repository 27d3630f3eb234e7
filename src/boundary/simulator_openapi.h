// OpenAPI: the routes of a simulator out of an OpenAPI document (3.0 or 3.1), which alone is enough to start.
//
//   std::vector<RouteSpec> routes = TRY(openapi_routes(document, "shop.openapi.yaml"));
//
// Each operation becomes a route below the path of the first server: the JSON body is checked against its schema, and
// the lowest 2xx answer is given: its example where there is one, else a message made from its schema. References
// stay inside the document. Formats that Belljar does not know are left out of the schemas, `nullable` and the old
// exclusive bounds are turned into those of JSON Schema. Errors name the operation; Errc::invalid_argument. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "boundary/service_file.h"
#include "codec/json.h"

namespace belljar::boundary {

Result<std::vector<RouteSpec>> openapi_routes(const codec::Json& document, std::string_view file);

}  // namespace belljar::boundary
