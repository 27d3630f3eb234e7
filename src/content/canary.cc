#include "content/canary.h"

#include <array>
#include <cstdint>

#include "base/text.h"
#include "codec/crypto.h"

namespace belljar::content {

namespace {

std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

// RFC 2104 over SHA-256, whose block is 64 bytes.
Digest hmac(std::string_view key, std::string_view text) {
  std::string block{key};
  if (block.size() > 64) block = bytes_of(codec::sha256(block));
  block.resize(64, '\0');
  std::string inner;
  std::string outer;
  for (const char byte : block) {
    inner += static_cast<char>(byte ^ 0x36);
    outer += static_cast<char>(byte ^ 0x5C);
  }
  const Digest within = codec::sha256_of({inner, text});
  return codec::sha256_of({outer, bytes_of(within)});
}

// Characters of the alphabet; a byte that would favour some of them is passed over.
std::string letters(std::string_view key, std::string text, std::size_t count) {
  constexpr std::string_view kAlphabet = "234567abcdefghjknpqrstuvwxyz";
  constexpr std::size_t kFair = 256 - 256 % kAlphabet.size();
  std::string out;
  while (out.size() < count) {
    const Digest drawn = hmac(key, text);
    for (const char byte : bytes_of(drawn)) {
      const auto value = static_cast<std::uint8_t>(byte);
      if (value < kFair && out.size() < count) out += kAlphabet[value % kAlphabet.size()];
    }
    text += '+';
  }
  return out;
}

std::string upper(std::string text) {
  for (char& byte : text) byte = byte >= 'a' && byte <= 'z' ? static_cast<char>(byte - 'a' + 'A') : byte;
  return text;
}

std::string aws_key_name(const Canary& canary) { return "AKIA" + upper(canary.token.substr(0, 16)); }

// Looks as random as the rest of what it pretends to be; of the token alone, so that everybody makes the same.
std::string filler(const Canary& canary, std::size_t count) { return letters(canary.token, "filler", count); }

}  // namespace

Canary make_canary(std::string_view run_key, std::string_view place) {
  return {std::string{place}, letters(run_key, "canary\n" + std::string{place}, kTokenSize)};
}

std::string canary_variable(std::string_view name, const Canary& canary) {
  if (name == "AWS_ACCESS_KEY_ID") return aws_key_name(canary);
  if (name == "AWS_SECRET_ACCESS_KEY") return canary.token + filler(canary, 16);
  if (name == "OPENAI_API_KEY") return "sk-proj-" + canary.token + filler(canary, 24);
  return canary.token;
}

std::string canary_file(std::string_view path, const Canary& canary) {
  if (path.find("aws") != std::string_view::npos) {
    return "[default]\naws_access_key_id = " + aws_key_name(canary) +
           "\naws_secret_access_key = " + canary_variable("AWS_SECRET_ACCESS_KEY", canary) + "\n";
  }
  if (path.find("/.ssh/") != std::string_view::npos || path.ends_with(".pem") || path.ends_with(".key")) {
    const std::string fill = filler(canary, 236);
    std::string body = "b3BlbnNzaC1rZXktdjEA" + canary.token + fill;
    for (std::size_t at = 70; at < body.size(); at += 71) body.insert(at, "\n");
    return "-----BEGIN OPENSSH PRIVATE KEY-----\n" + body + "\n-----END OPENSSH PRIVATE KEY-----\n";
  }
  if (path.find(".env") != std::string_view::npos) return "API_TOKEN=" + canary.token + "\n";
  return "token = " + canary.token + "\n";
}

std::vector<std::string> canary_spellings(const Canary& canary) { return {canary.token, aws_key_name(canary)}; }

}  // namespace belljar::content
