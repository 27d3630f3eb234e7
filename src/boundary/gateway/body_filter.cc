#include "boundary/gateway/body_filter.h"

#include <utility>

namespace belljar::boundary {

Refusal refusal_of(const content::Finding& finding) {
  Refusal refusal{spec::NetworkKind::finding, "filter/" + finding.kind + "/" + finding.rule, {}, {}, 403};
  refusal.reason = "a filter found " + finding.kind + " " + finding.rule + ": " + finding.shown;
  if (finding.treatment == content::Treatment::contain) refusal.consequence = "kill";
  if (finding.treatment == content::Treatment::hold) refusal.consequence = "quarantine";
  if (finding.treatment == content::Treatment::redact) refusal.consequence = "redact";
  return refusal;
}

BodyFilter::BodyFilter(const std::vector<const content::Screen*>& screens, std::string_view home) {
  for (const content::Screen* screen : screens) streams_.push_back(screen->stream(home));
}

void BodyFilter::look(content::Stream& stream) {
  for (const content::Finding& finding : stream.take_findings()) {
    const bool stops = finding.treatment >= content::Treatment::hold;
    if (stops && !refusal_) refusal_ = refusal_of(finding);
    if (stops) continue;
    Refusal noted = refusal_of(finding);  // of what goes on all the same
    noted.consequence = finding.treatment == content::Treatment::redact ? "redacted" : "noted";
    noted_.push_back(std::move(noted));
  }
}

std::string BodyFilter::push(std::string_view bytes) {
  std::string text{bytes};
  for (content::Stream& stream : streams_) {
    text = stream.push(text);
    look(stream);
  }
  return refusal_ ? std::string{} : text;
}

std::string BodyFilter::finish() {
  std::string text;
  for (content::Stream& stream : streams_) {
    std::string passed = stream.push(text);
    passed += stream.finish();
    look(stream);
    text = std::move(passed);
  }
  return refusal_ ? std::string{} : text;
}

std::optional<Refusal> screen_whole(const std::vector<const content::Screen*>& screens, std::string_view text) {
  for (const content::Screen* screen : screens) {
    const content::Screened seen = screen->whole(text);
    if (seen.worst < content::Treatment::redact) continue;
    for (const content::Finding& finding : seen.findings) {
      if (finding.treatment >= content::Treatment::redact) return refusal_of(finding);
    }
  }
  return std::nullopt;
}

}  // namespace belljar::boundary
