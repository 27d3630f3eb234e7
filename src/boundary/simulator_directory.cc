#include "boundary/simulator_directory.h"

#include <fcntl.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "boundary/git_files.h"
#include "boundary/service_canaries.h"
#include "codec/crypto.h"
#include "codec/gunzip.h"
#include "os/file.h"

namespace belljar::boundary {

namespace {

using codec::Json;

constexpr std::uint64_t kManifestBytesMax = 64ULL << 20;

// PEP 503: runs of "-", "_" and "." are one "-"; lower case.
std::string pip_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool joint = c == '-' || c == '_' || c == '.';
    if (joint && out.ends_with("-")) continue;
    out += joint ? '-' : (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return out;
}

// The project of "name-1.0-py3-none-any.whl" or "name-1.0.tar.gz"; empty for another kind of file.
std::string pip_project(std::string_view file) {
  if (file.ends_with(".whl")) return pip_name(file.substr(0, file.find('-')));
  for (const std::string_view ending : {".tar.gz", ".zip", ".tar.bz2"}) {
    if (!file.ends_with(ending)) continue;
    file.remove_suffix(ending.size());
    const std::size_t dash = file.rfind('-');
    return dash == std::string_view::npos ? std::string{} : pip_name(file.substr(0, dash));
  }
  return {};
}

std::string_view type_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kTypes{{
      {".html", "text/html; charset=utf-8"},
      {".txt", "text/plain; charset=utf-8"},
      {".md", "text/plain; charset=utf-8"},
      {".json", "application/json"},
      {".css", "text/css"},
      {".js", "text/javascript"},
      {".xml", "application/xml"},
      {".png", "image/png"},
      {".svg", "image/svg+xml"},
      {".csv", "text/csv"},
      {".pdf", "application/pdf"},
      {".yaml", "application/yaml"},
  }};
  for (const auto& [ending, type] : kTypes) {
    if (name.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

std::string page(std::string_view title, const std::vector<std::pair<std::string, std::string>>& links) {
  std::string out = "<!DOCTYPE html>\n<html><head><title>" + escape_markup(title) + "</title></head><body>\n";
  for (const auto& [href, text] : links) {
    out += "<a href=\"" + escape_markup(href) + "\">" + escape_markup(text) + "</a><br>\n";
  }
  return out + "</body></html>\n";
}

std::string join(const std::vector<std::string>& steps, std::size_t from) {
  std::string out;
  for (std::size_t at = from; at < steps.size(); ++at) {
    if (steps[at].empty()) continue;
    out += (out.empty() ? "" : "/") + steps[at];
  }
  return out;
}

}  // namespace

Result<std::shared_ptr<SimulatedDirectory>> SimulatedDirectory::make(const ServiceSpec& spec, const std::string& folder,
                                                                     const SimulatorSeed& seed) {
  os::Fd opened = TRY_CTX(os::open_directory(folder), "service " + spec.name);
  std::shared_ptr<SimulatedDirectory> made{new SimulatedDirectory{spec, std::move(opened)}};
  if (spec.index == "pip") TRY_CTX(made->list_pip(folder), "service " + spec.name);
  if (spec.index == "npm") TRY_CTX(made->list_npm(folder), "service " + spec.name);
  for (const std::string& path : spec.canaries) made->canaries_[path] = canary_object(spec, path, seed.canary_key);
  return made;
}

Result<std::string> SimulatedDirectory::read(const std::string& relative) const {
  const os::Fd file = TRY(os::open_beneath(folder_.get(), relative, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  return os::read_all(file.get(), kFileBytesMax, relative);
}

Result<void> SimulatedDirectory::list_pip(const std::string& folder) {
  for (const os::DirectoryEntry& entry : TRY(os::list_directory(folder))) {
    const std::string project = pip_project(entry.name);
    if (project.empty()) continue;
    Package package;
    package.file = entry.name;
    package.sha256_hex = codec::sha256(TRY(read(entry.name))).hex();
    packages_[project].push_back(std::move(package));
  }
  return {};
}

Result<void> SimulatedDirectory::list_npm(const std::string& folder) {
  for (const os::DirectoryEntry& entry : TRY(os::list_directory(folder))) {
    if (!entry.name.ends_with(".tgz")) continue;
    const std::string bytes = TRY(read(entry.name));
    const std::string tar = TRY_CTX(codec::gunzip(bytes, kManifestBytesMax), entry.name);
    const auto text = codec::find_in_tar(tar, "package/package.json");
    if (!text)
      return Error{Errc::invalid_argument, entry.name + ": no package/package.json, expected `npm pack`'s form"};
    Package package;
    package.manifest = TRY_CTX(codec::parse_json(*text), entry.name);
    const Json* name = package.manifest.find("name");
    const Json* version = package.manifest.find("version");
    if (name == nullptr || version == nullptr || !name->is_string() || !version->is_string()) {
      return Error{Errc::invalid_argument, entry.name + ": its package.json has no name or no version"};
    }
    package.file = entry.name;
    package.version = version->as_string();
    package.sha256_hex = codec::sha256(bytes).hex();
    packages_[name->as_string()].push_back(std::move(package));
  }
  return {};
}

bool SimulatedDirectory::answer_pip(const PathAndQuery& target, Reply& reply) const {
  if (target.steps.empty() || target.steps[0] != "simple") return false;
  const std::string project = join(target.steps, 1);
  std::vector<std::pair<std::string, std::string>> links;
  if (project.empty()) {
    for (const auto& [name, files] : packages_) links.emplace_back("/simple/" + name + "/", name);
  } else {
    const auto found = packages_.find(pip_name(project));
    if (found == packages_.end()) {
      send_problem(reply, 404, "not_found", "this index has no project " + printable(project));
      return true;
    }
    for (const Package& package : found->second) {
      links.emplace_back("/" + percent_encode(package.file, Slash::escaped) + "#sha256=" + package.sha256_hex,
                         package.file);
    }
  }
  send(reply, 200, "text/html; charset=utf-8", page("simple index", links));
  return true;
}

bool SimulatedDirectory::answer_npm(const HttpAsk& ask, const PathAndQuery& target, Reply& reply) const {
  const std::string path = join(target.steps, 0);
  if (const std::size_t dash = path.find("/-/"); dash != std::string::npos) {
    const auto found = packages_.find(path.substr(0, dash));
    if (found == packages_.end()) return false;
    for (const Package& package : found->second) {
      if (package.file != path.substr(dash + 3)) continue;
      const Result<std::string> bytes = read(package.file);
      if (!bytes) return false;
      send(reply, 200, "application/octet-stream", bytes.value());
      return true;
    }
    return false;
  }
  const auto found = packages_.find(path);
  if (found == packages_.end()) return false;
  const bool usual = ask.port == (ask.scheme == "https" ? 443 : 80);
  const std::string base = ask.scheme + "://" + ask.host + (usual ? "" : ":" + std::to_string(ask.port)) + "/";
  Json::Object versions;
  std::string latest;
  for (const Package& package : found->second) {
    Json version = package.manifest;
    const std::string digest = from_hex(package.sha256_hex).value();
    version.set("dist", Json::Object{{"tarball", base + path + "/-/" + percent_encode(package.file, Slash::escaped)},
                                     {"integrity", "sha256-" + to_base64(digest)}});
    versions.emplace_back(package.version, std::move(version));
    latest = package.version;
  }
  const Json document =
      Json::Object{{"name", path}, {"dist-tags", Json::Object{{"latest", latest}}}, {"versions", std::move(versions)}};
  send(reply, 200, "application/json", codec::to_json(document));
  return true;
}

bool SimulatedDirectory::answer_git(const PathAndQuery& target, Reply& reply) const {
  const std::string path = join(target.steps, 0);
  for (const std::string_view ending : {"/info/refs", "/objects/info/packs"}) {
    if (!path.ends_with(ending)) continue;
    const std::string repository = path.substr(0, path.size() - ending.size());
    const Result<std::string> text =
        ending == "/info/refs" ? git_refs(folder_.get(), repository) : git_packs(folder_.get(), repository);
    if (!text) return false;
    send(reply, 200, "text/plain", text.value(), {{"cache-control", "no-cache"}});
    return true;
  }
  return false;
}

void SimulatedDirectory::answer_file(const PathAndQuery& target, Reply& reply) const {
  const std::string path = join(target.steps, 0);
  if (const auto canary = canaries_.find(path); canary != canaries_.end()) {
    return send(reply, 200, type_of(path), canary->second);
  }
  const Result<os::Fd> folder =
      os::open_beneath(folder_.get(), path.empty() ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (!folder) {
    const Result<std::string> bytes = read(path);
    if (bytes) return send(reply, 200, type_of(path), bytes.value());
    if (bytes.error().code() == Errc::exhausted) return send_problem(reply, 507, "too_large", "the file is too large");
    return send_problem(reply, 404, "not_found", "no such file");
  }
  if (const auto index = read((path.empty() ? "" : path + "/") + "index.html")) {
    return send(reply, 200, "text/html; charset=utf-8", index.value());
  }
  if (index_ == "git") return send_problem(reply, 404, "not_found", "no such file");
  const auto entries = os::list_directory_at(folder.value().get(), path);
  if (!entries) return send_problem(reply, 404, "not_found", "no such folder");
  const std::string below = path.empty() ? "" : path + "/";
  std::vector<std::pair<std::string, std::string>> links;
  for (const os::DirectoryEntry& entry : entries.value()) {
    if (!canaries_.contains(below + entry.name)) {
      links.emplace_back("/" + percent_encode(below + entry.name, Slash::kept), entry.name);
    }
  }
  for (const auto& [canary, text] : canaries_) {
    if (canary.starts_with(below)) {
      links.emplace_back("/" + percent_encode(canary, Slash::kept), canary.substr(below.size()));
    }
  }
  send(reply, 200, "text/html; charset=utf-8", page("/" + path, links));
}

void SimulatedDirectory::answer(const HttpAsk& ask, std::shared_ptr<Reply> reply) {
  if (latency_ns_ > 0) reply->wait(latency_ns_);
  const Result<PathAndQuery> target = parse_path_and_query(ask.target);
  if (!target) return send_problem(*reply, 400, "bad_request", target.error().message());
  if (faults_.strike(ask_source(ask, target.value()), *reply)) return;
  if (ask.method != "GET" && ask.method != "HEAD") {
    return send(*reply, 405, "text/plain", "this folder is read-only\n", {{"allow", "GET, HEAD"}});
  }
  if (index_ == "pip" && answer_pip(target.value(), *reply)) return;
  if (index_ == "npm" && answer_npm(ask, target.value(), *reply)) return;
  if (index_ == "npm") return send_problem(*reply, 404, "not_found", "this registry has no such package");
  if (index_ == "git" && answer_git(target.value(), *reply)) return;
  answer_file(target.value(), *reply);
}

}  // namespace belljar::boundary
