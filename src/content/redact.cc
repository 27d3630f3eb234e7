#include "content/redact.h"

#include <tuple>

namespace belljar::content {

namespace {

// As long as what it stands for, and of its form: readers that expect "NNN-NN-NNNN" still find it.
std::string keep_format(std::string_view text) {
  std::string out;
  for (const char byte : text) {
    const auto code = static_cast<std::uint8_t>(byte);
    if (code >= '0' && code <= '9') {
      out += '0';
    } else if (code >= 'A' && code <= 'Z') {
      out += 'X';
    } else if (code >= 'a' && code <= 'z') {
      out += 'x';
    } else if (code < 0x80) {
      out += byte;
    } else if (code >= 0xC0) {
      out += 'x';  // one for each character, none for its further bytes
    }
  }
  return out;
}

bool before(const Hit& a, const Hit& b) {
  const auto order = [](const Hit& hit) {
    return std::make_tuple(hit.redact_begin, hit.instead.has_value(), ~hit.redact_end,
                           std::string_view{hit.finding.kind}, std::string_view{hit.finding.rule});
  };
  return order(a) < order(b);
}

}  // namespace

bool Redactor::add(Hit hit) {
  if (hit.redact_begin < base_) return false;
  hits_.insert(std::upper_bound(hits_.begin(), hits_.end(), hit, before), std::move(hit));
  return true;
}

std::string_view Redactor::kept(std::uint64_t begin, std::uint64_t end) const {
  return std::string_view{kept_}.substr(begin - base_, end - begin);
}

std::string Redactor::replacement(const Hit& first, std::uint64_t end) const {
  if (first.instead) return *first.instead;
  if (style_ == spec::Redaction::keep_format) return keep_format(kept(first.redact_begin, end));
  return "[" + first.finding.rule + "]";
}

std::string Redactor::release(std::uint64_t limit) {
  limit = std::min(limit, seen());
  if (limit <= base_) return {};
  std::string out;
  std::uint64_t done = base_;
  std::size_t next = 0;
  while (next < hits_.size() && hits_[next].redact_begin < limit) {
    // The group of hits that overlap; what takes characters out yields to what has a name.
    std::size_t name = next;
    std::uint64_t end = hits_[next].redact_end;
    std::size_t after = next + 1;
    for (; after < hits_.size() && hits_[after].redact_begin < end; ++after) {
      end = std::max(end, hits_[after].redact_end);
      if (hits_[name].instead && !hits_[after].instead) name = after;
    }
    if (end > limit) {
      limit = hits_[next].redact_begin;
      break;
    }
    Hit named = hits_[name];
    named.redact_begin = hits_[next].redact_begin;
    out.append(kept(done, named.redact_begin)).append(replacement(named, end));
    done = end;
    next = after;
  }
  out.append(kept(done, limit));
  hits_.erase(hits_.begin(), hits_.begin() + static_cast<std::ptrdiff_t>(next));
  kept_.erase(0, limit - base_);
  base_ = limit;
  return out;
}

}  // namespace belljar::content
