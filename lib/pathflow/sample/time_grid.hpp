// Time grids: where a fixed-step sampler puts its steps.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pathflow/path/schedule.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::sample {

/// Parameters of the grids that have one.
struct GridOptions {
  double rho = 7;    ///< karras: 1 is uniform in sigma / alpha, larger is finer near the data; > 0
  double shift = 3;  ///< flow-shift: 1 is uniform, larger is finer near the source; > 0
};

/// uniform, log-snr, quadratic, karras, flow-shift, leading, trailing, linspace.
const std::vector<std::string>& grid_names();

/// steps + 1 times from `from` to `to`, equally spaced in a coordinate of time:
///
///     uniform     t
///     log-snr     ln(alpha^2 / sigma^2)
///     quadratic   sqrt(t): finer near the data
///     karras      (sigma / alpha)^(1 / rho)
///     flow-shift  c with t = shift c / (1 + (shift - 1) c)
///
/// Where the coordinate is infinite at an end (log-snr at sigma = 0, both at alpha = 0), the first
/// or last interval jumps between the end and the time path::kSingularMargin inside of it, and the
/// others share the rest.
/// The spacings of discrete diffusions ask the model at levels k / 1000 only (ddpm-linear and its
/// kin in path/schedule.hpp), n = steps times down to the last, from which the run goes to the end:
///
///     leading     k = (n - 1) r + 1, ..., r + 1, 1 with r = floor(1000 / n)
///     trailing    k = 1000 - 1000 i / n, rounded
///     linspace    k from 1000 to 1 in n - 1 equal steps, rounded
///
/// leading therefore begins below t = 1, with the points as they are, and so do the pipelines that
/// use it: its start has too much noise for its time. These are for t from 1 to 0; elsewhere the
/// same rule holds between the two ends, and upward the same times are taken in the other order.
/// Time: either direction, within [0, 1]; the ends are exact, but for leading's begin (upward:
/// end). Errors: InvalidArgument for an unknown name, steps < 1 or more than there are levels, from
/// = to, or a parameter out of its range. Source: Karras et al., "Elucidating the design space of
/// diffusion-based generative models", 2022, eq. 5; Esser et al., "Scaling rectified flow
/// transformers", 2024, eq. 23 (the shift).
std::vector<double> time_grid(std::string_view name, const path::Schedule& schedule, double from,
                              double to, int steps, const GridOptions& options = {});

/// count >= 2 times from `from` to `to` at equal distances, both ends exact: for
/// SampleOptions::keep.
std::vector<double> even_times(double from, double to, std::size_t count);

}  // namespace pathflow::sample

#pragma GCC visibility pop  // public
