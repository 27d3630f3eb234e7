#include "codec/server_events.h"

#include <utility>

namespace belljar::codec {

Result<void> ServerEvents::feed(std::string_view bytes, const Sink& sink) {
  for (const char c : bytes) {
    const bool second_half = std::exchange(after_return_, c == '\r') && c == '\n';
    if (second_half) continue;
    if (c == '\r' || c == '\n') {
      end_line(sink);
      continue;
    }
    line_ += c;
    if (line_.size() + data_.size() > bytes_max_) {
      return Error{Errc::corrupt,
                   "read server-sent events: one is longer than " + std::to_string(bytes_max_) + " bytes"};
    }
  }
  return {};
}

void ServerEvents::end_line(const Sink& sink) {
  const std::string line = std::exchange(line_, {});
  if (line.empty()) {
    const std::string data = std::exchange(data_, {});
    if (std::exchange(has_data_, false)) sink(data);
    return;
  }
  constexpr std::string_view kField = "data";
  if (!line.starts_with(kField)) return;
  std::string_view value{line};
  value.remove_prefix(kField.size());
  if (!value.empty() && value.front() != ':') return;  // another field, such as "database"
  if (!value.empty()) value.remove_prefix(1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (has_data_) data_ += '\n';
  data_ += value;
  has_data_ = true;
}

}  // namespace belljar::codec
