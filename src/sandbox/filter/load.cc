#include "sandbox/filter/load.h"

#include <seccomp.h>

#include <algorithm>

#include "codec/crypto.h"
#include "os/file.h"
#include "os/private_file.h"

namespace belljar::sandbox {

namespace {

constexpr std::uint64_t kProfileBytesMax = 64U << 10;
constexpr std::uint64_t kEntryBytesMax = 1U << 20;
// Raised with every change of the compiler or of the form of an entry.
constexpr std::string_view kCompilerVersion = "1";

std::string profile_path(const std::string& directory, const std::string& name) {
  return directory + "/" + name + ".yaml";
}

// The numbers of calls come from libseccomp, so another version may give another filter.
std::string entry_path(const std::string& cache, const std::string& name, std::string_view text) {
  const scmp_version* library = seccomp_version();
  const std::string made_from = "compiler " + std::string{kCompilerVersion} + ", libseccomp " +
                                std::to_string(library->major) + "." + std::to_string(library->minor) + "." +
                                std::to_string(library->micro) + ", " + name + "\n" + std::string{text};
  return cache + "/filter-" + name + "-" + codec::sha256(made_from).hex().substr(0, 32);
}

bool is_made_from(const CompiledFilter& filter, const std::string& name, std::string_view text,
                  const ReadProfile& read) {
  const std::vector<ProfileSource>& sources = filter.profile.sources;
  if (filter.profile.name != name || sources.empty() || sources.front().name != name) return false;
  if (sources.front().digest != codec::sha256(text)) return false;
  for (std::size_t i = 1; i < sources.size(); ++i) {
    const Result<std::string> included = read(sources[i].name);
    if (!included || codec::sha256(included.value()) != sources[i].digest) return false;
  }
  return true;
}

constexpr std::string_view kWithGateway = "-with-gateway";

// A profile's own rules stand before those it includes, and those before what they include: here, the gateway's first.
Result<std::string> profile_text(const std::string& directory, const std::string& name) {
  if (!name.ends_with(kWithGateway)) return os::read_file(profile_path(directory, name), kProfileBytesMax);
  const std::string base = name.substr(0, name.size() - kWithGateway.size());
  return "belljar-profile: 1\ndescription: " + base + ", in a sandbox with a gateway\ninclude: [gateway, " + base +
         "]\nrules: []\n";
}

// Every line of a parser's message begins with a file's name; people want its path.
std::string with_directory(const std::string& message, const std::string& directory) {
  std::string out;
  for (std::size_t at = 0; at <= message.size();) {
    const std::size_t end = std::min(message.find('\n', at), message.size());
    out += (at == 0 ? "" : "\n") + directory + "/" + message.substr(at, end - at);
    at = end + 1;
  }
  return out;
}

}  // namespace

Result<CompiledFilter> load_filter(const std::string& name, const std::string& profile_directory,
                                   const std::string& cache_directory) {
  const ReadProfile read = [&](const std::string& one) { return profile_text(profile_directory, one); };
  if (!is_profile_name(name)) return parse_profile(name, read).error();
  const std::string text = TRY_CTX(read(name), "load system call profile " + name);
  const std::string path = cache_directory.empty() ? "" : entry_path(cache_directory, name, text);
  if (!path.empty()) {
    if (const Result<std::string> bytes = os::read_private_file(path, kEntryBytesMax)) {
      Result<CompiledFilter> cached = decode_filter(bytes.value());
      if (cached && is_made_from(cached.value(), name, text, read)) return cached;
    }
  }
  Result<Profile> profile = parse_profile(name, read);
  if (!profile) return Error{profile.error().code(), with_directory(profile.error().message(), profile_directory)};
  CompiledFilter filter = TRY(compile_filter(std::move(profile).value()));
  // Without a cache the next start compiles again; that is no reason to refuse this one.
  if (!path.empty()) (void)os::write_file_atomic(path, encode_filter(filter), 0600);
  return filter;
}

std::string with_gateway(const std::string& name) { return name + std::string{kWithGateway}; }

Result<CompiledFilter> load_filter(const std::string& name, const std::string& profile_directory) {
  const Result<std::string> cache = os::cache_directory();
  return load_filter(name, profile_directory, cache ? cache.value() : std::string{});
}

}  // namespace belljar::sandbox
