#include "sandbox/filter/decode.h"

#include "base/text.h"
#include "sandbox/filter/calls.h"

namespace belljar::sandbox {

namespace {

constexpr std::size_t kTextShown = 256;

std::string octal(std::uint64_t value) {
  std::string out;
  for (value &= 0xffffffffU; value != 0; value /= 8) out.insert(out.begin(), static_cast<char>('0' + value % 8));
  return "0" + out;
}

std::string quoted(std::uint64_t address, const ReadText& read_text) {
  if (address == 0) return "NULL";
  const std::string text = read_text(address);
  return text.empty() ? "ptr" : '"' + printable(text, kTextShown) + '"';
}

std::string describe(const Argument& argument, std::uint64_t value, const ReadText& read_text) {
  switch (argument.show) {
    case Show::integer:
      return std::to_string(static_cast<std::int32_t>(value));
    case Show::size:
      return std::to_string(value);
    case Show::octal:
      return octal(value);
    case Show::pointer:
      return value == 0 ? "NULL" : "ptr";
    case Show::path:
      return quoted(value, read_text);
    case Show::named:
      break;
  }
  return describe_value(*argument.family, value);
}

}  // namespace

std::string describe_call(int number) {
  return call_name(number).value_or("call " + std::to_string(static_cast<std::uint32_t>(number)));
}

std::string describe_arguments(const seccomp_data& data, const ReadText& read_text) {
  const Signature* signature = find_signature(describe_call(data.nr));
  std::string out;
  for (unsigned i = 0; signature != nullptr && i < signature->arguments.size(); ++i) {
    const Argument& argument = signature->arguments[i];
    if (argument.name.empty()) break;
    if (i > 0) out += ", ";
    out += describe(argument, data.args[i], read_text);
  }
  return out;
}

}  // namespace belljar::sandbox
