#include "sandbox/native/netlink.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "os/error.h"

namespace belljar::sandbox::native {

namespace {

constexpr std::size_t kDumpBytesMax = 4U << 20;
constexpr int kPatienceMs = 1000;

std::size_t aligned(std::size_t bytes) { return (bytes + 3) & ~std::size_t{3}; }

template <class T>
T read_at(std::string_view bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace

NetlinkWriter::Nest::~Nest() {
  if (writer_ == nullptr) return;
  const auto length = static_cast<std::uint16_t>(writer_->bytes_.size() - at_);
  std::memcpy(writer_->bytes_.data() + at_, &length, sizeof length);
}

void NetlinkWriter::begin_raw(std::uint16_t type, std::uint16_t flags, std::string_view fixed) {
  message_ = bytes_.size();
  nlmsghdr head{};
  head.nlmsg_type = type;
  head.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  head.nlmsg_seq = ++sequence_;
  bytes_.append(reinterpret_cast<const char*>(&head), sizeof head);
  bytes_.append(fixed);
  pad();
}

void NetlinkWriter::begin(std::uint16_t type, std::uint16_t flags, std::uint8_t family, std::uint16_t resource) {
  const nfgenmsg fixed{family, NFNETLINK_V0, htons(resource)};
  begin_raw(type, flags, {reinterpret_cast<const char*>(&fixed), sizeof fixed});
}

void NetlinkWriter::end() {
  const auto length = static_cast<std::uint32_t>(bytes_.size() - message_);
  std::memcpy(bytes_.data() + message_, &length, sizeof length);
}

void NetlinkWriter::pad() { bytes_.resize(aligned(bytes_.size())); }

void NetlinkWriter::attribute(std::uint16_t type, std::string_view value) {
  const nlattr head{static_cast<std::uint16_t>(sizeof(nlattr) + value.size()), type};
  bytes_.append(reinterpret_cast<const char*>(&head), sizeof head);
  bytes_.append(value);
  pad();
}

void NetlinkWriter::text(std::uint16_t type, std::string_view value) { attribute(type, std::string{value} + '\0'); }

void NetlinkWriter::byte(std::uint16_t type, std::uint8_t value) {
  attribute(type, {reinterpret_cast<const char*>(&value), 1});
}

void NetlinkWriter::big32(std::uint16_t type, std::uint32_t value) {
  const std::uint32_t wire = htonl(value);
  attribute(type, {reinterpret_cast<const char*>(&wire), sizeof wire});
}

void NetlinkWriter::big64(std::uint16_t type, std::uint64_t value) {
  const std::uint64_t wire = htobe64(value);
  attribute(type, {reinterpret_cast<const char*>(&wire), sizeof wire});
}

NetlinkWriter::Nest NetlinkWriter::nest(std::uint16_t type) {
  const std::size_t at = bytes_.size();
  attribute(type, {});
  return {*this, at};
}

std::vector<std::pair<std::uint16_t, std::string_view>> netlink_list(std::string_view bytes) {
  std::vector<std::pair<std::uint16_t, std::string_view>> list;
  while (bytes.size() >= sizeof(nlattr)) {
    const auto head = read_at<nlattr>(bytes);
    if (head.nla_len < sizeof head || head.nla_len > bytes.size()) break;
    list.emplace_back(static_cast<std::uint16_t>(head.nla_type & NLA_TYPE_MASK),
                      bytes.substr(sizeof head, head.nla_len - sizeof head));
    bytes.remove_prefix(std::min(bytes.size(), aligned(head.nla_len)));
  }
  return list;
}

std::map<std::uint16_t, std::string_view> netlink_attributes(std::string_view bytes) {
  std::map<std::uint16_t, std::string_view> map;
  for (const auto& [type, value] : netlink_list(bytes)) map[type] = value;
  return map;
}

std::vector<NetlinkMessage> netlink_messages(std::string_view bytes, std::size_t fixed_bytes) {
  std::vector<NetlinkMessage> messages;
  while (bytes.size() >= sizeof(nlmsghdr)) {
    const auto head = read_at<nlmsghdr>(bytes);
    if (head.nlmsg_len < sizeof head || head.nlmsg_len > bytes.size()) break;
    std::string_view body = bytes.substr(sizeof head, head.nlmsg_len - sizeof head);
    const std::size_t fixed = std::min(body.size(), aligned(fixed_bytes));
    messages.push_back({head.nlmsg_type, std::string{body.substr(0, fixed)}, std::string{body.substr(fixed)}});
    bytes.remove_prefix(std::min(bytes.size(), aligned(head.nlmsg_len)));
  }
  return messages;
}

Result<std::vector<NetlinkMessage>> netlink_dump(int socket, const std::string& request, std::size_t fixed_bytes) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  const ssize_t put = ::sendto(socket, request.data(), request.size(), MSG_DONTWAIT,
                               reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
  if (put != static_cast<ssize_t>(request.size())) return os::os_error("ask the kernel for a sandbox's network");
  std::vector<NetlinkMessage> all;
  std::string buffer(65536, '\0');
  for (std::size_t seen = 0; seen < kDumpBytesMax;) {
    pollfd polled{socket, POLLIN, 0};
    if (::poll(&polled, 1, kPatienceMs) <= 0) break;
    const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return os::os_error("read a sandbox's network from the kernel");
    seen += static_cast<std::size_t>(got);
    const std::string_view bytes{buffer.data(), static_cast<std::size_t>(got)};
    for (NetlinkMessage& message : netlink_messages(bytes, fixed_bytes)) {
      if (message.type == NLMSG_DONE) return all;
      if (message.type == NLMSG_ERROR) {
        const std::string content = message.fixed + message.attributes;
        const int error = content.size() >= sizeof(int) ? -read_at<int>(content) : EPROTO;
        return os::os_error("read a sandbox's network from the kernel", error);
      }
      all.push_back(std::move(message));
    }
  }
  return Error{Errc::unavailable, "read a sandbox's network from the kernel: no end within a second or 4 MiB"};
}

}  // namespace belljar::sandbox::native
