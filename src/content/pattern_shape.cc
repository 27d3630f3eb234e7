#include "content/pattern_shape.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "content/scanner.h"

namespace belljar::content {

namespace {

constexpr std::uint64_t kShortMost = 64;

struct Group {
  int number = 0;  // 0: captures nothing
  std::size_t open = 0;
  std::size_t close = 0;
  std::size_t outside = 0;  // groups it stands in
};

// Steps over one escape, class or plain character; says whether it may match white space.
struct Atom {
  std::size_t size = 1;
  bool space = false;
};

bool is_space_code(int code) { return code <= ' '; }

Atom escape_atom(std::string_view text) {
  if (text.size() < 2) return {text.size(), true};
  const char kind = text[1];
  constexpr std::string_view kSpaces = "sWDnrtfvpPCXa";
  if (kind == 'x') {
    if (text.size() < 4 || text[2] == '{') return {2, true};
    return {4, is_space_code(static_cast<int>(std::strtol(std::string{text.substr(2, 2)}.c_str(), nullptr, 16)))};
  }
  if (kind >= '0' && kind <= '7') return {2, true};
  return {2, kSpaces.find(kind) != std::string_view::npos};
}

Atom class_atom(std::string_view text) {
  const bool negated = text.size() > 1 && text[1] == '^';
  std::size_t at = negated ? 2 : 1;
  bool space = false;
  bool excludes = false;  // names \s
  for (bool first = true; at < text.size() && (first || text[at] != ']'); first = false) {
    if (text[at] == '[' && text.substr(at, 2) == "[:") {
      const std::size_t end = text.find(":]", at);
      if (end == std::string_view::npos) return {text.size(), true};
      constexpr std::array<std::string_view, 6> kInk{"alnum", "alpha", "digit", "xdigit", "lower", "upper"};
      space = space || std::find(kInk.begin(), kInk.end(), text.substr(at + 2, end - at - 2)) == kInk.end();
      at = end + 2;
      continue;
    }
    Atom one{1, is_space_code(static_cast<std::uint8_t>(text[at]))};
    if (text[at] == '\\') one = escape_atom(text.substr(at));
    excludes = excludes || text.substr(at, 2) == "\\s";
    space = space || one.space;
    at += one.size;
  }
  return {std::min(at + 1, text.size()), negated ? !excludes : space};
}

Atom atom_at(std::string_view text) {
  if (text[0] == '\\') return escape_atom(text);
  if (text[0] == '[') return class_atom(text);
  return {1, text[0] == '.' || is_space_code(static_cast<std::uint8_t>(text[0]))};
}

std::vector<Group> groups_of(std::string_view regex) {
  std::vector<Group> groups;
  std::vector<std::size_t> open;
  int number = 0;
  for (std::size_t at = 0; at < regex.size();) {
    if (regex[at] == '(') {
      const bool plain = regex.substr(at, 2) != "(?" || regex.substr(at, 3) == "(?P";
      open.push_back(groups.size());
      groups.push_back({plain ? ++number : 0, at, regex.size(), open.size() - 1});
      ++at;
    } else if (regex[at] == ')') {
      if (!open.empty()) groups[open.back()].close = at;
      if (!open.empty()) open.pop_back();
      ++at;
    } else {
      at += atom_at(regex.substr(at)).size;
    }
  }
  return groups;
}

// Whether every match of regex[begin, end) has a capture group that took part in it.
bool always_captures(std::string_view regex, const std::vector<Group>& groups, std::size_t begin, std::size_t end) {
  bool captured = false;
  for (std::size_t at = begin; at < end;) {
    if (regex[at] == '|') {
      if (!captured) return false;
      captured = false;
      ++at;
      continue;
    }
    const auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return g.open == at; });
    if (group == groups.end()) {
      at += atom_at(regex.substr(at)).size;
      continue;
    }
    const std::string_view after = regex.substr(std::min(group->close + 1, regex.size()));
    const bool optional = after.starts_with("?") || after.starts_with("*") || after.starts_with("{0");
    captured = captured || (!optional && (group->number > 0 || always_captures(regex, groups, at + 1, group->close)));
    at = group->close + 1;
  }
  return captured;
}

bool may_match_space(std::string_view part) {
  for (std::size_t at = 0; at < part.size();) {
    const Atom atom = atom_at(part.substr(at));
    if (atom.space) return true;
    at += atom.size;
  }
  return false;
}

// Steps over whatever matches nothing by itself.
std::size_t anchor_size(std::string_view text) {
  for (const std::string_view anchor : {"\\b", "\\z", "\\B", "$", "^"}) {
    if (text.starts_with(anchor)) return anchor.size();
  }
  return 0;
}

// Whether a part without groups matches white space at most as its last byte.
bool space_ends_it(std::string_view part) {
  for (std::size_t at = 0; at < part.size();) {
    if (const std::size_t skip = anchor_size(part.substr(at)); skip > 0) {
      at += skip;
      continue;
    }
    const Atom atom = atom_at(part.substr(at));
    at += atom.size;
    if (!atom.space) continue;
    while (at < part.size() && anchor_size(part.substr(at)) > 0) at += anchor_size(part.substr(at));
    return at == part.size();
  }
  return true;
}

