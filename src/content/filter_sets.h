// Filter sets: filters under the names by which a policy's terms ask for them.
//
//   std::shared_ptr<const Screen> screen = TRY(make_filter_set("secrets", policy_directory, canaries));
//
// Ready sets: `secrets` and `pii` redact, `injection` holds, `strict` refuses all of that and whatever is no clean
// text. Any other name that ends in .yaml is a file of filters (spec/filters.h), relative to `directory`. A name that
// is neither is an error: what cannot be enforced does not start. Safe from any thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "content/screen.h"
#include "spec/filters.h"

namespace belljar::content {

std::vector<std::string_view> ready_filter_sets();

// What such a name asks for.
Result<spec::FilterSpec> filter_set(std::string_view name, const std::string& directory);
Result<std::shared_ptr<const Screen>> make_filter_set(std::string_view name, const std::string& directory,
                                                      std::span<const Canary> canaries = {});

}  // namespace belljar::content
