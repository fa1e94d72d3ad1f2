// BatchSource: the draws of one training step, as a pure function of (seed, step).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "pathflow/path/coupling.hpp"
#include "pathflow/train/ends.hpp"
#include "pathflow/train/loss.hpp"
#include "pathflow/train/options.hpp"

namespace pathflow::train {

/// Where a step's numbers go: the inputs of the training plan.
struct BatchViews {
  std::span<const std::span<float>> inputs;  ///< as Loss::inputs() lists them
  std::span<float> label;                    ///< [n], empty if unconditional
};

class BatchSource {
 public:
  /// `ends` must outlive the object.
  BatchSource(const TrainOptions& options, const Ends& ends);

  /// Fills the views for step number `step`. Allocates nothing after the first call.
  void fill(std::uint64_t step, const Loss& loss, const BatchViews& views);

 private:
  void draw_data(std::uint64_t step);
  void draw_source(std::uint64_t step);
  void draw_times(std::uint64_t step, path::Interval interval);
  void draw_ends(std::uint64_t step);
  void draw_snapshots(std::uint64_t step);
  void couple(std::uint64_t draw, std::size_t begin, std::size_t count);
  void write_labels(std::uint64_t step, std::span<float> label) const;

  const TrainOptions options_;
  const Ends& ends_;
  std::size_t n_, d_;
  path::Coupling coupling_;
  std::shared_ptr<const path::Schedule> schedule_;
  std::vector<float> x0_, x1_, paired_, spare_;
  std::vector<double> times_;
  std::vector<std::uint64_t> words_;   ///< random bits of one row each
  std::vector<std::size_t> rows_;      ///< data row of each batch row
  std::vector<int> labels_;            ///< of the batch, for conditional-ot
  std::vector<std::int32_t> pairing_;  ///< source row joined to each data row; empty: independent
  path::CouplingWorkspace workspace_;
};

}  // namespace pathflow::train
