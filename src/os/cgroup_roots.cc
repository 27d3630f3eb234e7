#include <fcntl.h>

#include "os/cgroup.h"
#include "os/cgroup_tree.h"
#include "os/error.h"

namespace belljar::os {

Result<std::vector<Fd>> CgroupHost::open_roots() const {
  std::vector<Fd> roots;
  for (const CgroupHierarchy& hierarchy : tree_->hierarchies) {
    const std::string above = hierarchy.path.substr(0, hierarchy.path.find_last_of('/'));
    Fd fd{::open(above.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!fd) return os_error("open cgroup folder " + above);
    roots.push_back(std::move(fd));
  }
  return roots;
}

}  // namespace belljar::os
