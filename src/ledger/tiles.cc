#include "ledger/tiles.h"

#include <charconv>

#include "base/check.h"

namespace belljar::ledger {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Decimal without leading zeros, at most `most`.
std::optional<unsigned> parse_number(std::string_view text, unsigned most) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return {};
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number > most) return {};
  return number;
}

// What stands before the next slash; that and the slash are taken off `rest`.
std::string_view take_element(std::string_view& rest) {
  const std::size_t slash = rest.find('/');
  const std::string_view element = rest.substr(0, slash);
  rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  return element;
}

bool append_digits(std::string_view three, std::uint64_t& index) {
  if (three.size() != 3 || !is_digit(three[0]) || !is_digit(three[1]) || !is_digit(three[2])) return false;
  const int value = (three[0] - '0') * 100 + (three[1] - '0') * 10 + (three[2] - '0');
  const auto group = static_cast<std::uint64_t>(value);
  if (index > (UINT64_MAX - group) / 1000) return false;
  index = index * 1000 + group;
  return true;
}

}  // namespace

std::string index_path(std::uint64_t index) {
  std::string digits = std::to_string(index);
  digits.insert(0, (3 - digits.size() % 3) % 3, '0');
  std::string path;
  for (std::size_t at = 0; at < digits.size(); at += 3) {
    if (at + 3 < digits.size()) path += 'x';
    path.append(digits, at, 3);
    if (at + 3 < digits.size()) path += '/';
  }
  return path;
}

std::optional<std::uint64_t> parse_index_path(std::string_view path) {
  const std::string_view whole = path;
  std::uint64_t index = 0;
  std::string_view element = take_element(path);
  for (; !element.empty() && element[0] == 'x'; element = take_element(path)) {
    if (!append_digits(element.substr(1), index)) return {};
  }
  // Leading groups of zeros, trailing slashes and the like end here.
  if (!append_digits(element, index) || index_path(index) != whole) return {};
  return index;
}

std::string tile_path(const TileName& name) {
  std::string path =
      "tile/" + (name.level == kEntriesLevel ? "entries" : std::to_string(name.level)) + '/' + index_path(name.index);
  if (name.width < kTileWidth) path += ".p/" + std::to_string(name.width);
  return path;
}

std::optional<TileName> parse_tile_path(std::string_view path) {
  const std::string_view whole = path;
  if (take_element(path) != "tile") return {};
  TileName name;
  const std::string_view level = take_element(path);
  if (level == "entries") {
    name.level = kEntriesLevel;
  } else {
    const std::optional<unsigned> number = parse_number(level, kLevelMax);
    if (!number) return {};
    name.level = *number;
  }
  const std::size_t partial = path.find(".p/");
  if (partial != std::string_view::npos) {
    const std::optional<unsigned> width = parse_number(path.substr(partial + 3), kTileWidth - 1);
    if (!width || *width == 0) return {};
    name.width = *width;
  }
  const std::optional<std::uint64_t> index = parse_index_path(path.substr(0, partial));
  if (!index) return {};
  name.index = *index;
  if (tile_path(name) != whole) return {};
  return name;
}

bool is_part_of_tree(const TileName& name, std::uint64_t size) {
  const unsigned shift = name.level == kEntriesLevel ? 0 : 8 * name.level;
  const std::uint64_t hashes = size >> shift;
  const std::uint64_t full = hashes / kTileWidth;
  if (name.width == kTileWidth) return name.index < full;
  return name.index == full && name.width == hashes % kTileWidth;
}

std::string tile_bytes(const std::vector<Digest>& hashes) {
  std::string bytes;
  bytes.reserve(hashes.size() * kHashBytes);
  for (const Digest& hash : hashes) bytes.append(hash.bytes.begin(), hash.bytes.end());
  return bytes;
}

void append_to_bundle(std::string& bundle, std::string_view entry) {
  CHECK(entry.size() <= kEntryBytesMax, "an entry's length fits the two bytes that say it");
  bundle += static_cast<char>(entry.size() >> 8);
  bundle += static_cast<char>(entry.size() & 0xFF);
  bundle += entry;
}

Result<std::optional<std::string_view>> BundleReader::next() {
  if (rest_.empty()) return std::optional<std::string_view>{};
  if (rest_.size() < 2) return Error{Errc::corrupt, "its length is cut off"};
  const std::size_t size =
      static_cast<std::size_t>(static_cast<std::uint8_t>(rest_[0])) * 256 + static_cast<std::uint8_t>(rest_[1]);
  if (rest_.size() - 2 < size) {
    return Error{Errc::corrupt, "it is cut off: " + std::to_string(size) + " bytes announced, " +
                                    std::to_string(rest_.size() - 2) + " there"};
  }
  const std::string_view entry = rest_.substr(2, size);
  rest_.remove_prefix(2 + size);
  return std::optional<std::string_view>{entry};
}

}  // namespace belljar::ledger
