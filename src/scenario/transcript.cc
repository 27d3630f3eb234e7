#include "scenario/transcript.h"

#include "base/check.h"
#include "codec/crypto.h"

namespace belljar::scenario {

namespace {

codec::Json without_id(const codec::Json& answer) {
  if (!answer.is_object()) return answer;
  codec::Json::Object kept;
  for (const codec::Json::Member& member : answer.as_object()) {
    if (member.first != "id") kept.push_back(member);
  }
  return codec::Json{std::move(kept)};
}

}  // namespace

void Transcript::set(std::size_t model, std::size_t item, const Exchanged& exchanged) {
  CHECK(model < models_ && item * models_ + model < lines_.size(), "a case of this run");
  const codec::Json line{
      codec::Json::Object{{"answer", exchanged.answer != nullptr ? without_id(*exchanged.answer) : codec::Json{}},
                          {"case", exchanged.case_id},
                          {"end", spec::case_end_name(exchanged.end)},
                          {"model", exchanged.model},
                          {"request", exchanged.request}}};
  lines_[item * models_ + model] = codec::sha256(codec::canonical_json(line));
}

Digest Transcript::digest() const {
  codec::Sha256 sum;
  for (const Digest& line : lines_) sum.update(line.hex() + "\n");
  return sum.finish();
}

}  // namespace belljar::scenario
