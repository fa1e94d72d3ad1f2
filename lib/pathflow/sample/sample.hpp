// sample(): moves points along a model's path by a named sampler, from any time to any other.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "pathflow/path/schedule.hpp"
#include "pathflow/sample/model.hpp"
#include "pathflow/tensor/array.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::sample {

/// How sample() goes; a field that the sampler named does not read has no meaning.
struct SampleOptions {
  std::string sampler = "heun";  ///< a name of sampler_names()
  int steps = 50;                ///< grid intervals, 1..1e6; of no meaning for dopri5
  /// Where to start and stop, within the schedule's [t_min, t_max]; unset: the interval of
  /// sample_span(). from > to goes source -> data, from < to data -> source (but for ddpm,
  /// ddim with eta > 0, edm with churn, dpmpp-sde-2m, predictor-corrector, jump and
  /// consistency).
  std::optional<double> from = {}, to = {};
  std::uint64_t seed = 0;  ///< seeds the Brownian increments of stochastic samplers
  double eta = 0.0;        ///< ddim: 0 deterministic .. 1 ancestral
  /// euler-maruyama, stochastic-heun: diffusion w(t) of MATH section 3, a name of
  /// path::diffusion_names().
  std::string diffusion = "g2";
  double diffusion_scale = 1.0;     ///< factor on w(t), >= 0
  double rtol = 1e-5, atol = 1e-5;  ///< dopri5: error per step, RMS over a point's coordinates
  /// Times at which the points are kept, ordered from `from` to `to`; empty: none. Between grid
  /// times a deterministic grid sampler interpolates by the parabola through both points and the
  /// first velocity (third order in the step), a stochastic one and ddim by the straight line;
  /// dopri5 uses its dense output (fourth order).
  std::vector<double> keep = {};
  /// Called after every step with the share done in [0, 1]; return false to stop (Cancelled).
  std::function<bool(double)> progress = {};
  /// Time grid, a name of grid_names() (time_grid.hpp): "uniform", "log-snr", "quadratic",
  /// "karras", "flow-shift".
  std::string grid = "uniform";
  /// A grid of the caller's own in place of steps, grid, from and to: at least two times, falling
  /// towards the data or rising towards the source, each a step's end. Empty: none.
  std::vector<double> times = {};
  double grid_rho = 7, grid_shift = 3;  ///< of "karras" and "flow-shift"
  std::string variance = "small";       ///< ddpm: "small" (as ddim with eta = 1) or "large"
  int order = 2;                        ///< unipc: 1..3
  double churn = 0;                     ///< edm: noise added in all over the run; 0: the ODE
  double churn_from = 0;                ///< edm: least sigma / alpha at which noise is added
  double churn_to = std::numeric_limits<double>::infinity();  ///< edm: the greatest
  double churn_noise = 1;                                     ///< edm: factor on the noise added
  /// predictor-corrector: "reverse-diffusion", "ode" or "none" (annealed Langevin).
  std::string predictor = "reverse-diffusion";
  int corrector_steps = 1;      ///< predictor-corrector: Langevin steps at each level
  double corrector_snr = 0.16;  ///< their noise to their drift; 0.16: Song et al. on CIFAR-10
  /// The step that ends at the schedule's t_min: "mean" (stochastic methods add no noise there),
  /// "tweedie" (any method: the denoiser D, and nothing else), "euler" (the SDE methods' step as
  /// any other, noise included).
  std::string last_step = "mean";
  /// Classifier-free guidance of a conditional run (guidance.hpp), which its trainer applies: by
  /// "scale", v_u + w (v_c - v_u), 1 for none; or by its "excess", (1 + w) v_c - w v_u, 0 for none.
  double guidance = 1;
  std::string guidance_convention = "scale";  ///< what guidance is
  /// Swaps the ends that unset `from` and `to` stand for: data -> source.
  bool toward_source = false;
  /// Whether x1 ~ N(0, I), and whether it was drawn independently of x0. Samplers that need the
  /// score refuse where either is not so: only then does the velocity give it. A density wants the
  /// first alone.
  bool gaussian_source = true, independent = true;
  bool deterministic = false;  ///< refuses a method that draws noise: what pairs its two ends wants
  /// Row number of start's first row, so that a large batch cut into pieces draws the same noise.
  std::uint64_t first_row = 0;
};

/// Where the points came to, and what it took.
template <class T>
struct SampleResult {
  tensor::Matrix<T> points;                 ///< [n, d] at time `to`
  tensor::Cube<T> trajectories;             ///< [keep.size(), n, d]
  std::vector<double> times;                ///< the kept times
  std::int64_t evaluations = 0;             ///< NFE: calls of predict on the whole batch
  std::int64_t accepted = 0, rejected = 0;  ///< dopri5: steps
};

/// euler, midpoint, heun, rk4, dopri5, ddim, ddpm, dpm-solver-2, dpm-solver-3, dpmpp-2s, dpmpp-2m,
/// dpmpp-3m, dpmpp-sde-2m, unipc, edm, euler-maruyama, stochastic-heun, predictor-corrector, jump,
/// consistency.
const std::vector<std::string>& sampler_names();

/// Where a run starts and stops.
struct Span {
  double from = 1, to = 0;  ///< times, in this order
};
/// The times that sample() will use: options.from and options.to where set; else the ends of
/// path::time_interval(prediction, schedule), narrowed by path::kSingularMargin where the sampler's
/// own coefficients are infinite (euler-maruyama with w = g^2 at alpha = 0), except that a sampler
/// which never evaluates its last time goes all the way to the schedule's end.
Span sample_span(path::Prediction prediction, const path::Schedule& schedule,
                 const SampleOptions& options);

/// The same of a model, which may have noise of its own.
Span sample_span(Model<float>& model, const path::Schedule& schedule, const SampleOptions& options);

/// Moves `start` [n, d] (the law at time `from`) to time `to`.
///
/// Cost: `evaluations` calls of predict; nothing is allocated from the second step on.
/// Errors, before any work: InvalidArgument for an option outside its stated range, a direction the
/// sampler cannot go, a score without an independent Gaussian source, noise where none is
/// wanted; ShapeError for a start that does not fit the model. Later: NumericError where the
/// model's output or the points are not finite (naming time, row and step), where a conversion has
/// no limit, where dopri5's step underflows; Cancelled by `progress`. Same seed, same start: same
/// bits. A row's noise depends on (seed, step, row) alone.
template <class T>
[[gnu::visibility("default")]] SampleResult<T> sample(Model<T>& model,
                                                      const path::Schedule& schedule,
                                                      const SampleOptions& options,
                                                      const tensor::Matrix<T>& start);

}  // namespace pathflow::sample

#pragma GCC visibility pop  // public
