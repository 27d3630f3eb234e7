#include "sandbox/filter/calls.h"

#include <seccomp.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

namespace belljar::sandbox {

namespace {

// Calls younger than libseccomp 2.5.4 (Linux 5.17 on), so that profiles can answer them by name.
constexpr std::array kYoungerCalls = std::to_array<Constant>({
    {"set_mempolicy_home_node", 450},
    {"cachestat", 451},
    {"fchmodat2", 452},
    {"map_shadow_stack", 453},
    {"futex_wake", 454},
    {"futex_wait", 455},
    {"futex_requeue", 456},
    {"statmount", 457},
    {"listmount", 458},
    {"lsm_get_self_attr", 459},
    {"lsm_set_self_attr", 460},
    {"lsm_list_modules", 461},
    {"mseal", 462},
    {"setxattrat", 463},
    {"getxattrat", 464},
    {"listxattrat", 465},
    {"removexattrat", 466},
    {"open_tree_attr", 467},
    {"file_getattr", 468},
    {"file_setattr", 469},
});

struct FreeText {
  void operator()(char* text) const { std::free(text); }  // NOLINT(cppcoreguidelines-no-malloc): libseccomp's own
};

std::string hexadecimal(std::uint64_t value) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  do {
    out.insert(out.begin(), kDigits[value % 16]);
    value /= 16;
  } while (value != 0);
  return "0x" + out;
}

std::string enumerated_name(const Family& family, std::uint64_t value) {
  for (const Constant& constant : family.constants) {
    if (constant.value == value) return std::string{constant.name};
  }
  return value < 10 ? std::to_string(value) : hexadecimal(value);
}

}  // namespace

std::optional<int> call_number(std::string_view name) {
  for (const Constant& call : kYoungerCalls) {
    if (call.name == name) return static_cast<int>(call.value);
  }
  const int number = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, std::string{name}.c_str());
  if (number < 0) return std::nullopt;  // unknown, or a call of other architectures alone
  return number;
}

std::optional<std::string> call_name(int number) {
  for (const Constant& call : kYoungerCalls) {
    if (call.value == static_cast<std::uint64_t>(number)) return std::string{call.name};
  }
  if (number < 0) return std::nullopt;
  const std::unique_ptr<char, FreeText> name{seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, number)};
  if (!name) return std::nullopt;
  return std::string{name.get()};
}

const Signature* find_signature(std::string_view call) {
  const std::span<const Signature> all = detail::signatures();
  const auto found = std::lower_bound(all.begin(), all.end(), call,
                                      [](const Signature& one, std::string_view name) { return one.call < name; });
  return found != all.end() && found->call == call ? &*found : nullptr;
}

std::optional<unsigned> find_argument(const Signature& signature, std::string_view name) {
  for (unsigned i = 0; i < signature.arguments.size(); ++i) {
    if (!name.empty() && signature.arguments[i].name == name) return i;
  }
  return std::nullopt;
}

Width width_of(const Argument& argument) {
  switch (argument.show) {
    case Show::integer:
    case Show::octal:
      return Width::low32;
    case Show::named:
      return argument.family->width;
    case Show::size:
    case Show::pointer:
    case Show::path:
      break;
  }
  return Width::full64;
}

std::optional<std::uint64_t> find_constant(const Family& family, std::string_view name) {
  for (const Constant& constant : family.constants) {
    if (constant.name == name) return constant.value;
  }
  return std::nullopt;
}

std::string describe_value(const Family& family, std::uint64_t value) {
  if (family.width == Width::low32) value &= 0xffffffffU;
  std::uint64_t rest = value & ~family.enumerated;
  std::string out;
  if (family.enumerated != 0 && (rest == 0 || (value & family.enumerated) != 0)) {
    out = enumerated_name(family, value & family.enumerated);
  }
  for (const Constant& constant : family.constants) {
    const bool is_flag = constant.value != 0 && (constant.value & family.enumerated) == 0;
    if (!is_flag || (rest & constant.value) != constant.value) continue;
    if (!out.empty()) out += '|';
    out += constant.name;
    rest &= ~constant.value;
  }
  if (rest != 0) out += (out.empty() ? "" : "|") + hexadecimal(rest);
  return out.empty() ? "0" : out;
}

}  // namespace belljar::sandbox
