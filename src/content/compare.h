// Compare: what a new version of a contract does to those who hold the old one.
//
//   for (const Change& change : TRY(compare_contracts(old_contract, new_contract))) ...
//   // breaking: request: /properties/age: found a new requirement: member "age"
//
// Requests may widen: whoever asked before must still be understood. Answers and errors may narrow: whoever reads them
// must meet nothing new. A change that keyword by keyword cannot be shown to be harmless is breaking, and says so. Then
// both versions are tried on generated messages; one that contradicts the old promise is shown as a witness. A clean
// result means: shown harmless keyword by keyword, and no witness found. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "codec/json.h"
#include "spec/contract.h"

namespace belljar::content {

enum class Shift { narrower, wider, unclear };

// One difference between two schemas, as found at a place of both.
struct Difference {
  Shift shift = Shift::unclear;
  std::string path;  // JSON Pointer in the new schema
  std::string what;
};
// Local `$ref`s are followed, recursion is met with the assumption that it holds.
std::vector<Difference> compare_schemas(const codec::Json& before, const codec::Json& after);

struct Change {
  bool breaking = false;
  std::string section;  // request, answer, error, or the key of the contract
  std::string path;     // in the section's schema
  std::string what;     // printable
};
// An error where one of the schemas does not compile.
Result<std::vector<Change>> compare_contracts(const spec::Contract& before, const spec::Contract& after);

}  // namespace belljar::content
