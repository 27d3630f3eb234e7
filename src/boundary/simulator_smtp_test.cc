#include "boundary/simulator_smtp.h"

#include <cstdlib>

#include "boundary/gateway/talk_server_for_tests.h"

namespace belljar::boundary {
namespace {

using testing::HasSubstr;

constexpr std::string_view kMail =
    "EHLO me\r\nMAIL FROM:<a@b.de> SIZE=10\r\nRCPT TO:<c@d.de>\r\nRCPT TO:<e@f.de>\r\nDATA\r\n"
    "Subject: x\r\n\r\nhello\r\n..dot\r\n.\r\nQUIT\r\n";

struct Fixture {
  std::shared_ptr<ServiceNotes> notes = std::make_shared<ServiceNotes>();
  std::shared_ptr<SimulatedSmtp> server = std::make_shared<SimulatedSmtp>("mail", 0, notes);
};

TEST(SimulatedSmtp, KeepsTheMailHoweverItsBytesCome) {
  for (const std::size_t piece : {1U, 3U, 1000U}) {
    Fixture fixture;
    const auto talk = fixture.server->open("agent");
    std::string heard = talk->open().bytes;
    for (std::size_t at = 0; at < kMail.size(); at += piece) heard += talk->feed(kMail.substr(at, piece)).bytes;
    EXPECT_THAT(heard, HasSubstr("354 "));
    EXPECT_THAT(heard, HasSubstr("250 taken"));
    EXPECT_THAT(heard, testing::EndsWith("221 bye\r\n"));
    const auto notes = fixture.notes->take();
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_EQ(notes[0].kind, "mail");
    EXPECT_EQ(notes[0].subject, "agent");
    EXPECT_EQ(notes[0].detail.find("text")->as_string(), "Subject: x\r\n\r\nhello\r\n.dot\r\n");
    EXPECT_EQ(notes[0].detail.find("to")->as_array().size(), 2U);
  }
}

TEST(SimulatedSmtp, RefusesSmuggling) {
  for (const std::string_view end : {"\n.\n", "\r\n.\n", "\n.\r\n", "\r.\r\n"}) {
    Fixture fixture;
    const auto talk = fixture.server->open("agent");
    talk->feed("HELO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    const Said said =
        talk->feed("one" + std::string{end} + "MAIL FROM:<x@y>\r\nRCPT TO:<z@y>\r\nDATA\r\nhidden\r\n.\r\n");
    EXPECT_THAT(said.bytes, HasSubstr("550 "));
    EXPECT_TRUE(fixture.notes->take().empty()) << "neither half of it was taken";
  }
}

TEST(SimulatedSmtp, WrongOrderAndEndlessLinesAreRefused) {
  Fixture fixture;
  const auto talk = fixture.server->open("agent");
  EXPECT_THAT(talk->feed("DATA\r\n").bytes, HasSubstr("503"));
  EXPECT_THAT(talk->feed("RCPT TO:<a@b>\r\n").bytes, HasSubstr("503"));
  EXPECT_THAT(talk->feed("MAIL to nobody\r\n").bytes, HasSubstr("501"));
  EXPECT_THAT(talk->feed("XYZ\r\n").bytes, HasSubstr("502"));
  const Said said = talk->feed(std::string(5000, 'a'));
  EXPECT_TRUE(said.close);
}

TEST(SimulatedSmtp, AMailThatNeverEndsIsEnded) {
  Fixture fixture;
  const auto talk = fixture.server->open("agent");
  talk->feed("HELO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
  bool closed = false;
  const std::string piece(1 << 20, 'x');
  for (int at = 0; at < 12 && !closed; ++at) closed = talk->feed(piece).close;
  EXPECT_TRUE(closed);
}

TEST(SimulatedSmtp, PythonsClientWorksUnmodified) {
  if (std::system("python3 -c 'import smtplib' >/dev/null 2>&1") != 0) GTEST_SKIP() << "python3 is not here";
  Fixture fixture;
  const TalkServer server{fixture.server};
  const std::string command = "python3 -c \"import smtplib; s = smtplib.SMTP('127.0.0.1', " +
                              std::to_string(server.port()) +
                              ", timeout=10); s.login('me', 'pass'); s.sendmail('a@b.de', ['c@d.de'], 'Subject: "
                              "y\\r\\n\\r\\nhi\\n.\\n'); s.quit()\"";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const auto notes = fixture.notes->take();
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(notes[0].kind, "login");
  EXPECT_THAT(notes[0].detail.find("given")->as_string(), HasSubstr("pass"));
  EXPECT_THAT(notes[1].detail.find("text")->as_string(), HasSubstr("hi\r\n.\r\n"));
}

}  // namespace
}  // namespace belljar::boundary
