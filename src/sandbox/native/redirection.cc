#include "sandbox/native/redirection.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "sandbox/native/netlink.h"
#include "spec/sandbox_spec.h"

namespace belljar::sandbox::native {

namespace {

constexpr std::string_view kTable = "belljar";
constexpr std::int32_t kBeforeTracking = -300;
constexpr std::int32_t kBeforeFilters = -100;  // where NAT of what leaves stands
constexpr std::uint32_t kSourceOffset = 12;    // of an IPv4 header
constexpr std::uint32_t kDestinationOffset = 16;
constexpr std::uint32_t kSourcePort = 0;  // of a TCP header
constexpr std::uint32_t kDestinationPort = 2;
constexpr std::uint32_t kTurned = 1U << 5U;  // IPS_DST_NAT
constexpr std::uint32_t kConnectionsPerSecond = 500;
constexpr std::array<std::uint8_t, 4> kFirstLoopback{127, 0, 0, 1};
constexpr std::array<std::uint8_t, 4> kLoopback{127, 0, 0, 0};
constexpr std::array<std::uint8_t, 4> kFirstByte{255, 0, 0, 0};
constexpr std::array<std::uint8_t, 4> kNothing{};

std::uint16_t message_type(unsigned message) {
  return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8U | message);
}

// One rule's expressions; each takes what the one before left in register 1.
class Expressions {
 public:
  explicit Expressions(NetlinkWriter& out) : out_{out} {}

