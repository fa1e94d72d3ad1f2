#include "progress.hpp"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace pathflow::cli {
namespace {

constexpr std::size_t kBarWidth = 20, kLeastBar = 4;

/// A bar of `width` cells; nothing where that is too few to tell.
std::string bar(double share, std::size_t width) {
  if (width < kLeastBar) return "";
  const auto full = static_cast<std::size_t>(
      std::lround(static_cast<double>(width) * std::clamp(share, 0.0, 1.0)));
  return "[" + std::string(full, '#') + std::string(width - full, '.') + "] ";
}

std::size_t terminal_columns() {
  winsize size = {};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

// Progress that cannot be written (a closed pipe) is no reason to stop the work.
void write_line(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

std::string duration_text(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const std::int64_t total = static_cast<std::int64_t>(std::min(seconds, 1e15));
  if (total < 3600) return fmt::format("{} min {:02} s", total / 60, total % 60);
  if (total < 86400) return fmt::format("{} h {:02} min", total / 3600, total / 60 % 60);
  return fmt::format("{} d {:02} h", total / 86400, total / 3600 % 24);
}

Progress::Progress(bool quiet)
    : begin_(Clock::now()), last_(begin_), quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() { clear(); }

void Progress::clear() {
  if (open_) write_line("\r\x1b[2K");
  open_ = false;
}

double Progress::seconds() const {
  return std::chrono::duration<double>(Clock::now() - begin_).count();
}

bool Progress::due() const {
  const double waited = std::chrono::duration<double>(Clock::now() - last_).count();
  if (!complaint_.empty()) return terminal_ || !spoken_ || waited >= 1;
  if (quiet_) return false;
  return waited >= (terminal_ ? 0.1 : std::clamp(seconds() / 20, 1.0, 30.0));
}

void Progress::complain(const std::string& text) {
  complaint_ = text;
  if (due()) update(0, "");
}

void Progress::update(double share, const std::string& text) {
  last_ = Clock::now();
  spoken_ = true;
  if (!complaint_.empty()) {
    clear();
    return write_line(std::exchange(complaint_, "") + "\n");
  }
  if (quiet_) return;
  if (!terminal_) return write_line(fmt::format("{:3.0f} %  {}\n", std::floor(100 * share), text));
  const std::string line = fmt::format("{:3.0f} %  {}", std::floor(100 * share), text);
  // The bar takes what the numbers leave.
  const std::size_t columns = terminal_columns() - 1, taken = line.size() + 3;
  const std::string shown =
      bar(share, std::min(kBarWidth, columns > taken ? columns - taken : 0)) + line;
  write_line("\r\x1b[2K" + shown.substr(0, columns));
  open_ = true;
}

}  // namespace pathflow::cli
