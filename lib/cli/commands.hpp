// The verbs of the command: each adds its options to the parser and gives back what runs it.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace pathflow::cli {

/// Exit codes, part of the command's promise.
enum ExitCode : int {
  kDone = 0,
  kFailed = 1,         ///< a file, a number or a device failed
  kBadUsage = 2,       ///< an option, a name or a value is wrong
  kInterrupted = 130,  ///< stopped by Ctrl-C, after saving what can be saved
};

/// Runs a parsed verb; library errors pass through and are told apart in main.cpp.
using Run = std::function<ExitCode()>;

Run add_train(CLI::App& app);
Run add_sample(CLI::App& app);
Run add_datasets(CLI::App& app);
Run add_info(CLI::App& app);

}  // namespace pathflow::cli
