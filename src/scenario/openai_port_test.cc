// A server inside a real sandbox, well-behaved and otherwise.

#include "scenario/openai_port.h"

#include "sandbox/native/engine_fixture.h"

namespace belljar::scenario {
namespace {

using codec::Json;
using codec::to_json;
using testing::HasSubstr;

// Answers by what the user says; loads for two looks first.
constexpr const char* kServer = R"py(
import json, socket, sys, threading, time
looks = 0
def chat(text, **more):
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return json.dumps({"id": "r", "created": time.time(), "choices": [choice],
                       "usage": {"prompt_tokens": 3, "completion_tokens": 2}, **more})
def http(body, status="200 OK", kind="application/json", head=""):
    body = body.encode()
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body
def event(delta, finish=None):
    return "data: " + json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}) + "\n\n"
def answer(c, request):
    said = request["messages"][0]["content"]
    if request.get("stream"):
        c.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in (event({"content": said[:1]}), event({"content": said[1:]}), event({}, "stop"), "data: [DONE]\n\n"):
            c.sendall(f"{len(piece):x}\r\n{piece}\r\n".encode())
        c.sendall(b"0\r\n\r\n")
    elif said == "error": c.sendall(http('{"error":{"code":"busy","message":"later"}}', "429 Too Many"))
    elif said == "garbage": c.sendall(b"\x00\xff not http at all\r\n\r\n")
    elif said == "no answer": return False
    elif said == "two answers": c.sendall(http(chat("first")) + http(chat("second")))
    elif said == "speaks ahead":
        c.sendall(http(chat("asked")))
        time.sleep(0.05)
        c.sendall(http(chat("never asked")))
    elif said == "endless": c.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100000)
    elif said == "large": c.sendall(http(chat("y" * 100000)))
    elif said == "never": time.sleep(60)
    elif said == "hangs up after":
        c.sendall(http(chat(said)))
        return False
    else: c.sendall(http(chat(said + " " + str(request.get("seed")))))
    return True
def serve(c):
    global looks
    data = b""
    while True:
        while b"\r\n\r\n" not in data:
            got = c.recv(65536)
            if not got: return
            data += got
        head, data = data.split(b"\r\n\r\n", 1)
        if head.startswith(b"GET /health"):
            looks += 1
            c.sendall(http("{}", "503 Loading" if looks < 3 else "200 OK"))
            continue
        length = int([l for l in head.split(b"\r\n") if l.lower().startswith(b"content-length")][0].split(b":")[1])
        while len(data) < length: data += c.recv(65536)
        body, data = data[:length], data[length:]
        if not answer(c, json.loads(body)):
            c.close()
            return
time.sleep(0.1)
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", 8080)); s.listen(16); print("listening", flush=True)
while True:
    c, _ = s.accept(); threading.Thread(target=serve, args=(c,), daemon=True).start()
)py";

class OpenaiPortTest : public sandbox::EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    model_.name = "m";
    model_.adapter = spec::AdapterKind::openai;
    model_.in_flight = 4;
    spec_.serve_port = model_.port;
    spec_.profile = "server";
    Result<std::unique_ptr<sandbox::Sandbox>> sandbox = engine_->create(spec_);
    ASSERT_TRUE(sandbox) << sandbox.error().message();
    sandbox_ = std::move(sandbox).value();
    ASSERT_TRUE(sandbox_->start({{"/usr/bin/python3", "-c", kServer}, spec::default_environment()}));
  }

  void open() {
    PortParts parts{model_, "", sandbox_.get(), LogKeeper::open("").value(), {.bytes_max = 4096, .depth_max = 8},
                    {},     7,  clock_};
    Result<std::unique_ptr<Port>> port = make_openai_port(std::move(parts));
    ASSERT_TRUE(port);
    port_ = std::move(port).value();
    ASSERT_TRUE(port_->open());
  }

  void ask(std::uint64_t number, std::string_view content, bool stream = false) {
    Json message;
    message.set("role", "user");
    message.set("content", content);
    Json body;
    body.set("id", "c-" + std::to_string(number));
    body.set("messages", Json{Json::Array{message}});
    if (stream) body.set("stream", true);
    port_->ask({number, "c", body, to_json(body)});
  }

  std::optional<Arrival> arrival(std::chrono::milliseconds patience = std::chrono::seconds{20}) {
    const Nanoseconds until = clock_.monotonic() + patience;
    while (clock_.monotonic() < until) {
      if (auto one = port_->next()) return one;
      os::PollSet poll;
      port_->watch(poll);
      poll.add(engine_->poll_fd(), os::Interest::read);
      EXPECT_TRUE(poll.wait(std::chrono::milliseconds{10}));
      EXPECT_TRUE(engine_->pump());
      EXPECT_TRUE(port_->move(poll));
    }
    return std::nullopt;
  }

  // The answer without its id.
  std::string say(std::uint64_t number, std::string_view content, bool stream = false) {
    ask(number, content, stream);
    const std::optional<Arrival> got = arrival();
    if (!got) return "nothing";
    EXPECT_EQ(got->number, number);
    if (got->kind == Arrival::Kind::stray) return "stray " + std::string{got->stray};
    EXPECT_TRUE(got->body.find("id") != nullptr);
    const Json* error = got->body.find("error");
    if (error != nullptr) return "error " + error->find("code")->as_string();
    return got->body.find("text")->as_string();
  }

  spec::ModelSpec model_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  std::unique_ptr<Port> port_;
};

