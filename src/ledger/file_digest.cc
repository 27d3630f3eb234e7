#include "ledger/file_digest.h"

#include <vector>

#include "codec/crypto.h"
#include "os/durable.h"

namespace belljar::ledger {

Result<Digest> file_digest(int fd, std::string_view name_for_errors) {
  constexpr std::size_t kPiece = 256U << 10;
  std::vector<char> buffer(kPiece);
  codec::Sha256 hash;
  for (;;) {
    const std::size_t got = TRY(os::read_some(fd, buffer.data(), buffer.size(), name_for_errors));
    if (got == 0) return hash.finish();
    hash.update({buffer.data(), got});
  }
}

}  // namespace belljar::ledger
