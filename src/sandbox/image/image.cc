#include "sandbox/image/image.h"

#include <cstdio>

#include "os/file.h"
#include "sandbox/image/package_list.h"
#include "sandbox/image/store.h"
#include "sandbox/image/tree.h"

namespace belljar::sandbox {

namespace {

constexpr std::uint64_t kListMax = 1U << 20;

void tell(const std::string& line) { (void)std::fprintf(stderr, "belljar: %s\n", line.c_str()); }

Result<spec::Image> from_packages(const std::string& path) {
  const PackageList list = TRY(parse_package_list(TRY(os::read_file(path, kListMax)), path));
  ImageStore store = TRY(ImageStore::open(tell));
  StoredImage image = TRY(store.find_or_build(list));
  return spec::Image{spec::ImageKind::directory, std::move(image.root), std::move(image.digest)};
}

}  // namespace

Result<spec::Image> resolve_image(const std::string& reference_as_written, const std::string& scenario_dir) {
  if (reference_as_written == "host") return spec::Image{spec::ImageKind::host, "/", ""};
  const std::string path =
      reference_as_written.starts_with('/') ? reference_as_written : scenario_dir + "/" + reference_as_written;
  if (!os::exists(path)) {
    return Error{Errc::invalid_argument, "image " + reference_as_written +
                                             ": no such file or folder: expected `host`, " +
                                             "a folder, or a package list ending in .yaml"};
  }
  if (!TRY(os::is_directory(path))) {
    if (path.ends_with(".yaml")) return from_packages(path);
    return Error{Errc::invalid_argument,
                 "image " + reference_as_written + ": is a file that does not end in .yaml: expected a package list"};
  }
  const std::string root = TRY(os::absolute_path(path));
  if (root == "/") return Error{Errc::invalid_argument, "image /: write `host` for the host's own programs"};
  const TreeContent content = TRY_CTX(read_tree(root), "image " + reference_as_written);
  return spec::Image{spec::ImageKind::directory, root, content.digest.text()};
}

}  // namespace belljar::sandbox
