// What the engine does when something becomes readable.

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "os/error.h"
#include "sandbox/native/event_source.h"
#include "sandbox/native/native_engine.h"

namespace belljar::sandbox::native {

Result<void> poll_for(int epoll, int fd, Source source, std::uint32_t index) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = static_cast<std::uint64_t>(source) << 32 | index;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) return os::os_error("poll a descriptor");
  return {};
}

Result<void> NativeEngine::pump() {
  std::array<epoll_event, 64> events{};
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
  if (count < 0 && errno != EINTR) return os::os_error("poll sandboxes");
  const Nanoseconds now = clock_.monotonic();
  for (int at = 0; at < count; ++at) {
    const std::uint64_t data = events[static_cast<std::size_t>(at)].data.u64;
    const auto index = static_cast<std::uint32_t>(data);
    const auto source = static_cast<Source>(data >> 32);
    if (source == Source::launcher) TRY(on_launcher(*templates_[index]));
    if (source == Source::inotify) on_inotify();
    if (source == Source::timer) TRY(on_timer());
    const bool of_a_box = source == Source::control || source == Source::listener || source == Source::loading;
    if (of_a_box && boxes_[index]) {
      Box& box = *boxes_[index];
      if (source == Source::loading) box.on_loaded();
      if (source == Source::listener) box.on_listener(now);
      if (source == Source::control) box.on_control();
      TRY(watch(box));
      settle(box);
    }
  }
  return tidy();
}

// Brings the poll set in line with the box: its listener appears once sealed, and leaves while a flood is paced.
Result<void> NativeEngine::watch(Box& box) {
  const int fd = box.listener_paused ? -1 : box.listener_fd();
  if (fd != box.polled_listener) {
    // One that is closed has left the set by itself, and its number may be another descriptor's by now.
    const bool open = box.polled_listener >= 0 && box.listener_fd() == box.polled_listener;
    if (open) (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, box.polled_listener, nullptr);
    if (fd >= 0) {
      const Result<void> polled = poll_for(epoll_.get(), fd, Source::listener, box.slot());
      if (!polled) box.lose_sight("seccomp-listener", polled.error());
    }
    box.polled_listener = fd;
  }
  if (box.loading_fd() >= 0 && !std::exchange(box.polled_loading, true)) {
    TRY(poll_for(epoll_.get(), box.loading_fd(), Source::loading, box.slot()));
  }
  return box.listener_paused ? arm_timer(box.listener_after()) : Result<void>{};
}

// Moves boxes that have reached a resting point to where they belong.
void NativeEngine::settle(Box& box) {
  Template& home = box.home();
  if (box.pooled && box.state() == BoxState::ready) {
    box.pooled = false;
    --home.building;
    home.ready.push_back(&box);
  }
  if (box.pooled && !box.failure().empty()) {
    box.pooled = false;
    --home.building;
    home.depth = 0;
    box.abandoned = true;
  }
  if (box.state() != BoxState::ended || !box.abandoned || box.discarded) return;
  box.discarded = true;
  discarded_.push_back(box.slot());
}

// The launcher is gone and its sandboxes with it; each box is told so.
void NativeEngine::fail_all(Template& home, const std::string& why) {
  home.launcher.reset();
  for (const std::uint32_t slot : std::vector<std::uint32_t>{active_}) {
    Box& box = *boxes_[slot];
    if (&box.home() != &home) continue;
    if (box.state() == BoxState::running) box.lose_sight("launcher", Error{Errc::internal, why});
    box.fail("seal sandbox " + home.spec.name + ": " + why);
    box.on_ended({});
    settle(box);
  }
}

Result<void> NativeEngine::on_launcher(Template& home) {
  while (home.launcher) {
    Result<std::optional<LauncherMessage>> heard = home.launcher->receive();
    if (!heard) {
      fail_all(home, heard.error().message());
      return {};
    }
    if (!heard.value()) return {};
    LauncherMessage message = std::move(*std::move(heard).value());
    if (message.reply.event == LauncherEvent::failed) {
      fail_all(home, failure_text(message.reply));
      return {};
    }
    const std::uint32_t slot = message.reply.slot;
    if (slot >= kSlotsMax || !boxes_[slot] || &boxes_[slot]->home() != &home) continue;
    Box& box = *boxes_[slot];
    if (message.reply.event == LauncherEvent::created) box.on_created(message.reply.pid, std::move(message.pidfd));
    if (message.reply.event == LauncherEvent::refused) box.on_refused(message.reply);
    if (message.reply.event == LauncherEvent::ended) {
      box.on_control();  // what pid 1 said last may still wait
      on_inotify();
      box.on_ended(message.reply);
    }
    TRY(watch(box));
    settle(box);
  }
  return {};
}

void NativeEngine::on_inotify() {
  alignas(inotify_event) std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t got = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (got <= 0) return;
    for (ssize_t at = 0; at < got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      at += static_cast<ssize_t>(sizeof *event + event->len);
      if ((event->mask & IN_IGNORED) != 0) continue;
      for (const std::uint32_t slot : active_) boxes_[slot]->on_canary(event->wd);
    }
  }
}

Result<void> NativeEngine::on_timer() {
  std::uint64_t ticks = 0;
  (void)!::read(timer_.get(), &ticks, sizeof ticks);
  timer_at_ = Nanoseconds{0};
  const Nanoseconds now = clock_.monotonic();
  Nanoseconds next = Nanoseconds::max();
  for (const std::uint32_t slot : std::vector<std::uint32_t>{active_}) {
    Box& box = *boxes_[slot];
    if (box.listener_paused && now >= box.listener_after()) box.on_listener(now);
    next = std::min(next, box.on_time(now));
    TRY(watch(box));
  }
  return arm_timer(next);
}

// The earliest wish wins; the timer is re-armed from on_timer().
Result<void> NativeEngine::arm_timer(Nanoseconds at) {
  if (at == Nanoseconds::max() || (timer_at_.count() != 0 && timer_at_ <= at)) return {};
  itimerspec when{};
  when.it_value.tv_sec = at.count() / 1'000'000'000;
  when.it_value.tv_nsec = at.count() % 1'000'000'000;
  if (when.it_value.tv_sec == 0 && when.it_value.tv_nsec == 0) when.it_value.tv_nsec = 1;
  if (::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr) != 0) {
    return os::os_error("set the timer that ends sandboxes at their wall clock");
  }
  timer_at_ = at;
  return {};
}

}  // namespace belljar::sandbox::native
