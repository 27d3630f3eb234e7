// What other tiers and later work lean on: networks, virtual machines, tools of the host.
#include "base/text.h"
#include "os/host_facts.h"
#include "sandbox/doctor/checks.h"

namespace belljar::sandbox {

namespace {

constexpr const char* kTiers = "other tiers and tools";

void add_tool(std::vector<HostCheck>& checks, const char* id, const char* name, const char* program, const char* cost,
              const char* remedy) {
  const Result<std::string> version = os::program_version(program);
  checks.push_back({.id = id,
                    .name = name,
                    .group = kTiers,
                    .status = version ? CheckStatus::works : CheckStatus::missing,
                    .need = Need::optional,
                    .detail = version ? printable(version.value(), 120) : "not installed",
                    .cost = cost,
                    .remedy = remedy,
                    .accept = ""});
}

void add_trial(std::vector<HostCheck>& checks, const char* id, const char* name, const os::Trial& trial,
               const char* cost, const char* remedy) {
  // A machine that runs, but too slowly to be of use, says so with this errno.
  const bool slow = trial.error == EOPNOTSUPP;
  checks.push_back({.id = id,
                    .name = name,
                    .group = kTiers,
                    .status = trial.works() ? CheckStatus::works
                              : slow        ? CheckStatus::degraded
                                            : CheckStatus::missing,
                    .need = Need::optional,
                    .detail = trial.detail,
                    .cost = cost,
                    .remedy = slow ? "a host whose processor runs guests itself: no command changes this one" : remedy,
                    .accept = ""});
}

}  // namespace

void check_other_tiers(std::vector<HostCheck>& checks) {
  add_tool(checks, "tool.mmdebstrap", "mmdebstrap", "mmdebstrap", "`belljar image build` cannot make images",
           "apt-get install mmdebstrap");
  add_tool(checks, "tool.runsc", "gVisor", "runsc", "no gvisor tier", "apt-get install runsc");
  add_tool(checks, "tool.qemu", "QEMU", "qemu-system-x86_64", "no microvm tier", "apt-get install qemu-system-x86");
  add_trial(checks, "tier.kvm", "KVM", os::try_kvm(), "microVMs run by emulation, ten times slower",
            "sudo modprobe kvm_amd || sudo modprobe kvm_intel; sudo usermod -aG kvm $USER");
  add_trial(checks, "net.nftables", "nftables", os::try_nftables(), "no packet rules for sandboxes that get a network",
            "modprobe nf_tables");
  add_trial(checks, "net.veth", "veth pairs", os::try_veth(), "no cable into a sandbox that gets a network",
            "modprobe veth");
}

}  // namespace belljar::sandbox
