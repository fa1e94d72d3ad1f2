#include "interrupt.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <string_view>

#include "exit_code.hpp"
#include "pathflow/base/error.hpp"

namespace pathflow::cli {
namespace {

// A handler runs on any thread, so each side tells before it looks: either the handler sees the
// unfinished work, or that work sees the signal and does not begin.
std::atomic<bool> g_interrupted = false;
std::atomic<int> g_unfinished = 0;
bool g_terminal = false;
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

// What handlers write with: nothing else may be called there.
void say(std::string_view text) {
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

void stop(int) {
  if (!g_interrupted.exchange(true) && g_unfinished > 0) return;
  if (g_terminal) say("\r\x1b[2K");  // the line of progress
  say("pathflow: stopped\n");
  _exit(kInterrupted);
}

void cut_short(int) {
  say("pathflow: a file that was being read was cut short by another program; a saved run is as it "
      "was last saved\n");
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
  g_terminal = isatty(STDERR_FILENO) == 1;
  handle(SIGPIPE, SIG_IGN);
  handle(SIGXFSZ, SIG_IGN);  // a file over the limit is a write that fails, not a death
  handle(SIGBUS, cut_short);
  handle(SIGINT, stop);
  handle(SIGTERM, stop);
  if (!ignored(SIGHUP)) handle(SIGHUP, stop);  // nohup keeps its promise
}

Unfinished::Unfinished() {
  ++g_unfinished;
  if (!interrupted()) return;
  --g_unfinished;
  stop_if_interrupted();
}
Unfinished::~Unfinished() { --g_unfinished; }

bool interrupted() { return g_interrupted; }

void stop_if_interrupted() {
  if (interrupted()) throw Cancelled("pathflow", "stopped by a signal");
}

}  // namespace pathflow::cli
