#include "sandbox/image/package_list.h"

#include <algorithm>
#include <array>
#include <functional>

#include "base/text.h"
#include "codec/crypto.h"
#include "codec/json.h"
#include "codec/yaml.h"

namespace belljar::sandbox {

namespace {

using codec::Mark;
using codec::Yaml;

// Part of every key: a change in how roots are made (excludes, stripping) must not serve old ones.
constexpr int kFormat = 1;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool consists_of(std::string_view text, std::string_view also) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_lower_or_digit(c) || also.find(c) != std::string_view::npos; });
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && is_lower_or_digit(text.front()) && consists_of(text, "-.");
}

// "python3-sklearn", "g++", "libc6=2.36-9". A trailing dash would tell apt to remove, a slash or a glob to guess.
bool is_package(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  if (name.size() < 2 || name.size() > 128 || !is_lower_or_digit(name.front()) || name.back() == '-') return false;
  if (!consists_of(name, "+-.")) return false;
  if (equals == std::string_view::npos) return true;
  const std::string_view version = text.substr(equals + 1);
  constexpr std::string_view kVersionAlso = "+-.:~ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return !version.empty() && version.size() <= 128 && is_lower_or_digit(version.front()) &&
         consists_of(version, kVersionAlso);
}

// A package alone, and a version alone.
bool is_plain_package(std::string_view text) { return text.find('=') == std::string_view::npos && is_package(text); }
bool is_version(std::string_view text) { return is_package("aa=" + std::string{text}); }

// "openai@6.8.1", "@scope/name@1.0.0-rc.1": one version, no range, no tag, no address.
bool is_npm_package(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == 0 || at == std::string_view::npos || text.size() > 256) return false;
  std::string_view name = text.substr(0, at);
  if (name.front() == '@') {
    const std::size_t slash = name.find('/');
    if (slash == std::string_view::npos || slash < 2 || !is_name(name.substr(1, slash - 1))) return false;
    name.remove_prefix(slash + 1);
  }
  const std::string_view version = text.substr(at + 1);
  const bool digits = !version.empty() && version.front() >= '0' && version.front() <= '9';
  return is_name(name) && digits && std::count(version.begin(), version.end(), '.') >= 2 && consists_of(version, "+-.");
}

bool is_exclude(std::string_view text) {
  const bool printable_ascii = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  return printable_ascii && text.size() >= 2 && text.size() <= 256 && (text.front() == '/' || text.front() == '*');
}

bool is_variant(std::string_view text) {
  constexpr std::array<std::string_view, 5> kVariants{"essential", "apt", "minbase", "required", "important"};
  return std::find(kVariants.begin(), kVariants.end(), text) != kVariants.end();
}

// Collects errors instead of stopping at the first.
class Reader {
 public:
  explicit Reader(std::string_view file) : file_{file} {}

  void complain(Mark at, const std::string& what) { errors_ += place(at) + ": " + what + "\n"; }

  std::string text(const Yaml& value, std::string_view key, const std::function<bool(std::string_view)>& accept,
                   std::string_view expected) {
    if (value.kind == Yaml::Kind::scalar && accept(value.scalar)) return value.scalar;
    const std::string found =
        value.kind == Yaml::Kind::scalar ? "`" + printable(value.scalar) + "`" : std::string{value.kind_name()};
    complain(value.mark, std::string{key} + " is " + found + ", expected " + std::string{expected});
    return {};
  }

  std::vector<std::string> texts(const Yaml& value, std::string_view key,
                                 const std::function<bool(std::string_view)>& accept, std::string_view expected) {
    std::vector<std::string> read;
    if (value.kind != Yaml::Kind::list) {
      complain(value.mark, std::string{key} + " is " + std::string{value.kind_name()} + ", expected a list");
      return read;
    }
    for (const Yaml& item : value.items) read.push_back(text(item, std::string{key} + " entry", accept, expected));
    std::sort(read.begin(), read.end());
    read.erase(std::unique(read.begin(), read.end()), read.end());
    return read;
  }

