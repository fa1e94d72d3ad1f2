#include "kernel_density.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace pathflow::cli::figure {
namespace {

constexpr int kWidths = 12;

std::size_t cell_of(double value, Range range, std::size_t size) {
  const double place = (value - range.low) / range.length() * static_cast<double>(size);
  return static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(size) - 1));
}

/// Points in each cell; those outside are left out.
Grid counts(const std::vector<double>& x, const std::vector<double>& y, Range x_range,
            Range y_range, std::size_t size) {
  Grid grid{size, std::vector<double>(size * size, 0.0)};
  for (std::size_t i = 0; i < x.size(); ++i) {
    const bool inside =
        x[i] >= x_range.low && x[i] <= x_range.high && y[i] >= y_range.low && y[i] <= y_range.high;
    if (inside) {
      ++grid.values[cell_of(y[i], y_range, size) * size + cell_of(x[i], x_range, size)];
    }
  }
  return grid;
}

/// exp(-k^2 / (2 width^2)) / (sqrt(2 pi) width), k = 0, 1, ... to four widths.
std::vector<double> kernel(double width) {
  std::vector<double> weights(static_cast<std::size_t>(std::ceil(4 * width)) + 1);
  for (std::size_t k = 0; k < weights.size(); ++k) {
    const double away = static_cast<double>(k) / width;
    weights[k] = std::exp(-away * away / 2) / (std::sqrt(2 * std::numbers::pi) * width);
  }
  return weights;
}

/// Sums along one axis: elements lie `stride` apart.
void smooth_line(const double* from, double* to, std::size_t size, std::size_t stride,
                 const std::vector<double>& weights) {
  for (std::size_t i = 0; i < size; ++i) {
    const double value = from[i * stride];
    if (value == 0) continue;
    to[i * stride] += value * weights[0];
    for (std::size_t k = 1; k < weights.size(); ++k) {
      if (i >= k) to[(i - k) * stride] += value * weights[k];
      if (i + k < size) to[(i + k) * stride] += value * weights[k];
    }
  }
}

/// Counts times a Gaussian of `width` cells, in both directions.
std::vector<double> smooth(const Grid& grid, double width) {
  const std::vector<double> weights = kernel(width);
  const std::size_t size = grid.size;
  std::vector<double> across(grid.values.size(), 0.0), both(grid.values.size(), 0.0);
  for (std::size_t row = 0; row < size; ++row) {
    smooth_line(grid.values.data() + row * size, across.data() + row * size, size, 1, weights);
  }
  for (std::size_t column = 0; column < size; ++column) {
    smooth_line(across.data() + column, both.data() + column, size, size, weights);
  }
  return both;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double best_width(const Grid& grid, double n) {
  double best = 1, least = std::numeric_limits<double>::infinity();
  for (int k = 0; k < kWidths; ++k) {
    const double width = std::exp2(0.5 * k);
    const std::vector<double> smoothed = smooth(grid, width);
    const double peak = 1 / (2 * std::numbers::pi * width * width);  // a point's own part
    const double square = dot(smoothed, smoothed) / (n * n);
    const double held_out = (dot(grid.values, smoothed) - n * peak) / (n * (n - 1));
    if (square - 2 * held_out < least) {
      least = square - 2 * held_out;
      best = width;
    }
  }
  return best;
}

}  // namespace

Grid kernel_density(const std::vector<double>& x, const std::vector<double>& y, Range x_range,
                    Range y_range, std::size_t size) {
  Grid grid = counts(x, y, x_range, y_range, size);
  double inside = 0;
  for (const double count : grid.values) inside += count;
  const double width = inside > 1 ? best_width(grid, inside) : 4;
  grid.values = smooth(grid, width);
  const double cell = x_range.length() * y_range.length() / static_cast<double>(size * size);
  for (double& value : grid.values) value /= static_cast<double>(x.size()) * cell;
  return grid;
}

}  // namespace pathflow::cli::figure
