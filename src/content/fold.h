// Folder: text as a detector wants to see it, character by character, with the way back to the bytes it came from.
//
//   Folder folder;
//   folder.push(bytes, out);         // out.text: folded; out.units: where it differs from what came in
//   folder.finish(out);
//
// Format controls, zero-width and combining characters vanish; compatibility forms and look-alikes become the ASCII
// they are taken for; \n, \", \/, \u0041, \x41, %41, &#65; and &quot; become what they encode. Runs of backslashes, as
// JSON inside JSON makes them, count as one. Two or more tag characters (U+E0020 to U+E007E) in a row, which show as
// nothing, become the ASCII that they hide. All of it without looking back, so the result does not depend on how the
// text is cut. ASCII without escapes stays byte for byte. Ill-formed UTF-8 stays as it is. One thread at a time.
//
// The table is made from ICU's data when belljar is built (programs/make_fold_table.cc); a test compares all of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace belljar::content {

// `from_size` bytes at `from` became `to_size` bytes at `to`, other than they were.
struct FoldUnit {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint32_t from_size = 0;
  std::uint32_t to_size = 0;

  bool operator==(const FoldUnit&) const = default;
};

struct Folded {
  std::string text;
  std::vector<FoldUnit> units;  // in order
};

class Folder {
 public:
  // Appends to `out`; keeps back an escape or character that is not complete, at most 24 bytes.
  void push(std::string_view bytes, Folded& out);
  void finish(Folded& out);
  std::uint64_t taken() const { return from_; }  // bytes of the input that are folded by now

 private:
  void fold(std::string_view bytes, bool at_end, Folded& out);

  std::string carried_;
  std::uint64_t from_ = 0;
  std::uint64_t to_ = 0;
  bool in_tags_ = false;  // the last character was one of a run of tags
};

// All at once.
Folded fold(std::string_view text);

}  // namespace belljar::content
