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
constexpr std::int32_t kBeforeFilters = -100;     // where NAT of what leaves stands
constexpr std::uint32_t kDestinationOffset = 16;  // of an IPv4 header
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
  // The first byte of the IPv4 address it goes to, the others zero.
  void destination_net() {
    {
      const Nested expression = begin("payload");
      out_.big32(NFTA_PAYLOAD_DREG, NFT_REG_1);
      out_.big32(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
      out_.big32(NFTA_PAYLOAD_OFFSET, kDestinationOffset);
      out_.big32(NFTA_PAYLOAD_LEN, 4);
    }
    const Nested expression = begin("bitwise");
    out_.big32(NFTA_BITWISE_SREG, NFT_REG_1);
    out_.big32(NFTA_BITWISE_DREG, NFT_REG_1);
    out_.big32(NFTA_BITWISE_LEN, 4);
    out_.big32(NFTA_BITWISE_OP, NFT_BITWISE_BOOL);
    data(NFTA_BITWISE_MASK, bytes_of(kFirstByte));
    data(NFTA_BITWISE_XOR, bytes_of(kNothing));
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
  void accept() {
    const Nested expression = begin("immediate");
    out_.big32(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
    const NetlinkWriter::Nest value = out_.nest(NFTA_IMMEDIATE_DATA);
    const NetlinkWriter::Nest verdict = out_.nest(NFTA_DATA_VERDICT);
    out_.big32(NFTA_VERDICT_CODE, NF_ACCEPT);
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

void only_ipv4(Expressions& rule) {
  const char ipv4 = NFPROTO_IPV4;
  rule.meta(NFT_META_NFPROTO);
  rule.compare(NFT_CMP_EQ, {&ipv4, 1});
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
  add_chain(out, "redirect", "nat", kBeforeFilters, NF_ACCEPT);
  add_chain(out, "bound", "filter", 0, NF_DROP);
  add_rule(out, "redirect", 0, [](Expressions& rule) {
    const char tcp = IPPROTO_TCP;
    only_ipv4(rule);
    rule.meta(NFT_META_L4PROTO);
    rule.compare(NFT_CMP_EQ, {&tcp, 1});
    rule.destination_net();
    rule.compare(NFT_CMP_NEQ, Expressions::bytes_of(kLoopback));
    rule.redirect_to(spec::kGatewayTransparentPort);
  });
  add_rule(out, "bound", 0, [](Expressions& rule) {
    only_ipv4(rule);
    rule.destination_net();
    rule.compare(NFT_CMP_EQ, Expressions::bytes_of(kLoopback));
    rule.accept();
  });
  // The last one asks for an answer; an error in any of them is answered before it.
  add_rule(out, "bound", NLM_F_ACK, [](Expressions& rule) { rule.reject(); });
  batch_mark(out, NFNL_MSG_BATCH_END);
  return out.take();
}

}  // namespace belljar::sandbox::native