TEST_F(OpenaiPortTest, waits_for_the_server_and_talks_on_one_connection) {
  open();
  ask(1, "hello");  // before anything listens
  const std::optional<Arrival> first = arrival();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->kind, Arrival::Kind::answer);
  EXPECT_EQ(first->body.find("text")->as_string(), "hello None");
  EXPECT_EQ(first->usage.tokens_out, 2U);
  EXPECT_EQ(first->text, to_json(first->body));
  for (std::uint64_t number = 2; number < 20; ++number) EXPECT_EQ(say(number, "again"), "again None");
  EXPECT_THAT(port_->log_tail(), HasSubstr("listening"));
}

TEST_F(OpenaiPortTest, a_deterministic_model_is_asked_with_the_seed) {
  model_.deterministic = true;
  open();
  EXPECT_EQ(say(1, "hello"), "hello 7");
}

TEST_F(OpenaiPortTest, streams_give_the_same_answer) {
  open();
  EXPECT_EQ(say(1, "streamed", true), "streamed");
  EXPECT_EQ(say(2, "and again", true), "and again");
}

TEST_F(OpenaiPortTest, whatever_the_server_does_the_question_gets_its_end_and_the_next_one_its_answer) {
  open();
  std::uint64_t number = 0;
  const std::pair<const char*, const char*> rows[] = {{"error", "error busy"},
                                                      {"garbage", "error bad-response"},
                                                      {"no answer", "error bad-response"},
                                                      {"endless", "error bad-response"},
                                                      {"large", "error bad-response"},
                                                      {"two answers", "error bad-response"},
                                                      {"hangs up after", "hangs up after"}};
  for (const auto& [content, end] : rows) {
    EXPECT_EQ(say(++number, content), end);
    EXPECT_EQ(say(++number, "then"), "then None") << content;
  }
}

TEST_F(OpenaiPortTest, what_is_said_before_it_was_asked_answers_nothing) {
  model_.in_flight = 1;
  open();
  EXPECT_EQ(say(1, "speaks ahead"), "asked");
  EXPECT_FALSE(arrival(std::chrono::milliseconds{200}));
  EXPECT_EQ(say(2, "next"), "next None");
}

TEST_F(OpenaiPortTest, a_question_given_up_is_hung_up_and_others_go_on) {
  open();
  ask(1, "never");
  EXPECT_EQ(say(2, "beside it"), "beside it None");
  port_->give_up(1);
  for (std::uint64_t number = 3; number < 9; ++number) EXPECT_EQ(say(number, "after"), "after None");
}

TEST_F(OpenaiPortTest, a_request_that_is_none_fails_by_itself) {
  open();
  Json body;
  body.set("id", "c-1");
  body.set("text", "no chat");
  port_->ask({1, "c-1", body, to_json(body)});
  const std::optional<Arrival> got = arrival();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->body.find("error")->find("code")->as_string(), "bad-request");
}

TEST_F(OpenaiPortTest, closing_the_input_ends_the_server) {
  open();
  EXPECT_EQ(say(1, "hello"), "hello None");
  port_->close_input();
  for (int patience = 0; patience < 200 && !sandbox_->ended(); ++patience) {
    ASSERT_TRUE(engine_->wait(std::chrono::milliseconds{50}));
  }
  EXPECT_TRUE(sandbox_->ended());
}

}  // namespace
}  // namespace belljar::scenario
