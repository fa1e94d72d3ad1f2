// Ctrl-C and a polite kill as a flag that loops ask.
#pragma once

namespace pathflow::cli {

/// From here on the first SIGINT or SIGTERM sets the flag; a second one ends the process at once.
void watch_interrupts();
bool interrupted();

}  // namespace pathflow::cli
