// The only file that knows RE2.
#include "content/pattern.h"

#include <re2/re2.h>

#include <array>
#include <cstdio>

namespace belljar::content {

struct Pattern::Program {
  std::string text;
  PatternNode syntax;
  re2::RE2 re2;

  Program(std::string_view pattern, PatternNode tree, const std::string& translated, const re2::RE2::Options& options)
      : text{pattern}, syntax{std::move(tree)}, re2{translated, options} {}
};

namespace {

using Kind = PatternNode::Kind;

// Of RE2's automata, per pattern; past it matching goes on in the slower, still linear, way.
constexpr std::int64_t kMemoryMax = 4 << 20;

void write_code(char32_t code, std::string& out) {
  std::array<char, 16> text{};
  (void)std::snprintf(text.data(), text.size(), "\\x{%x}", static_cast<unsigned>(code));
  out += text.data();
}

void write_set(const PatternNode& set, std::string& out) {
  if (set.ranges.empty() && set.properties.empty()) {
    out += set.negated ? "[\\x{0}-\\x{10ffff}]" : "[^\\x{0}-\\x{10ffff}]";
    return;
  }
  out += set.negated ? "[^" : "[";
  for (const CodeRange& range : set.ranges) {
    write_code(range.first, out);
    out += '-';
    write_code(range.last, out);
  }
  for (const std::string& property : set.properties) out += property;
  out += ']';
}

void write(const PatternNode& node, std::string& out);

void write_repeat(const PatternNode& node, std::string& out) {
  out += "(?:";
  write(node.children.front(), out);
  out += "){" + std::to_string(node.least);
  if (node.most == kUnbounded) {
    out += ",}";
  } else {
    out += "," + std::to_string(node.most) + "}";
  }
}

void write_children(const PatternNode& node, std::string& out) {
  out += "(?:";
  for (std::size_t at = 0; at < node.children.size(); ++at) {
    if (at != 0 && node.kind == Kind::choice) out += '|';
    write(node.children[at], out);
  }
  out += ')';
}

// As deep as parse_pattern() lets groups nest.
void write(const PatternNode& node, std::string& out) {
  switch (node.kind) {
    case Kind::sequence:
    case Kind::choice:
      return write_children(node, out);
    case Kind::repeat:
      return write_repeat(node, out);
    case Kind::set:
      return write_set(node, out);
    case Kind::begin:
      out += "\\A";
      return;
    case Kind::end:
      out += "\\z";
      return;
    case Kind::boundary:
      out += "\\b";
      return;
    case Kind::no_boundary:
      out += "\\B";
      return;
  }
}

}  // namespace

bool Pattern::matches(std::string_view text) const {
  return program_->re2.Match({text.data(), text.size()}, 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

const std::string& Pattern::text() const { return program_->text; }
const PatternNode& Pattern::syntax() const { return program_->syntax; }

Result<Pattern> compile_pattern(std::string_view text) {
  PatternNode syntax = TRY(parse_pattern(text));
  std::string translated;
  write(syntax, translated);
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMemoryMax);
  options.set_never_capture(true);
  auto program = std::make_shared<const Pattern::Program>(text, std::move(syntax), translated, options);
  if (program->re2.ok()) return Pattern{std::move(program)};
  return Error{Errc::invalid_argument,
               "byte 0: found a pattern that compiles to more than its share of memory, expected a smaller one"};
}

}  // namespace belljar::content
