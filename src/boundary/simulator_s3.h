// SimulatedS3: an object store as S3's clients see it, path style, in memory.
//
//   auto store = TRY(SimulatedS3::make(spec, "/data/buckets", seed, notes));
//
// Buckets: list, make, HEAD. Objects: PUT, GET, HEAD, DELETE, ListObjectsV2 (prefix, delimiter, max-keys,
// continuation-token), bodies in chunks that are signed (aws-chunked). Signatures are not checked: whoever gets here
// may. Multipart uploads, copies, ranges and versions answer 501 NotImplemented. ETags are digests, not MD5. Time
// stands still. `files` holds a folder of buckets to begin with; links in it are not followed; objects of
// `canaries` are made up. Bounds: kObjectsMax
// objects, kBytesMax of them all, kKeyMax of a key. PUT and DELETE are notes. One thread at a time.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/result.h"
#include "boundary/path_and_query.h"
#include "boundary/service.h"
#include "boundary/service_faults.h"
#include "boundary/service_file.h"
#include "boundary/service_notes.h"
#include "boundary/simulator_http.h"

namespace belljar::boundary {

class SimulatedS3 final : public HttpService {
 public:
  static constexpr std::size_t kObjectsMax = 20'000;
  static constexpr std::size_t kBytesMax = 256U << 20;
  static constexpr std::size_t kKeyMax = 1024;

  static Result<std::shared_ptr<SimulatedS3>> make(const ServiceSpec& spec, const std::string& folder,
                                                   const SimulatorSeed& seed, std::shared_ptr<ServiceNotes> notes);
  void answer(const HttpAsk& ask, std::shared_ptr<Reply> reply) override;

 private:
  struct Object {
    std::string type;
    std::string bytes;
    std::string tag;
  };
  using Bucket = std::map<std::string, Object>;

  SimulatedS3(const ServiceSpec& spec, std::shared_ptr<ServiceNotes> notes)
      : name_{spec.name}, latency_ns_{spec.latency_ns}, faults_{spec.faults}, notes_{std::move(notes)} {}

  Result<void> load(const std::string& folder);
  void answer_bucket(const HttpAsk& ask, const PathAndQuery& target, const std::string& name, Reply& reply);
  void answer_object(const HttpAsk& ask, const std::string& bucket, const std::string& key, Reply& reply);
  void put(const HttpAsk& ask, const std::string& bucket, const std::string& key, Reply& reply);
  void list(const PathAndQuery& target, const std::string& name, const Bucket& bucket, Reply& reply) const;
  bool keep(const std::string& bucket, const std::string& key, Object object);
  void note(const HttpAsk& ask, const std::string& bucket, const std::string& key);

  std::string name_;
  std::int64_t latency_ns_;
  ServiceFaults faults_;
  std::shared_ptr<ServiceNotes> notes_;  // shared with the other services of the run
  std::map<std::string, Bucket> buckets_;
  std::size_t objects_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace belljar::boundary
