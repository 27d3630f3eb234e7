// sample(): a text that an RE2 expression matches, for tests that plant secrets. Takes what gitleaks' rules are made
// of; what it makes of anything else the test must check, by matching it.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace belljar::content {

class Sampler {
 public:
  Sampler(std::string_view regex, std::mt19937_64& random) : regex_{regex}, random_{random} {}
  std::string sample() {
    at_ = 0;
    return choice(false);
  }

 private:
  using Bytes = std::vector<char>;

  bool more() const { return at_ < regex_.size(); }
  bool take(std::string_view text) {
    if (regex_.substr(at_, text.size()) != text) return false;
    at_ += text.size();
    return true;
  }
  std::size_t below(std::size_t count) { return random_() % count; }

  // Every alternative is made, and one of them taken: making one is also how it is stepped over.
  std::string choice(bool mute) {
    std::vector<std::string> all{sequence(mute)};
    while (take("|")) all.push_back(sequence(mute));
    return all[below(all.size())];
  }

  std::string sequence(bool mute) {
    std::string out;
    while (more() && regex_[at_] != '|' && regex_[at_] != ')') out += repeated(mute);
    return out;
  }

  std::string repeated(bool mute) {
    const std::size_t begin = at_;
    std::string out = piece(mute);
    const std::size_t end = at_;
    std::size_t least = 1;
    std::size_t most = 1;
    if (take("*")) {
      least = 0, most = 6;
    } else if (take("+")) {
      most = 6;
    } else if (take("?")) {
      least = 0;
    } else if (more() && regex_[at_] == '{' && at_ + 1 < regex_.size() && regex_[at_ + 1] >= '0' &&
               regex_[at_ + 1] <= '9') {
      const std::size_t close = regex_.find('}', at_);
      const std::string_view range = regex_.substr(at_ + 1, close - at_ - 1);
      const std::size_t comma = range.find(',');
      least = std::stoul(std::string{range.substr(0, comma)});
      most = least;
      if (comma != std::string_view::npos) {
        most = comma + 1 == range.size() ? least + 12 : std::stoul(std::string{range.substr(comma + 1)});
      }
      most = std::min(most, least + 40);
      at_ = close + 1;
    } else {
      return out;
    }
    take("?");
    const std::size_t after = at_;
    const std::size_t count = least + below(most - least + 1);
    if (count == 0) out.clear();
    for (std::size_t round = 1; round < count; ++round) {
      at_ = begin;
      out += piece(mute);
    }
    (void)end;
    at_ = after;
    return out;
  }

  std::string piece(bool mute) {
    if (take("(?i)") || take("(?s)")) return {};
    if (take("(")) {
      if (take("?P<")) at_ = regex_.find('>', at_) + 1;
      if (take("?")) at_ = regex_.find(':', at_) + 1;
      std::string out = choice(mute);
      take(")");
      return out;
    }
    if (take("^") || take("$") || take("\\b") || take("\\z")) return {};
    const Bytes bytes = regex_[at_] == '[' ? bracket() : atom();
    return bytes.empty() ? std::string{} : std::string(1, bytes[below(bytes.size())]);
  }

  static Bytes printable_but(const Bytes& without) {
    Bytes out;
    for (char c = '!'; c <= '~'; ++c) {
      if (std::find(without.begin(), without.end(), c) == without.end()) out.push_back(c);
    }
    return out;
  }
  static Bytes range(char first, char last) {
    Bytes out;
    for (int c = first; c <= last; ++c) out.push_back(static_cast<char>(c));
    return out;
  }
  static Bytes joined(std::initializer_list<Bytes> parts) {
    Bytes out;
    for (const Bytes& part : parts) out.insert(out.end(), part.begin(), part.end());
    return out;
  }

  Bytes atom() {
    const char c = regex_[at_++];
    if (c == '.') return range('a', 'z');
    if (c != '\\') return {c};
    const char kind = regex_[at_++];
    if (kind == 'd') return range('0', '9');
    if (kind == 'w') return joined({range('0', '9'), range('a', 'z'), range('A', 'Z'), {'_'}});
    if (kind == 's') return {' '};
    if (kind == 'S') return joined({range('0', '9'), range('a', 'z')});
    if (kind == 'n') return {'\n'};
    if (kind == 'r') return {'\r'};
    if (kind == 't') return {'\t'};
    if (kind == 'x') {
      at_ += 2;
      return {static_cast<char>(std::stoi(std::string{regex_.substr(at_ - 2, 2)}, nullptr, 16))};
    }
    return {kind};
  }

  Bytes bracket() {
    ++at_;
    const bool negated = take("^");
    Bytes out;
    for (bool first = true; first || regex_[at_] != ']'; first = false) {
      if (take("[:alnum:]")) {
        out = joined({out, range('0', '9'), range('a', 'z')});
        continue;
      }
      const Bytes low = atom_in_bracket();
      if (low.size() == 1 && regex_[at_] == '-' && regex_[at_ + 1] != ']') {
        ++at_;
        out = joined({out, range(low[0], atom_in_bracket()[0])});
      } else {
        out = joined({out, low});
      }
    }
    ++at_;
    return negated ? printable_but(out) : out;
  }
  Bytes atom_in_bracket() {
    if (regex_[at_] == '.') return {regex_[at_++]};
    return atom();
  }

  std::string_view regex_;
  std::mt19937_64& random_;
  std::size_t at_ = 0;
};

}  // namespace belljar::content
