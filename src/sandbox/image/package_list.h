// PackageList: the file an image is built from.
//
//     belljar-image: 1
//     name: python-sklearn
//     suite: bookworm
//     packages: [python3-minimal, python3-sklearn]
//     variant: minbase                       # optional: essential, apt, minbase (default), required, important
//     exclude: [/usr/lib/gcc/*, '*.la']      # optional: removed once all is installed; * matches any text, / too
//     pins: {libc6: 2.36-9}                  # optional: what the others pull in, at exactly this version
//     npm: [openai@6.8.1]                    # optional: with all they need, in /node_modules, where every program
//     finds them expired_index: accept                  # optional: for a mirror whose copy of the suite is past its
//     Valid-Until
//
// A suite that moves, as sid does, should have pins for what matters; a pin the mirror no longer has stops the build
// and is named with its line. An expired index is still checked against Debian's key; what is given up is the promise
// that nobody replays an old one.
//
//   PackageList list = TRY(parse_package_list(text, "images/python-sklearn.yaml"));
//
// Packages of npm come from the host's registry by the host's npm, each at one exact version; their own scripts never
// run. What they in turn need is resolved when the image is built, and is in its digest.
//
// Names are held to what dpkg calls a name, since they become words on a command line that root may run. Plain value;
// every error of the file is reported at once, as "file:line:column: what was found, what was expected".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace belljar::sandbox {

struct Pin {
  std::string package;
  std::string version;
  std::string place;  // "file:line:column", for messages
};

struct PackageList {
  std::string file;  // as given, for messages
  std::string name;
  std::string suite;
  std::string variant = "minbase";
  std::vector<std::string> packages;  // sorted, each once
  std::vector<std::string> exclude;   // sorted, each once
  std::vector<std::string> npm;       // sorted, each once: "openai@6.8.1", "@scope/name@1.0.0"
  std::vector<Pin> pins;              // sorted by package
  bool accept_expired_index = false;
};

Result<PackageList> parse_package_list(std::string_view text, std::string_view file);

// 32 hex digits that name the built root in the cache: equal for lists that ask for the same root on the same
// architecture, whichever mirror serves them. It names what was asked for; the content has a digest of its own.
std::string image_key(const PackageList& list, std::string_view architecture);

}  // namespace belljar::sandbox
