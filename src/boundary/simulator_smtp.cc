#include "boundary/simulator_smtp.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <vector>

#include "base/text.h"
#include "codec/crypto.h"

namespace belljar::boundary {

namespace {

using codec::Json;

constexpr std::size_t kNoteTextMax = 64U << 10;

std::string upper(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

std::string note_text(std::string_view text, std::size_t most) {
  return is_utf8(text) && text.size() <= most ? std::string{text} : printable(text, most);
}

// "<a@b>" after "FROM:" or "TO:"; nothing where there is none.
std::optional<std::string> path_of(std::string_view argument, std::string_view keyword) {
  if (!upper(argument.substr(0, keyword.size())).starts_with(keyword)) return std::nullopt;
  argument.remove_prefix(keyword.size());
  while (argument.starts_with(" ")) argument.remove_prefix(1);
  const std::size_t end = argument.find('>');
  if (!argument.starts_with("<") || end == std::string_view::npos) return std::nullopt;
  return std::string{argument.substr(1, end - 1)};
}

bool has_bare_break(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\n' && (at == 0 || text[at - 1] != '\r')) return true;
    if (text[at] == '\r' && (at + 1 >= text.size() || text[at + 1] != '\n')) return true;
  }
  return false;
}

class SmtpTalk final : public Talk {
 public:
  SmtpTalk(std::string name, std::string subject, std::int64_t latency_ns, std::shared_ptr<ServiceNotes> notes)
      : name_{std::move(name)}, subject_{std::move(subject)}, latency_ns_{latency_ns}, notes_{std::move(notes)} {}

  Said open() override { return {"220 " + name_ + ".belljar ESMTP\r\n", false, latency_ns_}; }

  Said feed(std::string_view bytes) override {
    waiting_ += bytes;
    while (!closing_ && (in_data_ ? take_message() : take_line())) {
    }
    if (errors_ > SimulatedSmtp::kErrorsMax && !closing_) {
      out_ += "421 too many errors\r\n";
      closing_ = true;
    }
    return {std::exchange(out_, {}), closing_, latency_ns_};
  }

 private:
  bool take_line() {
    const std::size_t end = waiting_.find('\n');
    if (end == std::string::npos) {
      if (waiting_.size() <= SimulatedSmtp::kLineMax) return false;
      out_ += "500 line too long\r\n";
      closing_ = true;
      return false;
    }
    std::string line = waiting_.substr(0, end);
    waiting_.erase(0, end + 1);
    if (line.size() > SimulatedSmtp::kLineMax || !line.ends_with("\r") || line.find('\0') != std::string::npos) {
      wrong("500 lines end with CRLF and hold at most 2048 characters");
      return true;
    }
    line.pop_back();
    if (auth_ != Auth::none) {
      answer_auth(line);
    } else {
      command(line);
    }
    return true;
  }

  void command(std::string_view line) {
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string verb = upper(line.substr(0, space));
    const std::string_view argument = line.substr(std::min(space + 1, line.size()));
    if (verb == "HELO") {
      say("250 " + name_ + ".belljar");
    } else if (verb == "EHLO") {
      say("250-" + name_ + ".belljar");
      say("250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE " +
          std::to_string(SimulatedSmtp::kMessageMax));
    } else if (verb == "MAIL") {
      mail(argument);
    } else if (verb == "RCPT") {
      recipient(argument);
    } else if (verb == "DATA") {
      data();
    } else if (verb == "AUTH") {
      begin_auth(argument);
    } else if (verb == "RSET") {
      reset();
      say("250 OK");
    } else if (verb == "NOOP") {
      say("250 OK");
    } else if (verb == "VRFY") {
      say("252 send mail and it will be taken");
    } else if (verb == "QUIT") {
      say("221 bye");
      closing_ = true;
    } else {
      wrong("502 not a command of this server");
    }
  }

  void mail(std::string_view argument) {
    auto from = path_of(argument, "FROM:");
    if (!from) return wrong("501 expected MAIL FROM:<address>");
    if (from_) return wrong("503 a mail is under way; RSET ends it");
    from_ = std::move(from);
    say("250 OK");
  }

