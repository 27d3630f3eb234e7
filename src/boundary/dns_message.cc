#include "boundary/dns_message.h"

#include <algorithm>
#include <array>

namespace belljar::boundary {

namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kQueryMax = 512;
constexpr std::size_t kNameMax = 255;  // on the wire
constexpr std::size_t kAliasesMax = 16;
constexpr std::uint16_t kTypeAlias = 5;
constexpr std::uint16_t kClassInternet = 1;

Error bad(std::string why) { return Error{Errc::corrupt, "DNS message: " + std::move(why)}; }

std::uint16_t u16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8U |
                                    static_cast<unsigned char>(bytes[at + 1]));
}

void put16(std::string& out, std::uint16_t value) {
  out += static_cast<char>(value >> 8U);
  out += static_cast<char>(value & 0xffU);
}

void append_label(std::string_view label, std::string& name) {
  if (!name.empty()) name += '.';
  for (const char c : label) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '.' && c != '\\') {
      name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      continue;
    }
    name += '\\';
    name += static_cast<char>('0' + byte / 100);
    name += static_cast<char>('0' + byte / 10 % 10);
    name += static_cast<char>('0' + byte % 10);
  }
}

// Moves `at` past the name. A pointer must point before the place it stands at, so that every chain ends.
Result<std::string> read_name(std::string_view message, std::size_t& at, bool compression) {
  std::string name;
  std::size_t bytes = 0;
  std::size_t place = at;
  std::size_t before = at;
  bool jumped = false;
  while (true) {
    if (place >= message.size()) return bad("a name past its end");
    const auto length = static_cast<unsigned char>(message[place]);
    if (length >= 0xc0) {
      if (!compression || place + 1 >= message.size()) return bad("a compressed name where none is");
      const std::size_t target = u16(message, place) & 0x3fffU;
      if (target >= before) return bad("a name that points forward");
      if (!jumped) at = place + 2;
      jumped = true;
      before = target;
      place = target;
      continue;
    }
    if (length > 63) return bad("a label of an unknown kind");
    bytes += length + std::size_t{1};
    if (bytes > kNameMax) return bad("a name longer than 255 bytes");
    if (length == 0) break;
    if (place + 1 + length > message.size()) return bad("a label past its end");
    append_label(message.substr(place + 1, length), name);
    place += length + std::size_t{1};
  }
  if (!jumped) at = place + 1;
  return name;
}

std::string head(const DnsQuestion& question, DnsCode code, std::uint16_t answers) {
  std::string out;
  put16(out, question.id);
  // A response, recursion available, and desired as it was asked.
  const auto flags =
      static_cast<std::uint16_t>(0x8080U | (question.recursion ? 0x0100U : 0U) | static_cast<unsigned>(code));
  put16(out, flags);
  put16(out, question.asked.empty() ? 0 : 1);
  put16(out, answers);
  put16(out, 0);
  put16(out, 0);
  return out + question.asked;
}

struct Record {
  std::string name;
  std::uint16_t type = 0;
  std::uint16_t klass = 0;
  std::string_view data;
  std::size_t data_at = 0;
};

Result<Record> read_record(std::string_view message, std::size_t& at) {
  Record record;
  record.name = TRY(read_name(message, at, true));
  if (at + 10 > message.size()) return bad("a record past its end");
  record.type = u16(message, at);
  record.klass = u16(message, at + 2);
  const std::size_t length = u16(message, at + 8);
  at += 10;
  if (at + length > message.size()) return bad("a record past its end");
  record.data = message.substr(at, length);
  record.data_at = at;
  at += length;
  return record;
}

IpAddress address_of(std::string_view data, bool is_v6) {
  IpAddress address;
  address.is_v6 = is_v6;
  std::transform(data.begin(), data.end(), address.bytes.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return address;
}

}  // namespace

