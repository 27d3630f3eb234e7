// Note: C2SP signed-note with Ed25519, C2SP cosignatures on it, and the text form of their keys.
//
//   std::string note = sign_note("text\n", name, key);
//   Note parsed = TRY(parse_note(note));
//   VerifierKey key = TRY(VerifierKey::parse("belljar+12345678+AY..."));
//   bool ok = verify_note(parsed, key);   // also of a witness key, "witness.example+..+BA..."
//
// What parses re-serialises to the same bytes, so a changed byte is a changed meaning or an error. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/crypto.h"

namespace belljar::ledger {

using KeyHash = std::array<std::uint8_t, 4>;

// What a key's signatures are of; the number is its algorithm in C2SP signed-note.
enum class KeyKind : char {
  signer = 0x01,    // Ed25519 of the text
  cosigner = 0x04,  // C2SP tlog-cosignature v1: Ed25519 of a time and the text, by a witness
};

// "name+hash+key": 8 hex digits, base64 of the kind and the 32 bytes.
struct VerifierKey {
  std::string name;
  codec::PublicKey key{};
  KeyKind kind = KeyKind::signer;

  bool operator==(const VerifierKey&) const = default;
  KeyHash hash() const;
  std::string text() const;
  // Accepts exactly the form text() writes.
  static Result<VerifierKey> parse(std::string_view text);
};

// "PRIVATE+KEY+name+hash+seed", the form in which other signed-note tools keep a signer.
std::string signer_text(std::string_view name, const codec::SigningKey& key);
Result<codec::SigningKey> parse_signer(std::string_view text, std::string_view name);

struct NoteSignature {
  std::string name;
  KeyHash hash{};
  std::string signature;  // 64 bytes when it is Ed25519, after 8 of time when it is a cosignature
};

struct Note {
  std::string text;  // ends in a newline
  std::vector<NoteSignature> signatures;

  std::string bytes() const;
};

constexpr std::size_t kNoteBytesMax = 65536;
constexpr std::size_t kNoteSignaturesMax = 64;

Result<Note> parse_note(std::string_view bytes, std::size_t bytes_max = kNoteBytesMax);
std::string sign_note(std::string_view text, std::string_view name, const codec::SigningKey& key);
// The line a witness adds to a checkpoint it has seen at that time, in seconds since 1970.
NoteSignature cosign_note(std::string_view text, std::string_view name, const codec::SigningKey& key,
                          std::uint64_t time);
// True when the note bears a signature of that key and each of its signatures is good.
bool verify_note(const Note& note, const VerifierKey& key);

}  // namespace belljar::ledger
