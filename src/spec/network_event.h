// NetworkEvent: what became of a sandbox's requests to the network, as the gateway saw them. Equal ones (sandbox, kind,
// door, host, port, rule, reason) share a record with a count, so that a program that asks a million times cannot flood
// the record.
//
// In a run's ledger an entry {"kind":"network","event":{...}}; of `exec --result` the refusals are violations of layer
// "gateway". Plain values; text from the sandbox is printable and bounded already.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "codec/json.h"

namespace belljar::spec {

enum class NetworkKind : std::uint8_t {
  allowed,      // went on; the only kind that is no refusal
  refused,      // the policy said no
  malformed,    // not a request that can be understood in one way alone
  mismatch,     // CONNECT host, SNI and Host name different places
  unresolved,   // an allowed name without a usable address
  unreachable,  // the other end did not answer, or not as its protocol has it
  budget,       // past a budget of the rule or of the sandbox
  deadline,     // too slow: a head, a handshake or a body made no progress
  finding,      // a filter saw what may not pass
  condition,    // a reset that the rule's network conditions asked for
  overflow,     // more distinct events than are kept; the count says how many were not told apart
};

struct NetworkEvent {
  std::string sandbox;
  NetworkKind kind = NetworkKind::refused;
  std::string door;  // "http", "connect", "socks", "transparent", "dns"
  std::string host;  // as asked, normalised where it could be
  std::uint16_t port = 0;
  std::string rule;         // the policy's, or the gateway's own: "gateway/smuggling"
  std::string reason;       // for people
  std::string consequence;  // what the policy asks to follow; empty: record
  std::uint64_t count = 1;
  std::uint64_t bytes_up = 0;  // of allowed ones: from the sandbox
  std::uint64_t bytes_down = 0;
  std::int64_t first_ns = 0;  // monotonic

  bool is_refusal() const { return kind != NetworkKind::allowed; }
};

std::string_view name_of(NetworkKind kind);
codec::Json to_json(const NetworkEvent& event);

}  // namespace belljar::spec
