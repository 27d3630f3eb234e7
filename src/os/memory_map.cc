#include "os/memory_map.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string>

#include "os/fd.h"

namespace belljar::os {

namespace {

struct Mapping {
  std::uint64_t bytes = 0;
  bool counts = false;
};

std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.size(), line.find_first_not_of(' ')));
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

// "7f10-7f20 rw-p 00000000 00:00 0    [heap]"; nothing for a "Key: value" line.
std::optional<Mapping> parse_header(std::string_view line) {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  const char* const stop = line.data() + line.size();
  const std::from_chars_result first = std::from_chars(line.data(), stop, begin, 16);
  if (first.ec != std::errc{} || first.ptr == stop || *first.ptr != '-') return std::nullopt;
  const std::from_chars_result second = std::from_chars(first.ptr + 1, stop, end, 16);
  if (second.ec != std::errc{} || end < begin) return std::nullopt;
  line.remove_prefix(static_cast<std::size_t>(second.ptr - line.data()));
  const std::string_view access = take_word(line);
  (void)take_word(line);  // offset
  (void)take_word(line);  // device
  const std::string_view inode = take_word(line);
  const std::string_view name = take_word(line);
  const bool usable = access.starts_with("r") || access.substr(0, 2).ends_with('w');
  // [vdso], [vvar] and [vsyscall] are the kernel's.
  const bool anonymous = inode == "0" && !name.starts_with("[v");
  return Mapping{end - begin, usable && anonymous};
}

std::uint64_t kibibytes(std::string_view line) {
  std::uint64_t value = 0;
  const std::string_view word = take_word(line);
  (void)std::from_chars(word.data(), word.data() + word.size(), value);
  return value;
}

// At most `bytes_max`, whole lines.
std::string read_smaps(int fd, std::size_t bytes_max, bool& truncated) {
  std::string text;
  std::array<char, 16384> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills what is used
  while (text.size() < bytes_max) {
    const ssize_t got = ::read(fd, buffer.data(), std::min(buffer.size(), bytes_max - text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  truncated = true;
  text.resize(text.rfind('\n') + 1);  // npos + 1 is 0
  return text;
}

}  // namespace

double MemoryMapUse::fragmentation() const {
  if (mapped_bytes == 0) return 0;
  return 1.0 - static_cast<double>(std::min(resident_bytes, mapped_bytes)) / static_cast<double>(mapped_bytes);
}

void add_smaps(std::string_view smaps, MemoryMapUse& use) {
  Mapping current;
  constexpr std::string_view kResident = "Rss:";
  while (!smaps.empty()) {
    const std::string_view line = smaps.substr(0, smaps.find('\n'));
    smaps.remove_prefix(std::min(smaps.size(), line.size() + 1));
    if (line.starts_with(kResident)) {
      if (current.counts) use.resident_bytes += kibibytes(line.substr(kResident.size())) * 1024;
    } else if (const std::optional<Mapping> header = parse_header(line)) {
      current = *header;
      if (current.counts) use.mapped_bytes += current.bytes;
    }
  }
}

MemoryMapUse sample_memory_maps(std::span<const pid_t> pids, MemoryMapBounds bounds) {
  MemoryMapUse use;
  std::size_t bytes_left = bounds.bytes_max;
  for (const pid_t pid : pids) {
    if (use.processes >= bounds.processes_max || bytes_left == 0) {
      use.truncated = true;
      break;
    }
    const Fd fd{::open(("/proc/" + std::to_string(pid) + "/smaps").c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd) continue;
    const std::string text = read_smaps(fd.get(), bytes_left, use.truncated);
    if (text.empty()) continue;
    bytes_left -= std::min(bytes_left, text.size());
    if (use.truncated) bytes_left = 0;
    add_smaps(text, use);
    ++use.processes;
  }
  return use;
}

}  // namespace belljar::os
