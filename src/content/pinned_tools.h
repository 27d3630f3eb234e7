// PinnedTools: what a tool server may offer, as a person has written it down: the one list that agents get to see.
//
//   PinnedTools pinned = TRY(PinnedTools::parse(text, "tools/files.json"));
//   const PinnedTool* tool = pinned.find("read_text_file");        // null: nobody may call it
//   ToolReview review = pinned.review(list);                       // what the server answers to tools/list
//   if (!review.drift.empty()) refuse(review.drift); else show(review.shown);
//
// The file is JSON, {"tools": [...], "decoys": [...]}: tools as the server itself describes them, word for word, and
// decoys, described alike, that no server has: whoever calls one has been misled. A name is letters, digits and . _ -,
// so that a policy can speak of it. A server's tool that the file does not name is left out; one described otherwise
// (name, description, schemas, everything) or missing is drift. Immutable; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/json.h"
#include "content/schema.h"

namespace belljar::content {

struct PinnedTool {
  codec::Json tool;       // as the file has it
  Schema arguments;       // its "inputSchema"
  std::string canonical;  // of `tool`
  bool decoy = false;
};

struct ToolReview {
  std::string drift;         // empty, or how the server's list differs from the file; printable
  codec::Json::Array shown;  // without drift: what whoever asked may see
};

class PinnedTools {
 public:
  // Errc::invalid_argument says what is wrong and where.
  static Result<PinnedTools> parse(std::string_view text, std::string_view file);

  const PinnedTool* find(std::string_view name) const;
  ToolReview review(const codec::Json& list) const;
  bool has_decoys() const;

 private:
  Result<void> add(const codec::Json& tool, bool decoy, const std::string& who);

  std::map<std::string, PinnedTool, std::less<>> tools_;
};

}  // namespace belljar::content
