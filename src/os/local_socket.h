// Local sockets: streams between two processes of one user on this host, with descriptors in tow.
//
//   Fd listener = TRY(listen_local("/run/belljar/pool"));          // takes over what a dead listener left
//   while (std::optional<Fd> guest = TRY(accept_local(listener.get()))) ...
//   std::optional<Fd> host = TRY(connect_local("/run/belljar/pool", 30s));   // nothing: nobody listens there
//
// A process of another user is turned away on both sides, by what the kernel says of it. Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace belljar::os {

// Non-blocking, as are the connections it accepts. Errc::denied: another process listens there already.
Result<Fd> listen_local(const std::string& path);
// Nothing: nobody waits.
Result<std::optional<Fd>> accept_local(int listener);
// Takes its name away.
void unlisten_local(const std::string& path);
// Blocking, though no longer than `patience` for each read and write.
Result<std::optional<Fd>> connect_local(const std::string& path, std::chrono::seconds patience);
Result<void> make_non_blocking(int socket);

// All bytes and descriptors at once or an error: for what surely fits into an empty socket.
Result<void> send_with_descriptors(int socket, std::string_view bytes, std::span<const int> descriptors);

struct Arrival {
  std::size_t bytes = 0;
  bool closed = false;
  std::vector<Fd> descriptors;  // close-on-exec
};

// At most four descriptors; more are closed by the kernel. A non-blocking socket with nothing there gives nothing.
Result<Arrival> receive_with_descriptors(int socket, std::span<char> buffer);

}  // namespace belljar::os
