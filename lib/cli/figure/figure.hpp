// The figures of the command, each as the bytes of a PNG. Points of more than two coordinates are
// shown by their first two, and the axes say so; points of one by histograms.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "law.hpp"
#include "pathflow/tensor/array.hpp"

namespace pathflow::cli::figure {

using Png = std::vector<std::uint8_t>;

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

/// A loss over steps, with its running mean.
Png loss_curve(const std::string& title, const std::vector<std::pair<double, double>>& curve);

}  // namespace pathflow::cli::figure
