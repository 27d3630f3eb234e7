// The tables that catalogue() joins, one function per table.
#pragma once

#include <span>

#include "suite/probe/probe.h"

namespace belljar::suite {

std::span<const Probe> fs_probes();
std::span<const Probe> fs_write_probes();
std::span<const Probe> net_probes();
std::span<const Probe> net_family_probes();
std::span<const Probe> net_online_probes();
std::span<const Probe> proc_probes();
std::span<const Probe> krn_probes();
std::span<const Probe> krn_file_probes();
std::span<const Probe> res_probes();
std::span<const Probe> res_count_probes();
std::span<const Probe> cov_probes();
std::span<const Probe> leak_probes();
std::span<const Probe> priv_probes();
std::span<const Probe> tty_probes();

}  // namespace belljar::suite
