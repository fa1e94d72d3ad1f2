#include "interrupt.hpp"

#include <unistd.h>

#include <csignal>
#include <string_view>

#include "exit_code.hpp"

namespace pathflow::cli {
namespace {

volatile std::sig_atomic_t g_interrupted = 0;

void remember(int) {
  if (g_interrupted != 0) _exit(kInterrupted);
  g_interrupted = 1;
}

// Only what a signal handler may call.
void cut_short(int) {
  constexpr std::string_view kSentence =
      "pathflow: a file that was being read was cut short by another program; a saved run is as it "
      "was last saved\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kSentence.data(), kSentence.size());
  _exit(kFailed);
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigaction(signal, &action, nullptr);
}

bool ignored(int signal) {
  struct sigaction action = {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

void prepare_signals() {
  handle(SIGPIPE, SIG_IGN);
  handle(SIGXFSZ, SIG_IGN);  // a file over the limit is a write that fails, not a death
  handle(SIGBUS, cut_short);
}

void watch_interrupts() {
  handle(SIGINT, remember);
  handle(SIGTERM, remember);
  if (!ignored(SIGHUP)) handle(SIGHUP, remember);  // nohup keeps its promise
}

bool interrupted() { return g_interrupted != 0; }

}  // namespace pathflow::cli
