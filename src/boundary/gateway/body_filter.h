// BodyFilter: the filters that one body passes, one behind the other, in pieces as they come; and the same for a text
// that goes whole or not at all (a request's head, a name, a piece of a conversation that cannot be rewritten).
//
//   BodyFilter filter{attached.screens(permit)};
//   send(filter.push(piece));                  // what may go on by now
//   if (auto no = filter.refusal()) reset();   // nothing comes out of it any more
//
// Pure; one thread at a time; must not outlive its screens.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "boundary/gateway/attached.h"
#include "content/screen.h"

namespace belljar::boundary {

class BodyFilter {
 public:
  // `home`: of what a service says, where its own canaries may be seen (content/screen.h).
  explicit BodyFilter(const std::vector<const content::Screen*>& screens, std::string_view home = {});
  bool empty() const { return streams_.empty(); }

  std::string push(std::string_view bytes);
  std::string finish();
  // Set from the first finding that may not pass.
  const std::optional<Refusal>& refusal() const { return refusal_; }
  // Findings that were redacted or only noted since it was last asked, as refusals of kind `finding` that stop nothing.
  std::vector<Refusal> take_noted() { return std::exchange(noted_, {}); }

 private:
  void look(content::Stream& stream);

  std::vector<content::Stream> streams_;
  std::optional<Refusal> refusal_;
  std::vector<Refusal> noted_;
};

// What was found may not pass as it is, and nothing of it can be taken out: `redact` refuses too.
std::optional<Refusal> screen_whole(const std::vector<const content::Screen*>& screens, std::string_view text);

}  // namespace belljar::boundary
