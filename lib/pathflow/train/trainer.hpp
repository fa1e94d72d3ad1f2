// Trainer: the one training loop. Draw endpoints, interpolate, regress one linear form of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pathflow/data/distribution.hpp"
#include "pathflow/path/prediction.hpp"
#include "pathflow/path/schedule.hpp"
#include "pathflow/sample/sample.hpp"
#include "pathflow/tensor/array.hpp"

namespace pathflow::train {

/// Everything that defines a run. The same names are the keys of its JSON form (config.hpp), of the
/// command's options and of the JS module's Trainer options.
struct TrainOptions {
  std::string data = "8gaussians";   ///< a dataset's name; a name of the caller's for given rows
  std::string source = "gaussian";   ///< "gaussian": N(0, I); else a dataset's name, or given rows
  std::string schedule = "linear";
  std::string predict = "velocity";
  std::string coupling = "independent";  ///< or "ot": exact minibatch OT, batch <= 1024
  std::string weight = "default";  ///< loss weight over t: "default" (1), "velocity" (as if
                                   ///< velocity were regressed)
  std::int64_t dimension = 2;      ///< set from the data
  std::int64_t width = 128, depth = 3;
  std::string activation = "silu";
  std::string time_features = "raw";
  int classes = 0;              ///< > 0: conditional on labels
  double label_dropout = 0.1;   ///< share of labels replaced by the null label, [0, 1]
  std::int64_t batch = 256;     ///< 1..65536
  double lr = 2e-3;
  std::string lr_schedule = "constant";  ///< "constant", "cosine" (to 0 at `steps`)
  std::int64_t warmup = 100;    ///< steps of linear warm-up, >= 0
  std::int64_t steps = 20000;   ///< planned steps: the end of a cosine schedule
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0.0;
  double clip = 1.0;            ///< global gradient norm; 0: no clipping
  double ema = 0.999;           ///< decay, warmed up as min(ema, (1 + step) / (10 + step)); 0: off
  std::uint64_t seed = 0;
};

struct StepReport {
  std::int64_t step = 0;   ///< steps done in all
  double loss = 0;         ///< mean loss of the last step taken
  double mean_loss = 0;    ///< mean over the steps of this call
  double gradient_norm = 0;
};

class Trainer {
 public:
  /// Rows given here take the place of the named data or source. Errors: InvalidArgument, ShapeError.
  struct Inputs {
    std::optional<tensor::Points> data, source;
    std::optional<std::vector<int>> labels;
  };
  explicit Trainer(TrainOptions options) : Trainer(std::move(options), Inputs{}) {}
  Trainer(TrainOptions options, Inputs inputs);
  ~Trainer();
  Trainer(Trainer&&) noexcept;

  const TrainOptions& options() const;
  const path::Schedule& schedule() const;
  std::int64_t steps_done() const;
  /// Takes k >= 1 steps. Errors: NumericError if the loss stops being finite (weights of the last
  /// finite step are kept).
  StepReport step(std::int64_t k);

  /// The EMA network as a model, for up to any n; labels: one per row, or one for all, or none (the
  /// null label). The model shares the weights and must not outlive the trainer.
  std::unique_ptr<sample::Model<float>> model(std::vector<int> labels = {}) const;
  /// n starting points at t_max: sigma(t_max) times the source's rows.
  tensor::Points start(std::size_t n, std::uint64_t seed) const;
  sample::SampleResult<float> sample(std::size_t n, const sample::SampleOptions& options,
                                     std::vector<int> labels = {}) const;

  /// Everything needed to go on to the same bits: weights, moments, EMA, step, options, and the
  /// given rows, as a safetensors file's bytes.
  std::vector<std::uint8_t> save() const;
  /// Errors: IoError for bytes that are not such a file, naming offset and expectation.
  static Trainer restore(std::span<const std::uint8_t> bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pathflow::train
