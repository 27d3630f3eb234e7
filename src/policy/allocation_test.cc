// decide() allocates nothing: every allocation of this program is counted.

#include <array>
#include <atomic>
#include <cstdlib>
#include <new>

#include "policy/policy.h"

namespace {
std::atomic<std::size_t> allocations{0};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
}  // namespace

// Not inlined: where only one of a pair is, gcc takes malloc and delete (or new and free) for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);  // NOLINT(cppcoreguidelines-no-malloc)
}
// Both forms, as a sanitizer's own new without exceptions would not call this one.
[[gnu::noinline]] void* operator new(std::size_t size) {
  void* memory = operator new(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc{};
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);  // NOLINT(cppcoreguidelines-no-malloc)
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);  // NOLINT(cppcoreguidelines-no-malloc)
}

namespace belljar::policy {
namespace {

using namespace std::string_view_literals;

TEST(Policy, DecidesWithoutAllocating) {
  const Policy policy =
      compile(spec::load_policy(std::string{BELLJAR_SOURCE_DIR} + "/policies/developer.yaml").value()).value();
  const std::array<Attribute, 4> known{
      {{"scheme", "https"sv}, {"port", std::int64_t{443}}, {"method", "POST"sv}, {"path", "/a/../b"sv}}};
  std::array<Decision, 4> decisions;
  const std::size_t before = allocations;
  decisions[0] = policy.decide({"me", Action::connect, "github.com", known, false});
  decisions[1] = policy.decide({"me", Action::connect, "pypi.org", std::span{known}.first<2>(), true});
  decisions[2] = policy.decide({"me", Action::connect, "PYPI.org", {}, true});
  decisions[3] = policy.decide({"me", Action::call, "files/delete", {}, false});
  EXPECT_EQ(allocations, before);
  EXPECT_TRUE(decisions[0].failed);
  EXPECT_EQ(decisions[1].answer, Answer::depends);
  EXPECT_EQ(decisions[2].rule, "resource");
  EXPECT_EQ(decisions[3].answer, Answer::allow);
  const auto counted = std::make_unique<int>(1);
  EXPECT_GT(allocations, before) << "the count counts";
}

}  // namespace
}  // namespace belljar::policy
