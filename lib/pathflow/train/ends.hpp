// Ends: the rows of the two ends of the path, given or drawn from built-in sets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pathflow/tensor/array.hpp"
#include "pathflow/train/options.hpp"

namespace pathflow::train {

/// Rows of a built-in set that a trainer draws once and then indexes at random: fast, free of
/// allocation, and far beyond what a 2-D sample of a few thousand points can tell from fresh draws.
/// Given rows are all used.
inline constexpr std::size_t kPoolRows = std::size_t{1} << 16;

/// Rows given here take the place of the named data or source: [n, d], n >= 1, finite.
struct TrainInputs {
  std::optional<tensor::Points> data = {}, source = {};
  std::optional<std::vector<int>> labels = {};  ///< one per given data row, in [0, 65536)
};

/// Rows of one end of the path, drawn with replacement. No rows: N(0, I) drawn fresh.
struct Pool {
  tensor::Points rows;
  std::vector<int> labels;  ///< one per row or none
  bool given = false;       ///< by the caller: saved with the run

  bool gaussian() const { return rows.size() == 0; }
  std::size_t count() const { return rows.shape(0); }
  /// Root mean square of the coordinates, summed in double and in order; 1 if every row is zero.
  double scale() const;
};

struct Ends {
  Pool data, source;
};

/// Rows of both ends; fills in options.dimension, classes and conditional from the data.
/// Errors: InvalidArgument, ShapeError, NumericError as Trainer states them.
Ends make_ends(TrainOptions& options, TrainInputs inputs);

}  // namespace pathflow::train
