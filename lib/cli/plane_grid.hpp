// A rectangle of the plane in square-numbered cells, on which a model's density is asked for and
// drawn.
#pragma once

#include <vector>

#include "figure/figure.hpp"
#include "pathflow/density/likelihood.hpp"
#include "pathflow/tensor/array.hpp"

namespace pathflow::cli {

/// Densities at the cells' centres, and their sum times a cell: 1 where the grid holds all of it.
struct GridDensity {
  std::vector<double> values;
  double mass = 0;
};

struct PlaneGrid {
  figure::Bounds x, y;
  int side = 128;  ///< cells along each side

  /// A square about rows [n, 2] with a fifth of its side as margin.
  static PlaneGrid about(const tensor::Points& rows, int side);
  /// [side^2, 2], the first coordinate fastest, from the least of both.
  tensor::Points centres() const;
  /// Of log p at centres().
  GridDensity density(const density::LikelihoodResult<float>& found) const;
};

}  // namespace pathflow::cli
