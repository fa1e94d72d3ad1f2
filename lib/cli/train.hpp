// pathflow train: what was asked for, shared by the options (train_options.cpp) and the run.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "loss_history.hpp"
#include "pathflow/train/trainer.hpp"
#include "progress.hpp"
#include "verb.hpp"

namespace pathflow::cli {

struct TrainCommand {
  train::TrainOptions options;
  std::string labels, out, plot;
  std::vector<std::string> snapshots;  ///< "FILE.npy@TIME"
  bool resume = false, json = false;
  int threads = 1;
  double save_every = 60;
  /// Options that were written on the command line, by their key in the configuration.
  std::vector<std::pair<OptionHandle, std::string>> given;

  ExitCode run();

 private:
  bool was_given(const std::string& key) const;
  void check() const;
  train::Trainer begin() const;
  std::vector<train::Snapshot> read_snapshots() const;
  train::Trainer go_on() const;
  void check_same(const train::TrainOptions& saved, bool data_filed, bool source_filed) const;
  void train(train::Trainer& trainer);
  void save(const train::Trainer& trainer) const;
  void save_on_the_way(const train::Trainer& trainer, Progress& progress) const;
  void save_at_the_end(const train::Trainer& trainer, Progress& progress) const;
  std::string title(const train::Trainer& trainer) const;
  void tell(const train::Trainer& trainer, const train::StepReport& last, double seconds,
            std::int64_t taken) const;

  LossHistory history_;
};

}  // namespace pathflow::cli
