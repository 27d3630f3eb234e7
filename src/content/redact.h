// Redactor: holds back the bytes of a stream, and gives them on with what was found in them replaced.
//
//   redactor.push(bytes);
//   bool in_time = redactor.add(hit);       // false: some of its range was released already
//   std::string out = redactor.release(40); // what is below offset 40, and no part of a replacement that goes further
//
// Ranges that overlap are replaced as one, in the name of the one that begins first. One thread at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "content/detector.h"

namespace belljar::content {

class Redactor {
 public:
  explicit Redactor(spec::Redaction style) : style_{style} {}

  void push(std::string_view bytes) { kept_.append(bytes); }
  bool add(Hit hit);
  std::string release(std::uint64_t limit);
  std::uint64_t seen() const { return base_ + kept_.size(); }

 private:
  std::string_view kept(std::uint64_t begin, std::uint64_t end) const;
  std::string replacement(const Hit& first, std::uint64_t end) const;

  spec::Redaction style_;
  std::string kept_;
  std::uint64_t base_ = 0;  // offset of kept_[0]
  std::vector<Hit> hits_;   // in the order of their beginnings
};

}  // namespace belljar::content
