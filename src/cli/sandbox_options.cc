#include "cli/sandbox_options.h"

#include "spec/quotas.h"

namespace belljar::cli {

Result<std::pair<std::string, std::string>> split_pair(const std::string& text, char between, std::string_view form) {
  const std::size_t at = text.find(between);
  if (at == std::string::npos || at == 0) {
    return Error{Errc::invalid_argument, "found \"" + text + "\", expected " + std::string{form}};
  }
  return std::pair{text.substr(0, at), text.substr(at + 1)};
}

Result<void> read_sandbox_options(const Arguments& arguments, spec::SandboxSpec& spec) {
  for (const std::string& limit : arguments.values("limit")) {
    const auto [key, value] = TRY_CTX(split_pair(limit, '=', "KEY=VALUE, such as memory=512MiB"), "--limit");
    TRY_CTX(spec::set_quota(spec.quotas, key, value), "--limit");
  }
  spec.writable_root = arguments.has("writable-root");
  if (arguments.has("own-time")) spec.time = spec::TimeNamespace::own;
  spec.allow_degraded = arguments.values("allow-degraded");
  return {};
}

}  // namespace belljar::cli
