// The ledger: entries appended, made durable and verified a second, and the memory that takes.
//
//   ledger_bench [entries] [folder]     default 1,000,000 entries, below the current folder
//
// Entries are those of messages, some 330 bytes; bodies are JSON of 1 KiB. The peer of a durable group is one file to
// which the same bytes are appended and synced: what a log without tree, signature and erasure would cost.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "codec/crypto.h"
#include "ledger/checkpoint.h"
#include "ledger/ledger.h"
#include "ledger/note.h"
#include "ledger/reader.h"
#include "measure.h"
#include "os/file.h"

namespace {

using namespace belljar;  // NOLINT(google-build-using-namespace): one file, one purpose
using bench::must;
using bench::now_ns;

constexpr std::size_t kGroup = 4096;  // entries to a commit, as the exchange groups them

codec::SigningKey bench_key() { return must(codec::SigningKey::from_seed(std::string(32, 'b'))); }

std::string message_entry(std::size_t number) {
  const std::string text = std::to_string(number);
  return R"({"kind":"request","state":"attempted","seq":)" + text + R"(,"t_ns":1)" + text +
         R"(000000,"trace":"4bf92f3577b34da6a3ce929d0e0e4736","span":"00f067aa0ba902b7","parent":"b7ad6b7169203331",)"
         R"("case":"case-)" +
         text + R"(","id":"m-)" + text + R"(","from":"workload","to":"classifier","rule":"contract.request",)" +
         R"("reason":"all \"required\" members are there","at_ns":)" + text + "}";
}

std::string message_body(std::size_t number) {
  std::string body = R"({"id":"m-)" + std::to_string(number) + R"(","features":[)";
  std::uint64_t random = number * 0x9E3779B97F4A7C15U + 1;
  while (body.size() < 1015) {
    random = random * 6364136223846793005U + 1442695040888963407U;
    body += std::to_string(random >> 40) + ',';
  }
  return body + "0]}";
}

std::unique_ptr<ledger::Ledger> new_ledger(const std::string& run) {
  return must(ledger::Ledger::create(run, "belljar.local/bench", bench_key()));
}

long resident_kib() {
  std::ifstream status{"/proc/self/statm"};
  long pages = 0;
  long resident = 0;
  status >> pages >> resident;
  return resident * (::sysconf(_SC_PAGESIZE) / 1024);
}

double cpu_seconds() {
  timespec now{};
  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Entries a second by the clock, and what each cost this process, which a busy machine changes little.
struct Pace {
  std::int64_t begin = now_ns();
  double cpu_begin = cpu_seconds();

  std::string after(std::size_t count) const {
    const double seconds = static_cast<double>(now_ns() - begin) / 1e9;
    const auto entries = static_cast<double>(count);
    std::array<char, 80> text{};
    (void)std::snprintf(text.data(), text.size(), "%8zu entries  %9.0f /s  %5.2f us of CPU each", count,
                        entries / seconds, (cpu_seconds() - cpu_begin) * 1e6 / entries);
    return text.data();
  }
};

double per_second(std::size_t count, std::int64_t begin) {
  return static_cast<double>(count) * 1e9 / static_cast<double>(now_ns() - begin);
}

void append_many(const std::string& run, std::size_t entries, bool with_bodies) {
  const std::unique_ptr<ledger::Ledger> ledger = new_ledger(run);
  std::vector<std::string> bodies;
  for (std::size_t at = 0; at < 509; ++at) bodies.push_back(message_body(at));
  long early = 0;
  const Pace pace;
  for (std::size_t at = 0; at < entries; ++at) {
    if (with_bodies) {
      (void)must(ledger->append_with_body(message_entry(at), bodies[at % bodies.size()]));
    } else {
      (void)must(ledger->append(message_entry(at)));
    }
    if (at == entries / 10) early = resident_kib();
  }
  const std::string paced = pace.after(entries);
  (void)must(ledger->checkpoint());
  const long late = resident_kib();
  (void)std::printf("append%-12s %s  resident %ld KiB at a tenth, %ld KiB at the end\n",
                    with_bodies ? " with bodies" : "", paced.c_str(), early, late);
}

void make_durable(const std::string& run, std::size_t group) {
  const std::size_t groups = std::max<std::size_t>(4, 40'000 / group);
  const std::unique_ptr<ledger::Ledger> ledger = new_ledger(run);
  std::vector<double> commits;
  std::int64_t begin = now_ns();
  for (std::size_t at = 0; at < groups * group; ++at) {
    (void)must(ledger->append(message_entry(at)));
    if (at % group != group - 1) continue;
    const std::int64_t before = now_ns();
    (void)must(ledger->checkpoint());
    commits.push_back(static_cast<double>(now_ns() - before) / 1e6);
  }
  const double rate = per_second(groups * group, begin);

  const std::string peer = run + ".peer";
  const int fd = ::open(peer.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  begin = now_ns();
  std::string buffer;
  for (std::size_t at = 0; at < groups * group; ++at) {
    buffer += message_entry(at);
    if (at % group != group - 1) continue;
    must(os::write_all(fd, buffer, peer));
    (void)::fdatasync(fd);
    buffer.clear();
  }
  const double peer_rate = per_second(groups * group, begin);
  (void)::close(fd);
  (void)::unlink(peer.c_str());
  (void)std::printf(
      "durable, groups of %-5zu         %9.0f /s  commit p50 %.1f ms, p99 %.1f ms; plain file %.0f /s (%.2f)\n", group,
      rate, bench::quantile(commits, 0.5), bench::quantile(commits, 0.99), peer_rate, rate / peer_rate);
}

void verify_all(const std::string& run, const std::string& key_file, const char* what) {
  const Pace pace;
  const ledger::VerifyReport report = must(ledger::verify_run(run, {key_file}));
  (void)std::printf("verify%-12s %s  %zu problems, resident %ld KiB\n", what,
                    pace.after(report.signed_head.size).c_str(), report.problems.size(), resident_kib());
}

void read_all(const std::string& run, const std::string& key_file, const char* what) {
  const Pace pace;
  ledger::RecordReader reader = must(ledger::RecordReader::open(run, ledger::VerifyOptions{key_file}));
  std::size_t entries = 0;
  while (must(reader.next()) != nullptr) ++entries;
  (void)std::printf("read%-14s %s  resident %ld KiB\n", what, pace.after(entries).c_str(), resident_kib());
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t entries = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const std::string folder = argc > 2 ? argv[2] : ".";
  // A new folder for each part: ext4 is slow to make files where many have just been removed.
  const std::string runs = folder + "/ledger_bench.runs";
  must(os::remove_tree(runs));
  must(os::make_directories(runs, 0755));
  const std::string key_file = runs + "/trusted.pub";
  const ledger::VerifierKey verifier{std::string{ledger::kKeyName}, bench_key().public_key()};
  must(os::write_file_atomic(key_file, verifier.text() + '\n', 0644));
  append_many(runs + "/plain", entries, false);
  verify_all(runs + "/plain", key_file, "");
  read_all(runs + "/plain", key_file, "");
  append_many(runs + "/bodies", entries / 4, true);
  verify_all(runs + "/bodies", key_file, " with bodies");
  read_all(runs + "/bodies", key_file, " with bodies");
  for (const std::size_t group : {std::size_t{256}, std::size_t{1024}, kGroup}) {
    make_durable(runs + "/durable" + std::to_string(group), group);
  }
  must(os::remove_tree(runs));
  return 0;
}
