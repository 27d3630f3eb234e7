#include "codec/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belljar::codec {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Carries bytes both ways until neither side has any; the first error of either, cut into pieces of `step`.
Result<void> carry(TlsSession& one, TlsSession& other, std::size_t step = 1 << 20) {
  for (int turn = 0; turn < 20; ++turn) {
    const std::string there = one.take_output();
    for (std::size_t at = 0; at < there.size(); at += step) TRY(other.feed(std::string_view{there}.substr(at, step)));
    const std::string back = other.take_output();
    for (std::size_t at = 0; at < back.size(); at += step) TRY(one.feed(std::string_view{back}.substr(at, step)));
    if (there.empty() && back.empty()) return {};
  }
  return Error{Errc::internal, "it never ends"};
}

TEST(Tls, CarriesBytesBothWaysHoweverTheyAreCut) {
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20U}) {
    auto authority = TlsAuthority::make("belljar test");
    ASSERT_TRUE(authority);
    auto trust = TlsTrust::from_pem(authority.value()->certificate_pem());
    ASSERT_TRUE(trust);
    auto server = TlsSession::server(*authority.value(), "api.example.com");
    auto client = TlsSession::client(*trust.value(), "api.example.com");
    ASSERT_TRUE(server && client);
    ASSERT_TRUE(carry(client.value(), server.value(), step));
    ASSERT_TRUE(client.value().ready() && server.value().ready());
    const std::string large(100'000, 'x');
    ASSERT_TRUE(client.value().write("hello"));
    ASSERT_TRUE(server.value().write(large));
    ASSERT_TRUE(carry(client.value(), server.value(), step));
    EXPECT_EQ(server.value().take_plain(), "hello");
    EXPECT_EQ(client.value().take_plain(), large);
    client.value().close();
    ASSERT_TRUE(carry(client.value(), server.value(), step));
    EXPECT_TRUE(server.value().closed());
  }
}

TEST(Tls, AClientRefusesAnotherNameAndAnotherAuthority) {
  auto authority = TlsAuthority::make("one");
  auto stranger = TlsAuthority::make("two");
  ASSERT_TRUE(authority && stranger);
  auto trust = TlsTrust::from_pem(authority.value()->certificate_pem());
  ASSERT_TRUE(trust);
  auto client = TlsSession::client(*trust.value(), "good.example.com");
  auto server = TlsSession::server(*authority.value(), "evil.example.com");
  const auto name = carry(client.value(), server.value());
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().code(), Errc::denied);
  EXPECT_THAT(name.error().message(), HasSubstr("hostname mismatch"));

  auto second = TlsSession::client(*trust.value(), "good.example.com");
  auto forged = TlsSession::server(*stranger.value(), "good.example.com");
  const auto chain = carry(second.value(), forged.value());
  ASSERT_FALSE(chain);
  EXPECT_EQ(chain.error().code(), Errc::denied);
}

TEST(Tls, AddressesAreVouchedForAsAddresses) {
  auto authority = TlsAuthority::make("belljar test");
  auto trust = TlsTrust::from_pem(authority.value()->certificate_pem());
  auto server = TlsSession::server(*authority.value(), "192.0.2.7");
  auto client = TlsSession::client(*trust.value(), "192.0.2.7");
  ASSERT_TRUE(carry(client.value(), server.value()));
  EXPECT_TRUE(client.value().ready());
}

TEST(Tls, BytesThatAreNoTlsAreAnError) {
  auto authority = TlsAuthority::make("belljar test");
  EXPECT_THAT(authority.value()->certificate_pem(), StartsWith("-----BEGIN CERTIFICATE-----"));
  auto server = TlsSession::server(*authority.value(), "api.example.com");
  const auto fed = server.value().feed("GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n");
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code(), Errc::corrupt);
}

TEST(Tls, MoreNamesThanAreKeptStillWork) {
  auto authority = TlsAuthority::make("belljar test");
  auto trust = TlsTrust::from_pem(authority.value()->certificate_pem());
  auto early = TlsSession::server(*authority.value(), "n0.example.com");
  for (int at = 0; at < 600; ++at) {
    ASSERT_TRUE(TlsSession::server(*authority.value(), "n" + std::to_string(at) + ".example.com"));
  }
  auto client = TlsSession::client(*trust.value(), "n0.example.com");
  ASSERT_TRUE(carry(client.value(), early.value()));
  EXPECT_TRUE(client.value().ready());
}

}  // namespace
}  // namespace belljar::codec
