// What the engine observes of a running box: refused calls, canaries, counters, disks, time, output.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.h"
#include "os/error.h"
#include "os/file.h"
#include "os/memory_map.h"
#include "sandbox/native/box.h"
#include "sandbox/native/native_engine.h"
#include "sandbox/stream_quota.h"

namespace belljar::sandbox::native {

namespace {

constexpr Nanoseconds kSampleEvery = std::chrono::milliseconds{100};

std::string key_of(const spec::Violation& one) {
  std::string key = one.layer;
  for (const std::string* part : {&one.rule, &one.call, &one.arguments}) key.append(1, '\0').append(*part);
  return key;
}

}  // namespace

// The report keeps one record per distinct event; `pending_` is what nobody has taken yet.
void Box::note(spec::Violation violation) {
  const auto [place, fresh] = known_.try_emplace(key_of(violation), report_.violations.size());
  if (fresh) {
    report_.violations.push_back(violation);
  } else {
    report_.violations[place->second].count += violation.count;
  }
  pending_.push_back(std::move(violation));
}

// Notifications coalesce by themselves; they are merged here only when somebody asks, so that a flood of distinct
// refusals costs the host no search per call.
std::vector<spec::Violation> Box::take_violations() {
  drain_refusals();
  return std::exchange(pending_, {});
}

void Box::on_listener(Nanoseconds now) {
  if (!notifications_) return;
  const Result<PumpOutcome> pumped = notifications_->pump(now);
  if (!pumped || pumped.value().state == PumpOutcome::State::gone) {
    drain_refusals();
    notifications_.reset();
    if (!pumped) lose_sight("seccomp-listener", pumped.error());
    return;
  }
  listener_paused = pumped.value().state == PumpOutcome::State::paced;
  listener_after_ = pumped.value().not_before;
}

// What can no longer be watched is ended: its calls would be refused still, but nobody would know.
void Box::lose_sight(const std::string& of, const Error& why) {
  note({"engine", "lost-sight", of, printable(why.message(), 200), "", program_, "killed", 1, age().count()});
  kill(spec::EndStatus::denied, "lost sight of sandbox " + home_.spec.name + ": " + why.message() + "; it was killed");
}

void Box::drain_refusals() {
  if (!notifications_) return;
  for (spec::Violation& violation : notifications_->take()) note(std::move(violation));
}

void Box::on_canary(int watch) {
  for (std::size_t at = 0, seen = 0; at < home_.spec.planted.size(); ++at) {
    const spec::PlantedFile& file = home_.spec.planted[at];
    if (!file.canary) continue;
    if (watches.size() > seen && watches[seen] == watch) {
      note({"canary", file.inside, "open", "", "", program_, "recorded", 1, age().count()});
    }
    ++seen;
  }
}

Nanoseconds Box::on_time(Nanoseconds now) {
  if (state_ != BoxState::running) return Nanoseconds::max();
  const spec::Quotas& quotas = home_.spec.quotas;
  const Nanoseconds deadline = started_ + quotas.wall;
  if (now >= deadline) {
    kill(spec::EndStatus::timeout, "wall: ran longer than " + human_duration(Nanoseconds{quotas.wall}.count()));
    return Nanoseconds::max();
  }
  if (now >= next_sample_) {
    sample(now);
    next_sample_ = now + kSampleEvery;
    if (report_.cpu_ns > Nanoseconds{quotas.cpu_time}.count()) {
      kill(spec::EndStatus::limit, "cpu-time: used " + human_duration(report_.cpu_ns) + " of " +
                                       human_duration(Nanoseconds{quotas.cpu_time}.count()) + " (cgroup counter)");
    }
  }
  return std::min(deadline, next_sample_);
}

void Box::sample(Nanoseconds now) {
  if (started_.count() == 0 || !group_) return;
  const Result<os::CgroupCounters> read = group_.counters();
  if (!read) {
    // The group is there until remove(): without its counters no quota on time or memory could be told from luck.
    if (!sight_lost_) lose_sight("cgroup-counters", read.error());
    sight_lost_ = true;
    return;
  }
  const os::CgroupCounters& counters = read.value();
  spec::MemoryUse& memory = report_.memory;
  memory.peak_bytes = std::max(memory.peak_bytes, counters.memory_peak);
  memory.current_bytes = counters.memory_current;
  memory.swap_bytes = counters.swap_current;
  memory.page_faults_minor = counters.page_faults_minor;
  memory.page_faults_major = counters.page_faults_major;
  if (counters.oom_kills > memory.oom_events) {
    note({"quota", "memory", "", human_bytes(home_.spec.quotas.memory_bytes), "", program_, "killed",
          counters.oom_kills - memory.oom_events, (now - requested_).count()});
    memory.oom_events = counters.oom_kills;
  }
  report_.cpu_ns = std::max(report_.cpu_ns, static_cast<std::int64_t>(counters.cpu_usage_ns));
  if (counters.pids_refused > forks_refused_) {
    note({"quota", "processes", "clone", std::to_string(home_.spec.quotas.processes) + " tasks", "", program_, "EAGAIN",
          counters.pids_refused - forks_refused_, (now - requested_).count()});
    forks_refused_ = counters.pids_refused;
  }
  sample_disks();
  // Reading every mapping makes the program's own mapping calls wait: ten times less often than the counters.
  if (state_ == BoxState::running && samples_++ % 10 == 1) {
    memory.fragmentation = os::sample_memory_maps(std::array{program_}).fragmentation();
  }
}

// A full file system answers ENOSPC inside and counts nothing; its own figures tell.
void Box::sample_disks() {
  constexpr std::array<const char*, 4> kNames{"/tmp", "/work", "/out", "/dev/shm"};
  for (std::size_t at = 0; at < folders_.size(); ++at) {
    struct statfs info {};
    if (!folders_[at] || full_[at] || ::fstatfs(folders_[at].get(), &info) != 0) continue;
    const bool no_space = info.f_blocks > 0 && info.f_bavail == 0;
    const bool no_inodes = info.f_files > 0 && info.f_ffree == 0;
    if (!no_space && !no_inodes) continue;
    full_[at] = true;
    note({"quota", no_space ? "disk" : "inodes", "write", kNames[at], "", program_, "ENOSPC", 1, age().count()});
  }
}

Result<OutputChunk> Box::read_output(Stream stream, std::span<char> buffer) {
  os::Fd& fd = stream == Stream::out ? pipes_.output : pipes_.error;
  spec::StreamBytes& bytes = stream == Stream::out ? report_.stdout_bytes : report_.stderr_bytes;
  const StreamRead read = read_within(fd, buffer, home_.spec.quotas.output_bytes, bytes);
  if (read.cut_begins) {
    spec::Violation cut = output_cut(stream);
    cut.pid = program_;
    cut.first_ns = age().count();
    note(std::move(cut));
  }
  return read.chunk;
}

Result<std::string> Box::collect(const std::string& name, std::size_t bytes_max) const {
  const os::Fd& out = folders_[2];
  if (!out) return Error{Errc::not_found, "collect /out/" + printable(name) + ": the sandbox is gone"};
  const os::Fd file =
      TRY_CTX(os::open_beneath(out.get(), name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW), "collect from /out");
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return os::os_error("collect /out/" + printable(name));
  if (!S_ISREG(info.st_mode)) {
    return Error{Errc::invalid_argument, "collect /out/" + printable(name) + ": not a regular file"};
  }
  return os::read_all(file.get(), bytes_max, "/out/" + printable(name));
}

}  // namespace belljar::sandbox::native
