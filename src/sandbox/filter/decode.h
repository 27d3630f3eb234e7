// decode: a refused call in words, for the record and for people.
//
//   describe_call(41)                                 // "socket"
//   describe_arguments(data, read_text)               // "AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0"
//
// Addresses are shown as NULL or ptr: they differ from start to start and would make equal attempts look different.
// Text a caller points to is escaped and cut; it is what the caller had there a moment ago and proves nothing.
// Pure but for `read_text`.
#pragma once

#include <linux/seccomp.h>

#include <cstdint>
#include <functional>
#include <string>

namespace belljar::sandbox {

// The text at an address of the caller's memory; empty when it cannot be read.
using ReadText = std::function<std::string(std::uint64_t address)>;

std::string describe_call(int number);
std::string describe_arguments(const seccomp_data& data, const ReadText& read_text);

}  // namespace belljar::sandbox
