// Mirror: what a real server once answered, answered again. The recording is made on a connected host by
// `belljar mirror record`; inside, nothing is ever fetched.
//
//   auto mirror = TRY(Mirror::make(spec, "mirrors/docs", notes));
//
// A GET or HEAD that was recorded is answered as recorded; where the same was recorded several times, in turn, the last
// one again and again. One that was not is 404 with the nearest recorded path. Any other method is a write: with
// `writes: refuse` 403, with `writes: accept` 202 with an empty object, a success that changes nothing; each is a note.
//
// Format of a recording: DIR/mirror.jsonl, a line each
//   {"method": "GET", "url": "https://docs.example.com/a?b=c", "status": 200, "headers": {"content-type": ..},
//    "body": "sha256:<64 hex>"}
// and DIR/bodies/<64 hex>, whose digests are held when it is loaded. One thread at a time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "boundary/service.h"
#include "boundary/service_faults.h"
#include "boundary/service_file.h"
#include "boundary/service_notes.h"

namespace belljar::boundary {

struct MirrorEntry {
  std::string url;
  int status = 200;
  Headers headers;
  std::string body;
};

// Of an answer, what a recording keeps: content-type, etag, location, last-modified, cache-control.
Headers mirror_headers(const Headers& headers);
// Adds to the recording in `folder`, which is made where it does not exist.
Result<void> write_mirror(const std::string& folder, const std::vector<MirrorEntry>& entries);

class Mirror final : public HttpService {
 public:
  static Result<std::shared_ptr<Mirror>> make(const ServiceSpec& spec, const std::string& folder,
                                              std::shared_ptr<ServiceNotes> notes);
  void answer(const HttpAsk& ask, std::shared_ptr<Reply> reply) override;

 private:
  struct Answers {
    std::vector<MirrorEntry> entries;
    std::size_t next = 0;
  };

  Mirror(const ServiceSpec& spec, std::shared_ptr<ServiceNotes> notes)
      : name_{spec.name},
        latency_ns_{spec.latency_ns},
        accepts_{spec.writes == "accept"},
        faults_{spec.faults},
        notes_{std::move(notes)} {}
  Result<void> load(const std::string& folder);

  std::string name_;
  std::int64_t latency_ns_;
  bool accepts_;
  ServiceFaults faults_;
  std::shared_ptr<ServiceNotes> notes_;     // shared with the other services of the run
  std::map<std::string, Answers> answers_;  // by "host/path?query"
};

}  // namespace belljar::boundary
