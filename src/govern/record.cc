#include "govern/record.h"

#include "os/file.h"

namespace belljar::govern {

namespace {

constexpr std::uint64_t kFileBytesMax = 1ULL << 30;

Result<codec::Json> read_json(const std::string& path) {
  const std::string text = TRY(os::read_file(path, kFileBytesMax));
  return TRY_CTX(codec::parse_json(text, {.bytes_max = kFileBytesMax}), path);
}

}  // namespace

Result<RunRecord> read_run(const std::string& run_directory) {
  const std::string doing = "read the record in " + run_directory;
  RunRecord record;
  record.verdict =
      TRY_CTX(parse_verdict(TRY_CTX(os::read_file(run_directory + "/verdict.json", kFileBytesMax), doing)), doing);
  const std::string lines = TRY_CTX(os::read_file(run_directory + "/metrics.jsonl", kFileBytesMax), doing);
  TRY_CTX(parse_metrics(lines, record), doing);
  // A run that failed before it was resolved has no manifest.
  const std::string manifest = run_directory + "/manifest.json";
  if (os::exists(manifest)) record.manifest = TRY_CTX(read_json(manifest), doing);
  record.measurements.findings = record.verdict.findings;
  record.measurements.contained = record.verdict.contained;
  if (has_story(record.verdict)) {
    // The numbers stand in files of their own: they can be drawn where the messages cannot be vouched for.
    auto story = read_story(run_directory);
    if (story) {
      record.story = std::move(story).value();
    } else {
      record.story.unread = story.error().message();
    }
  }
  return record;
}

}  // namespace belljar::govern
