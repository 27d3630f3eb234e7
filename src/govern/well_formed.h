// Text for JSON that anybody can parse: strings and names that are not UTF-8 are shown as printable() shows them, all
// others stay as they are. What `drive` keeps is printable already; this is the last door before the disk.
//
//   out.push_back(well_formed(std::move(line)));
//
// Pure; safe from any thread.
#pragma once

#include "codec/json.h"

namespace belljar::govern {

codec::Json well_formed(codec::Json value);

}  // namespace belljar::govern
