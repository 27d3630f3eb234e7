// Orders: what pid 1 hears from outside while the program runs. Single-threaded; pid 1 alone.
#pragma once

namespace belljar::sandbox::native {

// Reads one record of the signalfd. A signal the host sent goes on to every process inside; one from inside
// (ssi_pid != 0) goes nowhere: the program cannot steer pid 1.
void pass_on_signal(int signals);

// Receives one order of the engine and carries it out; an engine that is gone ends the sandbox.
void obey_order(int control);

}  // namespace belljar::sandbox::native
