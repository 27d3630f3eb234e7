#include "ledger/note.h"

#include <algorithm>

#include "base/text.h"

namespace belljar::ledger {

namespace {

constexpr std::size_t kTimeBytes = 8;
constexpr std::uint64_t kTimeMax = INT64_MAX;
constexpr std::string_view kDash = "\xE2\x80\x94 ";
constexpr std::string_view kSignerPrefix = "PRIVATE+KEY+";
constexpr std::size_t kKeyBytes = 32;

std::string_view as_text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};  // bytes and chars are the same memory
}

Error bad_note(const std::string& why) { return {Errc::corrupt, "signed note: " + why}; }

// The Unicode White_Space characters beyond ASCII, as UTF-8.
constexpr std::string_view kWideSpaces[] = {
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82", "\xE2\x80\x83",
    "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A",
    "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};

bool is_key_name(std::string_view name) {
  if (name.empty() || !is_utf8(name)) return false;
  const auto unfit = [](char c) { return (c >= 0 && c <= ' ') || c == '+' || c == 0x7F; };
  if (std::any_of(name.begin(), name.end(), unfit)) return false;
  return std::none_of(std::begin(kWideSpaces), std::end(kWideSpaces),
                      [name](std::string_view space) { return name.find(space) != std::string_view::npos; });
}

KeyHash hash_of(std::string_view name, std::string_view typed_key) {
  std::string material{name};
  material += '\n';
  material += typed_key;
  const Digest digest = codec::sha256(material);
  return {digest.bytes[0], digest.bytes[1], digest.bytes[2], digest.bytes[3]};
}

std::string typed(KeyKind kind, std::string_view key) { return static_cast<char>(kind) + std::string{key}; }

// What a witness signs: that it saw this text at that time.
std::string cosigned(std::string_view text, std::uint64_t time) {
  return "cosignature/v1\ntime " + std::to_string(time) + '\n' + std::string{text};
}

bool verify_cosignature(const codec::PublicKey& key, std::string_view text, std::string_view signature) {
  if (signature.size() < kTimeBytes) return false;
  std::uint64_t time = 0;
  for (std::size_t at = 0; at < kTimeBytes; ++at) time = time << 8 | static_cast<std::uint8_t>(signature[at]);
  return time <= kTimeMax && codec::verify(key, cosigned(text, time), signature.substr(kTimeBytes));
}

std::string key_text(std::string_view name, const KeyHash& hash, std::string_view typed_key) {
  return std::string{name} + '+' + to_hex(as_text(hash.data(), hash.size())) + '+' + to_base64(typed_key);
}

struct KeyParts {
  std::string name;
  std::string hash;
  std::string key;  // without its kind
  KeyKind kind = KeyKind::signer;
};

Result<KeyParts> split_key(std::string_view text) {
  const Error bad{Errc::invalid_argument, "note key: expected NAME+8 hex digits+base64 of an Ed25519 key, found \"" +
                                              printable(text.substr(0, 100)) + "\""};
  const std::size_t first = text.find('+');
  if (first == std::string_view::npos || text.size() < first + 10 || text[first + 9] != '+') return bad;
  const Result<std::string> hash = from_hex(text.substr(first + 1, 8));
  const Result<std::string> key = from_base64(text.substr(first + 10));
  if (!hash || !key || key.value().size() != 1 + kKeyBytes) return bad;
  const auto kind = static_cast<KeyKind>(key.value()[0]);
  if (kind != KeyKind::signer && kind != KeyKind::cosigner) return bad;
  if (!is_key_name(text.substr(0, first))) return bad;
  return KeyParts{std::string{text.substr(0, first)}, hash.value(), key.value().substr(1), kind};
}

Result<NoteSignature> parse_signature(std::string_view line) {
  if (!line.starts_with(kDash)) return bad_note("a signature line does not begin with an em dash and a space");
  line.remove_prefix(kDash.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return bad_note("a signature line has no signature");
  NoteSignature signature;
  signature.name = line.substr(0, space);
  if (!is_key_name(signature.name)) return bad_note("a key's name is empty or has a space or a plus sign in it");
  const Result<std::string> raw = from_base64(line.substr(space + 1));
  if (!raw || raw.value().size() <= signature.hash.size()) return bad_note("a signature is not base64 of enough bytes");
  std::copy_n(raw.value().begin(), signature.hash.size(), signature.hash.begin());
  signature.signature = raw.value().substr(signature.hash.size());
  return signature;
}

}  // namespace

KeyHash VerifierKey::hash() const { return hash_of(name, typed(kind, as_text(key.data(), key.size()))); }

std::string VerifierKey::text() const { return key_text(name, hash(), typed(kind, as_text(key.data(), key.size()))); }

Result<VerifierKey> VerifierKey::parse(std::string_view text) {
  const KeyParts parts = TRY(split_key(text));
  VerifierKey key;
  key.name = parts.name;
  key.kind = parts.kind;
  std::copy(parts.key.begin(), parts.key.end(), key.key.begin());
  const KeyHash hash = key.hash();
  if (as_text(hash.data(), hash.size()) != parts.hash) {
    return Error{Errc::invalid_argument,
                 "note key: the hash in \"" + printable(text.substr(0, 100)) + "\" is not that of its name and key"};
  }
  return key;
}

std::string signer_text(std::string_view name, const codec::SigningKey& key) {
  const VerifierKey verifier{std::string{name}, key.public_key()};
  return std::string{kSignerPrefix} + key_text(name, verifier.hash(), typed(KeyKind::signer, key.seed()));
}

Result<codec::SigningKey> parse_signer(std::string_view text, std::string_view name) {
  // The text is a secret: no message repeats any of it.
  const Error bad{Errc::corrupt, "not a signed-note signer named " + std::string{name}};
  if (!text.starts_with(kSignerPrefix)) return bad;
  const Result<KeyParts> parts = split_key(text.substr(kSignerPrefix.size()));
  if (!parts || parts.value().name != name) return bad;
  codec::SigningKey key = TRY(codec::SigningKey::from_seed(parts.value().key));
  if (signer_text(name, key) != text) return bad;
  return key;
}

std::string Note::bytes() const {
  std::string out = text + '\n';
  for (const NoteSignature& line : signatures) {
    std::string raw{as_text(line.hash.data(), line.hash.size())};
    raw += line.signature;
    out += std::string{kDash} + line.name + ' ' + to_base64(raw) + '\n';
  }
  return out;
}

Result<Note> parse_note(std::string_view bytes, std::size_t bytes_max) {
  if (bytes.size() > bytes_max) return bad_note("larger than " + human_bytes(bytes_max));
  if (!is_utf8(bytes)) return bad_note("not UTF-8");
  const auto control = [](char c) { return c >= 0 && c < ' ' && c != '\n'; };
  if (std::any_of(bytes.begin(), bytes.end(), control)) return bad_note("a control character in it");
  // The last empty line parts the text from the signatures.
  const std::size_t blank = bytes.rfind("\n\n");
  if (blank == std::string_view::npos) return bad_note("no empty line before the signatures");
  Note note;
  note.text = bytes.substr(0, blank + 1);
  std::string_view rest = bytes.substr(blank + 2);
  if (rest.empty()) return bad_note("not signed");
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return bad_note("the last line does not end");
    if (note.signatures.size() == kNoteSignaturesMax) return bad_note("more signatures than a note may bear");
    note.signatures.push_back(TRY(parse_signature(rest.substr(0, end))));
    rest.remove_prefix(end + 1);
  }
  return note;
}

std::string sign_note(std::string_view text, std::string_view name, const codec::SigningKey& key) {
  const VerifierKey verifier{std::string{name}, key.public_key()};
  return Note{std::string{text}, {{std::string{name}, verifier.hash(), key.sign(text)}}}.bytes();
}

NoteSignature cosign_note(std::string_view text, std::string_view name, const codec::SigningKey& key,
                          std::uint64_t time) {
  const VerifierKey verifier{std::string{name}, key.public_key(), KeyKind::cosigner};
  std::string signature;
  for (int shift = 56; shift >= 0; shift -= 8) signature += static_cast<char>(time >> shift & 0xFF);
  return {std::string{name}, verifier.hash(), signature + key.sign(cosigned(text, time))};
}

bool verify_note(const Note& note, const VerifierKey& key) {
  const KeyHash hash = key.hash();
  std::size_t good = 0;
  for (const NoteSignature& line : note.signatures) {
    if (line.name != key.name || line.hash != hash) continue;
    const bool verified = key.kind == KeyKind::signer ? codec::verify(key.key, note.text, line.signature)
                                                      : verify_cosignature(key.key, note.text, line.signature);
    if (!verified) return false;
    ++good;
  }
  return good > 0;
}

}  // namespace belljar::ledger
