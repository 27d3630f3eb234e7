// Start to exit of /bin/true through each sandbox that this host has, interleaved run by run; then the same with
// `belljar pool` keeping sandboxes ready, a pause before each run, in which they are made. Usage: start_bench [RUNS]
// Peers that are not installed, or fail, are left out and named.

#include <csignal>

#include "measure.h"

namespace belljar::bench {
namespace {

struct Peer {
  const char* name;
  std::vector<std::string> argv;
  int every = 1;  // slow ones run in every n-th round
  std::vector<double> millis = {};
  std::vector<double> ratios = {};  // to bubblewrap's run of the same round
};

std::vector<Peer> peers() {
  const std::string belljar = BELLJAR_BINARY_DIR "/bin/belljar";
  return {
      {"bubblewrap",
       {"bwrap", "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--", "/bin/true"}},
      {"plain", {"/bin/true"}},
      {"belljar exec", {belljar, "exec", "--", "/bin/true"}},
      {"nsjail",
       {"nsjail", "-q", "-q", "-Mo", "-R", "/bin", "-R", "/lib", "-R", "/lib64", "-R", "/usr", "--", "/bin/true"}},
      {"unshare (8 namespaces)",
       {"unshare", "-U", "-r", "-p", "-f", "-m", "-n", "-i", "-u", "-C", "-T", "--mount-proc", "/bin/true"}},
      {"firejail",
       {"firejail", "--quiet", "--noprofile", "--net=none", "--private-dev", "--seccomp", "--caps.drop=all",
        "/bin/true"},
       10},
      {"runsc do (ptrace)",
       {"runsc", "--platform=ptrace", "--network=none", "--ignore-cgroups", "do", "/bin/true"},
       10},
      {"crun run", {BELLJAR_SOURCE_DIR "/bench/oci.sh", "crun"}, 5},
      {"runc run", {BELLJAR_SOURCE_DIR "/bench/oci.sh", "runc"}, 5},
      {"podman run", {BELLJAR_SOURCE_DIR "/bench/oci.sh", "podman"}, 20},
  };
}

void interleave(std::vector<Peer>& peers, int runs, std::int64_t pause_us) {
  for (Peer& peer : peers) {
    if (time_program(peer.argv) >= 0 && time_program(peer.argv) >= 0) continue;
    (void)std::printf("left out: %s (not installed here, or it fails here)\n", peer.name);
    peer.every = 0;
  }
  for (int round = 0; round < runs; ++round) {
    double bubblewrap = 0;
    for (Peer& peer : peers) {
      if (peer.every == 0 || round % peer.every != 0) continue;
      (void)::usleep(static_cast<useconds_t>(pause_us));
      const double millis = time_program(peer.argv);
      if (millis < 0) continue;
      if (&peer == &peers.front()) bubblewrap = millis;
      peer.millis.push_back(millis);
      if (bubblewrap > 0) peer.ratios.push_back(millis / bubblewrap);
    }
  }
}

void print(const std::vector<Peer>& peers) {
  for (const Peer& peer : peers) {
    if (peer.millis.empty()) continue;
    (void)std::printf("%-24s %6zu %9.2f %9.2f %9.2f %16.2f\n", peer.name, peer.millis.size(),
                      quantile(peer.millis, 0.1), quantile(peer.millis, 0.5), quantile(peer.millis, 0.95),
                      quantile(peer.ratios, 0.5));
  }
}

int run(int runs) {
  std::vector<Peer> all = peers();
  interleave(all, runs, 0);
  (void)std::printf("%-24s %6s %9s %9s %9s %16s\n", "peer", "runs", "p10 ms", "p50 ms", "p95 ms", "ratio to bwrap");
  print(all);

  std::vector<Peer> with_pool{all[0], all[2]};
  for (Peer& peer : with_pool) peer = {peer.name, peer.argv};
  with_pool[1].name = "belljar exec, pool";
  const std::string belljar = BELLJAR_BINARY_DIR "/bin/belljar";
  std::array<char*, 3> words{const_cast<char*>(belljar.c_str()), const_cast<char*>("pool"), nullptr};
  pid_t pool = 0;
  if (posix_spawn(&pool, belljar.c_str(), nullptr, nullptr, words.data(), environ) != 0) return 4;
  (void)::usleep(500'000);
  constexpr std::int64_t kPauseUs = 20'000;
  interleave(with_pool, runs, kPauseUs);
  (void)::kill(pool, SIGTERM);
  (void)waitpid(pool, nullptr, 0);
  print(with_pool);
  return 0;
}

}  // namespace
}  // namespace belljar::bench

int main(int argc, char** argv) { return belljar::bench::run(argc > 1 ? std::atoi(argv[1]) : 200); }
