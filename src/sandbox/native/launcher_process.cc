#include "sandbox/native/launcher_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "base/check.h"
#include "os/error.h"
#include "os/file.h"
#include "os/run_program.h"
#include "sandbox/native/subordinate_ids.h"
#include "sandbox/native/walls.h"

namespace belljar::sandbox::native {

namespace {

constexpr int kStartMilliseconds = 10'000;

Result<os::Fd> sealed_copy(const std::string& bytes) {
  os::Fd fd{::memfd_create("belljar-plan", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  if (!fd) return os::os_error("make memory for the plan");
  TRY(os::write_all(fd.get(), bytes, "the plan"));
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
    return os::os_error("seal the plan");
  }
  return fd;
}

}  // namespace

std::string failure_text(const LauncherReply& reply) {
  std::string text{step_name(reply.step)};
  text += ": " + os::errno_name(reply.error);
  if (reply.item != 0) text += " (item " + std::to_string(reply.item) + " of the plan)";
  const std::string_view remedy = step_remedy(reply.step, reply.error);
  if (!remedy.empty()) text += "; " + std::string{remedy};
  return text;
}

// posix_spawn shares our memory until the exec, so a large engine starts a launcher as fast as a small one.
Result<std::unique_ptr<LauncherProcess>> LauncherProcess::spawn(const std::string& init_program) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return os::os_error("make the launcher's socket");
  }
  std::unique_ptr<LauncherProcess> launcher{new LauncherProcess};
  launcher->socket_ = os::Fd{ends[0]};
  const os::Fd theirs{ends[1]};
  // The target number may be in use by the very descriptor to be moved there: go by way of a high one.
  const os::Fd high{::fcntl(theirs.get(), F_DUPFD_CLOEXEC, 100)};
  if (!high) return os::os_error("arrange the launcher's descriptors");

  posix_spawn_file_actions_t actions;
  (void)::posix_spawn_file_actions_init(&actions);
  for (int standard = 0; standard < 3; ++standard) {
    (void)::posix_spawn_file_actions_addopen(&actions, standard, "/dev/null", O_RDWR, 0);
  }
  (void)::posix_spawn_file_actions_adddup2(&actions, high.get(), kLauncherSocket);
  (void)::posix_spawn_file_actions_addclosefrom_np(&actions, kLauncherSocket + 1);
  std::array<char*, 3> words{const_cast<char*>("belljar-init"), const_cast<char*>("launch"), nullptr};
  std::array<char*, 1> environment{nullptr};
  const int error =
      ::posix_spawn(&launcher->pid_, init_program.c_str(), &actions, nullptr, words.data(), environment.data());
  (void)::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    launcher->pid_ = -1;
    return os::os_error("start " + init_program + " (reinstall Belljar; it belongs beside belljar)", error);
  }
  return launcher;
}

Result<void> LauncherProcess::instruct(const LauncherOptions& options) {
  const os::Fd plan = TRY(sealed_copy(options.plan));
  LauncherStart start;
  start.hierarchies = static_cast<std::uint32_t>(options.cgroup_roots.size());
  const std::size_t length = std::min(options.cgroup_prefix.size(), sizeof start.cgroup_prefix - 1);
  std::memcpy(start.cgroup_prefix, options.cgroup_prefix.data(), length);
  std::vector<int> descriptors{plan.get()};
  for (const os::Fd& root : options.cgroup_roots) descriptors.push_back(root.get());
  descriptors.push_back(options.engine_number);
  TRY_CTX(send(&start, sizeof start, descriptors), "instruct the launcher");
  return options.rootless ? map_own_ids() : Result<void>{};
}

// Rootless: the launcher cannot write its own id maps; it says when it needs them.
Result<void> LauncherProcess::map_own_ids() {
  pollfd polled{socket_.get(), POLLIN, 0};
  int count = 0;
  do {
    count = ::poll(&polled, 1, kStartMilliseconds);
  } while (count < 0 && errno == EINTR);
  if (count <= 0)
    return Error{Errc::timeout, "start the launcher: no answer in 10 s; the host is overloaded or frozen"};
  const std::optional<LauncherMessage> message = TRY(receive());
  if (!message || message->reply.event != LauncherEvent::unshared) {
    return Error{Errc::unavailable, "start the launcher: " + failure_text(message ? message->reply : LauncherReply{})};
  }
  subordinate_ranges_ = TRY(map_user_namespace(pid_)) / kIdsPerSlot;
  const InitOrder go{};
  if (::send(socket_.get(), &go, sizeof go, MSG_NOSIGNAL) != sizeof go) return os::os_error("instruct the launcher");
  return {};
}

Result<void> LauncherProcess::create(const CreateRequest& request, std::span<const int> descriptors) {
  return send(&request, sizeof request, descriptors);
}

Result<void> LauncherProcess::send(const void* bytes, std::size_t size, std::span<const int> descriptors) {
  iovec part{const_cast<void*>(bytes), size};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kDescriptorsMax)> control{};
  CHECK(descriptors.size() <= kDescriptorsMax, "a message to the launcher carries what it can take");
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  if (::sendmsg(socket_.get(), &message, MSG_NOSIGNAL) < 0) return os::os_error("ask the launcher for a sandbox");
  return {};
}

Result<std::optional<LauncherMessage>> LauncherProcess::receive() {
  LauncherMessage got;
  iovec part{&got.reply, sizeof got.reply};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t bytes = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return std::optional<LauncherMessage>{};
  if (bytes != static_cast<ssize_t>(sizeof got.reply)) {
    return Error{Errc::internal, "listen to the launcher: it is gone (killed from outside?)"};
  }
  if (got.reply.event == LauncherEvent::created) ++alive_;
  if (got.reply.event == LauncherEvent::ended) --alive_;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    got.pidfd = os::Fd{fd};
  }
  return std::optional<LauncherMessage>{std::move(got)};
}

LauncherProcess::~LauncherProcess() {
  socket_.reset();
  if (pid_ <= 0) return;
  // Without sandboxes there is nothing to be sure of, and its own end takes longer than a small program runs.
  const int how = alive_ > 0 ? 0 : WNOHANG;
  while (::waitpid(pid_, nullptr, how) < 0 && errno == EINTR) {
  }
}

}  // namespace belljar::sandbox::native
