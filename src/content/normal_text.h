// Normal text: what two texts are compared as, where only what a reader sees is to count.
//
//   normal_text("Ｎeg\u200bative ", LetterCase::kept)   // "Negative"
//   normal_text(" Stra\u00dfe\n2", LetterCase::folded)  // "strasse 2"
//
// Compatibility decomposition in canonical order (NFKD): two texts are equal in it exactly when they are in NFKC. What
// shows as nothing is gone (zero-width and bidi controls, variation selectors, tags); every run of white space is one
// space, none at the ends; letters are case folded where asked (full folding, no language's own rules). Ill-formed
// UTF-8 stays byte for byte. Idempotent. Pure; safe from any thread.
//
// The tables are made from ICU's data when belljar is built (programs/make_normal_table.cc); a test compares all of it.
#pragma once

#include <string>
#include <string_view>

namespace belljar::content {

enum class LetterCase { kept, folded };

std::string normal_text(std::string_view text, LetterCase letters);

}  // namespace belljar::content
