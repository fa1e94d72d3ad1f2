// Time grids: where a fixed-step sampler puts its steps.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pathflow/path/schedule.hpp"

namespace pathflow::sample {

/// uniform, log-snr, quadratic, karras.
const std::vector<std::string>& grid_names();

/// steps + 1 times from `from` to `to`, equally spaced in a coordinate of time:
///
///     uniform     t
///     log-snr     ln(alpha^2 / sigma^2)
///     quadratic   sqrt(t): finer near the data
///     karras      (sigma / alpha)^(1/7): Karras's grid with rho = 7
///
/// Where the coordinate is infinite at an end (log-snr at sigma = 0, both at alpha = 0), the first
/// or last interval jumps between the end and the time path::kSingularMargin inside of it, and the
/// others share the rest.
/// Time: either direction, within [0, 1]; the ends are exact.
/// Errors: InvalidArgument for an unknown name, steps < 1, or from = to.
/// Source: Karras et al., "Elucidating the design space of diffusion-based generative models",
/// 2022, eq. 5.
std::vector<double> time_grid(std::string_view name, const path::Schedule& schedule, double from,
                              double to, int steps);

}  // namespace pathflow::sample
