// sample(): moves points along a model's path by a named sampler, from any time to any other.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pathflow/path/schedule.hpp"
#include "pathflow/sample/model.hpp"
#include "pathflow/tensor/array.hpp"

namespace pathflow::sample {

struct SampleOptions {
  std::string sampler = "heun";  ///< a name of sampler_names()
  int steps = 50;                ///< grid intervals, >= 1; a cap of no meaning for dopri5
  /// Where to start and stop; unset: the schedule's t_max and t_min. from > to goes source -> data,
  /// from < to goes data -> source (deterministic samplers and euler-maruyama).
  std::optional<double> from, to;
  std::uint64_t seed = 0;  ///< seeds the Brownian increments of stochastic samplers
  double eta = 0.0;        ///< ddim: 0 deterministic .. 1 ancestral
  /// euler-maruyama: diffusion w(t) of MATH section 3: "zero", "g2", "sigma", "constant".
  std::string diffusion = "g2";
  double diffusion_scale = 1.0;  ///< factor on w(t), >= 0
  double rtol = 1e-5, atol = 1e-5;  ///< dopri5: error per step, RMS over a point's coordinates
  /// Times at which the points are kept, ordered from `from` to `to`; empty: none. A grid sampler
  /// adds these times to its grid as linear interpolation between grid points; dopri5 uses its
  /// dense output.
  std::vector<double> keep;
  /// Called after every step with the share done in [0, 1]; return false to stop (Cancelled).
  std::function<bool(double)> progress;
};

template <class T>
struct SampleResult {
  tensor::Matrix<T> points;      ///< [n, d] at time `to`
  tensor::Cube<T> trajectories;  ///< [keep.size(), n, d]
  std::vector<double> times;     ///< the kept times
  std::int64_t evaluations = 0;  ///< NFE: calls of predict on the whole batch
  std::int64_t accepted = 0, rejected = 0;  ///< dopri5: steps
};

/// euler, midpoint, heun, rk4, dopri5, ddim, ddpm, euler-maruyama.
const std::vector<std::string>& sampler_names();

/// Moves `start` [n, d] (the law at time `from`). Same seed, same start: same bits.
template <class T>
SampleResult<T> sample(Model<T>& model, const path::Schedule& schedule,
                       const SampleOptions& options, const tensor::Matrix<T>& start);

}  // namespace pathflow::sample
