// Bait: a folder and a FIFO that everyone on the host may reach, to see from outside who does.
//
//   std::string folder = TRY(make_open_folder("belljar-twin"));   // /tmp/belljar-twin-x3Gf1a, mode 0755
//   Fd pipe = TRY(make_open_fifo(folder + "/pipe"));              // mode 0666, open for reading and writing,
//   non-blocking
//
// The caller removes them. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "os/fd.h"

namespace belljar::os {

// A new one below $TMPDIR or /tmp.
Result<std::string> make_open_folder(std::string_view name);
Result<Fd> make_open_fifo(const std::string& path);

}  // namespace belljar::os
