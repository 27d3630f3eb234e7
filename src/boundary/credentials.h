// Credentials: secrets that stay outside. A program writes the placeholder where a secret belongs; the gateway puts the
// secret in for the rule that names it and takes every secret out of every answer, wherever the answer is cut.
//
//   headers = put_in(headers, credential);                   // "Bearer belljar-credential-openai" -> "Bearer sk-..."
//   Scrubber scrubber{credentials};
//   send(scrubber.push(piece)); send(scrubber.finish());
//
// Also inside the base64 of `Authorization: Basic`, where it is a password.
//
// An answer is scrubbed of the secret as it is, in base64 (each of its three alignments is another text, all are looked
// for) and percent-encoded. What a server turns into something else (a digest, a reversed text) is not found. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "boundary/service.h"

namespace belljar::boundary {

struct Credential;

// Returns whether the placeholder was there.
bool put_in(Headers& headers, const Credential& credential);

class Scrubber {
 public:
  explicit Scrubber(const std::vector<Credential>& credentials);
  bool empty() const { return spellings_.empty(); }

  std::string push(std::string_view bytes);  // holds back what may still become a secret
  std::string finish();
  std::string whole(std::string_view text) const;
  bool found() const { return found_; }

 private:
  struct Spelling {
    std::string secret;
    std::string placeholder;
  };
  std::string replace(std::string& waiting, bool last) const;

  std::vector<Spelling> spellings_;  // the longest first
  std::string waiting_;
  mutable bool found_ = false;
};

}  // namespace belljar::boundary
