// The network of a sandbox with a gateway: nothing but a loopback, where everything that leaves a program ends at
// sockets that the gateway holds.

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <cstring>

#include "sandbox/native/init/box.h"
#include "spec/sandbox_spec.h"

namespace belljar::sandbox::native {

namespace {

constexpr int kBacklog = 128;
constexpr int kDoorBufferBytes = 256 << 10;  // of each connection, either way, on the gateway's side
constexpr std::uint32_t kLoopbackIndex = 1;  // the first interface of every network namespace

// The first answer decides: 0 or the errno of the request that failed.
int answer_of(int socket) {
  alignas(nlmsghdr) char bytes[4096];
  ssize_t got = 0;
  do {
    got = ::recv(socket, bytes, sizeof bytes, 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return errno;
  const auto* head = reinterpret_cast<const nlmsghdr*>(bytes);
  if (static_cast<std::size_t>(got) < NLMSG_LENGTH(sizeof(nlmsgerr)) || head->nlmsg_type != NLMSG_ERROR) return EPROTO;
  return -static_cast<const nlmsgerr*>(NLMSG_DATA(head))->error;
}

Outcome ask_kernel(Step step, int protocol, const void* request, std::size_t bytes) {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  if (fd < 0) return failed(step);
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  const ssize_t put = ::sendto(fd, request, bytes, 0, reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
  const int error = put == static_cast<ssize_t>(bytes) ? answer_of(fd) : errno;
  (void)::close(fd);
  return error == 0 ? done() : failed(step, error);
}

// "default dev lo scope link src 127.0.0.1": every address has a way, and it ends here.
Outcome lay_route() {
  struct {
    nlmsghdr head;
    rtmsg route;
    rtattr interface;
    std::uint32_t index;
    rtattr source;
    in_addr_t address;
  } request{};
  request.head = {sizeof request, RTM_NEWROUTE, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 1, 0};
  request.route.rtm_family = AF_INET;
  request.route.rtm_table = RT_TABLE_MAIN;
  request.route.rtm_protocol = RTPROT_STATIC;
  request.route.rtm_scope = RT_SCOPE_LINK;
  request.route.rtm_type = RTN_UNICAST;
  request.interface = {RTA_LENGTH(sizeof request.index), RTA_OIF};
  request.index = kLoopbackIndex;
  request.source = {RTA_LENGTH(sizeof request.address), RTA_PREFSRC};
  request.address = htonl(INADDR_LOOPBACK);
  return ask_kernel(Step::route, NETLINK_ROUTE, &request, sizeof request);
}

Outcome set_kernel_value(const char* path, const char* text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return failed(Step::socket_memory);
  const std::size_t bytes = std::strlen(text);
  const bool written = ::write(fd, text, bytes) == static_cast<ssize_t>(bytes);
  const int error = errno;
  (void)::close(fd);
  return written ? done() : failed(Step::socket_memory, error);
}

// Where the memory cgroup does not count sockets (cgroup v1), these and the quota of descriptors bound them. The
// program's own /proc shows no settings; a whole one stands in its place for this moment.
Outcome bound_socket_memory() {
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
    return failed(Step::socket_memory);
  }
  Outcome outcome = set_kernel_value("/proc/sys/net/ipv4/tcp_rmem", "4096 131072 262144");
  if (outcome.ok()) outcome = set_kernel_value("/proc/sys/net/ipv4/tcp_wmem", "4096 65536 262144");
  // A second family would be a second way to reach everything; a kernel without it has nothing to switch off.
  if (outcome.ok() && ::access("/proc/sys/net/ipv6", F_OK) == 0) {
    outcome = set_kernel_value("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
  }
  if (::umount2("/proc", MNT_DETACH) != 0 && outcome.ok()) return failed(Step::socket_memory);
  return outcome;
}

int open_door(Door door) {
  if (door == Door::netfilter) return ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
  if (door == Door::route) return ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  constexpr std::uint16_t kPorts[] = {spec::kGatewayHttpPort, spec::kGatewaySocksPort, spec::kGatewayTransparentPort,
                                      spec::kGatewayDnsPort};
  const int kind = door == Door::dns ? SOCK_DGRAM : SOCK_STREAM;
  const int fd = ::socket(AF_INET, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(kPorts[static_cast<std::uint32_t>(door)]);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // Accepted connections inherit the buffers' bounds.
  bool fine = true;
  for (const int buffer : {SO_RCVBUF, SO_SNDBUF}) {
    fine = fine && ::setsockopt(fd, SOL_SOCKET, buffer, &kDoorBufferBytes, sizeof kDoorBufferBytes) == 0;
  }
  fine = fine && ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  if (fine && (door == Door::dns || ::listen(fd, kBacklog) == 0)) return fd;
  const int error = errno;
  (void)::close(fd);
  errno = error;
  return -1;
}

}  // namespace

Outcome build_network(const PlanView& view) {
  if (Outcome outcome = raise_loopback(); !outcome.ok()) return outcome;
  if (Outcome outcome = bound_socket_memory(); !outcome.ok()) return outcome;
  const Text& rules = view.plan().redirection;
  // The rules stand before the route does: no packet finds a way without them.
  Outcome outcome = ask_kernel(Step::redirection, NETLINK_NETFILTER, view.text(rules), rules.length);
  return outcome.ok() ? lay_route() : outcome;
}

// A socket belongs to the network namespace it was made in, whoever holds it: the gateway accepts on these in a process
// of the host that never enters the sandbox.
Outcome hand_over_doors(int control) {
  for (std::uint32_t door = 0; door < static_cast<std::uint32_t>(Door::last); ++door) {
    const int fd = open_door(static_cast<Door>(door));
    if (fd < 0) return failed(Step::doors, errno, door);
    BoxReport report{};
    report.event = BoxEvent::door;
    report.item = door;
    const int error = send_message(control, &report, sizeof report, fd);
    (void)::close(fd);
    if (error != 0) return failed(Step::doors, error, door);
  }
  return done();
}

}  // namespace belljar::sandbox::native
