// SimulatedSmtp: a mail server that accepts everything, sends nothing on, and keeps what came as notes.
//
//   auto server = std::make_shared<SimulatedSmtp>("mail", 0, notes);
//   Said said = server->open("agent")->open();       // "220 mail.belljar ESMTP\r\n"
//
// HELO, EHLO, MAIL, RCPT, DATA, RSET, NOOP, VRFY, QUIT and AUTH (PLAIN, LOGIN: any name and password; both are in the
// note), pipelined or not. A message ends at CRLF "." CRLF alone; a bare CR or LF in it is refused (smuggling). Bounds:
// kLineMax a line, kMessageMax a message, kRecipientsMax recipients, kMailsMax mails a connection. RFC 5321, 4954.
#pragma once

#include <memory>
#include <string>

#include "boundary/service.h"
#include "boundary/service_notes.h"

namespace belljar::boundary {

class SimulatedSmtp final : public TalkService {
 public:
  static constexpr std::size_t kLineMax = 2048;
  static constexpr std::size_t kMessageMax = 10U << 20;
  static constexpr std::size_t kRecipientsMax = 100;
  static constexpr int kMailsMax = 1000;
  static constexpr int kErrorsMax = 20;

  SimulatedSmtp(std::string name, std::int64_t latency_ns, std::shared_ptr<ServiceNotes> notes)
      : name_{std::move(name)}, latency_ns_{latency_ns}, notes_{std::move(notes)} {}
  std::unique_ptr<Talk> open(std::string_view subject) override;

 private:
  std::string name_;
  std::int64_t latency_ns_;
  std::shared_ptr<ServiceNotes> notes_;  // shared with the connections, which may outlive the service
};

}  // namespace belljar::boundary
