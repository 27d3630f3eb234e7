#include "ledger/entry.h"

#include "base/text.h"
#include "codec/json.h"

namespace belljar::ledger {

namespace {

using codec::Json;

constexpr std::size_t kPathBytesMax = 1024;
constexpr std::string_view kBlobPrefix = "blob:";

Error bad_entry(const std::string& why) { return {Errc::invalid_argument, why}; }

const std::string* text_member(const Json& object, std::string_view name) {
  const Json* member = object.find(name);
  return member != nullptr && member->is_string() ? &member->as_string() : nullptr;
}

Result<FileClaim> read_file_claim(const Json& entry) {
  const std::string* path = text_member(entry, "path");
  const std::string* digest = text_member(entry, "digest");
  if (path == nullptr || digest == nullptr) return bad_entry("a file entry without path and digest");
  if (!is_bindable_path(*path)) {
    return bad_entry("a file entry of \"" + printable(*path) + "\", which is no path of a file beside the ledger");
  }
  const Digest parsed = TRY(Digest::parse(*digest));
  return FileClaim{*path, parsed};
}

Result<Head> read_head_claim(const Json& entry) {
  const Json* size = entry.find("size");
  const std::string* root = text_member(entry, "root");
  if (size == nullptr || !size->is_int() || size->as_int() < 0 || root == nullptr) {
    return bad_entry("a head entry without size and root");
  }
  const Digest parsed = TRY(Digest::parse(*root));
  return Head{static_cast<std::uint64_t>(size->as_int()), parsed};
}

bool names_blobs(std::string_view member) {
  return member == "blob" || member == "blobs" || member.ends_with("_blob") || member.ends_with("_blobs");
}

// Other text than a blob's name is no error: what stands under a member may come from a model, and a run must not end
// for it. A name of our own that is misspelt shows as a blob that no entry names.
void read_blob_name(const Json& value, std::vector<Digest>& blobs) {
  if (!value.is_string()) return;
  std::string_view name = value.as_string();
  if (name.starts_with(kBlobPrefix)) name.remove_prefix(kBlobPrefix.size());
  const Result<Digest> digest = Digest::parse(name);
  if (digest) blobs.push_back(digest.value());
}

// The parser bounds the depth.
void collect_blobs(const Json& value, std::vector<Digest>& blobs) {
  if (value.is_array()) {
    for (const Json& item : value.as_array()) collect_blobs(item, blobs);
  }
  if (!value.is_object()) return;
  for (const Json::Member& member : value.as_object()) {
    collect_blobs(member.second, blobs);
    if (!names_blobs(member.first)) continue;
    read_blob_name(member.second, blobs);
    if (!member.second.is_array()) continue;
    for (const Json& item : member.second.as_array()) read_blob_name(item, blobs);
  }
}

}  // namespace

bool is_bindable_path(std::string_view path) {
  if (path.empty() || path.size() > kPathBytesMax || path.find('\0') != std::string_view::npos) return false;
  if (!is_utf8(path)) return false;
  const std::string_view top = path.substr(0, path.find('/'));
  if (top == "ledger" || top == "blobs") return false;
  for (std::string_view rest = path;;) {
    const std::size_t slash = rest.find('/');
    const std::string_view element = rest.substr(0, slash);
    if (element.empty() || element == "." || element == "..") return false;
    if (slash == std::string_view::npos) return true;
    rest.remove_prefix(slash + 1);
  }
}

Result<EntryClaims> read_entry(std::string_view entry) {
  const Json parsed = TRY(codec::parse_json(entry));
  if (!parsed.is_object()) return bad_entry("not a JSON object");
  EntryClaims claims;
  const std::string* kind = text_member(parsed, "kind");
  if (kind != nullptr && *kind == "file") claims.file = TRY(read_file_claim(parsed));
  if (kind != nullptr && *kind == "head") claims.head = TRY(read_head_claim(parsed));
  claims.sealed = kind != nullptr && *kind == "sealed";
  collect_blobs(parsed, claims.blobs);
  return claims;
}

}  // namespace belljar::ledger
