#include "ledger/trust.h"

#include "os/durable.h"
#include "os/file.h"

namespace belljar::ledger {

Result<std::string> read_beneath(int run_fd, const std::string& path, std::uint64_t bytes_max) {
  const Result<os::Fd> file = os::open_regular_beneath(run_fd, path);
  if (!file && file.error().code() == Errc::not_found) return Error{Errc::not_found, "missing"};
  if (!file) return file.error();
  return os::read_all(file.value().get(), bytes_max, path);
}

Result<VerifierKey> parse_key_line(std::string_view text) {
  if (!text.ends_with('\n')) return Error{Errc::corrupt, "it is not one line"};
  return VerifierKey::parse(text.substr(0, text.size() - 1));
}

Result<std::optional<VerifierKey>> trusted_key(const VerifyOptions& options) {
  const bool own = options.trusted_key_file.empty();
  const Result<std::string> home = own ? os::config_directory() : std::string{};
  if (!home) return std::optional<VerifierKey>{};
  const std::string path = own ? home.value() + "/signing.pub" : options.trusted_key_file;
  Result<std::string> text = os::read_file(path, kKeyFileBytesMax);
  if (!text && own && text.error().code() == Errc::not_found) return std::optional<VerifierKey>{};
  if (!text) return std::move(text).error().context("read the trusted key");
  if (!text.value().ends_with('\n')) text.value() += '\n';
  Result<VerifierKey> key = parse_key_line(text.value());
  if (!key) {
    return Error{Errc::invalid_argument, "read the trusted key " + path + ": " + key.error().message()};
  }
  if (key.value().kind != KeyKind::signer) {
    return Error{Errc::invalid_argument, "read the trusted key " + path + ": a witness's key, which signs no record"};
  }
  return std::optional<VerifierKey>{std::move(key).value()};
}

Result<VerifierKey> witness_key(const std::string& path) {
  std::string text = TRY_CTX(os::read_file(path, kKeyFileBytesMax), "read the witness key");
  if (!text.ends_with('\n')) text += '\n';
  const VerifierKey key = TRY_CTX(parse_key_line(text), "read the witness key " + path);
  if (key.kind == KeyKind::cosigner) return key;
  return Error{Errc::invalid_argument, "read the witness key " + path + ": " + key.text() +
                                           " signs notes, expected a key that cosigns (its base64 begins with B)"};
}

Result<Checkpoint> signed_checkpoint(int run_fd, const VerifierKey& key) {
  const std::string path = "ledger/checkpoint";
  const std::string bytes = TRY_CTX(read_beneath(run_fd, path, kNoteBytesMax), path);
  const Note note = TRY_CTX(parse_note(bytes), path);
  if (!verify_note(note, key)) return Error{Errc::corrupt, path + ": not signed by " + key.text()};
  return TRY_CTX(parse_checkpoint(note.text), path);
}

}  // namespace belljar::ledger