  std::vector<Pin> pins(const Yaml& value) {
    std::vector<Pin> read;
    if (value.kind != Yaml::Kind::map) {
      complain(value.mark,
               "pins is " + std::string{value.kind_name()} + ", expected a map of package names and versions");
      return read;
    }
    for (const Yaml::Entry& entry : value.entries) {
      if (!is_plain_package(entry.key)) {
        complain(entry.key_mark, "pins entry is `" + printable(entry.key) + "`, expected a package name");
        continue;
      }
      std::string version = text(entry.value, "version of " + entry.key, is_version, "a version, as 2.36-9");
      read.push_back({entry.key, std::move(version), place(entry.key_mark)});
    }
    std::sort(read.begin(), read.end(), [](const Pin& a, const Pin& b) { return a.package < b.package; });
    return read;
  }

  Result<void> finish() {
    if (errors_.empty()) return {};
    errors_.pop_back();
    return Error{Errc::invalid_argument, std::move(errors_)};
  }

 private:
  std::string place(Mark at) const { return file_ + ":" + std::to_string(at.line) + ":" + std::to_string(at.column); }

  std::string file_;
  std::string errors_;
};

void read_entry(Reader& reader, PackageList& list, const Yaml::Entry& entry) {
  const Yaml& value = entry.value;
  if (entry.key == "belljar-image") {
    (void)reader.text(
        value, entry.key, [](std::string_view text) { return text == "1"; }, "1");
  } else if (entry.key == "name") {
    list.name = reader.text(value, entry.key, is_name, "lower-case letters, digits, dashes and dots");
  } else if (entry.key == "suite") {
    list.suite = reader.text(value, entry.key, is_name, "the name of a suite, as bookworm");
  } else if (entry.key == "variant") {
    list.variant = reader.text(value, entry.key, is_variant, "essential, apt, minbase, required or important");
  } else if (entry.key == "packages") {
    list.packages = reader.texts(value, entry.key, is_package, "a package name, optionally =version");
  } else if (entry.key == "exclude") {
    list.exclude = reader.texts(value, entry.key, is_exclude, "a path pattern that begins with / or *");
  } else if (entry.key == "npm") {
    list.npm = reader.texts(value, entry.key, is_npm_package, "a package of npm at one version, as openai@6.8.1");
  } else if (entry.key == "pins") {
    list.pins = reader.pins(value);
  } else if (entry.key == "expired_index") {
    const auto accept = [](std::string_view text) { return text == "accept"; };
    list.accept_expired_index = !reader.text(value, entry.key, accept, "accept").empty();
  } else {
    reader.complain(
        entry.key_mark,
        "unknown key `" + printable(entry.key) +
            "`, expected belljar-image, name, suite, packages, npm, variant, exclude, pins or expired_index");
  }
}

}  // namespace

Result<PackageList> parse_package_list(std::string_view text, std::string_view file) {
  const Yaml root = TRY(codec::parse_yaml(text, file));
  PackageList list;
  list.file = file;
  Reader reader{file};
  const Mark top{1, 1};
  if (root.kind != Yaml::Kind::map) {
    reader.complain(top, "found " + std::string{root.kind_name()} + ", expected a map that begins `belljar-image: 1`");
    TRY(reader.finish());
  }
  for (const Yaml::Entry& entry : root.entries) read_entry(reader, list, entry);
  for (const std::string_view required : {"belljar-image", "name", "suite", "packages"}) {
    if (root.find(required) == nullptr) reader.complain(top, "no key `" + std::string{required} + "`, expected one");
  }
  TRY(reader.finish());
  return list;
}

std::string image_key(const PackageList& list, std::string_view architecture) {
  const auto array = [](const std::vector<std::string>& texts) {
    codec::Json::Array items;
    for (const std::string& text : texts) items.emplace_back(text);
    return codec::Json{std::move(items)};
  };
  codec::Json asked;
  asked.set("format", kFormat);
  asked.set("architecture", architecture);
  asked.set("name", list.name);
  asked.set("suite", list.suite);
  asked.set("variant", list.variant);
  asked.set("packages", array(list.packages));
  asked.set("exclude", array(list.exclude));
  if (!list.npm.empty()) asked.set("npm", array(list.npm));
  if (!list.pins.empty()) {
    codec::Json pins;
    for (const Pin& pin : list.pins) pins.set(pin.package, pin.version);
    asked.set("pins", std::move(pins));
  }
  return codec::sha256(codec::canonical_json(asked)).hex().substr(0, 32);
}

}  // namespace belljar::sandbox
