#include "scenario/transcript.h"

#include "scenario/flow.h"

namespace belljar::scenario {

namespace {

void add_text(std::string& line, std::string_view text) {
  line += ',';
  codec::append_json_text(line, text);
}

}  // namespace

void Transcript::add(std::uint64_t root, std::string_view line) {
  codec::Sha256& sum = open_[root];
  sum.update(line);
  sum.update("\n");
}

void Transcript::message(const exchange::Message& message, const exchange::Decision& decision) {
  std::string line = "[\"";
  line.append(exchange::direction_name(message.direction)).append("\"");
  if (logical_) line.append(",").append(std::to_string(message.t_ns));
  add_text(line, message.from);
  add_text(line, message.to);
  line.append(",").append(codec::canonical_json(without_id(message.body)));
  add_text(line, exchange::act_name(decision.act));
  add_text(line, decision.rule);
  line += ']';
  add(message.root, line);
}

void Transcript::lost(std::uint64_t root, std::int64_t t_ns, std::string_view model, std::string_view end) {
  std::string line = "[\"lost\"";
  if (logical_) line.append(",").append(std::to_string(t_ns));
  add_text(line, model);
  add_text(line, end);
  line += ']';
  add(root, line);
}

void Transcript::end(std::uint64_t root, std::string_view case_id, std::string_view model, std::string_view end,
                     std::string_view answered) {
  std::string line = "[\"case\"";
  add_text(line, case_id);
  add_text(line, model);
  add_text(line, end);
  add_text(line, answered);
  line += ']';
  add(root, line);
  auto node = open_.extract(root);
  ended_.emplace(root, node.mapped().finish());
  while (!ended_.empty() && ended_.begin()->first == next_) {
    sum_.update(ended_.begin()->second.hex());
    sum_.update("\n");
    ended_.erase(ended_.begin());
    ++next_;
  }
}

Digest Transcript::digest() {
  for (const auto& [root, digest] : ended_) sum_.update(digest.hex() + "\n");
  return sum_.finish();
}

}  // namespace belljar::scenario
