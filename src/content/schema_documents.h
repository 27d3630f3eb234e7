// SchemaDocuments: which part of which document a URI means. For schema_compile*.cc alone.
//
//   documents.add("", schema, options);                      // walks the keywords that hold schemas
//   Target target = TRY(documents.find(base, "#/$defs/id")); // resolves, never fetches
//
// A resource is a document or an embedded part with an `$id`. Documents are borrowed and must outlive this; pointers to
// their parts identify subschemas. One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "codec/json.h"

namespace belljar::content {

// Bits of a dialect: the vocabularies of the standard.
enum Vocabulary : std::uint8_t {
  kCore = 1,
  kApplicator = 2,
  kUnevaluated = 4,
  kValidation = 8,
  kMetaData = 16,
  kFormatAnnotation = 32,
  kFormatAssertion = 64,
  kContent = 128,
};
constexpr std::uint8_t kStandardDialect = 0xFF & ~kFormatAssertion;

struct Anchor {
  const codec::Json* schema = nullptr;
  std::string path;  // from the top of its document
};

struct Resource {
  std::string uri;
  const codec::Json* root = nullptr;
  std::string path;  // of the root, in its document
  std::uint8_t dialect = kStandardDialect;
  std::uint32_t parent = 0;  // the resource it is embedded in; itself at the top of a document
  std::map<std::string, Anchor, std::less<>> anchors;          // $anchor and $dynamicAnchor
  std::map<std::string, Anchor, std::less<>> dynamic_anchors;  // the latter alone
};

struct Target {
  const codec::Json* schema = nullptr;
  std::uint32_t resource = 0;
  std::string path;    // for people: from the top of its document
  std::string anchor;  // set where the fragment was a name
};

class SchemaDocuments {
 public:
  struct Problem {
    std::string path, found, expected;
  };

  void add(std::string_view uri, const codec::Json& document);
  Result<Target> find(std::uint32_t from, std::string_view reference) const;
  const Resource& resource(std::uint32_t index) const { return resources_[index]; }
  std::uint32_t resource_count() const { return static_cast<std::uint32_t>(resources_.size()); }
  Resource& resource(std::uint32_t index) { return resources_[index]; }
  // The resource that a subschema belongs to; its own where it has an `$id`.
  std::uint32_t resource_of(const codec::Json& schema, std::uint32_t parent) const;
  const std::vector<Problem>& problems() const { return problems_; }
  // The document or embedded resource of that URI, or null.
  const Resource* by_uri(std::string_view uri) const;

 private:
  struct Walk {
    std::uint32_t resource;
    std::string path;
    std::size_t depth;
  };
  void walk(const codec::Json& schema, Walk at);
  void walk_below(const codec::Json& schema, const Walk& at);
  std::uint32_t open(const codec::Json& schema, std::string uri, const std::string& path, std::uint32_t parent);
  void add_anchors(const codec::Json& schema, const Walk& at);
  Result<Target> pointed(std::uint32_t resource, const std::string& pointer, std::string_view reference) const;

  std::vector<Resource> resources_;
  std::unordered_map<std::string, std::uint32_t> uris_;
  std::unordered_map<const codec::Json*, std::uint32_t> owners_;  // subschemas the walk came by
  std::vector<Problem> problems_;
};

// A step too long to show is left out, which names the parent: one long key above many short ones must not cost their
// product.
std::string step_into(const std::string& path, std::string_view key);

}  // namespace belljar::content
