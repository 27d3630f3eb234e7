#include "boundary/service.h"

namespace belljar::boundary {
namespace {

class Nothing : public HttpService {
  void answer(const HttpAsk&, std::shared_ptr<Reply> reply) override { reply->reset(); }
};

TEST(Services, FindsByHostAndPort) {
  Services services;
  ASSERT_TRUE(services.add({"api.example.com", 443}, {"shop", Transport::tls, std::make_shared<Nothing>(), nullptr}));
  ASSERT_NE(services.find("api.example.com", 443), nullptr);
  EXPECT_EQ(services.find("api.example.com", 443)->name, "shop");
  EXPECT_EQ(services.find("api.example.com", 80), nullptr);
  EXPECT_EQ(services.find("example.com", 443), nullptr);
  EXPECT_TRUE(services.knows("api.example.com"));
  EXPECT_FALSE(services.knows("api.example"));
  EXPECT_FALSE(services.knows("api.example.com.evil"));
}

TEST(Services, RefusesTwoBehindOneDoor) {
  Services services;
  ASSERT_TRUE(services.add({"a.test", 80}, {"first", Transport::plain, std::make_shared<Nothing>(), nullptr}));
  const Result<void> second =
      services.add({"a.test", 80}, {"second", Transport::plain, std::make_shared<Nothing>(), nullptr});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Errc::invalid_argument);
  EXPECT_THAT(second.error().message(), testing::HasSubstr("\"first\" stands there"));
}

}  // namespace
}  // namespace belljar::boundary
