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
  /// Whether update() would write now: ten times a second on a terminal; in a log once a second,
  /// and in long runs ever less often, down to once in 30 seconds. Asked first, so that nobody
  /// formats text that is not shown.
  bool due() const;
  /// share: done, in [0, 1]. On a terminal a bar comes first and the line is cut to its width.
  void update(double share, const std::string& text);
  /// What begins now: at once on a terminal, in a log when a line is due.
  void announce(double share, const std::string& text) {
    if (terminal_ || due()) update(share, text);
  }
  /// What people must know though the work goes on, also where quiet: at once on a terminal, in a
  /// log in the place of its next line, at most one a second; of several the last.
  void complain(const std::string& text);
  void clear();  ///< takes the line off a terminal, before other output

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin_, last_;
  bool quiet_, terminal_, open_ = false, spoken_ = false;
  std::string complaint_;
};

}  // namespace pathflow::cli
