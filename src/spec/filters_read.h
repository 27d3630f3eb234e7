// read_filters(): the section `filters` as a part of another file. For scenario.cc and filters.cc.
#pragma once

#include "spec/fields.h"
#include "spec/filters.h"

namespace belljar::spec {

void read_filters(Problems& problems, const codec::Yaml& value, FilterSpec& spec);

}  // namespace belljar::spec
