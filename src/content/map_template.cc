#include "content/map_template.h"

#include "base/text.h"
#include "codec/json_pointer.h"

namespace belljar::content {

namespace {

using codec::Json;

// The next piece of a template's text: plain text, then perhaps a substitution.
struct Piece {
  std::string plain;
  bool substitutes = false;
  std::string_view pointer;
};

Result<Piece> take_piece(std::string_view& text) {
  Piece piece;
  while (!text.empty()) {
    if (text.starts_with("$${")) {
      piece.plain += "${";
      text.remove_prefix(3);
    } else if (text.starts_with("${")) {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos) {
        return Error{Errc::invalid_argument, "found " + printable(text, 60) + ", expected \"}\" to end it"};
      }
      piece.pointer = text.substr(2, end - 2);
      if (!codec::is_pointer(piece.pointer)) {
        return Error{Errc::invalid_argument, "found \"${" + printable(piece.pointer, 60) +
                                                 "}\", expected a JSON Pointer such as ${/answer/label}"};
      }
      piece.substitutes = true;
      text.remove_prefix(end + 1);
      return piece;
    } else {
      piece.plain += text[0];
      text.remove_prefix(1);
    }
  }
  return piece;
}

class Filler {
 public:
  Filler(const Json& source, std::size_t room) : source_{source}, room_{room} {}

  // Recursion is as deep as the template, which its YAML bounded.
  Result<Json> fill(const Json& map) {
    if (map.is_string()) return fill_text(map.as_string());
    if (map.is_array()) {
      Json::Array items;
      for (const Json& item : map.as_array()) items.push_back(TRY(fill(item)));
      return Json{std::move(items)};
    }
    if (!map.is_object()) return map;
    Json::Object members;
    for (const Json::Member& member : map.as_object()) members.emplace_back(member.first, TRY(fill(member.second)));
    return Json{std::move(members)};
  }

 private:
  Result<Json> fill_text(std::string_view text) {
    std::string out;
    bool first = true;
    while (!text.empty()) {
      const Piece piece = TRY(take_piece(text));
      const Json* value = piece.substitutes ? codec::find_pointer(source_, piece.pointer) : nullptr;
      if (piece.substitutes && value == nullptr) {
        return Error{Errc::not_found, "${" + printable(piece.pointer, 200) + "} leads nowhere"};
      }
      if (first && text.empty() && piece.plain.empty() && value != nullptr) {
        TRY(pay(value->is_string() ? value->as_string().size() : codec::to_json(*value).size()));
        return *value;
      }
      first = false;
      out += piece.plain;
      if (value != nullptr) out += value->is_string() ? value->as_string() : codec::to_json(*value);
      if (out.size() > room_) return too_large();
    }
    TRY(pay(out.size()));
    return Json{std::move(out)};
  }

  Result<void> pay(std::size_t bytes) {
    if (bytes > room_) return too_large();
    room_ -= bytes;
    return {};
  }
  static Error too_large() { return Error{Errc::exhausted, "the request it makes is larger than the link allows"}; }

  const Json& source_;
  std::size_t room_;
};

void gather_pointers(const Json& map, std::vector<std::string>& into) {
  if (map.is_array()) {
    for (const Json& item : map.as_array()) gather_pointers(item, into);
  } else if (map.is_object()) {
    for (const Json::Member& member : map.as_object()) gather_pointers(member.second, into);
  } else if (map.is_string()) {
    std::string_view text = map.as_string();
    while (!text.empty()) {
      const Result<Piece> piece = take_piece(text);
      if (!piece) return;
      if (piece.value().substitutes) into.emplace_back(piece.value().pointer);
    }
  }
}

}  // namespace

Result<Json> fill_template(const Json& map, const Json& source, std::size_t bytes_max) {
  return Filler{source, bytes_max}.fill(map);
}

std::vector<std::string> template_pointers(const Json& map) {
  std::vector<std::string> pointers;
  gather_pointers(map, pointers);
  return pointers;
}

Result<void> check_template(const Json& map) {
  if (map.is_array()) {
    for (const Json& item : map.as_array()) TRY(check_template(item));
  } else if (map.is_object()) {
    for (const Json::Member& member : map.as_object()) TRY(check_template(member.second));
  } else if (map.is_string()) {
    std::string_view text = map.as_string();
    while (!text.empty()) TRY(take_piece(text));
  }
  return {};
}

}  // namespace belljar::content
