// ledger_peer RUN N: a record of N entries for another implementation to look at.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "ledger/ledger.h"

namespace {

belljar::Result<void> write_record(const std::string& run, unsigned long long entries) {
  const belljar::codec::SigningKey key = TRY(belljar::codec::SigningKey::generate());
  const std::unique_ptr<belljar::ledger::Ledger> ledger =
      TRY(belljar::ledger::Ledger::create(run, "belljar.test/run/peer", key));
  for (unsigned long long at = 0; at < entries; ++at) {
    TRY(ledger->append(R"({"kind":"message","number":)" + std::to_string(at) + "}"));
  }
  TRY(ledger->checkpoint());
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const belljar::Result<void> written = write_record(argv[1], std::strtoull(argv[2], nullptr, 10));
  if (written) return 0;
  (void)std::fprintf(stderr, "%s\n", written.error().message().c_str());
  return 1;
}
