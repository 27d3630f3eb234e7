// Netlink: messages of the kernel's configuration sockets, written and read. Format: linux/netlink.h; attributes are
// length, type, value, padded to four bytes.
//
//   NetlinkWriter out;
//   out.begin(type, NLM_F_CREATE, NFPROTO_INET);
//   out.text(NFTA_TABLE_NAME, "belljar");
//   out.end();
//   std::vector<NetlinkMessage> all = TRY(netlink_dump(socket, out.take()));
//
// Plain values; a writer belongs to one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace belljar::sandbox::native {

class NetlinkWriter {
 public:
  // An open attribute that holds others; closed with its scope.
  class Nest {
   public:
    Nest(NetlinkWriter& writer, std::size_t at) : writer_{&writer}, at_{at} {}
    Nest(Nest&& other) noexcept : writer_{other.writer_}, at_{other.at_} { other.writer_ = nullptr; }
    Nest(const Nest&) = delete;
    Nest& operator=(const Nest&) = delete;
    Nest& operator=(Nest&&) = delete;
    ~Nest();

   private:
    NetlinkWriter* writer_;
    std::size_t at_;
  };

  // A message of netfilter (with its four bytes of head) until end(). NLM_F_REQUEST is always set.
  void begin(std::uint16_t type, std::uint16_t flags, std::uint8_t family, std::uint16_t resource = 0);
  // A message of any other kind, with this fixed part.
  void begin_raw(std::uint16_t type, std::uint16_t flags, std::string_view fixed);
  void end();

  void attribute(std::uint16_t type, std::string_view value);
  void text(std::uint16_t type, std::string_view value);  // with its closing NUL
  void byte(std::uint16_t type, std::uint8_t value);
  void big32(std::uint16_t type, std::uint32_t value);  // in network order
  void big64(std::uint16_t type, std::uint64_t value);
  Nest nest(std::uint16_t type);

  std::string take() { return std::move(bytes_); }

 private:
  void pad();

  std::string bytes_;
  std::size_t message_ = 0;
  std::uint32_t sequence_ = 0;
};

struct NetlinkMessage {
  std::uint16_t type = 0;
  std::string fixed;       // the fixed part
  std::string attributes;  // what follows it
};

// The attributes in `bytes` by type, without the flags of the type; of equal ones the last. What is cut short ends it.
std::map<std::uint16_t, std::string_view> netlink_attributes(std::string_view bytes);
// The same in order, for lists.
std::vector<std::pair<std::uint16_t, std::string_view>> netlink_list(std::string_view bytes);

// Messages in `bytes`, whose fixed part has `fixed_bytes`. For a request, and for what a dump brought.
std::vector<NetlinkMessage> netlink_messages(std::string_view bytes, std::size_t fixed_bytes);

// Sends a request made with NLM_F_DUMP and gathers what it brings. Blocks at most a second.
Result<std::vector<NetlinkMessage>> netlink_dump(int socket, const std::string& request, std::size_t fixed_bytes);

}  // namespace belljar::sandbox::native
