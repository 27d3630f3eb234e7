// PackageList: the file an image is built from.
//
//     belljar-image: 1
//     name: python-sklearn
//     suite: bookworm
//     packages: [python3-minimal, python3-sklearn]
//     variant: minbase                       # optional: essential, apt, minbase (default), required, important
//     exclude: [/usr/lib/gcc/*, '*.la']      # optional: removed once all is installed; * matches any text, / too
//
//   PackageList list = TRY(parse_package_list(text, "images/python-sklearn.yaml"));
//
// Names are held to what dpkg calls a name, since they become words on a command line that root may run. Plain value;
// every error of the file is reported at once, as "file:line:column: what was found, what was expected".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace belljar::sandbox {

struct PackageList {
  std::string file;  // as given, for messages
  std::string name;
  std::string suite;
  std::string variant = "minbase";
  std::vector<std::string> packages;  // sorted, each once
  std::vector<std::string> exclude;   // sorted, each once
};

Result<PackageList> parse_package_list(std::string_view text, std::string_view file);

// 32 hex digits that name the built root in the cache: equal for lists that ask for the same root on the same
// architecture, whichever mirror serves them. It names what was asked for; the content has a digest of its own.
std::string image_key(const PackageList& list, std::string_view architecture);

}  // namespace belljar::sandbox
