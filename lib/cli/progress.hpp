// Progress on standard error: one line redrawn on a terminal, plain lines in a log.
#pragma once

#include <chrono>
#include <string>

namespace pathflow::cli {

/// Seconds as people read them: "4.2 s", "3 min 05 s", "2 h 07 min".
std::string duration_text(double seconds);

class Progress {
 public:
  /// quiet: writes nothing at all (--json).
  explicit Progress(bool quiet);
  ~Progress();  ///< clears the line on a terminal
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  double seconds() const;  ///< since construction
  /// Whether update() would write now: ten times a second on a terminal, once in two seconds in a
  /// log. Asked first, so that nobody formats text that is not shown.
  bool due() const;
  void update(const std::string& line);
  void clear();  ///< takes the line off a terminal, before other output

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin_, last_;
  bool quiet_, terminal_, open_ = false;
};

}  // namespace pathflow::cli
