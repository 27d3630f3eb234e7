// Result<T>: a value, or the Error that prevented it.
//
//   Result<Fd> open_config(const std::string& path);
//   Fd fd = TRY(open_config(path));                     // returns the Error to our caller
//   Fd fd = TRY_CTX(open_config(path), "load policy");  // ... and says what we were doing
//
// TRY stands as a whole initializer, statement or function argument, never inside the braces of an aggregate: g++ and
// clang both forget the members already built when the statement expression returns.
//
// For what the world or the input did wrong; a bug in Belljar is a CHECK. Dropping a Result is a compiler error.
// Value type, no thread contract of its own.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace belljar {

// What a caller may branch on; people read the message.
enum class Errc {
  invalid_argument,  // the caller's input is wrong: exit code 2
  not_found,
  denied,       // the host or a policy refused
  exhausted,    // a quota, a disk or a table is full
  unavailable,  // a mechanism or tool is missing on this host
  corrupt,      // bytes that should be ours are not as we left them
  timeout,
  internal,
};

class [[nodiscard]] Error {
 public:
  Error(Errc code, std::string message) : code_{code}, message_{std::move(message)} {}

  Errc code() const { return code_; }
  const std::string& message() const { return message_; }

  // Prepends what the caller was doing: "start session 7: open /x: No such file".
  Error&& context(std::string_view doing) && {
    message_.insert(0, std::string{doing} + ": ");
    return std::move(*this);
  }

 private:
  Errc code_;
  std::string message_;
};

template <class T = void>
class [[nodiscard]] Result {
  using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
  template <class U>
  static constexpr bool is_value =  // NOLINT(bugprone-dynamic-static-initializers): a constant expression
      !std::is_void_v<T> && std::is_constructible_v<Stored, U&&> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
      !std::is_same_v<std::remove_cvref_t<U>, Error>;

 public:
  Result() requires std::is_void_v<T> : state_{std::in_place_index<0>} {}
  // Implicit on purpose: `return value;` and `return Error{...};` read as what they are.
  template <class U = Stored>
  // NOLINTNEXTLINE(google-explicit-constructor)
  requires is_value<U> Result(U&& value) : state_{std::in_place_index<0>, std::forward<U>(value)} {}
  Result(Error error) : state_{std::in_place_index<1>, std::move(error)} {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return state_.index() == 0; }

  // A wrong guess throws std::bad_variant_access; it never reads garbage.
  const Stored& value() const& { return std::get<0>(state_); }
  Stored& value() & { return std::get<0>(state_); }
  Stored&& value() && { return std::get<0>(std::move(state_)); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<Stored, Error> state_;
};

namespace detail {
template <class T>
T take(Result<T>&& r) {
  if constexpr (!std::is_void_v<T>) return std::move(r).value();
}
}  // namespace detail

}  // namespace belljar

#define BELLJAR_CAT2_(a, b) a##b
#define BELLJAR_CAT_(a, b) BELLJAR_CAT2_(a, b)
#define BELLJAR_TRY_(expr, tmp, ...)             \
  __extension__({                                \
    auto tmp = (expr);                           \
    if (!tmp) [[unlikely]]                       \
      return std::move(tmp).error() __VA_ARGS__; \
    ::belljar::detail::take(std::move(tmp));     \
  })
#define TRY(expr) BELLJAR_TRY_(expr, BELLJAR_CAT_(try_, __COUNTER__), )
#define TRY_CTX(expr, doing) BELLJAR_TRY_(expr, BELLJAR_CAT_(try_, __COUNTER__), .context(doing))
