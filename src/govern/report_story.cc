// How it came to it: the story as a list that a person reads from top to bottom.
#include "base/text.h"
#include "govern/report_parts.h"

namespace belljar::govern {

namespace {

using Kind = StoryStep::Kind;

std::string_view style_of(const StoryStep& step) {
  if (step.kind == Kind::containment || step.state == "contained") return "contained";
  if (step.kind == Kind::finding) return "high";
  return step.grave ? "fail" : "calm";
}

std::string who(const StoryStep& step) {
  switch (step.kind) {
    case Kind::request:
      return untrusted(step.from, 60) + " asks " + untrusted(step.to, 60);
    case Kind::answer:
      return untrusted(step.from, 60) + " answers " + untrusted(step.to, 60);
    case Kind::failure:
      return untrusted(step.from, 60) + " tells " + untrusted(step.to, 60) + " that it failed";
    case Kind::network:
      return untrusted(step.from, 60) + " reaches for " + untrusted(step.to, 120);
    case Kind::violation:
      return untrusted(step.from, 60) + (step.to == "canary" ? " touches a canary" : " runs into a wall");
    case Kind::finding:
      return "Belljar raises the alarm about " + untrusted(step.from, 60);
    case Kind::containment:
      return "Belljar contains " + untrusted(step.from, 60);
  }
  return "";
}

std::string row(const StoryStep& step, std::int64_t begun_ns) {
  std::string out = "<li class=\"" + std::string{style_of(step)} + "\"><div class=\"when\">+" +
                    plain(human_duration(step.at_ns - begun_ns)) +
                    (step.seq == 0 ? "" : "<br>message " + std::to_string(step.seq)) + "</div><div><p class=\"who\">" +
                    who(step);
  if (!step.state.empty() && step.state != "dispatched") {
    out += " <span class=\"pill\">" + plain(step.state, 40) + "</span>";
  }
  out += "</p>";
  if (!step.text.empty()) out += "<p class=\"said\">" + untrusted(step.text, kStoryTextBytesMax) + "</p>";
  if (!step.why.empty()) out += "<p class=\"soft\">" + untrusted(step.why, kStoryTextBytesMax) + "</p>";
  return out + "</div></li>";
}

}  // namespace

std::string story_section(const View& view) {
  const Story& story = view.input.story;
  if (!story.unread.empty()) {
    return card("How it came to it", "The messages are not shown: " + untrusted(story.unread, 400), "");
  }
  if (story.steps.empty()) return "";
  std::string lead = "What led to finding " + plain(story.finding, 40) + ", in the order of the record";
  if (!story.case_id.empty()) lead += ": case " + untrusted(story.case_id, 80);
  lead += ". What the content filters found in a message is masked here.";
  std::string rows;
  const std::size_t kept = story.left_out == 0 ? story.steps.size() : kStoryStepsMax / 3;
  for (std::size_t at = 0; at < story.steps.size(); ++at) {
    if (at == kept) {
      rows += "<li class=\"calm\"><div class=\"when\">…</div><div class=\"soft\">" +
              count_words(story.left_out, "further step is", "further steps are") + " in the record</div></li>";
    }
    rows += row(story.steps[at], story.steps.front().at_ns);
  }
  return card("How it came to it", lead, "<ol class=\"story\">" + rows + "</ol>");
}

}  // namespace belljar::govern
