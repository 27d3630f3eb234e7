#include "govern/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "govern/judge.h"
#include "govern/run_fixtures.h"
#include "govern/well_formed.h"

namespace belljar::govern {
namespace {

using testing::HasSubstr;
using testing::Not;

// A reader of markup that accepts only what our renderers may write: every tag closed in order, every attribute quoted
// and named once, every ampersand one of five references, no control character, nothing but text between tags.
class StrictReader {
 public:
  explicit StrictReader(std::string_view text, std::set<std::string> never_closed)
      : text_{text}, never_closed_{std::move(never_closed)} {}

  struct Seen {
    std::map<std::string, int> elements;
    std::set<std::string> attributes;
    std::string problem;  // empty: well-formed
  };

  Seen read() {
    while (at_ < text_.size() && seen_.problem.empty()) {
      if (text_[at_] == '<') {
        tag();
      } else {
        character();
      }
    }
    if (seen_.problem.empty() && !open_.empty()) fail("never closed: " + open_.back());
    return seen_;
  }

 private:
  void fail(const std::string& what) {
    if (seen_.problem.empty())
      seen_.problem = what + " at " + std::to_string(at_) + ": " + printable(text_.substr(at_, 60));
  }

  void character() {
    const auto byte = static_cast<unsigned char>(text_[at_]);
    if ((byte < 0x20 && byte != '\n') || byte == 0x7F || byte == '>') fail("a bare character");
    const std::string_view rest = text_.substr(at_);
    for (const std::string_view forbidden :
         {"\xE2\x80\xAE", "\xE2\x81\xA6", "\xC2\x9B", "\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {
      if (rest.starts_with(forbidden)) fail("a character that reorders or controls");
    }
    const std::vector<std::string_view> references{"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    const auto known = [rest](std::string_view reference) { return rest.starts_with(reference); };
    if (byte == '&' && std::none_of(references.begin(), references.end(), known)) fail("an unknown reference");
    ++at_;
  }

  std::string name() {
    std::string out;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '-' || text_[at_] == ':')) {
      out += text_[at_++];
    }
    if (out.empty()) fail("a name is missing");
    return out;
  }

  void attributes() {
    std::set<std::string> here;
    while (seen_.problem.empty() && at_ < text_.size() && text_[at_] == ' ') {
      ++at_;
      const std::string attribute = name();
      if (!here.insert(attribute).second) fail("the attribute " + attribute + " twice");
      seen_.attributes.insert(attribute);
      if (text_.substr(at_, 2) != "=\"") return fail("an unquoted attribute");
      at_ += 2;
      while (at_ < text_.size() && text_[at_] != '"' && seen_.problem.empty()) {
        if (text_[at_] == '<') fail("a tag inside an attribute");
        character();
      }
      ++at_;
    }
  }

  void tag() {
    if (text_.substr(at_).starts_with("<!DOCTYPE html>")) {
      at_ += 15;
      return;
    }
    const bool closes = text_.substr(at_ + 1).starts_with('/');
    at_ += closes ? 2 : 1;
    const std::string element = name();
    if (closes) {
      if (open_.empty() || open_.back() != element) return fail("closes " + element + " out of order");
      open_.pop_back();
    } else {
      ++seen_.elements[element];
      attributes();
      const bool alone = text_.substr(at_).starts_with('/');
      if (alone) ++at_;
      if (!alone && !never_closed_.contains(element)) open_.push_back(element);
    }
    if (!text_.substr(at_).starts_with('>')) return fail("a tag that does not end");
    ++at_;
    if (element == "style" && !closes) at_ = text_.find("</style>", at_);
  }

