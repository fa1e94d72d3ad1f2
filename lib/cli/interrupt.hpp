// Signals: Ctrl-C and a polite kill end the command tidily, whatever the verb; the rest is made
// harmless.
#pragma once

namespace pathflow::cli {

/// Before anything is written. SIGINT, SIGTERM and SIGHUP end the process at once with a line and
/// kInterrupted, but wait for what is Unfinished. A reader that goes away and a file that grows
/// over a limit are errors of that write, not the end; and a mapped file that another program cut
/// short ends with a sentence and kFailed.
void prepare_signals();

/// What must be brought to an end: a file that is being written, a run that is to be saved. While
/// one lives the first signal only sets the flag, which its owner asks; a second one ends the
/// process at once. Errors: Cancelled where a signal came before.
class Unfinished {
 public:
  Unfinished();
  ~Unfinished();
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
};

bool interrupted();
/// Errors: Cancelled.
void stop_if_interrupted();

}  // namespace pathflow::cli
