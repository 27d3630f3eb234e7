// Answers every line with itself: the least a model can do, so that what is measured is the way there and back.
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <string>

int main() {
  std::string held;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t got = read(0, buffer, sizeof buffer);
    if (got <= 0) return 0;
    held.append(buffer, static_cast<std::size_t>(got));
    const std::size_t end = held.rfind('\n');
    if (end == std::string::npos) continue;
    for (std::size_t at = 0; at <= end;) {
      const ssize_t put = write(1, held.data() + at, end + 1 - at);
      if (put <= 0) return 1;
      at += static_cast<std::size_t>(put);
    }
    held.erase(0, end + 1);
  }
}
