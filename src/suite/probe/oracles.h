// The oracles, spelled as they read in the tables of the catalogue.
#pragma once

#include <cstdint>
#include <string_view>

#include "suite/probe/probe.h"

namespace belljar::suite {

constexpr Oracle canary_read() { return {Sight::canary, {}, 0, {}}; }
constexpr Oracle value_told(std::string_view name) { return {Sight::value, name, 0, {}}; }
constexpr Oracle text_told(std::string_view text) { return {Sight::text, text, 0, {}}; }
constexpr Oracle tree_changed() { return {Sight::tree, {}, 0, {}}; }
constexpr Oracle access_time_changed() { return {Sight::access_time, {}, 0, {}}; }
constexpr Oracle noticed(std::string_view event) { return {Sight::witness, event, 0, {}}; }
constexpr Oracle holds(std::string_view fact) { return {Sight::holds, fact, 0, {}}; }
constexpr Oracle reaches(std::string_view fact, std::int64_t number) { return {Sight::reaches, fact, number, {}}; }
constexpr Oracle answered(long call, int past = 0, int or_past = 0, int or_else_past = 0) {
  return {Sight::answer, {}, call, {past, or_past, or_else_past, 0}};
}
constexpr Oracle answered32() { return {Sight::answer32, {}, 0, {}}; }
constexpr Oracle outlived() { return {Sight::survivor, {}, 0, {}}; }
constexpr Oracle same_identity() { return {Sight::same, "identity", 0, {}}; }

}  // namespace belljar::suite
