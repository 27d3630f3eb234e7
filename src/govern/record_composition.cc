// The lines of metrics.jsonl that only compositions have: what passed each link, how loops grew, who voted how, which
// faults struck. Both halves of each line stand together.
#include "govern/record_composition.h"

namespace belljar::govern {

namespace {

using codec::Json;

Json link_line(const spec::LinkRun& link) {
  return Json::Object{
      {"kind", "link"},          {"from", link.from},       {"to", link.to},         {"requests", link.requests},
      {"answers", link.answers}, {"refused", link.refused}, {"held", link.held},     {"faulted", link.faulted},
      {"lost", link.lost},       {"retried", link.retried}, {"tokens", link.tokens}, {"bytes", link.bytes}};
}

Json gain_line(const spec::GainCurve& curve) {
  Json::Array points;
  for (const spec::GainPoint& point : curve.points) {
    points.emplace_back(Json::Object{{"round", point.round}, {"messages", point.messages}, {"tokens", point.tokens}});
  }
  return Json::Object{{"kind", "gain"}, {"from", curve.from}, {"to", curve.to}, {"points", std::move(points)}};
}

Json vote_line(const spec::VoteRun& vote) {
  return Json::Object{{"kind", "vote"},
                      {"model", vote.model},
                      {"with_result", vote.with_result},
                      {"against", vote.against},
                      {"absent", vote.absent}};
}

Json fault_line(const spec::FaultRun& fault) {
  return Json::Object{{"kind", "fault"}, {"what", fault.kind}, {"where", fault.where}, {"struck", fault.struck}};
}

}  // namespace

std::vector<Json> composition_lines(const spec::Measurements& measurements) {
  std::vector<Json> lines;
  for (const spec::LinkRun& link : measurements.links) lines.push_back(link_line(link));
  for (const spec::GainCurve& curve : measurements.gains) lines.push_back(gain_line(curve));
  for (const spec::VoteRun& vote : measurements.votes) lines.push_back(vote_line(vote));
  for (const spec::FaultRun& fault : measurements.faults) lines.push_back(fault_line(fault));
  return lines;
}

Result<void> read_link_line(Fields& fields, RunRecord& record) {
  spec::LinkRun& link = record.measurements.links.emplace_back();
  TRY(fields.text("from", link.from));
  TRY(fields.text("to", link.to));
  TRY(fields.count("requests", link.requests));
  TRY(fields.count("answers", link.answers));
  TRY(fields.count("refused", link.refused));
  TRY(fields.count("held", link.held));
  TRY(fields.count("faulted", link.faulted));
  TRY(fields.count("lost", link.lost));
  TRY(fields.count("retried", link.retried));
  TRY(fields.count("tokens", link.tokens));
  return fields.count("bytes", link.bytes);
}

Result<void> read_gain_line(Fields& fields, RunRecord& record) {
  spec::GainCurve& curve = record.measurements.gains.emplace_back();
  TRY(fields.text("from", curve.from));
  TRY(fields.text("to", curve.to));
  for (const Json& value : TRY(fields.array("points"))->as_array()) {
    Fields point{value, fields.place("points")};
    spec::GainPoint& read = curve.points.emplace_back();
    TRY(point.count("round", read.round));
    TRY(point.count("messages", read.messages));
    TRY(point.count("tokens", read.tokens));
    TRY(point.done());
  }
  return {};
}

Result<void> read_vote_line(Fields& fields, RunRecord& record) {
  spec::VoteRun& vote = record.measurements.votes.emplace_back();
  TRY(fields.text("model", vote.model));
  TRY(fields.count("with_result", vote.with_result));
  TRY(fields.count("against", vote.against));
  return fields.count("absent", vote.absent);
}

Result<void> read_fault_line(Fields& fields, RunRecord& record) {
  spec::FaultRun& fault = record.measurements.faults.emplace_back();
  TRY(fields.text("what", fault.kind));
  TRY(fields.text("where", fault.where));
  return fields.count("struck", fault.struck);
}

}  // namespace belljar::govern
