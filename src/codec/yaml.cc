// The only file that knows yaml-cpp. Its event parser drives a builder that refuses before it stores, so that what a
// file may cost is known from its size.
#include "codec/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "base/text.h"

namespace belljar::codec {

namespace {

constexpr std::size_t kDepthHardMax = 512;  // yaml-cpp and the destructor of a Yaml recurse once per level

// Thrown through yaml-cpp, whose events cannot say stop.
class Refused : public std::runtime_error {
 public:
  Refused(Mark mark, const std::string& what) : std::runtime_error{what}, mark_{mark} {}
  Mark mark() const { return mark_; }

 private:
  Mark mark_;
};

// yaml-cpp counts columns in bytes from 0; people count characters from 1.
class Positions {
 public:
  explicit Positions(std::string_view text) : text_{text}, starts_{0} {
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] == '\n') starts_.push_back(at + 1);
    }
  }

  Mark mark(const YAML::Mark& from) const {
    const auto line = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(from.line, 0, std::ssize(starts_) - 1));
    const auto bytes = static_cast<std::size_t>(std::max(from.column, 0));
    const std::string_view before = text_.substr(starts_[line]).substr(0, bytes);
    return {static_cast<int>(line) + 1, 1 + characters(before)};
  }

  Mark mark_of_byte(std::size_t at) const {
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), at);
    const std::size_t start = *std::prev(after);
    return {static_cast<int>(after - starts_.begin()), 1 + characters(text_.substr(start, at - start))};
  }

 private:
  static int characters(std::string_view text) {
    const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
    return static_cast<int>(std::ssize(text) - std::count_if(text.begin(), text.end(), continues));
  }

  std::string_view text_;
  std::vector<std::size_t> starts_;
};

class Builder : public YAML::EventHandler {
 public:
  Builder(const Positions& positions, const YamlLimits& limits) : positions_{positions}, limits_{limits} {}

  Yaml take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (begun_) refuse(mark, "found a second document, expected one");
    begun_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(mark, anchor, node(mark, Yaml::Kind::null));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "found an alias, expected the value itself (anchors and aliases are refused)");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(mark, tag);
    Yaml scalar = node(mark, Yaml::Kind::scalar);
    scalar.quoted = tag == "!";
    scalar.scalar = value;
    add(mark, anchor, std::move(scalar));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Yaml::Kind::list);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Yaml::Kind::map);
  }
  void OnMapEnd() override {
    refuse_duplicates(open_.back().node);
    close();
  }

 private:
  struct Open {
    Yaml node;
    std::optional<std::string> key;  // read, its value still to come
    Mark key_mark;
  };

  [[noreturn]] void refuse(const YAML::Mark& mark, const std::string& what) const {
    throw Refused{positions_.mark(mark), what};
  }

  Yaml node(const YAML::Mark& mark, Yaml::Kind kind) {
    if (++nodes_ > limits_.nodes_max) {
      refuse(mark, "found more than " + std::to_string(limits_.nodes_max) + " values, expected at most that many");
    }
    Yaml made;
    made.kind = kind;
    made.mark = positions_.mark(mark);
    return made;
  }

  // "?" and "!" are yaml-cpp's words for plain and quoted.
  void check_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (tag.empty() || tag == "?" || tag == "!") return;
    refuse(mark, "found tag " + printable(tag, 60) + ", expected a value without a tag");
  }

  bool expects_key() const { return !open_.empty() && open_.back().node.kind == Yaml::Kind::map && !open_.back().key; }

  void check_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
    if (anchor != 0) refuse(mark, "found an anchor, expected a plain value (anchors and aliases are refused)");
  }

  void add(const YAML::Mark& mark, YAML::anchor_t anchor, Yaml value) {
    check_anchor(mark, anchor);
    if (!expects_key()) return place(std::move(value));
    if (value.kind != Yaml::Kind::scalar) refuse(mark, "found nothing as a key, expected text");
    open_.back().key = std::move(value.scalar);
    open_.back().key_mark = value.mark;
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Yaml::Kind kind) {
    check_tag(mark, tag);
    check_anchor(mark, anchor);
    if (expects_key()) refuse(mark, "found a list or map as a key, expected text");
    const std::size_t depth_max = std::min(limits_.depth_max, kDepthHardMax);
    if (open_.size() >= depth_max) {
      refuse(mark, "found more than " + std::to_string(depth_max) + " levels, expected at most that many");
    }
    open_.push_back({node(mark, kind), {}, {}});
  }

  void close() {
    Yaml done = std::move(open_.back().node);
    open_.pop_back();
    place(std::move(done));
  }

  void place(Yaml value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Yaml::Kind::list) {
      parent.node.items.push_back(std::move(value));
      return;
    }
    // For a value left out, yaml-cpp marks whatever comes next; the key is where a person looks.
    if (value.kind == Yaml::Kind::null) value.mark = parent.key_mark;
    parent.node.entries.push_back({std::move(*parent.key), parent.key_mark, std::move(value)});
    parent.key.reset();
  }

  static void refuse_duplicates(const Yaml& map) {
    std::vector<std::size_t> order(map.entries.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto key = [&map](std::size_t at) -> const std::string& { return map.entries[at].key; };
    std::stable_sort(order.begin(), order.end(), [&key](std::size_t a, std::size_t b) { return key(a) < key(b); });
    const auto twice = std::adjacent_find(order.begin(), order.end(),
                                          [&key](std::size_t a, std::size_t b) { return key(a) == key(b); });
    if (twice == order.end()) return;
    const Yaml::Entry& first = map.entries[*twice];
    throw Refused{map.entries[*std::next(twice)].key_mark, "found key \"" + printable(first.key, 60) +
                                                               "\" again, expected it once (first on line " +
                                                               std::to_string(first.key_mark.line) + ")"};
  }

  const Positions& positions_;
  const YamlLimits& limits_;
  bool begun_ = false;
  std::size_t nodes_ = 0;
  std::vector<Open> open_;
  Yaml root_;
};