// What follows a secret may hold one white space, with which the match ends: the ends of gitleaks' rules, such as
// (?:[\x60'"\s;]|\\[nr]|$).
bool ends_at_space(std::string_view tail) {
  if (!may_match_space(tail)) return true;
  if (tail.starts_with("(?:") && tail.ends_with(")")) tail = tail.substr(3, tail.size() - 4);
  if (tail.find('(') != std::string_view::npos) return false;
  std::size_t from = 0;
  for (std::size_t at = 0; at < tail.size();) {
    if (tail[at] != '|') {
      at += atom_at(tail.substr(at)).size;
      continue;
    }
    if (!space_ends_it(tail.substr(from, at - from))) return false;
    from = ++at;
  }
  return space_ends_it(tail.substr(from));
}

// Where the expression is cut around a group: of each group that it stands in, and of the whole, the alternative that
// it stands in alone.
struct Around {
  std::string head;  // up to the group, open groups closed
  std::string tail;  // behind it
};

Around around(std::string_view regex, const std::vector<Group>& groups, const Group& group) {
  Around out;
  // The ends of the levels that the group stands in, outermost first.
  std::vector<const Group*> levels;
  for (const Group& outer : groups) {
    if (outer.open < group.open && outer.close > group.close) levels.push_back(&outer);
  }
  const auto inside = [&](std::size_t at, std::size_t begin, std::size_t end) {
    return std::none_of(groups.begin(), groups.end(), [&](const Group& g) {
      return g.open >= begin && g.close < end && at > g.open && at <= g.close;
    });
  };
  const auto bars = [&](std::size_t begin, std::size_t end) {
    std::vector<std::size_t> found;
    for (std::size_t at = begin; at < end;) {
      if (regex[at] == '|' && inside(at, begin, end)) found.push_back(at);
      at += regex[at] == '(' || regex[at] == ')' ? 1 : atom_at(regex.substr(at)).size;
    }
    return found;
  };
  std::vector<std::string> tails;
  for (std::size_t level = 0; level <= levels.size(); ++level) {
    const std::size_t open = level == 0 ? 0 : levels[level - 1]->open;
    // "(?i:" and the like, without which the rest means something else.
    std::size_t content = open;
    if (level > 0) {
      content = open + 1;
      if (regex.substr(content, 1) == "?") content = std::min(regex.find_first_of(":>", content), regex.size() - 1) + 1;
    }
    const std::size_t end = level == 0 ? regex.size() : levels[level - 1]->close;
    const Group& next = level == levels.size() ? group : *levels[level];
    std::size_t from = content;
    std::size_t to = end;
    for (const std::size_t bar : bars(content, end)) {
      if (bar < next.open) from = bar + 1;
      if (bar > next.close) to = std::min(to, bar);
    }
    out.head.append(regex.substr(open, content - open)).append(regex.substr(from, next.open - from));
    tails.emplace_back(regex.substr(next.close + 1, to - std::min(to, next.close + 1)));
  }
  out.head.append(levels.size(), ')');
  for (auto tail = tails.rbegin(); tail != tails.rend(); ++tail) out.tail += *tail;
  return out;
}

// The plain characters that an expression begins with, its flags before them.
std::string literal_start(std::string_view regex, std::uint64_t& size) {
  std::string out;
  std::size_t at = regex.starts_with("(?i)") ? 4 : 0;
  if (regex.substr(at, 2) == "\\b") at += 2;
  out = regex.substr(0, at);
  constexpr std::string_view kSpecial = "\\[](){}.*+?|^$";
  while (at < regex.size() && kSpecial.find(regex[at]) == std::string_view::npos) {
    const char next = at + 1 < regex.size() ? regex[at + 1] : ' ';
    if (next == '*' || next == '?' || next == '{' || next == '+') break;
    out += regex[at++];
    ++size;
  }
  return out;
}

}  // namespace

PatternShape pattern_shape(const std::string& regex, int group) {
  PatternShape shape;
  shape.width = std::min(Scanner::width_max(regex).value_or(kSecretMost), kSecretMost);
  const std::vector<Group> groups = groups_of(regex);
  std::vector<Group> secrets = groups;
  std::erase_if(secrets, [&](const Group& g) { return g.number == 0 || (group > 0 && g.number != group); });
  const bool whole = secrets.empty();
  // Where no group takes part in a match, all of it is the secret.
  if (whole || (group == 0 && !always_captures(regex, groups, 0, regex.size()))) {
    secrets.push_back({0, 0, regex.size(), 0});
  }
  bool narrow = true;
  shape.head_width = 0;
  for (const Group& secret : secrets) {
    const std::string_view text{regex};
    const bool all = secret.close == regex.size();
    const Around cut = all ? Around{} : around(regex, groups, secret);
    narrow =
        narrow && !may_match_space(text.substr(secret.open, secret.close - secret.open)) && ends_at_space(cut.tail);
    const std::string& head = cut.head;
    const std::uint64_t width = whole || head.empty() ? 0 : Scanner::width_max(head).value_or(kSecretMost);
    shape.head_width = std::min(kSecretMost, std::max(shape.head_width, width));
    if (!whole && Scanner::width_max(head) != 0) shape.openings.push_back(head);
  }
  if (narrow && shape.head_width <= 1024) {
    shape.hold = PatternShape::Hold::narrow;
    shape.openings.clear();
  } else if (shape.width <= kShortMost) {
    shape.hold = PatternShape::Hold::short_width;
    shape.openings.clear();
  } else if (whole) {
    const std::string start = literal_start(regex, shape.opening_size);
    if (shape.opening_size >= 3) shape.openings.push_back(start);
  } else if (shape.openings.size() != secrets.size()) {
    shape.openings.clear();  // a secret may begin where nothing announces it
  }
  return shape;
}

}  // namespace belljar::content
