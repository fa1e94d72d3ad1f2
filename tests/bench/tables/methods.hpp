// The methods of the tables: each a choice of parts.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pathflow/metric/metrics.hpp"
#include "pathflow/train/trainer.hpp"

namespace pathflow::bench {

/// A column: where samples start, where they go, and what was published there (mean and deviation
/// of W2 over five seeds at n = 10,000).
struct Column {
  std::string name, source, data;
};

/// Published W2 of a method in a column; mean < 0: none.
struct Published {
  double mean = -1, deviation = 0;
};

/// A row of the table.
struct Method {
  std::string name;
  std::string parts;  ///< what it chooses, for people
  bool gaussian_source_only = false;
  std::vector<Published> published;  ///< one a column
  /// A run of `steps` on 10,000 rows of both ends, trained.
  std::function<train::Trainer(const Column& column, std::uint64_t seed, std::int64_t steps)> train;
  sample::SampleOptions sampler = {.sampler = "euler", .steps = 100};
};

const std::vector<Column>& columns();
const std::vector<Method>& methods();

/// Rows that a run is trained on, and rows of the same law that it never saw.
tensor::Points training_rows(const std::string& law, std::uint64_t seed);
tensor::Points test_rows(const std::string& law, std::size_t n, std::uint64_t seed);

}  // namespace pathflow::bench
