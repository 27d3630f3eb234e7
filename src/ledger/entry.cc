#include "ledger/entry.h"

#include "base/check.h"
#include "base/text.h"
#include "codec/json.h"
#include "ledger/entry_scan.h"

namespace belljar::ledger {

namespace {

using codec::Json;

constexpr std::size_t kPathBytesMax = 1024;

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

Result<std::uint64_t> count_member(const Json& object, std::string_view name) {
  const Json* member = object.find(name);
  if (member == nullptr || !member->is_int() || member->as_int() < 0) {
    return bad_entry("a claim without \"" + std::string{name} + "\"");
  }
  return static_cast<std::uint64_t>(member->as_int());
}

Result<Digest> digest_member(const Json& object, std::string_view name) {
  const std::string* text = text_member(object, name);
  if (text == nullptr) return bad_entry("a claim without \"" + std::string{name} + "\"");
  return Digest::parse(*text);
}

Result<PackClaim> read_pack_claim(const Json& entry) {
  PackClaim claim;
  claim.number = TRY(count_member(entry, "number"));
  claim.bodies = TRY(count_member(entry, "bodies"));
  claim.digest = TRY(digest_member(entry, "digest"));
  return claim;
}

Result<BodyClaim> read_body_claim(const Json& body) {
  BodyClaim claim;
  claim.pack = TRY(count_member(body, "pack"));
  claim.at = TRY(count_member(body, "at"));
  claim.bytes = TRY(count_member(body, "bytes"));
  claim.salted = TRY(digest_member(body, "salted"));
  return claim;
}

}  // namespace

std::string with_body_claim(std::string_view entry, const BodyClaim& claim) {
  CHECK(entry.starts_with('{') && entry.ends_with('}'), "the text of an object");
  std::string text{entry.substr(0, entry.size() - 1)};
  if (entry.size() > 2) text += ',';
  return text + R"("body":{"pack":)" + std::to_string(claim.pack) + R"(,"at":)" + std::to_string(claim.at) +
         R"(,"bytes":)" + std::to_string(claim.bytes) + R"(,"salted":")" + claim.salted.text() + R"("}})";
}

std::string pack_entry(const PackClaim& claim) {
  return R"({"kind":"pack","number":)" + std::to_string(claim.number) + R"(,"bodies":)" + std::to_string(claim.bodies) +
         R"(,"digest":")" + claim.digest.text() + R"("})";
}

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
  if (const std::optional<EntryClaims> claims = scan_entry(entry)) return *claims;
  return parse_entry(entry);
}

Result<EntryClaims> parse_entry(std::string_view entry) {
  const Json parsed = TRY(codec::parse_json(entry));
  if (!parsed.is_object()) return bad_entry("not a JSON object");
  EntryClaims claims;
  const std::string* kind = text_member(parsed, "kind");
  if (kind != nullptr && *kind == "file") claims.file = TRY(read_file_claim(parsed));
  if (kind != nullptr && *kind == "head") claims.head = TRY(read_head_claim(parsed));
  claims.sealed = kind != nullptr && *kind == "sealed";
  if (kind != nullptr && *kind == "pack") claims.pack = TRY_CTX(read_pack_claim(parsed), "a pack entry");
  const Json* body = parsed.find("body");
  if (body != nullptr && body->is_object()) claims.body = TRY_CTX(read_body_claim(*body), "the body of an entry");
  return claims;
}

}  // namespace belljar::ledger
