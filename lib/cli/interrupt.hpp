// Signals: Ctrl-C and a polite kill as a flag that loops ask; the rest made harmless.
#pragma once

namespace pathflow::cli {

/// Before anything is written: a reader that goes away and a file that grows over a limit are
/// errors of that write, not the end; and a mapped file that another program cut short ends with a
/// sentence and kFailed.
void prepare_signals();

/// From here on the first SIGINT, SIGTERM or SIGHUP sets the flag; a second one ends the process at
/// once, with kInterrupted. For verbs with something to save or to stop tidily; the others end at
/// the first, as the system does it.
void watch_interrupts();
bool interrupted();

}  // namespace pathflow::cli