  void meta(std::uint32_t key) {
    const Nested expression = begin("meta");
    out_.big32(NFTA_META_KEY, key);
    out_.big32(NFTA_META_DREG, NFT_REG_1);
  }
  void compare(std::uint32_t how, std::string_view value) {
    const Nested expression = begin("cmp");
    out_.big32(NFTA_CMP_SREG, NFT_REG_1);
    out_.big32(NFTA_CMP_OP, how);
    data(NFTA_CMP_DATA, value);
  }
  void load(std::uint32_t header, std::uint32_t offset, std::uint32_t length) {
    const Nested expression = begin("payload");
    out_.big32(NFTA_PAYLOAD_DREG, NFT_REG_1);
    out_.big32(NFTA_PAYLOAD_BASE, header);
    out_.big32(NFTA_PAYLOAD_OFFSET, offset);
    out_.big32(NFTA_PAYLOAD_LEN, length);
  }
  void mask(std::string_view bits) {
    const Nested expression = begin("bitwise");
    out_.big32(NFTA_BITWISE_SREG, NFT_REG_1);
    out_.big32(NFTA_BITWISE_DREG, NFT_REG_1);
    out_.big32(NFTA_BITWISE_LEN, 4);
    out_.big32(NFTA_BITWISE_OP, NFT_BITWISE_BOOL);
    data(NFTA_BITWISE_MASK, bits);
    data(NFTA_BITWISE_XOR, bytes_of(kNothing));
  }
  void of_version_4() {
    const char version = NFPROTO_IPV4;
    meta(NFT_META_NFPROTO);
    compare(NFT_CMP_EQ, {&version, 1});
  }
  void of_tcp() {
    const char tcp = IPPROTO_TCP;
    of_version_4();
    meta(NFT_META_L4PROTO);
    compare(NFT_CMP_EQ, {&tcp, 1});
  }
  // `how`: NFT_CMP_EQ to loopback addresses, NFT_CMP_NEQ to all others.
  void to_loopback(std::uint32_t how) {
    load(NFT_PAYLOAD_NETWORK_HEADER, kDestinationOffset, 4);
    mask(bytes_of(kFirstByte));
    compare(how, bytes_of(kLoopback));
  }
  void from_first_loopback() {
    load(NFT_PAYLOAD_NETWORK_HEADER, kSourceOffset, 4);
    compare(NFT_CMP_EQ, bytes_of(kFirstLoopback));
  }
  void port_is(std::uint32_t offset, std::uint16_t port) {
    const std::uint16_t wire = htons(port);
    load(NFT_PAYLOAD_TRANSPORT_HEADER, offset, sizeof wire);
    compare(NFT_CMP_EQ, {reinterpret_cast<const char*>(&wire), sizeof wire});
  }
  // The connection was turned here by the redirection; one that was made here directly was not.
  void was_redirected() {
    const std::uint32_t turned = kTurned;  // in the machine's order, as the kernel holds it
    {
      const Nested expression = begin("ct");
      out_.big32(NFTA_CT_KEY, NFT_CT_STATUS);
      out_.big32(NFTA_CT_DREG, NFT_REG_1);
    }
    mask({reinterpret_cast<const char*>(&turned), sizeof turned});
    compare(NFT_CMP_NEQ, bytes_of(kNothing));
  }
  void above_rate(std::uint32_t each_second) {
    const Nested expression = begin("limit");
    out_.big64(NFTA_LIMIT_RATE, each_second);
    out_.big64(NFTA_LIMIT_UNIT, 1);
    out_.big32(NFTA_LIMIT_BURST, each_second);
    out_.big32(NFTA_LIMIT_TYPE, NFT_LIMIT_PKTS);
    out_.big32(NFTA_LIMIT_FLAGS, NFT_LIMIT_F_INV);
  }
  void forget() {
    const NetlinkWriter::Nest element = out_.nest(NFTA_LIST_ELEM);
    out_.text(NFTA_EXPR_NAME, "notrack");
  }
  void redirect_to(std::uint16_t port) {
    const std::uint16_t wire = htons(port);
    {
      const Nested expression = begin("immediate");
      out_.big32(NFTA_IMMEDIATE_DREG, NFT_REG_1);
      data(NFTA_IMMEDIATE_DATA, {reinterpret_cast<const char*>(&wire), sizeof wire});
    }
    const Nested expression = begin("redir");
    out_.big32(NFTA_REDIR_REG_PROTO_MIN, NFT_REG_1);
    out_.big32(NFTA_REDIR_REG_PROTO_MAX, NFT_REG_1);
    out_.big32(NFTA_REDIR_FLAGS, NF_NAT_RANGE_PROTO_SPECIFIED);
  }
  void decide(std::uint32_t what) {
    const Nested expression = begin("immediate");
    out_.big32(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
    const NetlinkWriter::Nest value = out_.nest(NFTA_IMMEDIATE_DATA);
    const NetlinkWriter::Nest verdict = out_.nest(NFTA_DATA_VERDICT);
    out_.big32(NFTA_VERDICT_CODE, what);
  }
  void reject() {
    const Nested expression = begin("reject");
    out_.big32(NFTA_REJECT_TYPE, NFT_REJECT_ICMPX_UNREACH);
    out_.byte(NFTA_REJECT_ICMP_CODE, NFT_REJECT_ICMPX_ADMIN_PROHIBITED);
  }

  static std::string_view bytes_of(const std::array<std::uint8_t, 4>& address) {
    return {reinterpret_cast<const char*>(address.data()), address.size()};
  }

 private:
  struct Nested {
    NetlinkWriter::Nest element;
    NetlinkWriter::Nest content;
  };
  Nested begin(std::string_view name) {
    NetlinkWriter::Nest element = out_.nest(NFTA_LIST_ELEM);
    out_.text(NFTA_EXPR_NAME, name);
    return {std::move(element), out_.nest(NFTA_EXPR_DATA)};
  }
  void data(std::uint16_t type, std::string_view value) {
    const NetlinkWriter::Nest nest = out_.nest(type);
    out_.attribute(NFTA_DATA_VALUE, value);
  }

  NetlinkWriter& out_;
};

void add_chain(NetlinkWriter& out, std::string_view name, std::string_view type, std::int32_t priority,
               std::uint32_t policy) {
  out.begin(message_type(NFT_MSG_NEWCHAIN), NLM_F_CREATE, NFPROTO_INET);
  out.text(NFTA_CHAIN_TABLE, kTable);
  out.text(NFTA_CHAIN_NAME, name);
  {
    const NetlinkWriter::Nest hook = out.nest(NFTA_CHAIN_HOOK);
    out.big32(NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_OUT);
    out.big32(NFTA_HOOK_PRIORITY, static_cast<std::uint32_t>(priority));
  }
  out.big32(NFTA_CHAIN_POLICY, policy);
  out.text(NFTA_CHAIN_TYPE, type);
  out.end();
}

template <class Fill>
void add_rule(NetlinkWriter& out, std::string_view chain, std::uint16_t flags, Fill fill) {
  out.begin(message_type(NFT_MSG_NEWRULE), static_cast<std::uint16_t>(NLM_F_CREATE | NLM_F_APPEND | flags),
            NFPROTO_INET);
  out.text(NFTA_RULE_TABLE, kTable);
  out.text(NFTA_RULE_CHAIN, chain);
  {
    const NetlinkWriter::Nest list = out.nest(NFTA_RULE_EXPRESSIONS);
    Expressions expressions{out};
    fill(expressions);
  }
  out.end();
}

void batch_mark(NetlinkWriter& out, std::uint16_t type) {
  out.begin(type, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
  out.end();
}

}  // namespace

std::string redirection_batch() {
  NetlinkWriter out;
  batch_mark(out, NFNL_MSG_BATCH_BEGIN);
  out.begin(message_type(NFT_MSG_NEWTABLE), NLM_F_CREATE | NLM_F_EXCL, NFPROTO_INET);
  out.text(NFTA_TABLE_NAME, kTable);
  out.end();
  add_chain(out, "track", "filter", kBeforeTracking, NF_ACCEPT);
  add_chain(out, "redirect", "nat", kBeforeFilters, NF_ACCEPT);
  add_chain(out, "bound", "filter", 0, NF_DROP);
  add_rule(out, "track", 0, [](Expressions& rule) {
    rule.of_tcp();
    rule.from_first_loopback();
    rule.port_is(kSourcePort, spec::kGatewayTransparentPort);
    rule.decide(NF_ACCEPT);
  });
  add_rule(out, "track", 0, [](Expressions& rule) {
    rule.of_version_4();
    rule.to_loopback(NFT_CMP_EQ);
    rule.forget();
  });
  add_rule(out, "redirect", 0, [](Expressions& rule) {
    rule.of_tcp();
    rule.to_loopback(NFT_CMP_NEQ);
    rule.above_rate(kConnectionsPerSecond);
    rule.decide(NF_DROP);
  });
  add_rule(out, "redirect", 0, [](Expressions& rule) {
    rule.of_tcp();
    rule.to_loopback(NFT_CMP_NEQ);
    rule.redirect_to(spec::kGatewayTransparentPort);
  });
  add_rule(out, "bound", 0, [](Expressions& rule) {
    rule.of_tcp();
    rule.port_is(kDestinationPort, spec::kGatewayTransparentPort);
    rule.was_redirected();
    rule.decide(NF_ACCEPT);
  });
  add_rule(out, "bound", 0, [](Expressions& rule) {
    rule.of_tcp();
    rule.port_is(kDestinationPort, spec::kGatewayTransparentPort);
    rule.reject();
  });
  add_rule(out, "bound", 0, [](Expressions& rule) {
    rule.of_version_4();
    rule.to_loopback(NFT_CMP_EQ);
    rule.decide(NF_ACCEPT);
  });
  // The last one asks for an answer; an error in any of them is answered before it.
  add_rule(out, "bound", NLM_F_ACK, [](Expressions& rule) { rule.reject(); });
  batch_mark(out, NFNL_MSG_BATCH_END);
  return out.take();
}

}  // namespace belljar::sandbox::native
