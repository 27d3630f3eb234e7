// What the kernel says of a sandbox's network, compared with what was made. Both sides are brought into the same lines,
// one for each table, chain, rule, interface and route; handles and counters are left out.

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cstring>
#include <map>
#include <set>

#include "base/text.h"
#include "sandbox/native/netlink.h"
#include "sandbox/native/redirection.h"

namespace belljar::sandbox::native {

namespace {

using Attributes = std::map<std::uint16_t, std::string_view>;

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char byte : bytes) {
    out += kDigits[static_cast<unsigned char>(byte) >> 4U];
    out += kDigits[static_cast<unsigned char>(byte) & 15U];
  }
  return out;
}

std::string text_of(const Attributes& attributes, std::uint16_t type) {
  const auto found = attributes.find(type);
  if (found == attributes.end()) return "-";
  return printable(found->second.substr(0, found->second.find('\0')));
}

std::string hex_of(const Attributes& attributes, std::uint16_t type) {
  const auto found = attributes.find(type);
  return found == attributes.end() ? "-" : hex(found->second);
}

// "cmp(1=00000001 2=00000000 3=0800010002000000)"
std::string expression_text(std::string_view element) {
  const Attributes parts = netlink_attributes(element);
  std::string out = text_of(parts, NFTA_EXPR_NAME) + "(";
  const auto data = parts.find(NFTA_EXPR_DATA);
  if (data == parts.end()) return out + ")";
  for (const auto& [type, value] : netlink_attributes(data->second)) {
    if (out.back() != '(') out += ' ';
    out += std::to_string(type) + "=" + hex(value);
  }
  return out + ")";
}

std::string family_text(const NetlinkMessage& message) {
  return message.fixed.empty() ? "-" : std::to_string(static_cast<unsigned char>(message.fixed[0]));
}

std::string table_line(const NetlinkMessage& message) {
  const Attributes parts = netlink_attributes(message.attributes);
  return "table " + text_of(parts, NFTA_TABLE_NAME) + " of family " + family_text(message);
}

std::string chain_line(const NetlinkMessage& message) {
  const Attributes parts = netlink_attributes(message.attributes);
  std::string line = "chain " + text_of(parts, NFTA_CHAIN_NAME) + " of table " + text_of(parts, NFTA_CHAIN_TABLE);
  const auto hook = parts.find(NFTA_CHAIN_HOOK);
  if (hook == parts.end()) return line + " without a hook";
  const Attributes where = netlink_attributes(hook->second);
  return line + " type " + text_of(parts, NFTA_CHAIN_TYPE) + " hook " + hex_of(where, NFTA_HOOK_HOOKNUM) +
         " priority " + hex_of(where, NFTA_HOOK_PRIORITY) + " policy " + hex_of(parts, NFTA_CHAIN_POLICY);
}

// Rules are numbered in their chain, for their order is part of what they say.
class RuleLines {
 public:
  std::string line(const NetlinkMessage& message) {
    const Attributes parts = netlink_attributes(message.attributes);
    const std::string chain =
        "chain " + text_of(parts, NFTA_RULE_CHAIN) + " of table " + text_of(parts, NFTA_RULE_TABLE);
    std::string out = "rule " + std::to_string(++counts_[chain]) + " of " + chain + ":";
    const auto list = parts.find(NFTA_RULE_EXPRESSIONS);
    if (list == parts.end()) return out;
    for (const auto& [type, element] : netlink_list(list->second)) out += " " + expression_text(element);
    return out;
  }

 private:
  std::map<std::string, int> counts_;
};

using Lines = std::set<std::string>;

Lines lines_of_rules(const std::vector<NetlinkMessage>& messages) {
  Lines lines;
  RuleLines rules;
  for (const NetlinkMessage& message : messages) {
    if (message.type >> 8U != NFNL_SUBSYS_NFTABLES) continue;
    switch (message.type & 0xffU) {
      case NFT_MSG_NEWTABLE:
        lines.insert(table_line(message));
        break;
      case NFT_MSG_NEWCHAIN:
        lines.insert(chain_line(message));
        break;
      case NFT_MSG_NEWRULE:
        lines.insert(rules.line(message));
        break;
      default:
        break;
    }
  }
  return lines;
}

template <class Fixed>
Fixed fixed_of(const NetlinkMessage& message) {
  Fixed fixed{};
  std::memcpy(&fixed, message.fixed.data(), std::min(message.fixed.size(), sizeof fixed));
  return fixed;
}

void add_links(const std::vector<NetlinkMessage>& messages, Lines& lines) {
  for (const NetlinkMessage& message : messages) {
    if (message.type == RTM_NEWLINK) {
      lines.insert("interface " + text_of(netlink_attributes(message.attributes), IFLA_IFNAME));
    }
  }
}

// The kernel's own routes of the loopback are in other tables.
void add_routes(const std::vector<NetlinkMessage>& messages, Lines& lines) {
  for (const NetlinkMessage& message : messages) {
    const auto route = fixed_of<rtmsg>(message);
    if (message.type != RTM_NEWROUTE || route.rtm_table == RT_TABLE_LOCAL) continue;
    const Attributes parts = netlink_attributes(message.attributes);
    lines.insert("route of family " + std::to_string(route.rtm_family) + " to " + hex_of(parts, RTA_DST) + "/" +
                 std::to_string(route.rtm_dst_len) + " table " + std::to_string(route.rtm_table) + " type " +
                 std::to_string(route.rtm_type) + " by interface " + hex_of(parts, RTA_OIF) + " gateway " +
                 hex_of(parts, RTA_GATEWAY));
  }
}

Lines expected_lines() {
  Lines lines = lines_of_rules(netlink_messages(redirection_batch(), sizeof(nfgenmsg)));
  lines.insert("interface lo");
  lines.insert("route of family 2 to -/0 table 254 type 1 by interface 01000000 gateway -");
  return lines;
}

Result<std::vector<NetlinkMessage>> dump_rules(int socket, unsigned what) {
  NetlinkWriter out;
  out.begin(static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8U | what), NLM_F_DUMP, AF_UNSPEC);
  out.end();
  return netlink_dump(socket, out.take(), sizeof(nfgenmsg));
}

template <class Fixed>
Result<std::vector<NetlinkMessage>> dump_route(int socket, std::uint16_t what) {
  const Fixed fixed{};
  NetlinkWriter out;
  out.begin_raw(what, NLM_F_DUMP, {reinterpret_cast<const char*>(&fixed), sizeof fixed});
  out.end();
  return netlink_dump(socket, out.take(), sizeof fixed);
}

}  // namespace

Result<std::string> check_network(int netfilter, int route) {
  std::vector<NetlinkMessage> messages;
  for (const unsigned what : {NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN, NFT_MSG_GETRULE}) {
    for (NetlinkMessage& message : TRY(dump_rules(netfilter, what))) messages.push_back(std::move(message));
  }
  Lines found = lines_of_rules(messages);
  add_links(TRY(dump_route<ifinfomsg>(route, RTM_GETLINK)), found);
  add_routes(TRY(dump_route<rtmsg>(route, RTM_GETROUTE)), found);
  const Lines expected = expected_lines();
  std::string differences;
  const auto tell = [&](const std::string& line, std::string_view what) {
    differences += (differences.empty() ? "" : "; ") + line + " " + std::string{what};
  };
  for (const std::string& line : expected) {
    if (!found.contains(line)) tell(line, "is missing");
  }
  for (const std::string& line : found) {
    if (!expected.contains(line)) tell(line, "is not expected");
  }
  return differences;
}

}  // namespace belljar::sandbox::native
