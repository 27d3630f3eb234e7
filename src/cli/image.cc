#include "cli/image.h"

#include <cstdio>

#include "base/text.h"
#include "codec/json.h"
#include "os/file.h"
#include "sandbox/image/package_list.h"
#include "sandbox/image/store.h"

namespace belljar::cli {

namespace {

using sandbox::ImageStore;
using sandbox::StoredImage;

constexpr std::uint64_t kListMax = 1U << 20;

void tell(const std::string& line) { (void)std::fprintf(stderr, "belljar: %s\n", line.c_str()); }

int complain(const Error& error) {
  (void)std::fprintf(stderr, "belljar image: %s\n", error.message().c_str());
  return error.code() == Errc::invalid_argument || error.code() == Errc::not_found ? 2 : 4;
}

codec::Json image_json(const StoredImage& image) {
  codec::Json::Object packages;
  for (const sandbox::InstalledPackage& package : image.installed) packages.emplace_back(package.name, package.version);
  codec::Json json;
  json.set("name", image.name);
  json.set("suite", image.suite);
  json.set("architecture", image.architecture);
  json.set("digest", image.digest);
  json.set("entries", image.entries);
  json.set("bytes", image.bytes);
  json.set("root", image.root);
  json.set("packages", std::move(packages));
  return json;
}

Result<void> build_one(ImageStore& store, const std::string& file, const Arguments& arguments) {
  const sandbox::PackageList list = TRY(sandbox::parse_package_list(TRY(os::read_file(file, kListMax)), file));
  const StoredImage image = TRY(arguments.has("rebuild") ? store.rebuild(list) : store.find_or_build(list));
  if (arguments.has("verify")) TRY(store.verify(image));
  if (arguments.has("json")) {
    (void)std::printf("%s\n", codec::to_json(image_json(image)).c_str());
  } else {
    (void)std::printf("%s  %s  %s\n%s\n", image.name.c_str(), image.digest.c_str(), human_bytes(image.bytes).c_str(),
                      image.root.c_str());
  }
  return {};
}

Result<void> build(ImageStore& store, const Arguments& arguments) {
  if (arguments.operands.size() < 2) {
    return Error{Errc::invalid_argument, "build: no file given: expected one package list or more"};
  }
  for (std::size_t at = 1; at < arguments.operands.size(); ++at) {
    TRY(build_one(store, arguments.operands[at], arguments));
  }
  return {};
}

Result<void> list(ImageStore& store, const Arguments& arguments) {
  if (arguments.operands.size() > 1) return Error{Errc::invalid_argument, "list: takes no file"};
  const std::vector<StoredImage> images = TRY(store.list());
  if (arguments.has("json")) {
    codec::Json array{codec::Json::Array{}};
    for (const StoredImage& image : images) array.push(image_json(image));
    (void)std::printf("%s\n", codec::to_json(array).c_str());
    return {};
  }
  for (const StoredImage& image : images) {
    (void)std::printf("%-20s %-10s %10s %4zu packages  %.19s  %s\n", image.name.c_str(), image.suite.c_str(),
                      human_bytes(image.bytes).c_str(), image.installed.size(), image.digest.c_str(),
                      image.root.c_str());
  }
  return {};
}

int image_main(const Arguments& arguments, const Host&) {
  Result<ImageStore> store = ImageStore::open(tell);
  if (!store) return complain(store.error());
  const std::string verb = arguments.operands.empty() ? "" : arguments.operands.front();
  Result<void> done = verb == "build"  ? build(store.value(), arguments)
                      : verb == "list" ? list(store.value(), arguments)
                                       : Error{Errc::invalid_argument, "expected `build FILE.yaml...` or `list`"};
  return done ? 0 : complain(done.error());
}

}  // namespace

const Command kImage{
    .name = "image",
    .operands = "build|list [FILE.yaml...]",
    .summary = "build root file systems from package lists, and list those that are built",
    .options =
        {
            {.name = "json", .help = "print JSON"},
            {.name = "rebuild", .help = "build even if the cache holds it"},
            {.name = "verify", .help = "read the whole tree and compare it with its digest"},
        },
    .main = image_main,
};

}  // namespace belljar::cli
