// Exit codes, part of the command's promise.
#pragma once

namespace pathflow::cli {

enum ExitCode : int {
  kDone = 0,
  kFailed = 1,         ///< a file, a number or a device failed
  kBadUsage = 2,       ///< an option, a name or a value is wrong
  kInterrupted = 130,  ///< stopped by Ctrl-C, after saving what can be saved
};

}  // namespace pathflow::cli
