// Transcript: the logical content of a run as one digest: what was asked, what was answered, what was decided; no time,
// no wire id, no host. Equal inputs and equally behaving models give equal digests.
//
//   Transcript transcript{models, cases};
//   transcript.set(model_index, case_index, {.request = fields, .answer = &body, .end = CaseEnd::answered});
//   Digest digest = transcript.digest();       // in the order of the cases, then of the models
//
// Format: SHA-256 over one line per (case, model), the hex SHA-256 of the canonical JSON of
// {"answer","case","end","model","request"}; "answer" is without its id, null when there was none. Messages that
// belonged to no case are not part of it: when they come depends on time. 32 bytes per case and model. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "codec/json.h"
#include "spec/measurements.h"

namespace belljar::scenario {

struct Exchanged {
  std::string_view case_id;
  std::string_view model;
  std::string_view request;             // the case's fields, compact JSON
  const codec::Json* answer = nullptr;  // as it came
  spec::CaseEnd end = spec::CaseEnd::harness_error;
};

class Transcript {
 public:
  Transcript(std::size_t models, std::size_t cases) : models_{models}, lines_(models * cases) {}

  void set(std::size_t model, std::size_t item, const Exchanged& exchanged);
  Digest digest() const;

 private:
  std::size_t models_;
  std::vector<Digest> lines_;
};

}  // namespace belljar::scenario
