// Sampler: one step of a method, from t to s. sample() drives it over the grid.
//
// A new sampler is one file under samplers/ and one line in the table of samplers.cpp:
// lib/docs/adding-a-sampler.md.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "pathflow/sample/flow.hpp"
#include "pathflow/sample/sample.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::sample {

/// One interval of the time grid. t > s goes toward the data, t < s toward the source.
struct Step {
  double t = 1, s = 0;      ///< begin and end
  std::uint64_t index = 0;  ///< of the grid interval: the `step` of its random draws
};

/// Both ends of the step just taken, for interpolation between them.
template <class T>
struct StepEnds {
  double t = 1, s = 0;               ///< begin and end
  std::span<const T> before, after;  ///< points [n, d] at t and at s
};

/// A method, made once for a run and then asked to advance. T is float or double.
template <class T>
class Sampler {
 public:
  virtual ~Sampler() = default;

  /// Moves x [n, d] from step.t toward step.s and returns the time reached: step.s, or less far for
  /// an adaptive method, which is then called again from there.
  virtual double advance(const Step& step, std::span<T> x) = 0;

  /// out = points at time u inside the step just taken. Default: the straight line.
  virtual void interpolate(const StepEnds<T>& ends, double u, std::span<T> out) const;

  /// Whether advance evaluates the model at step.s too. Decides where a run ends by default.
  virtual bool evaluates_end() const { return false; }
  /// Whether the method chooses its own steps: its grid is then the one interval from `from` to
  /// `to`.
  virtual bool adaptive() const { return false; }
  /// Whether it can go from data to source.
  virtual bool reversible() const { return true; }
  /// Whether it draws noise; nearly always what keeps a method from going back.
  virtual bool draws_noise() const { return !reversible(); }
  /// Where the method's coefficients are finite, within the prediction's own interval.
  virtual path::Interval interval(path::Interval usable) const { return usable; }
  /// Steps accepted and rejected, of adaptive methods.
  ///@{
  virtual std::int64_t accepted() const { return 0; }
  virtual std::int64_t rejected() const { return 0; }
  ///@}
};

/// Makes a sampler by its name in options. Errors: InvalidArgument for an unknown name or options
/// it refuses.
template <class T>
[[gnu::visibility("default")]] std::unique_ptr<Sampler<T>> make_sampler(
    Flow<T>& flow, const SampleOptions& options);

/// Interpolates by the parabola through both ends with slope `velocity` at the first.
template <class T>
[[gnu::visibility("default")]] void interpolate_parabola(const StepEnds<T>& ends,
                                                         std::span<const T> velocity, double u,
                                                         std::span<T> out);

/// Throws InvalidArgument unless options.gaussian_source and options.independent: `what` needs the
/// score.
void require_gaussian_source(const SampleOptions& options, std::string_view what);

/// Defines make_NAME for float and double as the construction of CLASS(flow, options).
#define PATHFLOW_DEFINE_SAMPLER(NAME, CLASS)                                         \
  template <class T>                                                                 \
  std::unique_ptr<Sampler<T>> NAME(Flow<T>& flow, const SampleOptions& options) {    \
    return std::make_unique<CLASS<T>>(flow, options);                                \
  }                                                                                  \
  template std::unique_ptr<Sampler<float>> NAME(Flow<float>&, const SampleOptions&); \
  template std::unique_ptr<Sampler<double>> NAME(Flow<double>&, const SampleOptions&)

}  // namespace pathflow::sample

#pragma GCC visibility pop  // public
