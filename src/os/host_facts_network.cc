#include <linux/if_link.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "os/host_facts.h"
#include "os/host_facts_trial.h"

namespace belljar::os {

namespace {

// A netlink message is a header, then parts padded to four bytes.
class Message {
 public:
  Message(std::uint16_t type, std::uint16_t flags) {
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    add(header);
  }
  template <class Part>
  void add(const Part& part) {
    bytes_.append(reinterpret_cast<const char*>(&part), sizeof part);
    bytes_.append((4 - bytes_.size() % 4) % 4, '\0');
  }
  void add_attribute(std::uint16_t type, std::string_view content) {
    rtattr header{};
    header.rta_len = static_cast<std::uint16_t>(sizeof header + content.size());
    header.rta_type = type;
    add(header);
    bytes_ += content;
    bytes_.append((4 - bytes_.size() % 4) % 4, '\0');
  }
  // 0 or the errno of the kernel's acknowledgement.
  int send(int protocol) {
    const auto length = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(bytes_.data(), &length, sizeof length);
    const Fd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol)};
    if (!socket || ::send(socket.get(), bytes_.data(), bytes_.size(), 0) < 0) return errno;
    std::array<char, 4096> buffer{};
    for (;;) {  // answers come before the acknowledgement
      const ssize_t got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
      if (got < static_cast<ssize_t>(sizeof(nlmsghdr))) return got < 0 ? errno : EIO;
      nlmsghdr header{};
      std::memcpy(&header, buffer.data(), sizeof header);
      if (header.nlmsg_type != NLMSG_ERROR) continue;
      int error = 0;
      std::memcpy(&error, buffer.data() + sizeof header, sizeof error);
      return -error;
    }
  }

 private:
  std::string bytes_;
};

}  // namespace

Trial try_nftables() {
  return try_in_child([]() -> Trial {
    if (Trial entered = enter_namespaces(CLONE_NEWNET); !entered.works()) return entered;
    Message message(static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN), 0);
    message.add(nfgenmsg{AF_UNSPEC, NFNETLINK_V0, 0});
    const int error = message.send(NETLINK_NETFILTER);
    return error == 0 ? Trial{0, "in a network namespace of our own"} : trial_failed("ask nf_tables", error);
  });
}

Trial try_veth() {
  return try_in_child([]() -> Trial {
    if (Trial entered = enter_namespaces(CLONE_NEWNET); !entered.works()) return entered;
    Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    message.add(ifinfomsg{});
    rtattr inner{};
    constexpr std::string_view kKind = "veth";
    inner.rta_len = static_cast<std::uint16_t>(sizeof inner + kKind.size());
    inner.rta_type = IFLA_INFO_KIND;
    std::string content(reinterpret_cast<const char*>(&inner), sizeof inner);
    content += kKind;
    message.add_attribute(IFLA_LINKINFO, content);
    const int error = message.send(NETLINK_ROUTE);
    return error == 0 ? Trial{0, "a pair in a network namespace of our own"}
                      : trial_failed("create a veth pair", error);
  });
}

}  // namespace belljar::os
