// pathflow train: what was asked for, shared by the options (train_options.cpp) and the run.
#pragma once

#include <string>
#include <vector>

#include "pathflow/train/trainer.hpp"
#include "training.hpp"
#include "verb.hpp"

namespace pathflow::cli {

struct TrainCommand {
  train::TrainOptions options;
  std::string labels, teacher;
  std::vector<std::string> snapshots;  ///< "FILE.npy@TIME"
  bool resume = false;
  int threads = 1;
  TrainingLoop loop;
  GivenOptions given;

  ExitCode run();

 private:
  bool was_given(const std::string& key) const;
  void check() const;
  train::Trainer begin() const;
  std::vector<train::Snapshot> read_snapshots() const;
  train::Trainer go_on() const;
  std::string title(const train::Trainer& trainer) const;
  void tell(const train::Trainer& trainer, const TrainingLoop::Outcome& outcome) const;
};

}  // namespace pathflow::cli
