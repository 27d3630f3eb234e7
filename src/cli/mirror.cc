#include "cli/mirror.h"

#include <cstdio>

#include "base/text.h"
#include "boundary/gateway/mirror_record.h"

namespace belljar::cli {

namespace {

constexpr int kRecorded = 0;
constexpr int kMissed = 1;
constexpr int kUsageError = 2;
constexpr int kHarnessError = 4;

int fail(const Error& error) {
  (void)std::fprintf(stderr, "belljar mirror: %s\n", printable(error.message(), 4000).c_str());
  return error.code() == Errc::invalid_argument ? kUsageError : kHarnessError;
}

int mirror_main(const Arguments& arguments, const Host&) {
  std::vector<std::string> urls = arguments.operands;
  if (urls.size() < 2 || urls.front() != "record") {
    (void)std::fputs("belljar mirror: expected `belljar mirror record URL... --out DIR`\n", stderr);
    return kUsageError;
  }
  urls.erase(urls.begin());
  const std::optional<std::string> folder = arguments.value("out");
  if (!folder) return fail({Errc::invalid_argument, "expected --out DIR, where the recording is to lie"});
  const Result<boundary::MirrorRecording> recording = boundary::record_mirror(urls, {});
  if (!recording) return fail(recording.error());
  const boundary::MirrorRecording& kept = recording.value();
  if (const Result<void> written = boundary::write_mirror(*folder, kept.entries); !written)
    return fail(written.error());
  std::uint64_t bytes = 0;
  for (const boundary::MirrorEntry& entry : kept.entries) bytes += entry.body.size();
  for (const std::string& line : kept.missed) (void)std::printf("missed: %s\n", line.c_str());
  (void)std::printf("recorded: %zu answers, %s, in %s\n", kept.entries.size(), human_bytes(bytes).c_str(),
                    printable(*folder).c_str());
  return kept.missed.empty() ? kRecorded : kMissed;
}

}  // namespace

const Command kMirror{
    .name = "mirror",
    .operands = "record URL...",
    .summary = "record pages of the real world, to be replayed inside sandboxes",
    .options = {{"out", Argument::required, "DIR", "where the recording lies; added to where one does"}},
    .trailing_command = false,
    .main = mirror_main};

}  // namespace belljar::cli