  std::string_view text_;
  std::set<std::string> never_closed_;
  std::size_t at_ = 0;
  std::vector<std::string> open_;
  Seen seen_;
};

StrictReader::Seen read_html(const std::string& page) { return StrictReader{page, {"meta", "br"}}.read(); }

StrictReader::Seen read_xml(const std::string& document) {
  constexpr std::string_view kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  EXPECT_TRUE(document.starts_with(kDeclaration));
  return StrictReader{std::string_view{document}.substr(kDeclaration.size()), {}}.read();
}

TEST(StrictReader, finds_what_it_is_there_for) {
  for (const std::string bad : {"<p>", "<p></b>", "<p a=b></p>", "<p>&nbsp;</p>", "<p a=\"1\" a=\"2\"></p>",
                                "<p>\x07</p>", "<p>a > b</p>", "<p"}) {
    EXPECT_NE(read_html(bad).problem, "") << bad;
  }
  EXPECT_EQ(read_html("<p a=\"x &lt; y\">a &amp; b<br></p>").problem, "");
}

TEST(ReportHtml, is_well_formed_and_reaches_for_nothing) {
  for (const RunRecord& record : {fixtures::passing_run(), fixtures::trojan_run(), fixtures::hostile_run(),
                                  fixtures::composed_run(), fixtures::composed_run(fixtures::hostile_text())}) {
    const std::string page = render_html(record.input());
    const StrictReader::Seen seen = read_html(page);
    EXPECT_EQ(seen.problem, "");
    EXPECT_TRUE(is_utf8(page));
    for (const std::string element :
         {"script", "link", "img", "iframe", "object", "embed", "a", "form", "base", "foreignObject", "use", "image"}) {
      EXPECT_FALSE(seen.elements.contains(element)) << element;
    }
    for (const std::string& attribute : seen.attributes) {
      EXPECT_FALSE(attribute.starts_with("on")) << attribute;
      EXPECT_THAT(attribute, Not(testing::AnyOf("src", "href", "xlink:href", "action", "srcset", "background")))
          << attribute;
    }
    const std::string style = page.substr(page.find("<style>"), page.find("</style>") - page.find("<style>"));
    EXPECT_THAT(style, Not(HasSubstr("url(")));
    EXPECT_THAT(style, Not(HasSubstr("@import")));
    EXPECT_THAT(page, HasSubstr("default-src 'none'; style-src 'unsafe-inline'"));
  }
}

TEST(ReportHtml, says_the_verdict_the_gates_and_how_to_verify) {
  const std::string passed = render_html(fixtures::passing_run().input());
  EXPECT_THAT(passed, HasSubstr("It <b>passed</b>"));
  EXPECT_THAT(passed, HasSubstr("with 95 % confidence it is at least 0.9386"));
  EXPECT_THAT(passed, HasSubstr("belljar verify .belljar/runs/r_20261121T071510_5f0c2a91"));
  EXPECT_THAT(passed, HasSubstr("No wall was touched"));
  const std::string caught = render_html(fixtures::trojan_run().input());
  EXPECT_THAT(caught, HasSubstr("caught and contained"));
  EXPECT_THAT(caught, HasSubstr("a planted credential was opened"));
  EXPECT_THAT(caught, HasSubstr("socket(AF_NETLINK, SOCK_RAW, 0)"));
  EXPECT_THAT(caught, HasSubstr("held back after containment"));
}

TEST(ReportHtml, tells_how_it_came_to_it) {
  RunRecord record = fixtures::trojan_run();
  record.story.finding = "f-1";
  record.story.case_id = "12";
  record.story.steps.assign(kStoryStepsMax,
                            {StoryStep::Kind::answer, 5, 3, "lm", "agent", "send it", "dispatched", "", false});
  record.story.steps.back() = {StoryStep::Kind::containment, 9, 0, "agent", "", "a canary left", "", "", true};
  record.story.left_out = 7;
  const std::string page = render_html(record.input());
  EXPECT_EQ(read_html(page).problem, "");
  EXPECT_THAT(page, HasSubstr("How it came to it"));
  EXPECT_THAT(page, HasSubstr("send it"));
  EXPECT_THAT(page, HasSubstr("7 further steps are in the record"));
  EXPECT_THAT(page, HasSubstr("Belljar contains"));
  record.story = {};
  record.story.unread = "ledger/checkpoint: not what was signed";
  EXPECT_THAT(render_html(record.input()), HasSubstr("The messages are not shown"));
  EXPECT_THAT(render_html(fixtures::passing_run().input()), Not(HasSubstr("How it came to it")));
}

TEST(ReportHtml, a_composition_shows_its_links_its_gain_its_vote_and_its_faults) {
  const std::string page = render_html(fixtures::composed_run().input());
  EXPECT_THAT(page, HasSubstr("4321 messages on the logical clock"));
  EXPECT_THAT(page, HasSubstr("190 → 188 ←, 2 refused"));
  EXPECT_THAT(page, HasSubstr("×1.50"));
  EXPECT_THAT(page, HasSubstr("The vote"));
  EXPECT_THAT(page, HasSubstr("20</td>"));
  EXPECT_THAT(render_html(fixtures::passing_run().input()), Not(HasSubstr("Between the models")));
}

TEST(ReportHtml, a_large_composition_has_a_table_and_no_picture) {
  RunRecord record = fixtures::composed_run();
  for (int at = 0; at < 500; ++at) {
    const std::string name = "m" + std::to_string(at);
    record.measurements.links.push_back({"workload", name, 1, 1, 0, 0, 0, 0, 0, 0, 0});
    record.measurements.gains.push_back({"workload", name, std::vector<spec::GainPoint>(1000, {1, 1, 1})});
  }
  const std::string page = render_html(record.input());
  EXPECT_LT(page.size(), render_html(fixtures::composed_run().input()).size() + 300'000);
  EXPECT_THAT(page, Not(HasSubstr("Requests and answers on each link")));
}

// A run that broke off before anything was measured still has its page.
TEST(ReportHtml, an_empty_run_has_a_page) {
  RunRecord record;
  record.verdict = error_verdict({}, {}, "resolve: images/x.yaml: not found");
  const std::string page = render_html(record.input());
  EXPECT_EQ(read_html(page).problem, "");
  EXPECT_THAT(page, HasSubstr("broke off"));
  EXPECT_THAT(page, HasSubstr("images/x.yaml: not found"));
  EXPECT_EQ(read_xml(render_junit(record.input())).problem, "");
}

TEST(ReportHtml, a_hundred_thousand_cases_make_no_larger_pictures) {
  RunRecord record = fixtures::passing_run();
  const std::size_t small = render_html(record.input()).size();
  const std::vector<spec::CaseResult> few = record.measurements.cases;
  for (int times = 0; times < 500; ++times) {
    record.measurements.cases.insert(record.measurements.cases.end(), few.begin(), few.end());
  }
  record.measurements.findings.assign(5000, fixtures::trojan_run().measurements.findings[0]);
  record.verdict.findings = record.measurements.findings;
  EXPECT_LT(render_html(record.input()).size(), small + 200'000);
}

TEST(ReportHtml, equal_runs_give_equal_bytes) {
  EXPECT_EQ(render_html(fixtures::trojan_run().input()), render_html(fixtures::trojan_run().input()));
}

TEST(ReportJunit, hostile_text_stays_text) {
  for (const RunRecord& record : {fixtures::passing_run(), fixtures::trojan_run(), fixtures::hostile_run(),
                                  fixtures::composed_run(), fixtures::composed_run(fixtures::hostile_text())}) {
    const std::string document = render_junit(record.input());
    EXPECT_EQ(read_xml(document).problem, "");
    for (const auto& [element, count] : read_xml(document).elements) {
      EXPECT_THAT(element, testing::AnyOf("testsuites", "testsuite", "properties", "property", "testcase", "failure",
                                          "error", "system-out"));
    }
  }
}

TEST(ReportJunit, every_ending_turns_the_right_colour) {
  const std::string passed = render_junit(fixtures::passing_run().input());
  EXPECT_THAT(passed, HasSubstr(R"(tests="6" failures="0" errors="0")"));
  const std::string caught = render_junit(fixtures::trojan_run().input());
  EXPECT_THAT(caught, HasSubstr(R"(tests="6" failures="3" errors="2")"));
  EXPECT_THAT(caught, HasSubstr(R"(type="run.contained")"));
  EXPECT_THAT(caught, HasSubstr(R"(type="gate.inconclusive")"));
  EXPECT_THAT(caught, HasSubstr(R"(type="gate.failed")"));
  RunRecord unasked = fixtures::passing_run();
  unasked.scenario.gates.clear();
  unasked.verdict = judge(unasked.scenario, unasked.measurements);
  EXPECT_THAT(render_junit(unasked.input()), HasSubstr(R"(tests="1" failures="0" errors="1")"));
}

TEST(ReportJson, holds_everything_and_parses) {
  for (const RunRecord& record : {fixtures::passing_run(), fixtures::trojan_run(), fixtures::hostile_run(),
                                  fixtures::composed_run(), fixtures::composed_run(fixtures::hostile_text())}) {
    const std::string text = render_json(record.input());
    const codec::Json report = codec::parse_json(text).value();
    EXPECT_EQ(report.find("cases")->as_array().size(), record.measurements.cases.size());
    EXPECT_EQ(*report.find("verdict"), well_formed(spec::verdict_json(record.verdict)));
    EXPECT_EQ(*report.find("manifest"), well_formed(record.manifest));
  }
}

}  // namespace
}  // namespace belljar::govern