  void recipient(std::string_view argument) {
    auto to = path_of(argument, "TO:");
    if (!from_) return wrong("503 MAIL comes first");
    if (!to || to->empty()) return wrong("501 expected RCPT TO:<address>");
    if (to_.size() >= SimulatedSmtp::kRecipientsMax) return say("452 too many recipients");
    to_.push_back(std::move(*to));
    say("250 OK");
  }

  void data() {
    if (to_.empty()) return wrong("503 RCPT comes first");
    if (++mails_ > SimulatedSmtp::kMailsMax) return say("452 too many mails on one connection");
    say("354 end with CRLF . CRLF");
    in_data_ = true;
  }

  bool take_message() {
    // The end stands at the beginning of a line; an empty message is the mark alone.
    const bool empty = waiting_.starts_with(".\r\n");
    const std::size_t end = empty ? 0 : waiting_.find("\r\n.\r\n", searched_ < 4 ? 0 : searched_ - 4);
    if (end == std::string::npos) {
      searched_ = waiting_.size();
      if (waiting_.size() <= SimulatedSmtp::kMessageMax) return false;
      say("552 the mail is too large");
      closing_ = true;
      return false;
    }
    const std::string raw = waiting_.substr(0, empty ? 0 : end + 2);
    waiting_.erase(0, empty ? 3 : end + 5);
    in_data_ = false;
    searched_ = 0;
    if (has_bare_break(raw)) {
      wrong("550 lines end with CRLF, and with nothing else");
    } else {
      keep(raw);
      say("250 taken");
    }
    reset();
    return true;
  }

  void keep(const std::string& raw) {
    std::string text;  // without the dots that RFC 5321, 4.5.2 adds
    for (std::size_t at = 0; at < raw.size(); ++at) {
      const bool begins = at == 0 || raw[at - 1] == '\n';
      if (!begins || raw[at] != '.') text += raw[at];
    }
    Json::Array to;
    for (const std::string& one : to_) to.push_back(note_text(one, 320));
    note("mail", Json::Object{{"from", note_text(*from_, 320)},
                              {"to", std::move(to)},
                              {"bytes", static_cast<std::uint64_t>(text.size())},
                              {"digest", codec::sha256(text).text()},
                              {"text", note_text(text, kNoteTextMax)}});
  }

  void begin_auth(std::string_view argument) {
    const std::size_t space = std::min(argument.find(' '), argument.size());
    const std::string mechanism = upper(argument.substr(0, space));
    const std::string_view initial = argument.substr(std::min(space + 1, argument.size()));
    if (mechanism == "PLAIN") {
      auth_ = Auth::plain;
    } else if (mechanism == "LOGIN") {
      auth_ = Auth::name;
    } else {
      return wrong("504 PLAIN or LOGIN");
    }
    if (!initial.empty()) return answer_auth(initial);
    say(auth_ == Auth::plain ? "334 " : "334 VXNlcm5hbWU6");
  }

  void answer_auth(std::string_view line) {
    const Result<std::string> decoded = from_base64(line);
    const Auth step = std::exchange(auth_, Auth::none);
    if (!decoded) return wrong("501 that is no base64");
    note("login", Json::Object{{"given", printable(decoded.value(), 1000)}});
    if (step == Auth::name) {
      auth_ = Auth::password;
      return say("334 UGFzc3dvcmQ6");
    }
    say("235 welcome");
  }

  void note(std::string kind, Json::Object detail) {
    notes_->add({name_, subject_, std::move(kind), std::move(detail)});
  }
  void say(std::string_view line) { out_.append(line).append("\r\n"); }
  void wrong(std::string_view line) {
    ++errors_;
    say(line);
  }
  void reset() {
    from_.reset();
    to_.clear();
  }

  enum class Auth { none, plain, name, password };

  std::string name_;
  std::string subject_;
  std::int64_t latency_ns_;
  std::shared_ptr<ServiceNotes> notes_;
  std::string waiting_;
  std::string out_;
  std::optional<std::string> from_;
  std::vector<std::string> to_;
  Auth auth_ = Auth::none;
  bool in_data_ = false;
  std::size_t searched_ = 0;
  bool closing_ = false;
  int errors_ = 0;
  int mails_ = 0;
};

}  // namespace

std::unique_ptr<Talk> SimulatedSmtp::open(std::string_view subject) {
  return std::make_unique<SmtpTalk>(name_, std::string{subject}, latency_ns_, notes_);
}

}  // namespace belljar::boundary
