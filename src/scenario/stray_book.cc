#include "scenario/stray_book.h"

#include <algorithm>

#include "base/text.h"

namespace belljar::scenario {

const spec::StrayMessage& StrayBook::add(const std::string& model, std::string_view kind, std::string_view text) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const spec::StrayMessage& entry) {
    return entry.model == model && entry.kind == kind;
  });
  if (found != entries_.end()) {
    ++found->count;
    return *found;
  }
  entries_.push_back({model, std::string{kind}, printable(text), 1});
  return entries_.back();
}

}  // namespace belljar::scenario
