#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "suite/programs/machine_inside.h"

namespace belljar::suite {

namespace {

struct RouteRequest {
  nlmsghdr header;
  rtmsg route;
  rtattr interface_head;
  int interface;
};

// `ip route add local default dev lo`: every address of the family is this machine itself.
bool add_local_default(unsigned char family) {
  RouteRequest request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_NEWROUTE;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK;
  request.route.rtm_family = family;
  request.route.rtm_table = RT_TABLE_LOCAL;
  request.route.rtm_protocol = RTPROT_STATIC;
  request.route.rtm_scope = family == AF_INET ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
  request.route.rtm_type = RTN_LOCAL;
  request.interface_head.rta_len = RTA_LENGTH(sizeof(int));
  request.interface_head.rta_type = RTA_OIF;
  request.interface = static_cast<int>(::if_nametoindex("lo"));
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return false;
  char answer[1024];
  const bool sent = ::send(fd, &request, sizeof request, 0) == static_cast<ssize_t>(sizeof request);
  const ssize_t got = sent ? ::recv(fd, answer, sizeof answer, 0) : -1;
  (void)::close(fd);
  nlmsgerr result{};
  if (got < static_cast<ssize_t>(sizeof(nlmsghdr) + sizeof result)) return false;
  std::memcpy(&result, answer + sizeof(nlmsghdr), sizeof result);
  errno = -result.error;
  return result.error == 0;
}

}  // namespace

bool raise_network() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const bool up = fd >= 0 && ::ioctl(fd, SIOCSIFFLAGS, &request) == 0;
  (void)::close(fd);
  return up && add_local_default(AF_INET) && add_local_default(AF_INET6);
}

}  // namespace belljar::suite
