// Ends: the rows of the two ends of the path, given or drawn from built-in sets.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pathflow/io/rows.hpp"
#include "pathflow/tensor/array.hpp"
#include "pathflow/train/options.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::train {

/// Rows of a built-in set that a trainer draws once and then indexes at random: fast, free of
/// allocation, and far beyond what a 2-D sample of a few thousand points can tell from fresh draws.
/// Given rows are all used.
inline constexpr std::size_t kPoolRows = std::size_t{1} << 16;

/// A sample of the law at one time of the path.
struct Snapshot {
  double time = 0;        ///< in [0, 1]
  tensor::Points points;  ///< [n, d], n >= 1, finite
  bool operator==(const Snapshot&) const = default;
};

/// Rows given here take the place of the named data or source: [n, d], n >= 1, finite.
struct TrainInputs {
  std::optional<tensor::Points> data = {}, source = {};  ///< unset: as TrainOptions names them
  std::optional<std::vector<int>> labels = {};           ///< one per given data row, in [0, 65536)
  /// The same as data and source, for rows that a file holds (io/npy_rows.hpp): read as they are
  /// drawn, and named instead of written down in a saved run. Either this or points, not both.
  std::shared_ptr<const io::Rows> data_rows = {}, source_rows = {};
  /// In place of data, source and labels: at least two samples of the same columns, not joined to
  /// one another, by ascending time, the first at 0 and the last at 1. For the objectives that
  /// learn from them (losses/action_matching.cpp).
  std::optional<std::vector<Snapshot>> snapshots = {};
  /// A saved run (Trainer::save(), a file of the command's) whose ODE objective
  /// "consistency-distillation" learns to solve in one step; empty: none.
  std::vector<std::uint8_t> teacher = {};
};

/// What a run says of rows that stayed in their file.
struct FiledRows {
  io::FileContents contents;            ///< where they are, and by what they are known again
  std::size_t size = 0, dimension = 0;  ///< rows and columns
  bool data = true;                     ///< of the data end; false: of the source
};
/// Finds the rows again; null: not at hand.
using OpenRows = std::function<std::shared_ptr<const io::Rows>(const FiledRows& wanted)>;

/// Rows of one end of the path, drawn with replacement. No rows: N(0, I) drawn fresh.
struct Pool {
  std::shared_ptr<const io::Rows> rows;  ///< [n, d]
  std::vector<int> labels;               ///< one per row or none
  bool given = false;                    ///< by the caller: saved with the run
  bool normal = false;                   ///< the rows are draws of N(0, I)

  bool fresh() const { return rows == nullptr; }       ///< no rows
  bool gaussian() const { return fresh() || normal; }  ///< the law is N(0, I)
  std::size_t count() const { return rows->size(); }   ///< n
  /// Root mean square of the coordinates, summed in double and in order; 1 if every row is zero.
  double scale() const;
};

class Teacher;

/// Both ends of a run, and whom it learns from.
struct Ends {
  Pool data, source;  ///< at t = 0 and at t = 1: of snapshots the first and the last
  /// Samples between the two and these, by ascending times; empty: the run has none.
  std::vector<std::shared_ptr<const io::Rows>> snapshots = {};
  std::vector<double> times = {};  ///< one a snapshot, from 0 to 1

  /// The last snapshot but one that is not after t: t lies between it and the next.
  std::size_t piece(double t) const;
  std::shared_ptr<const Teacher> teacher = {};  ///< null: nobody
};

/// Rows of both ends; fills in options.dimension, classes and conditional from the data, and
/// "snapshots" for the names of data and source where they come from such.
/// Errors: InvalidArgument, ShapeError, NumericError as Trainer states them.
Ends make_ends(TrainOptions& options, TrainInputs inputs);

}  // namespace pathflow::train

#pragma GCC visibility pop  // public
