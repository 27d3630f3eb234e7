// System call profiles and cache entries from anyone: parsed without harm, and what compiles answers as it decides.
// An input that begins with 'E' is the content of a cache entry; else it is a profile, and behind a NUL one it
// includes.
#include <linux/audit.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "codec/crypto.h"
#include "sandbox/filter/compile.h"
#include "sandbox/filter/evaluate.h"
#include "sandbox/filter/load.h"

namespace {

using namespace belljar;           // NOLINT(google-build-using-namespace)
using namespace belljar::sandbox;  // NOLINT(google-build-using-namespace)

void require(bool holds) {
  if (!holds) std::abort();
}

std::uint32_t action_of(const Decision& decision) {
  switch (decision.action) {
    case Action::allow:
      return SECCOMP_RET_ALLOW;
    case Action::quiet:
      return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(decision.error);
    case Action::refuse:
      return SECCOMP_RET_USER_NOTIF;
    case Action::kill:
      break;
  }
  return SECCOMP_RET_KILL_PROCESS;
}

// Calls worth a try: everything a rule names, with the values its conditions turn on.
template <class Try>
void for_each_call(const Profile& profile, Try try_one) {
  seccomp_data data{};
  data.arch = AUDIT_ARCH_X86_64;
  for (const Match& match : profile.matches) {
    for (const int number : {match.call - 1, int{match.call}, match.call + 1}) {
      data.nr = number;
      std::fill(std::begin(data.args), std::end(data.args), 0);
      try_one(data);
      for (const Condition& condition : match.conditions) {
        for (const std::uint64_t value : condition.values) {
          const std::uint64_t high = std::uint64_t{1} << 32U;
          for (const std::uint64_t one : {value, value + 1, value - 1, value | ~condition.mask, ~value, value | high}) {
            data.args[condition.argument] = one;
            try_one(data);
          }
        }
      }
    }
  }
  data.nr = 0x40000000;
  try_one(data);
  data.arch = AUDIT_ARCH_I386;
  try_one(data);
}

void try_entry(std::string_view content) {
  const Digest digest = codec::sha256(content);
  const std::string entry =
      "belljar-filter 1\n" + std::string{digest.bytes.begin(), digest.bytes.end()} + std::string{content};
  const Result<CompiledFilter> filter = decode_filter(entry);
  if (!filter) return;
  require(encode_filter(filter.value()) == entry);
  for_each_call(filter.value().profile, [&](const seccomp_data& data) {
    (void)filter.value().profile.decide(data);
    require(static_cast<bool>(evaluate(filter.value().program, data)));
  });
}

void try_profile(std::string_view text) {
  const std::size_t cut = std::min(text.find('\0'), text.size());
  const ReadProfile read = [&](const std::string& name) -> Result<std::string> {
    return std::string{name == "p" ? text.substr(0, cut) : text.substr(std::min(cut + 1, text.size()))};
  };
  Result<Profile> profile = parse_profile("p", read);
  if (!profile) {
    require(!profile.error().message().empty());
    return;
  }
  const Result<CompiledFilter> filter = compile_filter(std::move(profile).value());
  if (!filter) return;
  require(filter.value().program.size() <= kInstructionsMax);
  for_each_call(filter.value().profile, [&](const seccomp_data& data) {
    const Result<std::uint32_t> answer = evaluate(filter.value().program, data);
    require(answer && answer.value() == action_of(filter.value().profile.decide(data)));
  });
  const Result<CompiledFilter> again = decode_filter(encode_filter(filter.value()));
  require(again && again.value() == filter.value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(bytes), size};
  if (input.starts_with('E')) {
    try_entry(input.substr(1));
  } else {
    try_profile(input);
  }
  return 0;
}
