// McpTalk: the host's end of a conversation with a tool server, lines in and lines out. No I/O.
//
//   McpTalk talk{limits, CaseIds{key}};
//   talk.ask({1, id, body, text});                       // {"id", "tool", "arguments"}, or {"id", "tools": "list"}
//   for (const std::string& line : talk.take_lines()) write(line);
//   talk.hear(bytes);
//   while (auto arrival = talk.next()) ...               // {"id", "content", ...}, {"id", "tools"}, {"id", "error"}
//
// It says hello first (`initialize`) and asks once the server has agreed to a version; a server that does not fails
// every question. Of an answer it keeps what the protocol gives a meaning ("content", "structuredContent", "isError");
// a list of several pages becomes one. What the server asks is answered "method not found", ping as it should be, and
// only kServerAsksMax times: the host offers nothing. Its notifications mean nothing.
//
// The server is hostile: memory is that of what was asked, one message, and one list of limits.bytes_max. Lines that
// belong to no open question are strays (port.h). One thread at a time.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/conversation.h"
#include "scenario/port.h"
#include "scenario/stdio_frames.h"

namespace belljar::scenario {

class McpTalk {
 public:
  static constexpr std::size_t kServerAsksMax = 256;
  static constexpr std::size_t kPagesMax = 64;

  McpTalk(FrameLimits limits, CaseIds ids);

  void ask(const Question& question);
  void give_up(std::uint64_t number);
  void hear(std::string_view bytes);
  void finish();  // nothing more can come

  std::optional<Arrival> next();
  bool waiting() const { return !arrived_.empty(); }  // next() has something
  std::vector<std::string> take_lines() { return std::exchange(lines_, {}); }

 private:
  enum class Greeting { said, agreed, failed };
  struct Listing {  // a list being asked for, page by page
    std::string wire_id;
    std::size_t pages = 0;
    std::size_t bytes = 0;
    codec::Json::Array tools;
  };
  struct Waiting {
    std::uint64_t number = 0;
    std::string line;
  };

  void take(const Frame& frame);
  void take_answer(const codec::Json& message);
  void take_ask(const codec::Json& message);
  void greet(const codec::Json& answer);
  void fail_greeting(std::string why);
  bool take_page(std::uint64_t number, Listing& listing, const codec::Json& message);
  void conclude(std::uint64_t number, codec::Json::Object answer);
  void fail(std::uint64_t number, std::string_view code, std::string_view message);
  void add_stray(const Heard& heard, std::string_view text, codec::Json object);

  FrameLimits limits_;
  CaseIds ids_;
  FrameReader frames_;
  Conversation talk_;
  Greeting greeting_ = Greeting::said;
  std::string greeting_failed_;
  std::deque<Waiting> waiting_;                // for the greeting
  std::map<std::uint64_t, Listing> listings_;  // by question
  std::vector<std::string> lines_;
  std::deque<Arrival> arrived_;
  std::size_t server_asks_ = 0;
};

}  // namespace belljar::scenario
