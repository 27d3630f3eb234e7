#include "suite/probe/catalogue.h"

#include <algorithm>
#include <vector>

namespace belljar::suite {

namespace {

constexpr std::array<std::string_view, 9> kClasses{"FS", "NET", "PROC", "KRN", "RES", "COV", "LEAK", "PRIV", "TTY"};

std::vector<Probe> join() {
  std::vector<Probe> all;
  for (const std::span<const Probe> part :
       {fs_probes(), fs_write_probes(), net_probes(), net_family_probes(), net_online_probes(), proc_probes(),
        krn_probes(), krn_file_probes(), res_probes(), res_count_probes(), cov_probes(), leak_probes(), priv_probes(),
        tty_probes()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace

std::string_view class_of(const Probe& probe) { return probe.id.substr(0, probe.id.find_first_of("0123456789")); }

std::span<const std::string_view> class_names() { return kClasses; }

std::span<const Probe> catalogue() {
  static const std::vector<Probe> kAll = join();
  return kAll;
}

const Probe* find_probe(std::string_view id) {
  const auto found =
      std::find_if(catalogue().begin(), catalogue().end(), [id](const Probe& probe) { return probe.id == id; });
  return found == catalogue().end() ? nullptr : &*found;
}

}  // namespace belljar::suite
