#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "suite/programs/attack.h"
#include "suite/programs/observe.h"

namespace belljar::suite {

namespace {

// FNV-1a: these files are ours; the sum has to notice a change, not to withstand an author.
std::uint64_t content_sum(const std::string& path) {
  std::uint64_t sum = 14695981039346656037ULL;
  const int fd = ::open(path.c_str(), O_RDONLY | O_NOATIME | O_CLOEXEC);
  std::array<char, 65536> buffer{};
  ssize_t got = 0;
  while (fd >= 0 && (got = ::read(fd, buffer.data(), buffer.size())) > 0) {
    for (ssize_t i = 0; i < got; ++i) {
      sum = (sum ^ static_cast<unsigned char>(buffer[static_cast<std::size_t>(i)])) * 1099511628211ULL;
    }
  }
  (void)::close(fd);
  return sum;
}

void append(const std::string& path, int depth, std::string& text) {
  struct stat info {};
  if (depth > 6 || ::lstat(path.c_str(), &info) != 0) return;
  const std::string access_time = std::to_string(info.st_atim.tv_sec);
  if (S_ISREG(info.st_mode)) {
    text += "file " + path + " " + std::to_string(info.st_mode) + " " + std::to_string(info.st_uid) + " " +
            std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec) + " " +
            std::to_string(content_sum(path)) + "\n";
    text += "atime " + path + " " + access_time + "\n";
  }
  if (!S_ISDIR(info.st_mode)) return;
  text += "folder " + path + " " + std::to_string(info.st_mode) + " " + std::to_string(info.st_uid) + "\n";
  DIR* directory = ::opendir(path.c_str());
  if (directory == nullptr) return;
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(directory)) names.emplace_back(entry->d_name);
  (void)::closedir(directory);
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    if (name != "." && name != "..") append(path + "/" + name, depth + 1, text);
  }
}

}  // namespace

int print_fingerprint(const std::string& directory) {
  std::string text;
  for (const char* part : {"/shared", "/open", "/beside"}) append(directory + part, 0, text);
  tell(text);
  return 0;
}

}  // namespace belljar::suite
