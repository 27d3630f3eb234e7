// What a model prints. Whatever the bytes and however they are cut: no crash, bounded memory, the same frames for every
// way of cutting, and no answer that was not asked for.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "scenario/conversation.h"
#include "scenario/stdio_frames.h"

namespace {

using namespace belljar::scenario;  // NOLINT(google-build-using-namespace): one small program

constexpr std::size_t kCases = 16;
constexpr FrameLimits kLimits{.bytes_max = 256, .depth_max = 6};

struct Told {
  FrameKind kind;
  std::string text;
  bool operator==(const Told&) const = default;
};

std::vector<Told> read(std::string_view bytes, std::size_t piece) {
  std::vector<Told> told;
  FrameReader reader{kLimits};
  const auto sink = [&](const Frame& frame) {
    CHECK(frame.text.size() <= 512, "a frame shows no more than a line or the beginning of one");
    CHECK((frame.kind == FrameKind::object) == frame.object.is_object(), "an object frame holds an object");
    // The beginning that is shown of a line that is too large depends on when it became so.
    told.push_back({frame.kind, frame.kind == FrameKind::too_large ? std::string{} : std::string{frame.text}});
  };
  while (!bytes.empty()) {
    reader.feed(bytes.substr(0, piece), sink);
    CHECK(reader.buffered() <= kLimits.bytes_max + 1, "memory is bounded");
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  reader.finish(sink);
  return told;
}

// "$1" in the input stands for the first id, so that the search finds real ones.
std::string with_ids(std::string_view bytes, const CaseIds& ids) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (bytes[at] == '$' && at + 1 < bytes.size()) {
      text += ids.id(static_cast<unsigned char>(bytes[++at]) % kCases);
    } else {
      text += bytes[at];
    }
  }
  return text;
}

void converse(std::string_view bytes, const CaseIds& ids) {
  Conversation talk{ids};
  std::vector<bool> open(kCases, false);
  std::size_t next = 1;  // numbers begin at 1
  FrameReader reader{kLimits};
  const auto ask = [&] {
    if (next == kCases) return;
    open[next] = true;
    talk.ask(next);
    ++next;
  };
  ask();
  reader.feed(bytes, [&](const Frame& frame) {
    const Heard heard = talk.hear(frame);
    CHECK(belljar::is_utf8(belljar::printable(frame.text)), "a sample is text");
    if (heard.meaning == Meaning::stray) {
      CHECK(!heard.stray_kind.empty(), "a stray has a kind");
      return;
    }
    CHECK(heard.number < next && open[heard.number], "only an open question is answered, and once");
    open[heard.number] = false;
    ask();
    // Every third question is given up at once, so that late answers are met too.
    if (next % 3 == 0 && open[next - 1]) {
      open[next - 1] = false;
      talk.give_up(next - 1);
      ask();
    }
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const CaseIds ids{belljar::Digest{}};
  const std::string text = with_ids({reinterpret_cast<const char*>(data), size}, ids);
  const std::vector<Told> whole = read(text, text.size() + 1);
  const std::size_t piece = size == 0 ? 1 : data[0] % 70U + 1;
  CHECK(read(text, piece) == whole, "how bytes are cut changes nothing");
  CHECK(read(text, 1) == whole, "byte by byte changes nothing");
  converse(text, ids);
  return 0;
}
