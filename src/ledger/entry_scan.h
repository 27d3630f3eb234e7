// scan_entry(): the claims of the entries that make up nearly all of a record, read in one pass and without a tree.
//
//   if (std::optional<EntryClaims> claims = scan_entry(entry)) ...   // otherwise ask the parser
//
// It knows objects of plain text, whole numbers and a body's claim as our writer spells it. Whatever else there is,
// from \u escapes to entries of a kind that claims something, is for the parser: nothing here means that it is wrong.
// What is said here is what the parser would say; a fuzz target holds the two against each other. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "ledger/entry.h"

namespace belljar::ledger {

std::optional<EntryClaims> scan_entry(std::string_view entry);

}  // namespace belljar::ledger
