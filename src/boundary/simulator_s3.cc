#include "boundary/simulator_s3.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/text.h"
#include "boundary/service_canaries.h"
#include "codec/crypto.h"
#include "os/file.h"
#include "spec/fields.h"

namespace belljar::boundary {

namespace {

constexpr std::string_view kTime = "2025-01-01T00:00:00.000Z";
constexpr std::size_t kBucketsMax = 100;
constexpr std::string_view kXml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::string_view kSpace = " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

void fail(Reply& reply, int status, std::string_view code, std::string_view message) {
  send(reply, status, "application/xml",
       std::string{kXml} + "<Error><Code>" + std::string{code} + "</Code><Message>" + escape_markup(message) +
           "</Message></Error>");
}

std::string element(std::string_view name, std::string_view text) {
  return "<" + std::string{name} + ">" + escape_markup(text) + "</" + std::string{name} + ">";
}

// "5;chunk-signature=...\r\nhello\r\n0;chunk-signature=...\r\n": the form of signed streams.
std::optional<std::string> unchunk(std::string_view body) {
  std::string out;
  for (;;) {
    const std::size_t end = body.find("\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    std::size_t size = 0;
    const auto [stop, error] = std::from_chars(body.data(), body.data() + end, size, 16);
    if (error != std::errc{} || (stop != body.data() + end && *stop != ';')) return std::nullopt;
    body.remove_prefix(end + 2);
    if (size == 0) return out;  // trailers follow, if anything
    if (size > body.size() || !body.substr(size).starts_with("\r\n")) return std::nullopt;
    out += body.substr(0, size);
    body.remove_prefix(size + 2);
  }
}

std::string tag_of(std::string_view bytes) { return "\"" + codec::sha256(bytes).hex().substr(0, 32) + "\""; }

std::string or_empty(const std::string* text) { return text == nullptr ? std::string{} : *text; }

// Files below `folder`, by their path from it.
Result<std::vector<std::string>> files_below(int folder_fd) {
  std::vector<std::string> files;
  std::vector<std::string> waiting{"."};
  while (!waiting.empty()) {
    const std::string at = waiting.back();
    waiting.pop_back();
    const os::Fd opened = TRY(os::open_beneath(folder_fd, at, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (const os::DirectoryEntry& entry : TRY(os::list_directory_at(opened.get(), at))) {
      const std::string path = (at == "." ? "" : at + "/") + entry.name;
      if (entry.type == DT_DIR) waiting.push_back(path);
      if (entry.type == DT_REG) files.push_back(path);
      if (files.size() + waiting.size() > SimulatedS3::kObjectsMax) {
        return Error{Errc::exhausted, "the folder holds more than 20000 files"};
      }
    }
  }
  return files;
}

}  // namespace

Result<std::shared_ptr<SimulatedS3>> SimulatedS3::make(const ServiceSpec& spec, const std::string& folder,
                                                       const SimulatorSeed& seed, std::shared_ptr<ServiceNotes> notes) {
  std::shared_ptr<SimulatedS3> made{new SimulatedS3{spec, std::move(notes)}};
  for (const std::string& bucket : spec.buckets) {
    if (!spec::is_name(bucket, "-.", 63)) {
      return Error{Errc::invalid_argument, "service " + spec.name + ": found the bucket " + spec::quote(bucket) +
                                               ", expected a name such as backups"};
    }
    made->buckets_[bucket];
  }
  if (!folder.empty()) TRY_CTX(made->load(folder), "service " + spec.name);
  for (const std::string& path : spec.canaries) {
    const std::size_t slash = path.find('/');
    std::string bytes = canary_object(spec, path, seed.canary_key);
    std::string tag = tag_of(bytes);
    (void)made->keep(path.substr(0, slash), path.substr(slash + 1), {"text/plain", std::move(bytes), std::move(tag)});
  }
  return made;
}

Result<void> SimulatedS3::load(const std::string& folder) {
  const os::Fd opened = TRY(os::open_directory(folder));
  for (const std::string& path : TRY(files_below(opened.get()))) {
    const std::size_t slash = path.find('/');
    if (slash == std::string::npos) continue;  // beside the buckets
    const os::Fd file = TRY(os::open_beneath(opened.get(), path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    std::string bytes = TRY(os::read_all(file.get(), kBytesMax, path));
    std::string tag = tag_of(bytes);
    buckets_[path.substr(0, slash)];
    if (!keep(path.substr(0, slash), path.substr(slash + 1),
              {"application/octet-stream", std::move(bytes), std::move(tag)})) {
      return Error{Errc::exhausted, "the folder " + folder + " holds more than this store takes"};
    }
  }
  return {};
}

bool SimulatedS3::keep(const std::string& bucket, const std::string& key, Object object) {
  Bucket& objects = buckets_[bucket];
  const auto old = objects.find(key);
  const std::size_t freed = old == objects.end() ? 0 : old->second.bytes.size();
  if (bytes_ - freed + object.bytes.size() > kBytesMax || (old == objects.end() && objects_ >= kObjectsMax))
    return false;
  bytes_ = bytes_ - freed + object.bytes.size();
  if (old == objects.end()) ++objects_;
  objects[key] = std::move(object);
  return true;
}

void SimulatedS3::note(const HttpAsk& ask, const std::string& bucket, const std::string& key) {
  notes_->add({name_, ask.subject, "object",
               codec::Json::Object{{"method", ask.method},
                                   {"bucket", bucket},
                                   {"key", key},
                                   {"bytes", static_cast<std::uint64_t>(ask.body.size())},
                                   {"digest", codec::sha256(ask.body).text()}}});
}

void SimulatedS3::answer(const HttpAsk& ask, std::shared_ptr<Reply> reply) {
  if (latency_ns_ > 0) reply->wait(latency_ns_);
  const Result<PathAndQuery> target = parse_path_and_query(ask.target);
  if (!target) return fail(*reply, 400, "InvalidURI", target.error().message());
  if (faults_.strike(ask_source(ask, target.value()), *reply)) return;
  for (const char* unknown : {"uploads", "uploadId", "versionId", "versions", "acl", "policy", "delete", "tagging"}) {
    if (target.value().find(unknown) != nullptr) {
      return fail(*reply, 501, "NotImplemented", "this simulated store has no " + std::string{unknown});
    }
  }
  const std::vector<std::string>& steps = target.value().steps;
  if (steps[0].empty()) {
    std::string out = std::string{kXml} + "<ListAllMyBucketsResult" + std::string{kSpace} + "><Buckets>";
    for (const auto& [name, objects] : buckets_) {
      out += "<Bucket>" + element("Name", name) + element("CreationDate", kTime) + "</Bucket>";
    }
    return send(*reply, 200, "application/xml", out + "</Buckets></ListAllMyBucketsResult>");
  }
  std::string key;
  for (std::size_t at = 1; at < steps.size(); ++at) key += (at == 1 ? "" : "/") + steps[at];
  if (key.empty()) {
    answer_bucket(ask, target.value(), steps[0], *reply);
  } else {
    answer_object(ask, steps[0], key, *reply);
  }
}

void SimulatedS3::answer_bucket(const HttpAsk& ask, const PathAndQuery& target, const std::string& name, Reply& reply) {
  const auto bucket = buckets_.find(name);
  if (ask.method == "PUT") {
    if (bucket != buckets_.end()) return send(reply, 200, "", "", {{"location", "/" + name}});
    if (!spec::is_name(name, "-.", 63)) return fail(reply, 400, "InvalidBucketName", "that is no name of a bucket");
    if (buckets_.size() >= kBucketsMax) return fail(reply, 400, "TooManyBuckets", "this store is full");
    buckets_[name];
    return send(reply, 200, "", "", {{"location", "/" + name}});
  }
  if (bucket == buckets_.end()) return fail(reply, 404, "NoSuchBucket", "no such bucket");
  if (ask.method == "HEAD") return send(reply, 200, "", "");
  if (ask.method == "GET" && target.find("location") != nullptr) {
    return send(reply, 200, "application/xml",
                std::string{kXml} + "<LocationConstraint" + std::string{kSpace} + "></LocationConstraint>");
  }
  if (ask.method == "GET") return list(target, name, bucket->second, reply);
  if (ask.method != "DELETE") return fail(reply, 405, "MethodNotAllowed", "not at a bucket");
  if (!bucket->second.empty()) return fail(reply, 409, "BucketNotEmpty", "the bucket holds objects");
  buckets_.erase(bucket);
  send(reply, 204, "", "");
}

void SimulatedS3::list(const PathAndQuery& target, const std::string& name, const Bucket& bucket, Reply& reply) const {
  const std::string prefix = or_empty(target.find("prefix"));
  const std::string delimiter = or_empty(target.find("delimiter"));
  const std::string after = std::max(or_empty(target.find("start-after")), or_empty(target.find("continuation-token")));
  const std::string most_text = or_empty(target.find("max-keys"));
  std::size_t most = 1000;
  if (!most_text.empty()) std::from_chars(most_text.data(), most_text.data() + most_text.size(), most);
  most = std::min<std::size_t>(most, 1000);
  std::string contents;
  std::set<std::string> folders;
  std::size_t count = 0;
  std::string last;
  bool more = false;
  for (auto at = bucket.lower_bound(prefix); at != bucket.end() && at->first.starts_with(prefix); ++at) {
    if (!after.empty() && at->first <= after) continue;
    const std::size_t cut = delimiter.empty() ? std::string::npos : at->first.find(delimiter, prefix.size());
    const std::string folder = cut == std::string::npos ? "" : at->first.substr(0, cut + delimiter.size());
    if (!folder.empty() && folders.contains(folder)) {
      last = at->first;
      continue;
    }
    if (count == most) {
      more = true;
      break;
    }
    ++count;
    last = at->first;
    if (!folder.empty()) {
      folders.insert(folder);
      continue;
    }
    contents += "<Contents>" + element("Key", at->first) + element("LastModified", kTime) +
                element("ETag", at->second.tag) + element("Size", std::to_string(at->second.bytes.size())) +
                element("StorageClass", "STANDARD") + "</Contents>";
  }
  std::string out = std::string{kXml} + "<ListBucketResult" + std::string{kSpace} + ">" + element("Name", name) +
                    element("Prefix", prefix) + element("KeyCount", std::to_string(count)) +
                    element("MaxKeys", std::to_string(most)) + element("IsTruncated", more ? "true" : "false");
  if (!delimiter.empty()) out += element("Delimiter", delimiter);
  if (more) out += element("NextContinuationToken", last);
  for (const std::string& folder : folders) out += "<CommonPrefixes>" + element("Prefix", folder) + "</CommonPrefixes>";
  send(reply, 200, "application/xml", out + contents + "</ListBucketResult>");
}

void SimulatedS3::put(const HttpAsk& ask, const std::string& bucket, const std::string& key, Reply& reply) {
  if (find_header(ask.headers, "x-amz-copy-source") != nullptr) {
    return fail(reply, 501, "NotImplemented", "this simulated store copies nothing");
  }
  const std::string* sum = find_header(ask.headers, "x-amz-content-sha256");
  std::optional<std::string> bytes = ask.body;
  if (sum != nullptr && sum->starts_with("STREAMING-")) bytes = unchunk(ask.body);
  if (!bytes) return fail(reply, 400, "IncompleteBody", "the chunks of the body do not add up");
  const std::string* type = find_header(ask.headers, "content-type");
  std::string tag = tag_of(*bytes);
  const std::string told = tag;
  note(ask, bucket, key);
  if (!keep(bucket, key, {type == nullptr ? "binary/octet-stream" : *type, std::move(*bytes), std::move(tag)})) {
    return fail(reply, 507, "InsufficientStorage", "this store is full");
  }
  send(reply, 200, "", "", {{"etag", told}});
}

void SimulatedS3::answer_object(const HttpAsk& ask, const std::string& bucket, const std::string& key, Reply& reply) {
  const auto found = buckets_.find(bucket);
  if (found == buckets_.end()) return fail(reply, 404, "NoSuchBucket", "no such bucket");
  if (key.size() > kKeyMax) return fail(reply, 400, "KeyTooLongError", "keys have at most 1024 bytes");
  if (ask.method == "PUT") return put(ask, bucket, key, reply);
  const auto object = found->second.find(key);
  if (ask.method == "DELETE") {
    note(ask, bucket, key);
    if (object != found->second.end()) {
      bytes_ -= object->second.bytes.size();
      --objects_;
      found->second.erase(object);
    }
    return send(reply, 204, "", "");
  }
  if (ask.method != "GET" && ask.method != "HEAD") return fail(reply, 405, "MethodNotAllowed", "not at an object");
  if (object == found->second.end()) return fail(reply, 404, "NoSuchKey", "no such key");
  send(reply, 200, object->second.type, object->second.bytes,
       {{"etag", object->second.tag}, {"last-modified", "Wed, 01 Jan 2025 00:00:00 GMT"}});
}

}  // namespace belljar::boundary
