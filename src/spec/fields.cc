#include "spec/fields.h"

#include "base/text.h"
#include "spec/quantity.h"

namespace belljar::spec {

using codec::Mark;
using codec::Yaml;

namespace {

constexpr std::size_t kProblemsShown = 100;
constexpr std::size_t kPathBytesMax = 4095;

bool is_plain_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

std::string unsupported(std::string_view what, std::string_view instead) {
  return "found " + std::string{what} + ", not supported by this version, expected " + std::string{instead};
}

}  // namespace

void Problems::add(Mark mark, std::string message) { problems_.push_back({mark, std::move(message)}); }

void Problems::add(Mark mark, std::string_view found, std::string_view expected) {
  add(mark, "found " + std::string{found} + ", expected " + std::string{expected});
}

Result<void> Problems::result() const {
  if (problems_.empty()) return {};
  std::vector<const Problem*> sorted;
  for (const Problem& problem : problems_) sorted.push_back(&problem);
  std::stable_sort(sorted.begin(), sorted.end(), [](const Problem* a, const Problem* b) {
    return std::pair{a->mark.line, a->mark.column} < std::pair{b->mark.line, b->mark.column};
  });
  std::string text;
  for (std::size_t at = 0; at < sorted.size(); ++at) {
    const Problem& problem = *sorted[at];
    const bool last = at == kProblemsShown;
    if (at != 0) text += '\n';
    text += file_ + ":" + std::to_string(problem.mark.line) + ":" + std::to_string(problem.mark.column) + ": ";
    text += last ? "found " + std::to_string(sorted.size() - at) + " more problems from here on, expected none"
                 : problem.message;
    if (last) break;
  }
  return Error{Errc::invalid_argument, text};
}

std::string quote(std::string_view text) { return "\"" + printable(text, 60) + "\""; }

std::string describe(const Yaml& value) {
  switch (value.kind) {
    case Yaml::Kind::null:
      return "nothing";
    case Yaml::Kind::list:
      return "a list";
    case Yaml::Kind::map:
      return "a map";
    case Yaml::Kind::scalar:
      break;
  }
  return value.quoted ? "text " + quote(value.scalar) : quote(value.scalar);
}

bool require_map(Problems& problems, const Yaml& value, std::string_view owner) {
  if (value.kind == Yaml::Kind::map) return true;
  problems.add(value.mark, describe(value), "a map for " + std::string{owner});
  return false;
}

bool require_list(Problems& problems, const Yaml& value, std::string_view expected) {
  if (value.kind == Yaml::Kind::list) return true;
  problems.add(value.mark, describe(value), expected);
  return false;
}

void refuse_key(Problems& problems, const Yaml::Entry& entry, std::string_view owner,
                std::span<const std::string_view> known, std::span<const Later> later) {
  const auto planned =
      std::find_if(later.begin(), later.end(), [&entry](const Later& one) { return one.key == entry.key; });
  if (planned != later.end())
    return problems.add(entry.key_mark, unsupported("key " + quote(entry.key), planned->instead));
  const std::string_view near = nearest(entry.key, known);
  const std::string expected = near.empty() ? one_of(known) : "\"" + std::string{near} + "\"";
  problems.add(entry.key_mark, "key " + quote(entry.key) + " in " + std::string{owner}, expected);
}

std::optional<std::string> read_text(Problems& problems, const Yaml& value, std::string_view expected) {
  if (value.kind == Yaml::Kind::scalar && !value.scalar.empty() && value.scalar.find('\0') == std::string::npos) {
    return value.scalar;
  }
  problems.add(value.mark, describe(value), expected);
  return std::nullopt;
}

std::optional<std::string> read_path(Problems& problems, const Yaml& value, std::string_view expected) {
  std::optional<std::string> path = read_text(problems, value, expected);
  if (!path || path->size() <= kPathBytesMax) return path;
  problems.add(value.mark, "a path of " + std::to_string(path->size()) + " bytes", "at most 4095");
  return std::nullopt;
}

std::optional<std::uint64_t> read_count(Problems& problems, const Yaml& value, std::string_view expected,
                                        std::pair<std::uint64_t, std::uint64_t> range) {
  if (value.kind == Yaml::Kind::scalar && !value.quoted) {
    const Result<std::uint64_t> count = parse_count(value.scalar, expected);
    if (count && count.value() >= range.first && count.value() <= range.second) return count.value();
  }
  problems.add(value.mark, describe(value),
               std::string{expected} + " from " + std::to_string(range.first) + " to " + std::to_string(range.second));
  return std::nullopt;
}

bool is_name(std::string_view text, std::string_view others, std::size_t most) {
  if (text.empty() || text.size() > most || !is_plain_word(text[0])) return false;
  return std::all_of(text.begin(), text.end(),
                     [others](char c) { return is_plain_word(c) || others.find(c) != std::string_view::npos; });
}

std::string name_expected(std::string_view others, std::size_t most) {
  std::string expected = "a name of letters, digits and";
  for (const char other : others) expected.append(" ").append(1, other);
  return expected + ", at most " + std::to_string(most) + " characters, a letter or digit first";
}

std::optional<std::string> read_name(Problems& problems, const Yaml& value, std::string_view others, std::size_t most) {
  if (value.kind == Yaml::Kind::scalar && is_name(value.scalar, others, most)) return value.scalar;
  problems.add(value.mark, describe(value), name_expected(others, most));
  return std::nullopt;
}

std::optional<std::string> read_choice(Problems& problems, const Yaml& value, std::span<const std::string_view> known,
                                       std::span<const std::string_view> later) {
  if (value.kind != Yaml::Kind::scalar) {
    problems.add(value.mark, describe(value), one_of(known));
    return std::nullopt;
  }
  if (std::find(known.begin(), known.end(), value.scalar) != known.end()) return value.scalar;
  if (std::find(later.begin(), later.end(), value.scalar) != later.end()) {
    problems.add(value.mark, unsupported(quote(value.scalar), one_of(known)));
    return std::nullopt;
  }
  const std::string_view near = nearest(value.scalar, known);
  problems.add(value.mark, describe(value), near.empty() ? one_of(known) : "\"" + std::string{near} + "\"");
  return std::nullopt;
}

std::vector<std::string> read_texts(Problems& problems, const Yaml& value, std::string_view expected) {
  std::vector<std::string> texts;
  if (!require_list(problems, value, expected)) return texts;
  for (const Yaml& item : value.items) {
    std::optional<std::string> text = read_text(problems, item, "text");
    if (text) texts.push_back(std::move(*text));
  }
  return texts;
}

}  // namespace belljar::spec
