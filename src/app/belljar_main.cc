// belljar: the small program in front, which comes up in a fraction of the time that all of Belljar takes. A plain
// `exec` it sees to itself; for everything else it becomes belljar-core, which lies beside it.

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

#include "base/version.h"
#include "cli/exec_plain.h"
#include "os/error.h"
#include "os/system.h"
#include "sandbox/native/locations.h"

int main(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "";
  if (name == "--version" || name == "version") {
    (void)std::printf("belljar %s\n", std::string{belljar::kVersion}.c_str());
    return 0;
  }
  if (name == "exec") {
    const belljar::os::SystemClock clock;
    const std::vector<std::string> words(argv + 2, argv + argc);
    if (const std::optional<int> code = belljar::cli::exec_plain(words, clock)) return *code;
  }
  const belljar::Result<std::string> core = belljar::sandbox::native::find_own_program("belljar-core");
  if (core) (void)::execv(core.value().c_str(), argv);
  const std::string why = core ? belljar::os::os_error("start " + core.value()).message() : core.error().message();
  (void)std::fprintf(stderr, "belljar: %s\n", why.c_str());
  return 4;
}
