// A density that a figure can draw exactly.
#pragma once

#include <functional>
#include <vector>

#include "pathflow/tensor/array.hpp"

namespace pathflow::cli::figure {

/// log p at each row of points [n, 1] or [n, 2]; empty: not known.
using Law = std::function<std::vector<double>(const tensor::Points&)>;

}  // namespace pathflow::cli::figure
