// belljar-init: the launcher of sandboxes and pid 1 of each. Static, no dynamic memory; started by the engine alone.

#include <cstring>

#include "sandbox/native/init/launch.h"

int main(int argc, char** argv) {
  static constexpr char kUsage[] = "belljar-init is started by belljar; there is nothing to run by hand\n";
  if (argc == 2 && std::strcmp(argv[1], "launch") == 0) return belljar::sandbox::native::launch();
  (void)!::write(2, kUsage, sizeof kUsage - 1);
  return 2;
}
