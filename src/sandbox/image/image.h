// Image references of scenarios and of `exec`, resolved to a root on disk whose content has a digest.
//
//   spec::Image image = TRY(resolve_image("images/python-sklearn.yaml", "/home/me/scenarios"));
//
// "host" is the host's own /usr; a folder is used as it is and read once for its digest; a file ending in .yaml is a
// package list (package_list.h), built into the cache when it is not there (store.h), which takes about a minute and is
// told on stderr. Relative references are meant from `scenario_dir`. Single-threaded callers only.
#pragma once

#include <string>

#include "base/result.h"
#include "spec/sandbox_spec.h"

namespace belljar::sandbox {

Result<spec::Image> resolve_image(const std::string& reference_as_written, const std::string& scenario_dir);

}  // namespace belljar::sandbox
