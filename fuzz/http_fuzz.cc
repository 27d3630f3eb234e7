// HTTP, server-sent events and the words of an OpenAI-compatible server, from inside a sandbox. Whatever the bytes and
// however they are cut: no crash, bounded memory, and the pieces never change what is read.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "codec/http.h"
#include "codec/server_events.h"
#include "scenario/openai_wire.h"

namespace {

using namespace belljar;  // NOLINT(google-build-using-namespace): one small program

constexpr std::size_t kBodyMax = 4096;

struct Read {
  bool sound = true;
  bool done = false;
  std::string body;
};

Read read_response(std::string_view bytes, std::size_t step) {
  codec::HttpResponseReader reader{{.head_bytes_max = 1024, .body_bytes_max = kBodyMax}};
  Read read;
  for (std::size_t at = 0; at < bytes.size() && read.sound; at += step) {
    read.sound = static_cast<bool>(reader.feed(bytes.substr(at, step)));
    if (read.sound) read.body += reader.take_body();
  }
  if (read.sound) read.sound = static_cast<bool>(reader.closed());
  read.done = reader.done();
  CHECK(read.done == read.sound, "a response is whole or an error");
  CHECK(read.body.size() <= kBodyMax, "a body is bounded");
  return read;
}

void read_words(const std::string& body, std::size_t step) {
  const auto whole = codec::parse_json(body);
  if (whole) (void)scenario::read_openai_answer(whole.value());
  (void)scenario::read_openai_error(500, body);
  codec::ServerEvents events{1024};
  scenario::OpenaiStream stream{1024};
  bool sound = true;
  for (std::size_t at = 0; at < body.size() && sound; at += step) {
    const auto fed = events.feed(std::string_view{body}.substr(at, step), [&](std::string_view data) {
      if (sound) sound = static_cast<bool>(stream.take(data));
    });
    sound = sound && fed;
  }
  if (sound) (void)stream.finish();
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's own name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t step = 1 + data[0] % 32;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const Read whole = read_response(bytes, std::max<std::size_t>(bytes.size(), 1));
  const Read pieces = read_response(bytes, step);
  // The line before a chunk is bounded where it is still unfinished, which pieces alone can show.
  CHECK(whole.sound || !pieces.sound, "pieces make nothing sound");
  CHECK(!pieces.sound || whole.body == pieces.body, "pieces change nothing");
  read_words(std::string{bytes}, step);
  read_words(whole.body, step);
  return 0;
}
