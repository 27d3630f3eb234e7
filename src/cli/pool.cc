#include "cli/pool.h"

#include <charconv>
#include <cstdio>

#include "base/text.h"
#include "cli/sandbox_options.h"
#include "os/stop_signals.h"
#include "sandbox/image/image.h"
#include "sandbox/pool/pool.h"

namespace belljar::cli {

namespace {

constexpr int kUsageError = 2;
constexpr int kHostError = 4;
constexpr std::size_t kDepthMost = 256;

Result<std::size_t> read_depth(const Arguments& arguments) {
  const std::string text = arguments.value("depth").value_or("4");
  std::size_t depth = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), depth);
  if (error == std::errc{} && end == text.data() + text.size() && depth >= 1 && depth <= kDepthMost) return depth;
  return Error{Errc::invalid_argument, "--depth: found \"" + printable(text) + "\", expected 1 to 256"};
}

Result<void> keep(const Arguments& arguments, const Host& host) {
  sandbox::PoolOptions options;
  options.spec.name = "exec";
  options.spec.profile = arguments.value("profile").value_or("interpreter");
  options.depth = TRY(read_depth(arguments));
  TRY(read_sandbox_options(arguments, options.spec));
  options.spec.image = TRY_CTX(sandbox::resolve_image(arguments.value("image").value_or("host"), "."), "--image");
  os::StopSignals signals = TRY(os::StopSignals::open());
  const std::unique_ptr<sandbox::Pool> pool = TRY(sandbox::Pool::open(std::move(options), host.clock));
  (void)std::fprintf(stderr,
                     "belljar pool: sandboxes stand ready at %s; `belljar exec` of the same user and options takes "
                     "them; Ctrl-C ends\n",
                     pool->socket().c_str());
  return pool->serve(signals);
}

int pool_main(const Arguments& arguments, const Host& host) {
  const Result<void> kept = keep(arguments, host);
  if (kept) return 0;
  (void)std::fprintf(stderr, "belljar pool: %s\n", kept.error().message().c_str());
  return kept.error().code() == Errc::invalid_argument ? kUsageError : kHostError;
}

}  // namespace

const Command kPool{"pool",
                    "",
                    "Keep sandboxes ready, so that `belljar exec` starts faster",
                    {
                        {"depth", Argument::required, "N", "how many stand ready (default 4)"},
                        kProfileOption,
                        kLimitOption,
                        kImageOption,
                        kWritableRootOption,
                        kOwnTimeOption,
                        kAllowDegradedOption,
                    },
                    false,
                    pool_main};

}  // namespace belljar::cli
