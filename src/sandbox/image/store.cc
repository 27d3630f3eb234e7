#include "sandbox/image/store.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "base/text.h"
#include "codec/crypto.h"
#include "codec/json.h"
#include "os/file.h"
#include "os/file_lock.h"
#include "sandbox/image/bootstrap.h"
#include "sandbox/image/tree.h"

namespace belljar::sandbox {

namespace {

using codec::Json;

constexpr int kRecordFormat = 1;
constexpr std::uint64_t kRecordMax = 16U << 20;
constexpr std::uint64_t kStatusMax = 64U << 20;
constexpr std::uint64_t kManifestMax = 1U << 30;

Json record_json(const StoredImage& image) {
  Json record;
  record.set("belljar-image-record", kRecordFormat);
  record.set("key", image.key);
  record.set("name", image.name);
  record.set("suite", image.suite);
  record.set("architecture", image.architecture);
  record.set("digest", image.digest);
  record.set("fingerprint", image.fingerprint);
  record.set("entries", image.entries);
  record.set("bytes", image.bytes);
  Json installed{Json::Array{}};
  for (const InstalledPackage& package : image.installed) {
    Json entry;
    entry.set("package", package.name);
    entry.set("version", package.version);
    installed.push(std::move(entry));
  }
  record.set("installed", std::move(installed));
  return record;
}

std::string text_of(const Json& record, std::string_view key) {
  const Json* value = record.find(key);
  return value != nullptr && value->is_string() ? value->as_string() : std::string{};
}

std::uint64_t count_of(const Json& record, std::string_view key) {
  const Json* value = record.find(key);
  return value != nullptr && value->is_int() && value->as_int() >= 0 ? static_cast<std::uint64_t>(value->as_int()) : 0;
}

std::vector<InstalledPackage> installed_of(const Json& record) {
  std::vector<InstalledPackage> installed;
  const Json* entries = record.find("installed");
  if (entries == nullptr || !entries->is_array()) return installed;
  for (const Json& entry : entries->as_array())
    installed.push_back({text_of(entry, "package"), text_of(entry, "version")});
  return installed;
}

Result<StoredImage> read_record(const std::string& folder, const std::string& key) {
  const std::string path = folder + "/image.json";
  const Json record = TRY_CTX(codec::parse_json(TRY(os::read_file(path, kRecordMax))), "read " + path);
  StoredImage image;
  image.key = text_of(record, "key");
  image.name = text_of(record, "name");
  image.suite = text_of(record, "suite");
  image.architecture = text_of(record, "architecture");
  image.root = folder + "/root";
  image.digest = text_of(record, "digest");
  image.fingerprint = text_of(record, "fingerprint");
  image.entries = count_of(record, "entries");
  image.bytes = count_of(record, "bytes");
  image.installed = installed_of(record);
  TRY_CTX(Digest::parse(image.digest), path);
  if (image.key != key || count_of(record, "belljar-image-record") != kRecordFormat) {
    return Error{Errc::corrupt, path + ": belongs to another image or format: remove " + folder};
  }
  return image;
}

// The first line of two manifests that differs, as "what": for people.
std::string first_difference(const std::string& recorded, const std::string& found) {
  std::istringstream before{recorded};
  std::istringstream after{found};
  std::string old_line;
  std::string new_line;
  while (true) {
    const bool more_old = static_cast<bool>(std::getline(before, old_line));
    const bool more_new = static_cast<bool>(std::getline(after, new_line));
    if (!more_old && !more_new) return "nothing";
    if (!more_old) return "`" + new_line + "` is new";
    if (!more_new) return "`" + old_line + "` is missing";
    if (old_line != new_line) return "`" + old_line + "` became `" + new_line + "`";
  }
}

// Makes the root and its manifest in `building`, and tells what it made.
Result<StoredImage> fill(const PackageList& list, const AptConfiguration& apt, const std::string& building) {
  StoredImage image;
  image.name = list.name;
  image.suite = list.suite;
  image.architecture = apt.architecture;
  const std::string root = building + "/root";
  TRY(bootstrap(list, apt, root, building));
  image.installed = parse_dpkg_status(TRY(os::read_file(root + "/var/lib/dpkg/status", kStatusMax)));
  TRY(strip_root(root, list.exclude));
  const TreeContent content = TRY(read_tree(root));
  image.digest = content.digest.text();
  image.entries = content.entries;
  image.bytes = content.bytes;
  image.fingerprint = TRY(tree_fingerprint(root)).text();
  TRY(os::write_file_atomic(building + "/manifest", content.manifest, 0644));
  return image;
}

}  // namespace

Result<ImageStore> ImageStore::open(Progress progress) {
  return ImageStore{TRY(os::cache_directory()) + "/images", std::move(progress)};
}

ImageStore ImageStore::in(std::string directory, Progress progress) {
  return ImageStore{std::move(directory), std::move(progress)};
}

Result<std::optional<StoredImage>> ImageStore::find(const std::string& key) {
  const std::string folder = directory_ + "/" + key;
  if (!os::exists(folder + "/image.json")) return std::optional<StoredImage>{};
  StoredImage image = TRY(read_record(folder, key));
  TRY(check_fingerprint(image));
  return std::optional<StoredImage>{std::move(image)};
}

Result<void> ImageStore::check_fingerprint(StoredImage& image) {
  const std::string now = TRY(tree_fingerprint(image.root)).text();
  if (now == image.fingerprint) return {};
  progress_("image " + image.name + ": its folder changed since the last use; reading all of it");
  TRY(verify(image));
  image.fingerprint = now;
  return os::write_file_atomic(directory_ + "/" + image.key + "/image.json", codec::to_json_pretty(record_json(image)),
                               0644);
}

Result<void> ImageStore::verify(const StoredImage& image) {
  const TreeContent content = TRY(read_tree(image.root));
  if (content.digest.text() == image.digest) return {};
  const std::string manifest = directory_ + "/" + image.key + "/manifest";
  const Result<std::string> recorded = os::read_file(manifest, kManifestMax);
  const std::string difference =
      recorded ? first_difference(recorded.value(), content.manifest) : "its manifest is gone";
  return Error{Errc::corrupt, "image " + image.name + " at " + image.root + " is not what was built: " + difference +
                                  ": build it again with `belljar image build --rebuild`"};
}

Result<StoredImage> ImageStore::find_or_build(const PackageList& list) {
  const AptConfiguration apt = TRY_CTX(read_apt_configuration(), "build image " + list.name);
  const std::string key = image_key(list, apt.architecture);
  if (auto found = TRY(find(key))) return *found;
  TRY(os::make_directories(directory_, 0755));
  const os::FileLock lock = TRY(os::FileLock::take(directory_ + "/" + key + ".lock", [&] {
    progress_("image " + list.name + ": another belljar is building it; waiting");
  }));
  if (auto found = TRY(find(key))) return *found;
  return TRY_CTX(build(list, apt, key), "build image " + list.name);
}

Result<StoredImage> ImageStore::rebuild(const PackageList& list) {
  const AptConfiguration apt = TRY_CTX(read_apt_configuration(), "build image " + list.name);
  const std::string key = image_key(list, apt.architecture);
  TRY(os::make_directories(directory_, 0755));
  const os::FileLock lock = TRY(os::FileLock::take(directory_ + "/" + key + ".lock", [&] {
    progress_("image " + list.name + ": another belljar is building it; waiting");
  }));
  TRY(os::remove_tree(directory_ + "/" + key));
  return TRY_CTX(build(list, apt, key), "build image " + list.name);
}

Result<StoredImage> ImageStore::build(const PackageList& list, const AptConfiguration& apt, const std::string& key) {
  const std::string building = directory_ + "/" + key + ".building";
  const std::string folder = directory_ + "/" + key;
  TRY(os::remove_tree(building));
  TRY(os::remove_tree(folder));
  TRY(os::make_directories(building, 0755));
  progress_("image " + list.name + ": building from " + std::to_string(list.packages.size()) + " packages of " +
            list.suite + " and what they need (about a minute, once)");
  Result<StoredImage> image = fill(list, apt, building);
  if (!image) {
    (void)os::remove_tree(building);  // the disk is the user's; why the build failed is what they must hear
    return image;
  }
  image.value().key = key;
  image.value().root = folder + "/root";
  TRY(os::write_file_atomic(building + "/image.json", codec::to_json_pretty(record_json(image.value())), 0644));
  std::error_code error;
  std::filesystem::rename(building, folder, error);
  if (error) return Error{Errc::internal, "rename " + building + ": " + error.message()};
  progress_("image " + list.name + ": built, " + std::to_string(image.value().entries) + " entries, " +
            human_bytes(image.value().bytes) + ", " + image.value().digest);
  return image;
}

Result<std::vector<StoredImage>> ImageStore::list() {
  std::vector<StoredImage> images;
  if (!os::exists(directory_)) return images;
  for (const os::DirectoryEntry& entry : TRY(os::list_directory(directory_))) {
    const std::string folder = directory_ + "/" + entry.name;
    if (entry.name.find('.') != std::string::npos || !os::exists(folder + "/image.json")) continue;
    images.push_back(TRY(read_record(folder, entry.name)));
  }
  std::sort(images.begin(), images.end(), [](const StoredImage& a, const StoredImage& b) {
    return std::tie(a.name, a.key) < std::tie(b.name, b.key);
  });
  return images;
}

std::vector<InstalledPackage> parse_dpkg_status(std::string_view status) {
  std::vector<InstalledPackage> installed;
  std::istringstream lines{std::string{status}};
  InstalledPackage package;
  bool is_installed = false;
  const auto end_stanza = [&] {
    if (is_installed && !package.name.empty()) installed.push_back(package);
    package = {};
    is_installed = false;
  };
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) end_stanza();
    if (line.starts_with("Package: ")) package.name = line.substr(9);
    if (line.starts_with("Version: ")) package.version = line.substr(9);
    if (line.starts_with("Status: ")) is_installed = line.ends_with(" installed");
  }
  end_stanza();
  std::sort(installed.begin(), installed.end(),
            [](const InstalledPackage& a, const InstalledPackage& b) { return a.name < b.name; });
  return installed;
}

}  // namespace belljar::sandbox
