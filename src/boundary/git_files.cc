#include "boundary/git_files.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <map>
#include <vector>

#include "os/file.h"

namespace belljar::boundary {

namespace {

constexpr std::uint64_t kPackedRefsBytesMax = 32ULL << 20;

Result<std::string> read(int folder_fd, const std::string& path, std::uint64_t bytes_max) {
  const os::Fd file = TRY(os::open_beneath(folder_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  return os::read_all(file.get(), bytes_max, path);
}

bool is_object_id(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// By name: the line or lines that tell it.
using Refs = std::map<std::string, std::string>;

void take_packed(std::string_view text, Refs& refs) {
  std::string last;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with("^") && is_object_id(line.substr(1)) && !last.empty()) {
      refs[last] += std::string{line.substr(1)} + "\t" + last + "^{}\n";  // what an annotated tag points to
      continue;
    }
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos || !is_object_id(line.substr(0, space))) continue;
    last = line.substr(space + 1);
    refs[last] = std::string{line.substr(0, space)} + "\t" + last + "\n";
  }
}

Result<void> take_loose(int folder_fd, const std::string& repository, Refs& refs) {
  std::vector<std::string> waiting{"refs"};
  while (!waiting.empty() && refs.size() < kGitRefsMax && waiting.size() < kGitRefsMax) {
    const std::string at = waiting.back();
    waiting.pop_back();
    const os::Fd folder = TRY(os::open_beneath(folder_fd, repository + "/" + at, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (const os::DirectoryEntry& entry : TRY(os::list_directory_at(folder.get(), at))) {
      const std::string name = at + "/" + entry.name;
      if (entry.type == DT_DIR) {
        waiting.push_back(name);
      } else if (const auto text = read(folder_fd, repository + "/" + name, 4096)) {
        const std::string_view id = std::string_view{text.value()}.substr(0, text.value().find('\n'));
        if (is_object_id(id)) refs[name] = std::string{id} + "\t" + name + "\n";
      }
    }
  }
  return {};
}

}  // namespace

Result<std::string> git_refs(int folder_fd, const std::string& repository) {
  Refs refs;
  if (const auto packed = read(folder_fd, repository + "/packed-refs", kPackedRefsBytesMax)) {
    take_packed(packed.value(), refs);
  }
  TRY(take_loose(folder_fd, repository, refs));
  std::string out;
  for (const auto& [name, lines] : refs) out += lines;
  return out;
}

Result<std::string> git_packs(int folder_fd, const std::string& repository) {
  const std::string path = repository + "/objects/pack";
  const os::Fd folder = TRY(os::open_beneath(folder_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::string out;
  for (const os::DirectoryEntry& entry : TRY(os::list_directory_at(folder.get(), path))) {
    if (entry.name.ends_with(".pack")) out += "P " + entry.name + "\n";
  }
  return out + "\n";
}

}  // namespace belljar::boundary
