// The figures of the command, each as the bytes of a PNG. Points of more than two coordinates are
// shown by their first two, and the axes say so; points of one by histograms.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "law.hpp"
#include "pathflow/tensor/array.hpp"

namespace pathflow::cli::figure {

using Png = std::vector<std::uint8_t>;

/// Ends of a coordinate.
struct Bounds {
  double low = 0, high = 1;
};

struct Cloud {
  const tensor::Points& points;
  std::string name;
  std::vector<int> labels = {};  ///< classes, shown by colour; empty: one colour
};

/// Clouds over each other: the first in grey where there are two, as what the second is held
/// against.
Png scatter(const std::string& title, const std::vector<Cloud>& clouds);

/// The density of the law where it is known, else estimated from the points: Gaussian kernels whose
/// width is chosen by least-squares cross-validation.
Png density(const std::string& title, const Cloud& cloud, const Law& law);

/// One-dimensional clouds as histograms, with the law's density where it is known.
Png histogram(const std::string& title, const std::vector<Cloud>& clouds, const Law& law);

/// Paths from the source to the data, with marks at both ends. d = 1: over time.
/// Shapes: paths [times, n, d].
Png trajectories(const std::string& title, const tensor::Cube<float>& paths,
                 const std::vector<double>& times);

/// A named line through points, with a mark of its own at each.
struct Series {
  std::string name;
  std::vector<std::pair<double, double>> points;  ///< x, y; both > 0 on a logarithmic axis
};
/// What no series comes below, and how far it scatters.
struct FloorBand {
  std::string name;
  double mean = 0, low = 0, high = 0;
};
struct CurvesText {
  std::string title, x, y;
};
/// Curves over each other, y on a logarithmic axis and x too if `log_x`, with the floor as a band
/// where there is one. A series with more than one point is joined by lines.
Png curves(const CurvesText& text, const std::vector<Series>& series, bool log_x,
           const std::optional<FloorBand>& floor = {});

/// Values of a density at the centres of size x size cells of a square; and some of `points` [n, 2]
/// on it, unless null.
Png density_map(const std::string& title, const std::vector<double>& values, Bounds x, Bounds y,
                const tensor::Points* points = nullptr);

/// A loss over steps, with its running mean.
Png loss_curve(const std::string& title, const std::vector<std::pair<double, double>>& curve);

}  // namespace pathflow::cli::figure
