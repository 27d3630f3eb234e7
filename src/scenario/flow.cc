#include "scenario/flow.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "base/text.h"
#include "content/map_template.h"

namespace belljar::scenario {

namespace {

using codec::Json;
using spec::CaseEnd;
using spec::Joining;

bool reaches(const std::vector<const exchange::Link*>& links, const std::string& from, const std::string& to,
             std::set<std::string>& seen) {
  if (from == to) return true;
  if (!seen.insert(from).second) return false;
  return std::any_of(links.begin(), links.end(), [&](const exchange::Link* link) {
    return link->from == from && reaches(links, link->to, to, seen);
  });
}

Json fields_of(const Case& item) {
  auto fields = codec::parse_json(item.fields);
  CHECK(fields && fields.value().is_object(), "fields were written by parse_cases");
  return std::move(fields).value();
}

}  // namespace

Json without_id(const Json& body) {
  if (!body.is_object()) return body;
  Json::Object kept;
  kept.reserve(body.as_object().size());
  for (const Json::Member& member : body.as_object()) {
    if (member.first != "id") kept.push_back(member);
  }
  return Json{std::move(kept)};
}

Flow::Flow(const spec::Scenario& scenario, std::vector<const exchange::Link*> links)
    : scenario_{scenario}, links_{std::move(links)} {
  for (const exchange::Link* link : links_) {
    std::set<std::string> seen;
    cyclic_.push_back(link->from != "workload" && reaches(links_, link->to, link->from, seen));
  }
}

bool Flow::among(const std::string& model) const {
  const auto& of = scenario_.composition.of;
  return std::find(of.begin(), of.end(), model) != of.end();
}

bool Flow::may_take(const Progress& progress, std::size_t link) const {
  const auto& own = links_[link]->shape.rounds;
  const auto& all = scenario_.composition.rounds;
  const bool debated = scenario_.composition.joining == Joining::debate;
  if (own && progress.taken[link] >= *own) return false;
  return !all || debated || progress.taken[link] < *all;
}

Step Flow::take(Progress& progress, std::size_t link, const Json* request, const Json* answer) const {
  ++progress.taken[link];
  Step step{link, {}, {}};
  const exchange::Link& along = *links_[link];
  if (!along.shape.map) {
    step.body = answer != nullptr ? without_id(*answer) : fields_of(*progress.item);
    return step;
  }
  Json::Object answers;
  for (const auto& [model, said] : progress.answers) answers.emplace_back(model, said);
  Json source{Json::Object{{"id", progress.item->id},
                           {"case", fields_of(*progress.item)},
                           {"answers", Json{std::move(answers)}},
                           {"round", progress.taken[link]}}};
  if (request != nullptr) source.set("request", without_id(*request));
  if (answer != nullptr) source.set("answer", without_id(*answer));
  auto made = content::fill_template(*along.shape.map, source, along.contract.message_bytes_max);
  if (!made) {
    step.error = "map of " + along.from + " to " + along.to + ": " + made.error().message();
  } else if (!made.value().is_object()) {
    step.error = "map of " + along.from + " to " + along.to + ": it makes no object";
  } else {
    step.body = std::move(made).value();
  }
  return step;
}

std::vector<Step> Flow::begin(Progress& progress, const Case& item) const {
  std::vector<Step> steps;
  progress.item = &item;
  progress.taken.assign(links_.size(), 0);
  for (std::size_t link = 0; link < links_.size(); ++link) {
    if (links_[link]->from != "workload") continue;
    if (links_[link]->shape.when && !spec::holds(*links_[link]->shape.when, fields_of(item))) continue;
    steps.push_back(take(progress, link, nullptr, nullptr));
  }
  return steps;
}

std::vector<Step> Flow::begin_at(Progress& progress, const Case& item, std::size_t link) const {
  progress.item = &item;
  progress.taken.assign(links_.size(), 0);
  std::vector<Step> steps;
  steps.push_back(take(progress, link, nullptr, nullptr));
  return steps;
}

std::vector<Step> Flow::after(Progress& progress, std::size_t link, const Json& request, const Json& answer) const {
  const std::string& model = links_[link]->to;
  const spec::Composition& composition = scenario_.composition;
  progress.answers.insert_or_assign(model, without_id(answer));
  std::vector<Step> steps;
  const bool over = composition.until && spec::holds(*composition.until, answer);
  for (std::size_t next = 0; next < links_.size() && !over; ++next) {
    const exchange::Link& along = *links_[next];
    if (along.from != model || along.shape.calls || !may_take(progress, next)) continue;
    const bool judged = composition.joining == Joining::judge && along.to == composition.judge && among(model);
    const bool debated = composition.joining == Joining::debate && among(along.to) && among(model);
    if (judged || debated) continue;
    if (along.shape.when && !spec::holds(*along.shape.when, answer)) continue;
    steps.push_back(take(progress, next, &request, &answer));
  }
  if (steps.empty()) {
    progress.last = without_id(answer);
    progress.last_model = model;
  }
  return steps;
}

void Flow::failed(Progress& progress, CaseEnd end, std::string why) const {
  progress.failed = end;
  progress.why = std::move(why);
}

// One more round: each debater that still answers is asked by the link from another one of them.
std::vector<Step> Flow::debate(Progress& progress) const {
  std::vector<Step> steps;
  if (progress.debated + 1 >= scenario_.composition.rounds.value_or(2)) return steps;
  ++progress.debated;
  for (const std::string& model : scenario_.composition.of) {
    for (std::size_t link = 0; link < links_.size(); ++link) {
      const exchange::Link& along = *links_[link];
      if (along.to != model || !among(along.from) || !progress.answers.contains(along.from)) continue;
      steps.push_back(take(progress, link, nullptr, &progress.answers.at(along.from)));
      break;
    }
  }
  return steps;
}

std::vector<Step> Flow::settle(Progress& progress) const {
  const spec::Composition& composition = scenario_.composition;
  if (composition.joining == Joining::debate) return debate(progress);
  if (composition.joining != Joining::judge || std::exchange(progress.judged, true)) return {};
  for (const std::string& model : composition.of) {
    for (std::size_t link = 0; link < links_.size(); ++link) {
      if (links_[link]->to != composition.judge || links_[link]->from != model) continue;
      if (!progress.answers.contains(model)) continue;
      std::vector<Step> steps;
      steps.push_back(take(progress, link, nullptr, &progress.answers.at(model)));
      return steps;
    }
  }
  return {};
}

Joined Flow::vote(const Progress& progress) const {
  const spec::Composition& composition = scenario_.composition;
  const std::string& member = composition.member.empty() ? scenario_.workload.answer : composition.member;
  Joined joined;
  std::map<std::string, std::size_t> counts;
  for (const std::string& model : composition.of) {
    const auto said = progress.answers.find(model);
    const Json* value = said == progress.answers.end() ? nullptr : said->second.find(member);
    if (value == nullptr) continue;
    joined.votes[model] = comparable(*value, scenario_.workload.compare);
    ++counts[joined.votes[model]];
  }
  const auto more = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto most = std::max_element(counts.begin(), counts.end(), more);
  if (joined.votes.size() < composition.quorum || most == counts.end()) {
    joined.end = progress.failed.value_or(CaseEnd::model_error);
    joined.detail = "no quorum: " + std::to_string(joined.votes.size()) + " of " +
                    std::to_string(composition.of.size()) + " voted" +
                    (progress.why.empty() ? "" : "; " + progress.why);
    return joined;
  }
  const auto ties =
      std::count_if(counts.begin(), counts.end(), [&](const auto& c) { return c.second == most->second; });
  if (ties > 1) {
    joined.detail = "a tie of " + std::to_string(ties) + " answers";
    return joined;
  }
  joined.end = CaseEnd::answered;
  joined.answered = most->first;
  return joined;
}

Joined Flow::join(const Progress& progress) const {
  const spec::Composition& composition = scenario_.composition;
  if (composition.joining == Joining::vote || composition.joining == Joining::debate) return vote(progress);
  Joined joined;
  if (!progress.last || (composition.joining == Joining::judge && progress.last_model != composition.judge)) {
    joined.end = progress.failed.value_or(CaseEnd::model_error);
    joined.detail = progress.why.empty() ? "no model gave a last answer" : progress.why;
    return joined;
  }
  // In a chain whose later part failed the answer that came first is no answer of the whole.
  if (progress.failed) {
    joined.end = *progress.failed;
    joined.detail = progress.why;
    return joined;
  }
  const Json* value = progress.last->find(scenario_.workload.answer);
  if (value == nullptr) {
    joined.end = CaseEnd::contract_error;
    joined.detail = "contract.answer.member: no member \"" + printable(scenario_.workload.answer) + "\"";
    return joined;
  }
  joined.end = CaseEnd::answered;
  joined.answered = comparable(*value, scenario_.workload.compare);
  return joined;
}

}  // namespace belljar::scenario
