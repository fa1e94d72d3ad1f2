// Gamma: the noise of its own that a stochastic interpolant adds to its path.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pathflow/path/dynamics.hpp"
#include "pathflow/path/prediction.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::path {

/// zero, brownian, quadratic, sine-squared.
const std::vector<std::string>& gamma_names();

/// gamma(t) of x_t = alpha x0 + sigma x1 + gamma z, z ~ N(0, I): nothing at both ends, so that they
/// stay the two laws they are, and a score in between whatever those laws are:
///
///     s = grad log p_t = -E[z | x_t] / gamma
///
///     zero           0: no noise, and no score but that of a Gaussian source
///     brownian       sqrt(a t (1 - t)): a Brownian bridge of diffusion a on `linear`
///     quadratic      sqrt(a) t (1 - t)
///     sine-squared   sqrt(a) sin^2(pi t)
///
/// Source: Albergo, Boffi & Vanden-Eijnden, "Stochastic interpolants", 2023, section 2 and table 2.
class Gamma {
 public:
  /// Errors: InvalidArgument for an unknown name, a scale `a` that is not finite and > 0.
  explicit Gamma(std::string_view name, double scale = 1);
  /// gamma(t) = value at all times, no path's own noise: the unit of a model that gives its score
  /// as -z / gamma. Errors: InvalidArgument unless it is finite and > 0.
  static Gamma constant(double value);

  bool zero() const { return kind_ == 0; }  ///< whether it is the name "zero"
  double at(double t) const;                ///< gamma, t in [0, 1]
  double dot(double t) const;               ///< its derivative; infinite at the ends for brownian
  /// [0, 1], less kSingularMargin at both ends where dot() is infinite there.
  Interval interval() const;

 private:
  std::size_t kind_ = 0;
  double root_ = 1;  ///< sqrt(a)
};

/// The named diffusion for a path with noise of its own: sigma is w = 2 gamma, time and constant
/// are as ever, and w_over_sigma is w / gamma.
/// Errors: InvalidArgument for an unknown name, g2 (that reverses the noising by a Gaussian source)
/// or a negative scale; NumericError where w / gamma is not finite.
Diffusion diffusion_at(std::string_view name, double scale, const Gamma& gamma, double t);
/// Whether it has a finite value at t. Errors: InvalidArgument as diffusion_at.
bool has_diffusion(std::string_view name, const Gamma& gamma, double t);

}  // namespace pathflow::path

#pragma GCC visibility pop  // public
