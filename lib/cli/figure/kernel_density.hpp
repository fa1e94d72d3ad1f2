// Kernel density estimates on a grid.
#pragma once

#include <vector>

#include "axes.hpp"

namespace pathflow::cli::figure {

/// Values at the centres of size x size cells over a square, rows from low y to high.
struct Grid {
  std::size_t size = 0;
  std::vector<double> values;
};

/// The density of points over the square, per unit of area, by Gaussian kernels of one width. The
/// width is the one of a dozen, half an octave apart, that least-squares cross-validation prefers:
/// the smallest int f^2 - 2 mean f_without_i(x_i), on the cells' counts.
/// Source: Bowman, "An alternative method of cross-validation", Biometrika 71 (1984).
Grid kernel_density(const std::vector<double>& x, const std::vector<double>& y, Range x_range,
                    Range y_range, std::size_t size);

}  // namespace pathflow::cli::figure
