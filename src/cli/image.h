// `belljar image build FILE.yaml...`, `belljar image list`: root file systems from package lists.
#pragma once

#include "cli/command.h"

namespace belljar::cli {

extern const Command kImage;

}  // namespace belljar::cli
