// Exact likelihood from the probability-flow ODE, of any model of any schedule and prediction.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "pathflow/path/schedule.hpp"
#include "pathflow/sample/model.hpp"
#include "pathflow/sample/sample.hpp"
#include "pathflow/tensor/array.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::density {

/// How to integrate div v.
struct LikelihoodOptions {
  /// div v by d derivatives along the axes ("exact"), or estimated along `probes` random directions
  /// ("hutchinson"): unbiased for the log-density at a fixed step, cheaper in many dimensions.
  std::string divergence = "exact";
  int probes = 1;                    ///< hutchinson: directions a row, >= 1
  std::string probe = "rademacher";  ///< hutchinson: "rademacher" (least variance) or "gaussian"
  /// Of the probes; one draw for the whole solve, a row's by its number from solver.first_row on.
  std::uint64_t seed = 0;
  /// Solver, its tolerances or steps, grid and times; the direction is set here. Only the
  /// Runge-Kutta methods: "euler", "midpoint", "heun", "rk4", "dopri5".
  sample::SampleOptions solver = {.sampler = "dopri5"};
};

/// log density [n], in nats, of rows x [n, d] of the source end.
template <class T>
using SourceDensity = std::function<void(std::span<const T> x, std::span<double> log_density)>;

/// What a solve gives.
template <class T>
struct LikelihoodResult {
  tensor::Matrix<T> points;                 ///< [n, d] at the other end
  tensor::Vector<double> log_density;       ///< [n], nats, of the law at the data end
  std::int64_t evaluations = 0;             ///< of v and div v on the whole batch
  std::int64_t accepted = 0, rejected = 0;  ///< dopri5: steps
};

/// log p at the rows of `data` [n, d]:
///
///     log p_data(x) = log p_source(x(1)) + int_0^1 div v(x(t), t) dt,    dx/dt = v, x(0) = x
///
/// solved as one ODE in (x, integral), so that an adaptive solver controls both. `source` is the
/// law at the last time; unset: N(0, sigma(t)^2 I), which leaves out alpha(t) x0 (exactly 0 on
/// linear and trig, below 0.01 on the others but ve, where alpha = 1 against sigma = 50). Time:
/// from the end of sample_span() at the data to the one at the source; where a prediction stays off
/// the data end, the density is that of the law at that time. Cost: an evaluation is d (exact) or
/// `probes` derivatives of the model. Accuracy: with dopri5 at 1e-10 within 1e-6 nats, at 1e-5 in
/// float within 1e-3, of the closed form (tests/unit/density/likelihood_test.cpp). Errors:
/// InvalidArgument for an unknown name, probes < 1, a solver that is no Runge-Kutta method, or no
/// Gaussian source and no `source`; as sample::sample. Source: Chen et al., "Neural ODEs", 2018,
/// theorem 1; Song et al. 2021, section 4.3; Grathwohl et al., "FFJORD", 2019, for the estimator.
template <class T>
[[gnu::visibility("default")]] LikelihoodResult<T> log_density(
    sample::DifferentiableModel<T>& model, const path::Schedule& schedule,
    const tensor::Matrix<T>& data, const LikelihoodOptions& options = {},
    const SourceDensity<T>& source = {});

/// Samples and their log-density, from one solve: `start` [n, d] at the source end moved to the
/// data.
template <class T>
[[gnu::visibility("default")]] LikelihoodResult<T> sample_with_log_density(
    sample::DifferentiableModel<T>& model, const path::Schedule& schedule,
    const tensor::Matrix<T>& start, const LikelihoodOptions& options = {},
    const SourceDensity<T>& source = {});

/// Bits per dimension of the unscaled data: -log p / (d ln 2) - log2(scale), where the model's data
/// are `scale` times the data's own unit (1 / 127.5 for bytes brought to [-1, 1]).
double bits_per_dimension(double log_density, std::size_t dimension, double scale = 1);

}  // namespace pathflow::density

#pragma GCC visibility pop  // public