Result<DnsQuestion> parse_dns_query(std::string_view datagram) {
  if (datagram.size() < kHeaderBytes) return bad("shorter than its header");
  if (datagram.size() > kQueryMax) return bad("a query longer than 512 bytes");
  const std::uint16_t flags = u16(datagram, 2);
  if ((flags & 0x8000U) != 0) return bad("an answer where a query is expected");
  if ((flags & 0x7800U) != 0) return bad("an operation other than a query");
  if (u16(datagram, 4) != 1) return bad("not one question");
  if (u16(datagram, 6) != 0 || u16(datagram, 8) != 0) return bad("records in a query");
  if (u16(datagram, 10) > 1) return bad("more than one additional record in a query");
  DnsQuestion question;
  question.id = u16(datagram, 0);
  question.recursion = (flags & 0x0100U) != 0;
  std::size_t at = kHeaderBytes;
  question.name = TRY(read_name(datagram, at, false));
  if (at + 4 > datagram.size()) return bad("a question past its end");
  question.type = u16(datagram, at);
  if (u16(datagram, at + 2) != kClassInternet) return bad("a class other than IN");
  at += 4;
  question.asked = datagram.substr(kHeaderBytes, at - kHeaderBytes);
  return question;
}

std::string dns_address(const DnsQuestion& question, const IpAddress& address, std::uint32_t seconds) {
  std::string out = head(question, DnsCode::ok, 1);
  put16(out, 0xc000U | kHeaderBytes);  // the question's name
  put16(out, static_cast<std::uint16_t>(address.is_v6 ? DnsType::aaaa : DnsType::a));
  put16(out, kClassInternet);
  put16(out, static_cast<std::uint16_t>(seconds >> 16U));
  put16(out, static_cast<std::uint16_t>(seconds & 0xffffU));
  const std::size_t bytes = address.is_v6 ? 16 : 4;
  put16(out, static_cast<std::uint16_t>(bytes));
  for (std::size_t at = 0; at < bytes; ++at) out += static_cast<char>(address.bytes.at(at));
  return out;
}

std::string dns_refusal(const DnsQuestion& question, DnsCode code) { return head(question, code, 0); }

std::string dns_query(std::uint16_t id, std::string_view name, DnsType type) {
  std::string out;
  put16(out, id);
  put16(out, 0x0100);
  put16(out, 1);
  put16(out, 0);
  put16(out, 0);
  put16(out, 0);
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t dot = std::min(name.find('.', at), name.size());
    out += static_cast<char>(dot - at);
    out += name.substr(at, dot - at);
    at = dot + 1;
  }
  out += '\0';
  put16(out, static_cast<std::uint16_t>(type));
  put16(out, kClassInternet);
  return out;
}

Result<std::vector<IpAddress>> parse_dns_answer(std::string_view message, std::uint16_t id, std::string_view name,
                                                DnsType type) {
  if (message.size() < kHeaderBytes) return bad("shorter than its header");
  const std::uint16_t flags = u16(message, 2);
  if (u16(message, 0) != id || (flags & 0x8000U) == 0) return bad("no answer to what was asked");
  if ((flags & 0x0200U) != 0) return bad("cut short");
  const auto code = static_cast<DnsCode>(flags & 0x000fU);
  if (code != DnsCode::ok && code != DnsCode::no_such_name) return bad("the resolver failed");
  if (u16(message, 4) != 1) return bad("not one question");
  std::size_t at = kHeaderBytes;
  const std::string repeated = TRY(read_name(message, at, true));
  if (at + 4 > message.size() || repeated != name || u16(message, at) != static_cast<std::uint16_t>(type)) {
    return bad("an answer to another question");
  }
  at += 4;
  std::string sought{name};
  std::size_t aliases = 0;
  std::vector<IpAddress> found;
  const std::size_t bytes = type == DnsType::aaaa ? 16 : 4;
  for (std::uint16_t left = u16(message, 6); left > 0; --left) {
    const Record record = TRY(read_record(message, at));
    if (record.klass != kClassInternet || record.name != sought) continue;
    if (record.type == kTypeAlias && found.empty()) {
      if (++aliases > kAliasesMax) return bad("too many aliases");
      std::size_t place = record.data_at;
      sought = TRY(read_name(message, place, true));
    } else if (record.type == static_cast<std::uint16_t>(type) && record.data.size() == bytes) {
      found.push_back(address_of(record.data, type == DnsType::aaaa));
    }
  }
  return found;
}

}  // namespace belljar::boundary
