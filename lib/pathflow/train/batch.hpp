// The draws of one training step, as a pure function of (seed, step).
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

/// The draws of one step.
class Batch {
 public:
  /// `ends` must outlive the object.
  Batch(const TrainOptions& options, const Ends& ends);

  /// Draws and couples the rows of step number `step`. Allocates nothing after the first calls.
  void draw(std::uint64_t step, path::Interval interval, path::CouplingWorkspace& workspace);
  /// Fills the views from what was drawn, once.
  void fill(const Loss& loss, const BatchViews& views);

 private:
  void draw_data();
  void draw_source();
  void draw_times(path::Interval interval);
  void draw_ends(path::CouplingWorkspace& workspace);
  void draw_snapshots(path::CouplingWorkspace& workspace);
  void couple(std::uint64_t draw, std::size_t begin, std::size_t count,
              path::CouplingWorkspace& workspace);
  void write_labels(std::span<float> label) const;

  const TrainOptions& options_;
  const Ends& ends_;
  std::size_t n_, d_;
  path::Coupling coupling_;
  std::shared_ptr<const path::Schedule> schedule_;
  std::uint64_t step_ = 0;
  std::vector<float> x0_, x1_, paired_, spare_;
  std::vector<double> times_;
  std::vector<std::uint64_t> words_;   ///< random bits of one row each
  std::vector<std::size_t> rows_;      ///< data row of each batch row
  std::vector<int> labels_;            ///< of the batch, for conditional-ot
  std::vector<std::int32_t> pairing_;  ///< source row joined to each data row; empty: independent
};

class BatchesAhead;

/// Batch after batch. Where rows are coupled by their costs and there are threads, those of later
/// steps are drawn and coupled by other threads meanwhile: the same bits.
class BatchSource {
 public:
  /// `ends` must outlive the object.
  BatchSource(const TrainOptions& options, const Ends& ends);
  ~BatchSource();

  /// Fills the views for step number `step`. On one thread it allocates nothing after the first
  /// call.
  void fill(std::uint64_t step, const Loss& loss, const BatchViews& views);
  /// Whether other threads couple the next batches.
  bool works_ahead() const;

 private:
  const TrainOptions options_;
  bool coupled_;
  Batch batch_;
  path::CouplingWorkspace workspace_;
  std::unique_ptr<BatchesAhead> ahead_;
};

}  // namespace pathflow::train
