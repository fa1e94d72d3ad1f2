// Times at which a training batch is drawn.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pathflow/base/random.hpp"
#include "pathflow/path/prediction.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::path {

/// The law of training times on an interval [low, high].
///
///   uniform      t = low + (high - low) u
///   stratified   t_i = low + (high - low) (i + u_i) / n: one draw in each of n equal strata; every
///                t_i alone is not uniform, their mixture is, and batch losses vary less
///   logit-normal t = low + (high - low) / (1 + exp(-(mean + deviation z))), as in SD3 and MeanFlow
///   edm          ln(sigma / alpha) = mean + deviation z, the nearest end where that lies outside:
///                Karras et al. 2022, table 1, whose -1.2 and 1.2 are for data of deviation 0.5
///   source-end   t = low + (high - low) j / k for j = 1..k, each as likely, where k Euler steps
///                from the source look: distillation to k steps, 1 unless said (Liu et al. 2022)
class TimeLaw {
 public:
  /// mean and deviation are used by logit-normal alone; edm and source-end are made by the other
  /// constructor, below.
  /// Errors: InvalidArgument for an unknown name, low > high, or deviation <= 0.
  TimeLaw(std::string_view name, Interval interval, double mean = 0, double deviation = 1);
  /// "name", "name:mean,deviation" or "source-end:k", without them the papers' own: 0, 1 for
  /// logit-normal, -1.2, 1.2 for edm, 1 for source-end. `schedule` is borrowed. Errors: as above; a
  /// parameter for a law that has none.
  TimeLaw(std::string_view text, Interval interval, const Schedule& schedule,
          std::string_view where = "TimeLaw");

  /// out[i] for i in 0..n-1: a pure function of (random, step, i), within [low, high] rounded to T.
  template <class T>
  void draw(const Random& random, std::uint64_t step, std::span<T> out) const;

  /// A batch's i-th of n times.
  double time(const Random& random, std::uint64_t step, std::uint64_t i, std::uint64_t n) const;

  /// The time at a share in [0, 1] of the interval.
  double at(double share) const { return interval_.low + (interval_.high - interval_.low) * share; }

 private:
  std::size_t law_;
  const Schedule* schedule_ = nullptr;  ///< of edm
  Interval interval_;
  double mean_, deviation_;
};

/// The stratified law's share for the i-th uniform u of n, where the caller draws it.
inline double stratified_share(double u, std::uint64_t i, std::uint64_t n) {
  return (static_cast<double>(i) + u) / static_cast<double>(n);
}

/// Most steps of source-end.
inline constexpr int kMostSourceEndSteps = 1000;

/// k of a law "source-end:k", 1 for "source-end", 0 for any other. Errors: InvalidArgument for a k
/// that is none.
int source_end_steps(std::string_view text);

/// uniform, stratified, logit-normal, edm, source-end.
const std::vector<std::string>& time_law_names();

}  // namespace pathflow::path

#pragma GCC visibility pop  // public
