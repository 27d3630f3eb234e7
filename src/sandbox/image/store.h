// Image store: built roots in the cache, each under the key of what its package list asks for.
//
//     <cache>/images/<key>/root          the tree, never written again
//     <cache>/images/<key>/image.json    what it is: name, suite, packages with versions, digest, fingerprint
//     <cache>/images/<key>/manifest      a line per entry of the tree; its SHA-256 is the digest
//     <cache>/images/<key>.lock          held while one process builds
//     <cache>/images/<key>.building      a build under way, or interrupted: removed by the next build, never used
//
//   ImageStore store = TRY(ImageStore::open());
//   StoredImage image = TRY(store.find_or_build(list));
//
// A build becomes visible by one rename, complete or not at all. Opening an image checks its record and a fingerprint
// of the top of its tree; when the fingerprint differs the whole tree is read and must have the recorded digest. A
// change to the bytes of one file, made on purpose by someone who may write the cache, is found by verify() alone: that
// user could as well replace belljar. Single-threaded.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sandbox/image/apt_sources.h"
#include "sandbox/image/package_list.h"

namespace belljar::sandbox {

struct InstalledPackage {
  std::string name;
  std::string version;
};

struct StoredImage {
  std::string key;
  std::string name;
  std::string suite;
  std::string architecture;
  std::string root;    // absolute
  std::string digest;  // "sha256:..."
  std::string fingerprint;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::vector<InstalledPackage> installed;
};

class ImageStore {
 public:
  using Progress = std::function<void(const std::string& line)>;

  // In os::cache_directory(); `progress` hears of builds, which take a minute.
  static Result<ImageStore> open(Progress progress);
  static ImageStore in(std::string directory, Progress progress);  // for tests

  Result<StoredImage> find_or_build(const PackageList& list);
  Result<StoredImage> rebuild(const PackageList& list);  // discards what is there
  Result<std::optional<StoredImage>> find(const std::string& key);
  Result<std::vector<StoredImage>> list();
  // Reads the whole tree; Errc::corrupt names the first entry that differs.
  Result<void> verify(const StoredImage& image);

 private:
  ImageStore(std::string directory, Progress progress)
      : directory_{std::move(directory)}, progress_{std::move(progress)} {}

  Result<StoredImage> build(const PackageList& list, const AptConfiguration& apt, const std::string& key);
  Result<void> check_fingerprint(StoredImage& image);

  std::string directory_;
  Progress progress_;
};

// From the text of var/lib/dpkg/status; sorted by name.
std::vector<InstalledPackage> parse_dpkg_status(std::string_view status);

}  // namespace belljar::sandbox
