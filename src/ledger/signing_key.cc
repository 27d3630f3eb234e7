// The key a user's runs are signed with: signing.key and, for others to trust, signing.pub, in the configuration
// folder. Both are in the text forms of signed-note tools.
#include <utility>

#include "ledger/checkpoint.h"
#include "ledger/ledger.h"
#include "ledger/note.h"
#include "os/durable.h"
#include "os/file.h"

namespace belljar::ledger {

namespace {

constexpr std::uint64_t kKeyFileBytesMax = 4096;

Error refused(const std::string& path, const std::string& why) {
  return {Errc::denied, "use the signing key " + path + ": " + why};
}

Result<codec::SigningKey> read_key(const std::string& directory, const std::string& path) {
  const os::Fd folder = TRY(os::open_folder(directory));
  const os::Fd file = TRY_CTX(os::open_regular_beneath(folder.get(), "signing.key"), "use the signing key " + path);
  const os::FileFacts facts = TRY(os::facts_of(file.get(), path));
  if (facts.owner != os::current_user()) {
    return refused(path, "it belongs to user " + std::to_string(facts.owner) + ": remove it, or run as that user");
  }
  if ((facts.permissions & 077) != 0) {
    return refused(path, "others may use it: if nobody has, chmod 600 it; otherwise remove it and a new one is made");
  }
  std::string text = TRY(os::read_all(file.get(), kKeyFileBytesMax, path));
  if (!text.ends_with('\n')) return refused(path, "it is cut off: remove it and a new one is made");
  text.pop_back();
  return TRY_CTX(parse_signer(text, kKeyName), "use the signing key " + path);
}

Result<void> publish_verifier(const std::string& directory, const codec::SigningKey& key) {
  const std::string path = directory + "/signing.pub";
  const std::string text = VerifierKey{std::string{kKeyName}, key.public_key()}.text() + '\n';
  if (!os::exists(path)) TRY_CTX(os::publish_file(path, text, 0644), "publish the verifier key");
  if (TRY_CTX(os::read_file(path, kKeyFileBytesMax), "read the verifier key") == text) return {};
  return refused(path, "it is not the public half of signing.key beside it: remove whichever of them is not yours");
}

}  // namespace

Result<codec::SigningKey> open_signing_key() {
  const std::string directory = TRY_CTX(os::config_directory(), "find the signing key");
  const std::string path = directory + "/signing.key";
  Result<codec::SigningKey> key = read_key(directory, path);
  if (!key && key.error().code() == Errc::not_found) {
    const codec::SigningKey made = TRY_CTX(codec::SigningKey::generate(), "make the signing key " + path);
    TRY_CTX(os::publish_file(path, signer_text(kKeyName, made) + '\n', 0600), "make the signing key");
    // Of two first runs at once the other may have been the one.
    key = read_key(directory, path);
  }
  if (!key) return key;
  TRY(publish_verifier(directory, key.value()));
  return key;
}

}  // namespace belljar::ledger
