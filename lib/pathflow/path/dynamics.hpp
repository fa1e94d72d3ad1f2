// Dynamics: the forward SDE of a path and the diffusions w(t) that share its marginals (MATH
// section 3).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pathflow/path/schedule.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::path {

/// dx = f x dt + g dW takes data at t = 0 to the law at t, for a Gaussian source end:
///
///     f = alpha_dot / alpha,    g^2 = 2 sigma sigma_dot - 2 f sigma^2
///
/// velocity and score are tied by v = f x - g^2 s / 2.
struct ForwardSde {
  double f = 0, g2 = 0;  ///< f(t) and g(t)^2
};
/// Errors: NumericError where alpha = 0 or a derivative is infinite.
ForwardSde forward_sde(const Schedule& schedule, double t);

/// w(t) of the family that keeps every marginal p_t:
///
///     source to data:  dx = [v - w s / 2] dt + sqrt(w) dW
///     data to source:  dx = [v + w s / 2] dt + sqrt(w) dW
///
/// Only w / sigma enters the drift (s = -N / sigma), so it is given on its own: it stays finite at
/// sigma = 0 for the choices that vanish there.
struct Diffusion {
  double w = 0, w_over_sigma = 0;  ///< w(t) and w(t) / sigma(t)
};

/// zero: the ODE. g2: Anderson's reversal of the forward SDE (SiT's SBDM). sigma: w = 2 sigma(t),
/// time: w = 2t, constant: w = 1, decreasing: w = (1 - cos pi t)^2 / 2, increasing-decreasing: w =
/// 2 sin^2(pi t) (SiT's sigma, linear, constant, decreasing and increasing-decreasing, with w twice
/// its D and its t = 1 at our 0).
const std::vector<std::string>& diffusion_names();

/// The named choice times `scale` at time t.
/// Errors: InvalidArgument for an unknown name or a negative scale; NumericError where w or
/// w / sigma has no finite value (g2 at alpha = 0; constant and time at sigma = 0).
Diffusion diffusion_at(std::string_view name, double scale, const Schedule& schedule, double t);
/// Whether diffusion_at has a finite value at t.
bool has_diffusion(std::string_view name, const Schedule& schedule, double t);

}  // namespace pathflow::path

#pragma GCC visibility pop  // public