Error error_at(std::string_view file, Mark mark, std::string_view what) {
  return Error{Errc::invalid_argument, std::string{file} + ":" + std::to_string(mark.line) + ":" +
                                           std::to_string(mark.column) + ": " + std::string{what}};
}

// The longest prefix that is well-formed UTF-8, found in a logarithmic number of steps of linear cost.
std::size_t utf8_prefix(std::string_view text) {
  std::size_t good = 0;
  for (std::size_t step = text.size(); step > 0; step /= 2) {
    while (good + step <= text.size() && is_utf8(text.substr(good, step))) good += step;
  }
  return good;
}

// YAML's character set without the newline oddities: yaml-cpp would stop silently at a NUL and pass the others through.
Result<void> check_characters(std::string_view text, const Positions& positions, std::string_view file) {
  if (!is_utf8(text)) {
    return error_at(file, positions.mark_of_byte(utf8_prefix(text)), "found bytes that are not UTF-8, expected UTF-8");
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte != 0x7F) continue;
    if (byte == '\n' || byte == '\t' || (byte == '\r' && text.substr(at + 1).starts_with('\n'))) continue;
    return error_at(file, positions.mark_of_byte(at),
                    "found control character " + printable(text.substr(at, 1)) + ", expected text");
  }
  return {};
}

}  // namespace

const Yaml* Yaml::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

std::string_view Yaml::kind_name() const {
  switch (kind) {
    case Kind::null:
      return "nothing";
    case Kind::scalar:
      return "text";
    case Kind::list:
      return "list";
    case Kind::map:
      return "map";
  }
  return "nothing";
}

Result<Yaml> parse_yaml(std::string_view text, std::string_view file_name, YamlLimits limits) {
  if (text.size() > limits.bytes_max) {
    return error_at(
        file_name, {1, 1},
        "found " + std::to_string(text.size()) + " bytes, expected at most " + std::to_string(limits.bytes_max));
  }
  const Positions positions{text};
  TRY(check_characters(text, positions, file_name));
  Builder builder{positions, limits};
  try {
    std::istringstream stream{std::string{text}};
    YAML::Parser parser{stream};
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refused& refused) {
    return error_at(file_name, refused.mark(), refused.what());
  } catch (const YAML::Exception& wrong) {
    return error_at(file_name, positions.mark(wrong.mark),
                    "found " + printable(wrong.msg) + ", expected well-formed YAML");
  } catch (const std::exception& thrown) {
    return Error{Errc::exhausted, std::string{file_name} + ":1:1: parse YAML: " + thrown.what()};
  }
  Yaml root = builder.take();
  if (root.mark.line == 0) root.mark = {1, 1};
  return root;
}

}  // namespace belljar::codec
