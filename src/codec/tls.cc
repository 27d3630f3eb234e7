#include "codec/tls.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <map>
#include <optional>
#include <utility>

#include "base/check.h"
#include "codec/crypto.h"

namespace belljar::codec {

namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Connection = std::unique_ptr<SSL, Freed<SSL_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO_free_all>>;

constexpr std::size_t kLeavesMax = 512;
constexpr long kBackdate = 24L * 3600;      // a clock inside may be behind
constexpr long kLifetime = 7L * 24 * 3600;  // longer than any run

Error failed(Errc code, std::string_view doing) {
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  std::string text{doing};
  const char* const reason = ERR_reason_error_string(error);
  if (reason != nullptr) text += std::string{": "} + reason;
  return Error{code, std::move(text)};
}

Result<void> set_serial(X509* certificate) {
  const std::string random = TRY(random_bytes(16));
  std::string positive = random;
  positive[0] = static_cast<char>((static_cast<unsigned char>(positive[0]) & 0x7fU) | 0x40U);
  BIGNUM* const number = BN_bin2bn(reinterpret_cast<const unsigned char*>(positive.data()), 16, nullptr);
  const bool set = number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return set ? Result<void>{} : failed(Errc::internal, "make a serial number");
}

bool add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  const bool added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

Result<Certificate> blank(EVP_PKEY* key, std::string_view common_name) {
  Certificate certificate{X509_new()};
  CHECK(certificate, "memory for a certificate");
  TRY(set_serial(certificate.get()));
  // A common name has at most 64 characters; the subject's alternative name is what counts.
  const std::string shown{common_name.substr(0, 64)};
  X509_NAME* const name = X509_get_subject_name(certificate.get());
  const bool made = X509_set_version(certificate.get(), 2) == 1 &&
                    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kBackdate) != nullptr &&
                    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kLifetime) != nullptr &&
                    X509_set_pubkey(certificate.get(), key) == 1 &&
                    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                               reinterpret_cast<const unsigned char*>(shown.c_str()), -1, -1, 0) == 1;
  if (!made) return failed(Errc::internal, "make a certificate");
  return certificate;
}

bool is_address(const std::string& host) {
  ASN1_OCTET_STRING* const address = a2i_IPADDRESS(host.c_str());
  ASN1_OCTET_STRING_free(address);
  return address != nullptr;
}

// HTTP/1.1 where the client offers it; one that offers other protocols alone is told so.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                    unsigned in_length, void*) {
  constexpr std::string_view kOurs{"\x08http/1.1", 9};
  const auto* const ours = reinterpret_cast<const unsigned char*>(kOurs.data());
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_length, ours, kOurs.size(), in, in_length) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

void harden(SSL_CTX* context) {
  (void)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  (void)SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  (void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}

}  // namespace

struct TlsAuthority::State {
  Key key;
  Certificate certificate;
  Key leaf_key;
  std::map<std::string, Context, std::less<>> leaves;

  Result<SSL_CTX*> leaf(const std::string& host);
};

