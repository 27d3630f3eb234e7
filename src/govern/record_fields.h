// Reading our own JSON back, strictly: the kind of every member is checked, a missing or foreign one is an error with
// its place. Inner part of record.h.
//
//   Fields fields{object, "metrics.jsonl:3"};
//   TRY(fields.text("model", result.model));
//   TRY(fields.done());                       // nothing unread is left
//
// One thread at a time; the object is borrowed.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/json.h"

namespace belljar::govern {

enum class Presence { required, optional };

class Fields {
 public:
  Fields(const codec::Json& value, std::string where) : value_{value}, where_{std::move(where)} {}

  Result<void> text(std::string_view key, std::string& out, Presence presence = Presence::required);
  Result<void> count(std::string_view key, std::uint64_t& out, Presence presence = Presence::required);
  Result<void> integer(std::string_view key, std::int64_t& out, Presence presence = Presence::required);
  Result<void> small(std::string_view key, int& out, Presence presence = Presence::required);
  Result<void> number(std::string_view key, double& out, Presence presence = Presence::required);
  Result<void> truth(std::string_view key, bool& out, Presence presence = Presence::required);
  Result<void> texts(std::string_view key, std::vector<std::string>& out);
  // The index of the member's text in `names`.
  Result<std::size_t> choice(std::string_view key, const std::vector<std::string_view>& names);
  // Null when absent.
  const codec::Json* member(std::string_view key);
  Result<const codec::Json*> array(std::string_view key);
  Result<const codec::Json*> object(std::string_view key);

  // An error when this is no object or has a member nobody asked for.
  Result<void> done() const;
  std::string place(std::string_view key) const;
  Error wrong(std::string_view key, std::string_view expected) const;

 private:
  Result<const codec::Json*> find(std::string_view key, Presence presence);

  const codec::Json& value_;
  std::string where_;
  std::vector<std::string_view> asked_;
};

}  // namespace belljar::govern
