// Canary: a secret that opens nothing, made for one place of one run; whoever shows it was there and took it.
//
//   Canary canary = make_canary(run_key, "classifier:/work/.aws/credentials");
//   spec.planted.push_back({path, canary_file(path, canary), true});
//   rows[3].set("password", canary.token);
//
// The token is drawn from HMAC-SHA-256 of the run's key and the place: equal for equal arguments, and unguessable
// without the key, which leaves the host never. Its 24 characters are of an alphabet without l, 1, o, 0, i, m, 8 and 9:
// none that a look-alike or another base could confuse, and what AWS writes key names in. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace belljar::content {

constexpr std::size_t kTokenSize = 24;

struct Canary {
  std::string place;  // for people: "classifier:/work/.aws/credentials", "database:customers/3"
  std::string token;

  bool operator==(const Canary&) const = default;
};

// `run_key`: 32 bytes and more that nobody else knows.
Canary make_canary(std::string_view run_key, std::string_view place);

// What a file of that name holds: the credentials of AWS, a private key, an .env file, else "token = ...".
std::string canary_file(std::string_view path, const Canary& canary);
// What an environment variable of that name holds.
std::string canary_variable(std::string_view name, const Canary& canary);
// All that stands for the canary: its token, and the shorter name of a key where canary_file() writes one.
std::vector<std::string> canary_spellings(const Canary& canary);

}  // namespace belljar::content
