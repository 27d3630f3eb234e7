// Calls: the system calls of x86-64 as data: numbers, names, arguments and the constants people write for them.
// Profiles are read with it and refused calls are shown with it, so both speak of `domain` and `AF_INET` alike.
//
//   call_number("socket")                                   // 41
//   find_argument(*find_signature("socket"), "domain")      // 0
//   describe_value(*argument.family, 2)                     // "AF_INET"
//
// Numbers come from libseccomp, and for calls younger than it from a table here. Pure; safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace belljar::sandbox {

struct Constant {
  std::string_view name;
  std::uint64_t value = 0;
};

// What the kernel looks at: of an `int` the low half alone, whatever a program left in the high half.
enum class Width { low32, full64 };

// Names for an argument's values. Bits inside `enumerated` hold one of several values, bits outside are flags.
struct Family {
  std::string_view name;
  Width width = Width::low32;
  std::uint64_t enumerated = 0;
  std::span<const Constant> constants;
};

enum class Show { integer, size, octal, pointer, path, named };

struct Argument {
  std::string_view name;
  Show show = Show::integer;
  const Family* family = nullptr;  // for Show::named
};

struct Signature {
  std::string_view call;
  std::array<Argument, 6> arguments;  // an empty name ends them
};

std::optional<int> call_number(std::string_view name);
std::optional<std::string> call_name(int number);

const Signature* find_signature(std::string_view call);
std::optional<unsigned> find_argument(const Signature& signature, std::string_view name);
Width width_of(const Argument& argument);
std::optional<std::uint64_t> find_constant(const Family& family, std::string_view name);

// "AF_INET", "O_RDONLY|O_CLOEXEC", "MS_BIND|0x80000000", "0".
std::string describe_value(const Family& family, std::uint64_t value);

namespace detail {
// All signatures, sorted by call; the data of signatures.cc.
std::span<const Signature> signatures();
}  // namespace detail

}  // namespace belljar::sandbox
