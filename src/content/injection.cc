#include "content/injection.h"

#include <string>
#include <string_view>

namespace belljar::content {

namespace {

struct Marker {
  std::string_view name;
  std::string_view regex;  // without regard to case
};

constexpr Marker kMarkers[] =
    {
        {"override",
         R"(\b(?:ignor(?:e|ing)|disregard|forget|override|overrule|bypass|do not follow|stop following|set aside)\b[^.\n]{0,40}\b(?:previous|prior|above|earlier|preceding|before|all|any|your|these|those|system|initial|original|safety)\b[^.\n]{0,40}\b(?:instruction|direction|directive|prompt|rule|guideline|command|context|programming|polic(?:y|ie)|constraint|restriction|conversation|message|training)s?\b)"},
        {"new-orders",
         R"(\b(?:new|updated|real|actual|following|hidden|secret)\b[^.\n]{0,12}\b(?:instructions?|system prompt|orders|directives?)\b[^.\n]{0,16}(?::|are\b|override\b|supersede\b))"},
        {"new-role",
         R"(\b(?:you are|you're|you will be|you shall be) (?:now|no longer|going to (?:be|act|pretend|play)|from now on)\b)"},
        {"new-role",
         R"(\b(?:from now on|henceforth|in this (?:hypothetical|role ?play|simulation|game))\b[^.\n]{0,40}\byou\b[^.\n]{0,24}\b(?:are|will|must|act|answer|respond|play|pretend)\b)"},
        {"new-role",
         R"(\b(?:act|behave|respond|answer|pretend|role ?-?play|simulate|immerse yourself)\b[^.\n]{0,24}\b(?:as|to be|you are|into)\b[^.\n]{0,60}\b(?:dan|unrestricted|unfiltered|uncensored|jailbroken|amoral|unethical|immoral|evil|opposite|rebellious|without (?:any )?(?:limits?|rules|restrictions|filters?|morals|ethics))\b)"},
        {"mode",
         R"(\b(?:developer|jailbreak|jailbroken|god|debug|sudo|unrestricted|unfiltered|opposite|evil|dan|chaos|anarchy) mode\b)"},
        {"mode",
         R"(\b(?:do anything now|jailbreak(?:ed|ing)?|stay (?:in character|a dan)|has been freed|broken free of)\b)"},
        {"no-limits",
         R"(\b(?:no|without|free (?:from|of)|not bound by|not (?:have|has) any|ignores?|removes?|break(?:ing|s)? free (?:from|of)|unbound by|devoid of|lacks?|bypass(?:es|ing)?) (?:all |any |the |its |your |their |openai'?s? |typical |usual |standard |ethical |moral |content |legal |or |and |of |these ){0,5}(?:restrictions?|limitations?|guidelines|filters?|filtering|censorship|ethics|morals|morality|polic(?:y|ies)|confines|boundaries|safeguards|constraints|warnings|disclaimers)\b)"},
        {"no-refusal",
         R"(\b(?:never|do not|don't|must not|cannot|can't|can not|won't|will not|shall not|without|not allowed to|no longer)\b[^.\n]{0,24}\b(?:refus(?:e|es|ing|als?)|declin(?:e|ing)|apologi[sz](?:e|ing)|disclaimers?|warn(?:ings?| me| the user)|say(?:ing)? (?:that )?(?:you|it) (?:can't|cannot|can not|are unable)|break(?:ing)? character|mention(?:ing)? (?:that )?you(?:'re| are) an ai)\b)"},
        {"prompt-leak", R"(\b(?:reveal|print|show|repeat|output|display|leak|disclose|tell me|give me|write out)\b[^.\n]{0,32}\b(?:system prompt|system message|initial prompt|initial instructions|hidden (?:prompt|instructions)|your (?:full |exact |original )?(?:instructions|prompt))\b)"},
        {"chat-markup",
         R"(<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\|>|\[/?INST\]|<</?SYS>>|</?(?:system|instructions?|information)>)"},
        {"addressed-to-model",
         R"(\b(?:important|urgent|attention|note|message|instructions?|task|todo)\b[^.\n]{0,24}\b(?:for|to) (?:the |you,? |any |whichever )?(?:ai|assistant|language model|model|llm|chatbot|bot|gpt|agent)\b)"},
        {"conceal",
         R"(\b(?:do not|don't|never|without|avoid)\b[^.\n]{0,16}\b(?:tell|telling|mention|mentioning|inform|informing|alert|alerting|notify|notifying|reveal|show)\b[^.\n]{0,24}\b(?:the user|to the user|anyone|the human|the operator|this (?:instruction|message|prompt))\b)"},
        {"send-secrets",
         R"(\b(?:send|forward|post|upload|exfiltrate|e?mail|transmit|leak|append)\b[^.\n]{0,60}\b(?:passwords?|credentials?|api[ _-]?keys?|secrets?|access tokens?|ssh keys?|private keys?|environment variables|\.env|cookies|chat history|conversation)\b[^.\n]{0,60}\b(?:to|at|via)\b)"},
        {"image-leak", R"(!\[[^\]\n]{0,80}\]\(https?://[^)\s]{1,120}[?&][^)\s=]{1,40}=)"},
};

}  // namespace

std::vector<PatternRule> injection_rules(Treatment then) {
  std::vector<PatternRule> rules;
  for (const Marker& marker : kMarkers) {
    PatternRule rule;
    rule.kind = "injection";
    rule.name = marker.name;
    rule.then = then;
    rule.regex = "(?i)" + std::string{marker.regex};
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace belljar::content
