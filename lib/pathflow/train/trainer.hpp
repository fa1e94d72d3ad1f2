// Trainer: the one training loop. Draw endpoints, interpolate, regress one linear form of them.
//
//   Trainer trainer({.data = "moons", .seed = 7});
//   trainer.step(2000);
//   auto result = trainer.sample(1000, {.sampler = "heun", .steps = 50});
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pathflow/density/likelihood.hpp"
#include "pathflow/path/prediction.hpp"
#include "pathflow/path/schedule.hpp"
#include "pathflow/sample/sample.hpp"
#include "pathflow/tensor/array.hpp"
#include "pathflow/train/ends.hpp"
#include "pathflow/train/options.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::train {

/// What Trainer::step() says.
struct StepReport {
  std::int64_t step = 0;     ///< steps done in all
  double loss = 0;           ///< mean loss of the last step taken
  double mean_loss = 0;      ///< mean over the steps of this call
  double gradient_norm = 0;  ///< of the last step, before clipping
  double learning_rate = 0;  ///< of the last step
};

/// Trains an Mlp and samples from it.
///
/// One step, s = steps_done(), row i of the batch, draws as pure functions of (seed, purpose, s,
/// i):
///     x0 = data[index],  x1 = source row or N(0, I),  t ~ U[t_min, t_max],
///     x_t = alpha x0 + sigma x1,   loss = mean_i w(t) |q(x_t, t) - (a x0 + b x1)|^2 / d,
/// then AdamW and EMA. The network sits inside q = c_skip x + c_out F(c_in x, t) where the schedule
/// and the prediction ask for it (objective.hpp); on linear with velocity q = F(x, t).
/// Cost: a step allocates nothing after the first, but for the assignment of "ot".
/// One trainer is for one thread at a time; its numbers do not depend on pathflow::threads().
class Trainer {
 public:
  using Inputs = TrainInputs;  ///< rows of the caller's
  /// Errors: InvalidArgument (a rule of TrainOptions, an unknown name, labels without classes),
  /// ShapeError (data and source of different dimension, labels of another length), NumericError
  /// (given rows that are not finite).
  ///@{
  explicit Trainer(TrainOptions options) : Trainer(std::move(options), Inputs{}) {}
  Trainer(TrainOptions options, Inputs inputs);
  ///@}
  ~Trainer();
  Trainer(Trainer&&) noexcept;
  Trainer& operator=(Trainer&&) noexcept;

  /// As given, with dimension and classes filled in from the data.
  const TrainOptions& options() const;
  const path::Schedule& schedule() const;  ///< that of options().schedule
  /// Whether x1 ~ N(0, I): whether there is a density of the source.
  bool gaussian_source() const;
  /// Whether the score is known: a Gaussian source and coupling "independent", or noise of its own.
  bool has_score() const;
  /// k of a run distilled to k Euler steps (time law "source-end:k"), else 0.
  int distilled_steps() const;
  /// That of options().predict; model() gives v instead where the network is preconditioned.
  path::Prediction prediction() const;
  std::int64_t steps_done() const;       ///< in all, also before a restore
  std::int64_t parameter_count() const;  ///< numbers that are trained
  /// Begins with the averaged weights of another run instead of random ones, and says whether it
  /// did: false for another network. Errors: InvalidArgument after the first step.
  bool begin_with(const Trainer& other);
  /// Moves the planned end (the end of a cosine schedule). Errors: InvalidArgument for steps < 1.
  void plan_steps(std::int64_t steps);

  /// Takes k >= 1 steps. Errors: InvalidArgument; NumericError if a loss or gradient stops being
  /// finite: the trainer is then as it was before that step, and can still sample and save.
  StepReport step(std::int64_t k);

  /// The sampling network (EMA weights) as a model, for any number of rows per call, best in
  /// multiples of 64. labels: one per row, or one for all, or none (the null label). The model
  /// shares the weights (later steps are seen) and must not outlive the trainer.
  /// Errors: InvalidArgument for labels out of [0, classes) or given to an unconditional trainer.
  std::unique_ptr<sample::DifferentiableModel<float>> model(std::vector<int> labels = {}) const;
  /// n starting points, sigma(t_max) times source rows, [n, d]; each row is a pure function of
  /// (seed, row). The data's share alpha(t_max) is left out: 0.007 or less on most paths, but 0.068
  /// on ddpm-scaled-linear and 1 on ve and edm, where the noise is that much larger.
  tensor::Points start(std::size_t n, std::uint64_t seed) const;
  /// n rows of the training data's law, for comparison and thumbnails.
  tensor::Points data(std::size_t n, std::uint64_t seed) const;
  /// What it was given to learn from as Inputs::snapshots; none if it was not.
  std::vector<Snapshot> snapshots() const;
  /// Labels of the rows of data(n, seed); empty if the data have none.
  std::vector<int> data_labels(std::size_t n, std::uint64_t seed) const;
  /// start(n, options.seed) moved by sample::sample from t_max to t_min (or as options say). With
  /// options.from < options.to, or toward_source, the start is data rows instead: data(n, seed).
  /// Whether the source is Gaussian and independent is the trainer's own knowledge, whatever
  /// options say. Errors: those of sample::sample; InvalidArgument for a run distilled to k steps
  /// and anything but euler with steps = k, or a divisor of k, on the uniform grid to the data.
  sample::SampleResult<float> sample(std::size_t n, const sample::SampleOptions& options,
                                     std::vector<int> labels = {}) const;
  /// The same with rows [n, d] of the caller's, the law at the time where the run starts.
  /// Errors: ShapeError for another d.
  sample::SampleResult<float> sample_from(const tensor::Points& rows,
                                          const sample::SampleOptions& options,
                                          std::vector<int> labels = {}) const;

  /// log p in nats at rows [n, d], from the probability-flow ODE (density::log_density).
  /// Errors: as there; InvalidArgument where the source is not Gaussian, or for a distilled run.
  density::LikelihoodResult<float> log_density(const tensor::Points& rows,
                                               const density::LikelihoodOptions& options = {},
                                               std::vector<int> labels = {}) const;
  /// Rows of the source end, those of start(), moved to the data together with their log-density
  /// there (density::sample_with_log_density). Errors: as log_density().
  density::LikelihoodResult<float> sample_with_log_density(
      const tensor::Points& rows, const density::LikelihoodOptions& options = {},
      std::vector<int> labels = {}) const;

  /// Everything needed to go on to the same bits: weights, moments, EMA, step, options, and the
  /// given rows, as a safetensors file's bytes. Tensors: the Mlp's names; "ema.", "adam.m." and
  /// "adam.v." + name; "data.rows", "data.labels", "source.rows", "snapshot.0.rows" ....
  /// Metadata: "format" "pathflow", "version" "1", "producer" "pathflow 0.1.0" (kVersion), "config"
  /// (config.hpp), "step", "data_scale", "source_scale"; "data.file" and "source.file" in place of
  /// rows that stay in their file; "snapshot.0.time" .... A teacher's weights and options are a run
  /// inside the run, tensor "teacher".
  std::vector<std::uint8_t> save() const;
  /// `name` begins the messages. Rows that the run left in their file are asked of `open`; without
  /// it, or where it gives null, the trainer samples as long as no such row is needed, and refuses
  /// then. Errors: IoError for bytes that are not such a file, whose tensors do not fit the
  /// configuration (names the first that differ), or for rows that are not those of the run.
  static Trainer restore(std::span<const std::uint8_t> bytes, std::string_view name = "restore",
                         const OpenRows& open = {});

 private:
  struct Impl;
  explicit Trainer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pathflow::train

#pragma GCC visibility pop  // public
