// ServiceNotes: what services of a run saw that the record wants: mail, statements, objects, calls of tools.
//
//   notes->add({.service = "mail", .kind = "mail", .detail = Json::Object{...}});
//   for (ServiceNote& note : notes->take()) ...
//
// At most kNotesMax wait, of kNoteBytesMax bytes of text in all; what comes beyond is counted, not kept, and the count
// is the last note taken: {"kind": "cut", "detail": {"lost": n}}. Any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "codec/json.h"

namespace belljar::boundary {

struct ServiceNote {
  std::string service;
  std::string subject;  // the sandbox
  std::string kind;     // "mail", "sql", "object", "tool"
  codec::Json detail;   // an object; text in it is untrusted and well-formed
};

class ServiceNotes {
 public:
  static constexpr std::size_t kNotesMax = 4096;
  static constexpr std::size_t kNoteBytesMax = 16U << 20;

  void add(ServiceNote note);
  std::vector<ServiceNote> take();
  std::uint64_t lost() const;  // notes that found no room since the last take()

 private:
  mutable std::mutex mutex_;
  std::vector<ServiceNote> notes_;
  std::size_t bytes_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace belljar::boundary
