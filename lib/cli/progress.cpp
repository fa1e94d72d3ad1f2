#include "progress.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>

namespace pathflow::cli {

std::string duration_text(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const long total = static_cast<long>(seconds);
  if (seconds < 3600) return fmt::format("{} min {:02} s", total / 60, total % 60);
  return fmt::format("{} h {:02} min", total / 3600, total / 60 % 60);
}

Progress::Progress(bool quiet)
    : begin_(Clock::now()), last_(begin_), quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() { clear(); }

void Progress::clear() {
  if (open_) fmt::print(stderr, "\r\x1b[2K");
  std::fflush(stderr);
  open_ = false;
}

double Progress::seconds() const {
  return std::chrono::duration<double>(Clock::now() - begin_).count();
}

bool Progress::due() const {
  const double waited = std::chrono::duration<double>(Clock::now() - last_).count();
  return !quiet_ && waited >= (terminal_ ? 0.1 : 2.0);
}

void Progress::update(const std::string& line) {
  last_ = Clock::now();
  if (quiet_) return;
  if (terminal_) {
    fmt::print(stderr, "\r\x1b[2K{}", line);
    open_ = true;
  } else {
    fmt::print(stderr, "{}\n", line);
  }
  std::fflush(stderr);
}

}  // namespace pathflow::cli
