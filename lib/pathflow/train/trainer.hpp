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

#include "pathflow/density/empirical_path.hpp"
#include "pathflow/density/likelihood.hpp"
#include "pathflow/path/prediction.hpp"
#include "pathflow/path/schedule.hpp"
#include "pathflow/sample/langevin.hpp"
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

/// What a run's loss can come down to, and how far its network is from that.
struct LossFloor {
  double floor = 0;                  ///< the least that any network's loss can be on the run's data
  double floor_standard_error = 0;   ///< of that estimate
  double excess = 0;                 ///< loss of the averaged network, less the floor; >= 0
  double excess_standard_error = 0;  ///< of that estimate
};

class Trainer;

/// What stands in for the run's own network on its own schedule while it is sampled.
struct SampleWith {
  /// Autoguidance (sample/guidance.hpp): a worse version of the same model, smaller or less
  /// trained, away from which options.guidance leads, by either convention. It must outlive the
  /// call.
  const Trainer* guide = nullptr;
  /// Another schedule to be sampled on, a name of path::schedule_names(): every Gaussian path is
  /// every other's at another scale and time (sample/rescheduled.hpp). Empty: the run's own.
  std::string schedule = {};
};

/// A Langevin chain at one time of a run's path.
struct LangevinRun {
  double t = 0.1;           ///< whose marginal p_t is the chain's law
  bool metropolis = false;  ///< MALA instead of ULA
  /// MALA's log p_t: the probability-flow ODE from t to the source by this many steps of rk4, a
  /// fixed rule, so that a row's log p depends on that row alone. >= 1.
  int likelihood_steps = 16;
  sample::LangevinOptions chain = {};  ///< step, length, draws
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
  /// Throws InvalidArgument "where: ..." where the run has no score: a source that is not Gaussian
  /// or a coupling but "independent", without a gamma.
  void check_score(const char* where) const;
  /// The same where the run was distilled to a few steps, and has no velocity at other times: what
  /// a density is moved by.
  void check_velocity(const char* where) const;
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
  /// The pairs that it was given, coupling "pairs": data, source and labels, row by row; nothing
  /// for any other run. Errors: IoError for rows out of reach.
  Inputs pairs() const;
  /// Labels of the rows of data(n, seed); empty if the data have none.
  std::vector<int> data_labels(std::size_t n, std::uint64_t seed) const;
  /// start(n, options.seed) moved by sample::sample from t_max to t_min (or as options say). With
  /// options.from < options.to, or toward_source, the start is data rows instead: data(n, seed).
  /// Whether the source is Gaussian and independent is the trainer's own knowledge, whatever
  /// options say. Errors: those of sample::sample; InvalidArgument for a run distilled to k steps
  /// and anything but euler with steps = k, or a divisor of k, on the uniform grid to the data,
  /// a guide on another schedule, with another prediction or without guidance, and another schedule
  /// of a run without a score.
  sample::SampleResult<float> sample(std::size_t n, const sample::SampleOptions& options,
                                     std::vector<int> labels = {},
                                     const SampleWith& with = {}) const;
  /// The same with rows [n, d] of the caller's, the law at the time where the run starts.
  /// Errors: ShapeError for another d.
  sample::SampleResult<float> sample_from(const tensor::Points& rows,
                                          const sample::SampleOptions& options,
                                          std::vector<int> labels = {},
                                          const SampleWith& with = {}) const;

  /// n chains whose law is the run's marginal at run.t (sample/langevin.hpp): ULA, or MALA, which
  /// is exact for the density of the network's own probability flow, whatever its score. They begin
  /// at rows of start(n, seed) of size hypot(alpha, sigma) at run.t, the marginal's own for data of
  /// unit scale. Cost of a step: one evaluation; with MALA also d derivatives of the network at
  /// each of 4 likelihood_steps points (all counted in `evaluations`). Errors: InvalidArgument
  /// where the run has no score (check_score()), and for MALA with a gamma, whose source end has no
  /// density; as ula and mala.
  sample::LangevinResult<float> langevin(std::size_t n, const LangevinRun& run,
                                         std::vector<int> labels = {}) const;
  /// The same from rows [n, d] of the caller's. Errors: ShapeError for another d.
  sample::LangevinResult<float> langevin_from(const tensor::Points& rows, const LangevinRun& run,
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

  /// The exact minimiser on the run's data as a model, a path in closed form that shares nothing
  /// with the trainer: what the network would be had it learnt its rows perfectly. label: of the
  /// rows that count; none: all. `predict`: what it gives, unset: what model() gives. Errors:
  /// InvalidArgument where the source is not Gaussian, the coupling not "independent", the path has
  /// noise of its own, no row has the label, or the data hold more than 2^24 numbers; IoError for
  /// rows out of reach.
  std::unique_ptr<density::EmpiricalPath<float>> exact_minimiser(
      std::optional<int> label = {}, std::optional<path::Prediction> predict = {}) const;

  /// The floor of the loss, E w |q - q*|^2 with q* the exact minimiser, and the network's excess
  /// over it, E w |q_theta - q*|^2, by `rows` draws over the run's own law of times and of labels.
  /// What is random given (x_t, t) is integrated in closed form, so the draws are few. Cost: `rows`
  /// times the rows of the data: 3 s for 4096 and a built-in set. Standard errors are those of 16
  /// batches. Errors: as exact_minimiser; InvalidArgument for rows < 256 or an objective without
  /// such a floor.
  LossFloor loss_floor(std::int64_t rows = 4096, std::uint64_t seed = 0) const;

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
  void check_distilled(const sample::Span& span, const sample::SampleOptions& solver) const;
  density::LikelihoodOptions checked(const char* where, density::LikelihoodOptions solver) const;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pathflow::train

#pragma GCC visibility pop  // public