Result<std::unique_ptr<TlsAuthority>> TlsAuthority::make(std::string_view common_name) {
  auto state = std::make_unique<State>();
  state->key.reset(EVP_EC_gen("P-256"));
  state->leaf_key.reset(EVP_EC_gen("P-256"));
  if (!state->key || !state->leaf_key) return failed(Errc::internal, "make the keys of an authority");
  state->certificate = TRY(blank(state->key.get(), common_name));
  X509* const own = state->certificate.get();
  const bool made = X509_set_issuer_name(own, X509_get_subject_name(own)) == 1 &&
                    add_extension(own, own, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    add_extension(own, own, NID_key_usage, "critical,keyCertSign") &&
                    add_extension(own, own, NID_subject_key_identifier, "hash") &&
                    X509_sign(own, state->key.get(), EVP_sha256()) != 0;
  if (!made) return failed(Errc::internal, "sign an authority");
  return std::unique_ptr<TlsAuthority>{new TlsAuthority{std::move(state)}};
}

TlsAuthority::TlsAuthority(std::unique_ptr<State> state) : state_{std::move(state)} {}
TlsAuthority::~TlsAuthority() = default;

std::string TlsAuthority::certificate_pem() const {
  const Memory memory{BIO_new(BIO_s_mem())};
  CHECK(memory && PEM_write_bio_X509(memory.get(), state_->certificate.get()) == 1, "a certificate can be written");
  char* data = nullptr;
  const long bytes = BIO_get_mem_data(memory.get(), &data);
  return std::string(data, static_cast<std::size_t>(bytes));
}

Result<SSL_CTX*> TlsAuthority::State::leaf(const std::string& host) {
  const auto known = leaves.find(host);
  if (known != leaves.end()) return known->second.get();
  Certificate made = TRY(blank(leaf_key.get(), host));
  const std::string names = (is_address(host) ? "IP:" : "DNS:") + host;
  const bool made_whole = X509_set_issuer_name(made.get(), X509_get_subject_name(certificate.get())) == 1 &&
                          add_extension(made.get(), certificate.get(), NID_subject_alt_name, names) &&
                          add_extension(made.get(), certificate.get(), NID_basic_constraints, "critical,CA:FALSE") &&
                          add_extension(made.get(), certificate.get(), NID_key_usage, "critical,digitalSignature") &&
                          add_extension(made.get(), certificate.get(), NID_ext_key_usage, "serverAuth") &&
                          add_extension(made.get(), certificate.get(), NID_authority_key_identifier, "keyid:always") &&
                          X509_sign(made.get(), key.get(), EVP_sha256()) != 0;
  if (!made_whole) return failed(Errc::internal, "sign a certificate for " + host);
  Context context{SSL_CTX_new(TLS_server_method())};
  CHECK(context, "memory for a TLS context");
  harden(context.get());
  (void)SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  const bool used = SSL_CTX_use_certificate(context.get(), made.get()) == 1 &&
                    SSL_CTX_use_PrivateKey(context.get(), leaf_key.get()) == 1;
  if (!used) return failed(Errc::internal, "use a certificate for " + host);
  // A session holds its own reference, so that what it was made from may go.
  if (leaves.size() >= kLeavesMax) leaves.erase(leaves.begin());
  return leaves.emplace(host, std::move(context)).first->second.get();
}

struct TlsTrust::State {
  Context context;
};

Result<std::unique_ptr<TlsTrust>> TlsTrust::from_pem(std::string_view certificates) {
  auto state = std::make_unique<State>();
  state->context.reset(SSL_CTX_new(TLS_client_method()));
  CHECK(state->context, "memory for a TLS context");
  harden(state->context.get());
  X509_STORE* const store = SSL_CTX_get_cert_store(state->context.get());
  const Memory memory{BIO_new_mem_buf(certificates.data(), static_cast<int>(certificates.size()))};
  CHECK(memory, "memory to read certificates from");
  while (true) {
    const Certificate certificate{PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)};
    if (!certificate) break;
    (void)X509_STORE_add_cert(store, certificate.get());
  }
  ERR_clear_error();
  SSL_CTX_set_verify(state->context.get(), SSL_VERIFY_PEER, nullptr);
  constexpr std::array<unsigned char, 9> kProtocols{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  (void)SSL_CTX_set_alpn_protos(state->context.get(), kProtocols.data(), kProtocols.size());
  return std::unique_ptr<TlsTrust>{new TlsTrust{std::move(state)}};
}

TlsTrust::TlsTrust(std::unique_ptr<State> state) : state_{std::move(state)} {}
TlsTrust::~TlsTrust() = default;

struct TlsSession::State {
  Connection ssl;
  BIO* in = nullptr;  // both belong to ssl
  BIO* out = nullptr;
  std::string plain;
  bool ready = false;
  bool closed = false;
  std::string host;

  static std::unique_ptr<State> make(SSL_CTX* context);
  Result<void> advance();
  Error broken();
};

std::unique_ptr<TlsSession::State> TlsSession::State::make(SSL_CTX* context) {
  auto state = std::make_unique<State>();
  state->ssl.reset(SSL_new(context));
  state->in = BIO_new(BIO_s_mem());
  state->out = BIO_new(BIO_s_mem());
  CHECK(state->ssl && state->in != nullptr && state->out != nullptr, "memory for a TLS session");
  BIO_set_mem_eof_return(state->in, -1);
  SSL_set_bio(state->ssl.get(), state->in, state->out);
  return state;
}

Error TlsSession::State::broken() {
  const long verified = SSL_get_verify_result(ssl.get());
  if (verified != X509_V_OK) {
    ERR_clear_error();
    return Error{Errc::denied, "TLS with " + host + ": " + X509_verify_cert_error_string(verified)};
  }
  return failed(Errc::corrupt, "TLS with " + host);
}

Result<void> TlsSession::State::advance() {
  ERR_clear_error();
  if (!ready) {
    const int done = SSL_do_handshake(ssl.get());
    ready = done == 1;
    if (!ready) return SSL_get_error(ssl.get(), done) == SSL_ERROR_WANT_READ ? Result<void>{} : broken();
  }
  while (!closed) {
    constexpr std::size_t kRecord = 16U << 10;
    const std::size_t before = plain.size();
    plain.resize(before + kRecord);
    std::size_t read = 0;
    const int done = SSL_read_ex(ssl.get(), plain.data() + before, kRecord, &read);
    plain.resize(before + (done == 1 ? read : 0));
    if (done == 1) continue;
    const int why = SSL_get_error(ssl.get(), done);
    if (why == SSL_ERROR_WANT_READ) break;
    if (why != SSL_ERROR_ZERO_RETURN) return broken();
    closed = true;
  }
  return {};
}

Result<TlsSession> TlsSession::server(TlsAuthority& authority, const std::string& host) {
  SSL_CTX* const context = TRY(authority.state_->leaf(host));
  auto state = State::make(context);
  state->host = "the program, as " + host;
  SSL_set_accept_state(state->ssl.get());
  return TlsSession{std::move(state)};
}

Result<TlsSession> TlsSession::client(TlsTrust& trust, const std::string& host) {
  auto state = State::make(trust.state_->context.get());
  state->host = host;
  SSL* const ssl = state->ssl.get();
  SSL_set_connect_state(ssl);
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool address = is_address(host);
  const bool named = address
                         ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1
                         : SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
  if (!named) return failed(Errc::invalid_argument, "expect " + host + " of a server");
  TRY(state->advance());
  return TlsSession{std::move(state)};
}

TlsSession::TlsSession(std::unique_ptr<State> state) : state_{std::move(state)} {}
TlsSession::~TlsSession() = default;
TlsSession::TlsSession(TlsSession&&) noexcept = default;
TlsSession& TlsSession::operator=(TlsSession&&) noexcept = default;

Result<void> TlsSession::feed(std::string_view sealed) {
  if (!sealed.empty()) {
    const int written = BIO_write(state_->in, sealed.data(), static_cast<int>(sealed.size()));
    CHECK(written == static_cast<int>(sealed.size()), "memory takes whatever is written to it");
  }
  return state_->advance();
}

Result<void> TlsSession::write(std::string_view plain) {
  CHECK(state_->ready, "a handshake comes before data");
  if (plain.empty()) return {};
  std::size_t written = 0;
  ERR_clear_error();
  if (SSL_write_ex(state_->ssl.get(), plain.data(), plain.size(), &written) != 1) return state_->broken();
  CHECK(written == plain.size(), "memory takes whatever is written to it");
  return {};
}

void TlsSession::close() {
  if (state_->ready) (void)SSL_shutdown(state_->ssl.get());
  ERR_clear_error();
}

std::string TlsSession::take_output() {
  char* data = nullptr;
  const long bytes = BIO_get_mem_data(state_->out, &data);
  std::string output(data, static_cast<std::size_t>(bytes));
  (void)BIO_reset(state_->out);
  return output;
}

std::string TlsSession::take_plain() { return std::exchange(state_->plain, {}); }
bool TlsSession::ready() const { return state_->ready; }
bool TlsSession::closed() const { return state_->closed; }

}  // namespace belljar::codec
