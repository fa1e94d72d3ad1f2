// Schedules: the coefficients of x_t = alpha(t) x0 + sigma(t) x1, t = 0 data, t = 1 source.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::path {

/// alpha, sigma and their time derivatives at one t. See MATH section 1 (lib/docs/math.md).
struct Coefficients {
  double alpha = 1, sigma = 0, alpha_dot = 0, sigma_dot = 0;  ///< dots: derivatives by t
  /// sigma sigma_dot = (sigma^2)_dot / 2: finite where sigma_dot alone is not (vp at t = 0).
  double sigma_sigma_dot = 0;
};

/// A path's schedule. Implementations are stateless and safe to share between threads.
class Schedule {
 public:
  virtual ~Schedule() = default;
  /// The name under which make_schedule finds it.
  virtual std::string name() const = 0;
  /// Coefficients at t in [0, 1]; derivatives may be infinite at the ends, where the class says so.
  virtual Coefficients at(double t) const = 0;
  /// log-SNR ln(alpha^2 / sigma^2); falls strictly from t = 0 to t = 1. Infinite where alpha or
  /// sigma is zero.
  double log_snr(double t) const;
  /// The t in [0, 1] of a given log-SNR (clamped to the ends). Accuracy: |t error| <= 1e-12
  /// relative to the slope, checked by tests/unit/path/schedule_test.cpp.
  virtual double time_of_log_snr(double value) const = 0;
  /// Interval on which training draws t and samplers start and stop: [0, 1] where nothing is
  /// singular, a stated smaller one where a derivative or a conversion is.
  ///@{
  virtual double t_min() const { return 0.0; }
  virtual double t_max() const { return 1.0; }
  ///@}
};

/// Names accepted by make_schedule: linear, linear-sigma-min, polynomial, trig, vp-linear,
/// vp-cosine, sub-vp, ve, edm, ddpm-linear, ddpm-scaled-linear, ddpm-cosine; and table with its
/// rows.
const std::vector<std::string>& schedule_names();
/// A schedule by its name. Two take a number after a colon:
///
///     linear-sigma-min:S   alpha = 1 - t, sigma = S + (1 - S) t (Lipman et al.); 0 < S < 1, 0.01
///     polynomial:N         alpha = 1 - t^N, sigma = t^N; 1 <= N <= 16, 2 if not given
///
/// and one is given by values, rows of t, alpha, sigma: "table:0,1,0;0.4,0.8,0.6;1,0,1". Rows go
/// from t = 0, where alpha = 1, to t = 1, at most 4096 of them; between them the angle
/// atan2(sigma, alpha) and the radius hypot(alpha, sigma) are monotone cubics of t, so that
/// derivatives are continuous and log-SNR falls strictly between rows as it does at them.
/// Errors: InvalidArgument "where: ..." for an unknown name (with the valid ones and the nearest),
/// a parameter out of its range, and a table whose rows are not finite, do not go from 0 to 1, or
/// whose alpha(0) is not 1 or whose log-SNR does not fall from row to row.
std::shared_ptr<const Schedule> make_schedule(std::string_view name,
                                              std::string_view where = "make_schedule");

}  // namespace pathflow::path

#pragma GCC visibility pop  // public
