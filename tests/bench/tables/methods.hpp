// The methods of the tables: each a choice of parts.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pathflow/sample/sample.hpp"
#include "pathflow/tensor/array.hpp"
#include "pathflow/train/trainer.hpp"

namespace pathflow::bench {

/// A pair of laws: where samples start and where they go.
struct Column {
  std::string name, source, data;
};

/// What was published for a method in a column: W2 over five seeds at n = 10,000, and normalised
/// path energy. mean < 0: nothing was.
struct Published {
  double mean = -1, deviation = 0, energy = -1;
};

/// A row of the table.
struct Method {
  std::string name;
  std::string parts;  ///< what it chooses, for people
  /// One a column. Where nothing was published the method is not run: flow matching with sigma_min
  /// is for a Gaussian source, and entropic plans of variance 1 between laws as wide as 12 are
  /// Sinkhorn's worst case.
  std::vector<Published> published;
  /// A run of `steps` on 10,000 rows of both ends, trained.
  std::function<train::Trainer(const Column& column, std::uint64_t seed, std::int64_t steps)> train;
  /// What the samples come from; the path energy is the ODE's in any case.
  sample::SampleOptions sampler = {.sampler = "euler", .steps = 100};
};

const std::vector<Column>& columns();
const std::vector<Method>& methods();

/// Rows that a run is trained on, and rows of the same law that it never saw.
tensor::Points training_rows(const std::string& law, std::uint64_t seed);
tensor::Points test_rows(const std::string& law, std::size_t n, std::uint64_t seed);

}  // namespace pathflow::bench
