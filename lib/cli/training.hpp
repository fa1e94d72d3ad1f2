// What the verbs that train share: the loop with its progress, saves, interrupts and loss figure,
// and what --resume holds the command line against.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loss_history.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/train/trainer.hpp"
#include "progress.hpp"
#include "verb.hpp"

namespace pathflow::cli {

/// Options of a run that a verb offers, by their key in the configuration.
using GivenOptions = std::vector<std::pair<OptionHandle, std::string>>;

/// Refuses an option on the command line that the saved run was not made with; --steps may move,
/// and what `allowed` says.
void check_same(std::string_view verb, const GivenOptions& given,
                const train::TrainOptions& options, const train::TrainOptions& saved,
                const std::function<bool(const std::string& key)>& allowed = {});

class TrainingLoop {
 public:
  std::string out, plot;  ///< run to write; figure of the loss, or ""
  std::string title;      ///< of the figure
  std::string prefix;     ///< of the progress: "round 1 of 2, "
  double save_every = 60;
  bool json = false;

  /// Takes up the curve of a run that goes on.
  void go_on(std::int64_t step);

  /// What a run of the loop came to.
  struct Outcome {
    train::StepReport last;
    double seconds = 0;
    std::int64_t taken = 0;  ///< steps
  };
  /// Trains to the planned end or to an interrupt, and saves: also where the loss stops being
  /// finite, whose NumericError then says so.
  Outcome run(train::Trainer& trainer);

 private:
  void save(const train::Trainer& trainer) const;
  void save_on_the_way(const train::Trainer& trainer, Progress& progress) const;
  void save_at_the_end(const train::Trainer& trainer, Progress& progress) const;
  [[noreturn]] void give_up(const train::Trainer& trainer, std::int64_t first, Progress& progress,
                            const NumericError& error) const;
  std::string progress_text(const train::StepReport& report, std::int64_t steps, double rate) const;

  LossHistory history_;
};

}  // namespace pathflow::cli
