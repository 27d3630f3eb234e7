// Canaries of a run: which places hold one, and the key that they are made of.
//
//   draw_canary_key(loaded, entropy);                        // before the inputs are kept: a replay must know it
//   std::string file = canary_file(path, canary_of(loaded, "helper", path));
//   Screen screen = TRY(Screen::make(filters, run_canaries(loaded)));
//
// The key is kept among the inputs of the run, on the host alone, under the name kCanaryKeyInput. Services make their
// own canaries from it (boundary/service_canaries.h). Pure but for the entropy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/entropy.h"
#include "content/canary.h"
#include "scenario/load.h"

namespace belljar::scenario {

// Draws the key of a run whose models or services have canaries, where it has none yet from the run it repeats.
void draw_canary_key(Loaded& loaded, Entropy& entropy);

content::Canary canary_of(const Loaded& loaded, std::string_view model, std::string_view place);

std::string make_canary_key(Entropy& entropy);

// Those of all models' files and variables, and of the services.
std::vector<content::Canary> run_canaries(const Loaded& loaded);

}  // namespace belljar::scenario
