#include "govern/well_formed.h"

#include <vector>

#include "base/text.h"

namespace belljar::govern {

namespace {

void mend(std::string& text) {
  if (!is_utf8(text)) text = printable(text, text.size());
}

}  // namespace

// Without recursion: how deep a value is may be somebody's input.
codec::Json well_formed(codec::Json value) {
  using codec::Json;
  std::vector<Json*> open{&value};
  while (!open.empty()) {
    Json& one = *open.back();
    open.pop_back();
    if (one.is_string() && !is_utf8(one.as_string())) one = printable(one.as_string(), one.as_string().size());
    if (one.is_array()) {
      for (Json& item : one.as_array()) open.push_back(&item);
    }
    if (!one.is_object()) continue;
    for (Json::Member& member : one.as_object()) {
      mend(member.first);
      open.push_back(&member.second);
    }
  }
  return value;
}

}  // namespace belljar::govern
