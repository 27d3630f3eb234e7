#include "spec/sandbox_spec.h"

namespace belljar::spec {

std::vector<std::string> default_environment() {
  return {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/work", "LANG=C.UTF-8", "TMPDIR=/tmp"};
}

}  // namespace belljar::spec
