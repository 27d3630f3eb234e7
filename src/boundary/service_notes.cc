#include "boundary/service_notes.h"

namespace belljar::boundary {

void ServiceNotes::add(ServiceNote note) {
  const std::size_t bytes = codec::to_json(note.detail).size();
  const std::lock_guard lock{mutex_};
  if (notes_.size() >= kNotesMax || bytes_ + bytes > kNoteBytesMax) {
    ++lost_;
    return;
  }
  bytes_ += bytes;
  notes_.push_back(std::move(note));
}

std::vector<ServiceNote> ServiceNotes::take() {
  const std::lock_guard lock{mutex_};
  bytes_ = 0;
  if (const std::uint64_t lost = std::exchange(lost_, 0); lost > 0) {
    notes_.push_back({{}, {}, "cut", codec::Json::Object{{"lost", lost}}});
  }
  return std::exchange(notes_, {});
}

std::uint64_t ServiceNotes::lost() const {
  const std::lock_guard lock{mutex_};
  return lost_;
}

}  // namespace belljar::boundary
