#include "boundary/credentials.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "boundary/gateway.h"

namespace belljar::boundary {

namespace {

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kDigits.at(byte / 16U);
      out += kDigits.at(byte % 16U);
    }
  }
  return out;
}

// The characters that are the same whatever stands around the secret: those made of its own bits alone.
std::string inner_base64(std::string_view secret, std::size_t before) {
  const std::string text = to_base64(std::string(before, '\0') + std::string{secret});
  const std::size_t first = (before * 8 + 5) / 6;
  const std::size_t last = (before + secret.size()) * 8 / 6;
  return text.substr(first, last - first);
}

}  // namespace

std::string placeholder_of(std::string_view credential) { return "belljar-credential-" + std::string{credential}; }

namespace {

bool replace_all(std::string& text, std::string_view placeholder, std::string_view secret) {
  bool found = false;
  for (std::size_t at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at)) {
    text.replace(at, placeholder.size(), secret);
    at += secret.size();
    found = true;
  }
  return found;
}

// "Basic dXNlcjpwbGFjZWhvbGRlcg==": a user's name and the placeholder as its password.
bool put_in_basic(std::string& value, std::string_view placeholder, std::string_view secret) {
  constexpr std::string_view kBasic = "Basic ";
  if (!value.starts_with(kBasic)) return false;
  Result<std::string> plain = from_base64(std::string_view{value}.substr(kBasic.size()));
  if (!plain || !replace_all(plain.value(), placeholder, secret)) return false;
  value = std::string{kBasic} + to_base64(plain.value());
  return true;
}

}  // namespace

bool put_in(Headers& headers, const Credential& credential) {
  const std::string placeholder = placeholder_of(credential.name);
  bool found = false;
  for (auto& [name, value] : headers) {
    found = replace_all(value, placeholder, credential.secret) || found;
    if (name == "authorization") found = put_in_basic(value, placeholder, credential.secret) || found;
  }
  return found;
}

Scrubber::Scrubber(const std::vector<Credential>& credentials) {
  // Shorter pieces than this would be found in innocent text.
  constexpr std::size_t kShortest = 8;
  for (const Credential& credential : credentials) {
    const std::string placeholder = placeholder_of(credential.name);
    std::vector<std::string> texts{credential.secret, percent_encoded(credential.secret)};
    for (std::size_t before = 0; before < 3; ++before) texts.push_back(inner_base64(credential.secret, before));
    for (std::string& text : texts) {
      if (text == credential.secret || text.size() >= kShortest) spellings_.push_back({std::move(text), placeholder});
    }
  }
  std::erase_if(spellings_, [](const Spelling& spelling) { return spelling.secret.empty(); });
  std::stable_sort(spellings_.begin(), spellings_.end(),
                   [](const Spelling& a, const Spelling& b) { return a.secret.size() > b.secret.size(); });
}

std::string Scrubber::replace(std::string& waiting, bool last) const {
  std::string out;
  std::size_t from = 0;
  while (from < waiting.size()) {
    std::size_t place = std::string::npos;
    const Spelling* found = nullptr;
    for (const Spelling& spelling : spellings_) {
      const std::size_t at = waiting.find(spelling.secret, from);
      if (at < place) {
        place = at;
        found = &spelling;
      }
    }
    if (found == nullptr) break;
    out.append(waiting, from, place - from).append(found->placeholder);
    from = place + found->secret.size();
    found_ = true;
  }
  // Held back: the longest end that begins a secret.
  std::size_t keep = waiting.size();
  for (const Spelling& spelling : spellings_) {
    if (last) break;
    const std::size_t longest = std::min(spelling.secret.size() - 1, waiting.size() - from);
    for (std::size_t bytes = longest; bytes > 0; --bytes) {
      const std::string_view tail = std::string_view{waiting}.substr(waiting.size() - bytes);
      if (!std::string_view{spelling.secret}.starts_with(tail)) continue;
      keep = std::min(keep, waiting.size() - bytes);
      break;
    }
  }
  out.append(waiting, from, keep - from);
  waiting.erase(0, keep);
  return out;
}

std::string Scrubber::push(std::string_view bytes) {
  if (spellings_.empty()) return std::string{bytes};
  waiting_ += bytes;
  return replace(waiting_, false);
}

std::string Scrubber::finish() { return replace(waiting_, true); }

std::string Scrubber::whole(std::string_view text) const {
  if (spellings_.empty()) return std::string{text};
  std::string waiting{text};
  return replace(waiting, true);
}

}  // namespace belljar::boundary
