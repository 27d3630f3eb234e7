// SandboxSpec: what a sandbox is made of and may do; Command: what runs in it. Plain values, resolved: every host path
// exists and every digest is known before a spec reaches the engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spec/quotas.h"

namespace belljar::spec {

enum class ImageKind {
  host,       // the host's own /usr (and what /etc needs for a dynamic loader), read-only
  directory,  // a root file system on disk, read-only
};

struct Image {
  ImageKind kind = ImageKind::host;
  std::string root;    // absolute host path of the directory; "/" for host
  std::string digest;  // "sha256:..." of its content; empty for host
  bool operator==(const Image&) const = default;
};

// A host file or directory seen read-only, nosuid, nodev inside.
struct ReadOnlyBind {
  std::string host_path;
  std::string inside;  // absolute, e.g. "/model"
  bool operator==(const ReadOnlyBind&) const = default;
};

// A file that exists in this sandbox alone. With `canary`, any open of it is a violation.
struct PlantedFile {
  std::string inside;
  std::string content;
  bool canary = false;
  bool operator==(const PlantedFile&) const = default;
};

enum class TimeNamespace { host, own };  // own: monotonic and boot clocks begin at the start of the sandbox

// The same program with the same input gives the same output: its randomness follows from the seed, its clock moves by
// rule. docs/determinism.md tells the rules and what they do not reach.
struct Deterministic {
  std::uint64_t seed = 0;
  bool operator==(const Deterministic&) const = default;
};

// Ways out that end at a gateway (boundary/gateway.h) and nowhere else: proxies and a name server on the sandbox's own
// 127.0.0.1, and a route that takes every other TCP connection there too. Programs that know nothing of it find a
// network.
struct GatewaySpec {
  std::string trust_pem;  // an authority's certificate that programs inside trust beside their image's; empty: none
  bool operator==(const GatewaySpec&) const = default;
};

inline constexpr std::uint16_t kGatewayHttpPort = 3128;
inline constexpr std::uint16_t kGatewaySocksPort = 1080;
inline constexpr std::uint16_t kGatewayTransparentPort = 3129;
inline constexpr std::uint16_t kGatewayDnsPort = 53;

struct SandboxSpec {
  std::string name = "sandbox";  // for messages; letters, digits, dash
  Image image;
  std::vector<ReadOnlyBind> files;
  std::vector<PlantedFile> planted;
  std::string profile = "interpreter";  // profiles/NAME.yaml
  Quotas quotas;
  TimeNamespace time = TimeNamespace::host;
  // Not 0: the model serves on this TCP port of its own 127.0.0.1, which is up for it alone. Sandbox::connect() reaches
  // it; the profile must let it listen (`server` does).
  std::uint16_t serve_port = 0;
  std::optional<GatewaySpec> gateway;          // none: no network at all
  std::optional<Deterministic> deterministic;  // `time` has no meaning with it
  // Writable root (an overlay thrown away with the sandbox) instead of a read-only one. /tmp, /work, /out and /dev/shm
  // are writable either way.
  bool writable_root = false;
  // Degradations the person accepted by name: "cgroup-memory", "cgroup-processes", "cgroup-cpu", "landlock",
  // "user-notification", "user-namespace-range". Any other missing protection stops the start.
  std::vector<std::string> allow_degraded;
  bool operator==(const SandboxSpec&) const = default;
};

struct Command {
  std::vector<std::string> argv;         // argv[0] is looked up in PATH inside when it has no slash
  std::vector<std::string> environment;  // "NAME=value"; the whole of it
  std::string directory = "/work";
  bool operator==(const Command&) const = default;
};

// PATH, HOME=/work, LANG=C.UTF-8, TMPDIR=/tmp and nothing of the host's.
std::vector<std::string> default_environment();
// What tells programs of a sandbox with this gateway where the proxies are and whom to trust.
std::vector<std::string> gateway_environment(const GatewaySpec& gateway);

// Where the authorities lie inside: those of the image with the gateway's, and the gateway's alone.
inline constexpr const char* kTrustBundle = "/etc/ssl/certs/ca-certificates.crt";
inline constexpr const char* kTrustOfGateway = "/etc/ssl/belljar-gateway.pem";

}  // namespace belljar::spec
