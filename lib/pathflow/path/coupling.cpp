#include "pathflow/path/coupling.hpp"

#include <cmath>
#include <numeric>

#include "pathflow/base/error.hpp"

namespace pathflow::path {
namespace {

constexpr std::string_view kWhere = "couple";

// Copies rows less their mean; returns the sum of squares left.
double centre(std::size_t n, std::size_t d, std::span<const float> rows, std::vector<float>& out) {
  out.resize(n * d);
  double squares = 0;
  for (std::size_t k = 0; k < d; ++k) {
    double mean = 0;
    for (std::size_t i = 0; i < n; ++i) mean += static_cast<double>(rows[i * d + k]);
    mean /= static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) {
      const double value = static_cast<double>(rows[i * d + k]) - mean;
      out[i * d + k] = static_cast<float>(value);
      squares += value * value;
    }
  }
  return squares;
}

void fill_cost(std::size_t n, std::size_t d, CouplingWorkspace& w) {
  w.cost.resize(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    float* row = w.cost.data() + i * n;
    for (std::size_t j = 0; j < n; ++j) {
      float sum = 0;
      for (std::size_t k = 0; k < d; ++k) {
        const float difference = w.data[i * d + k] - w.source[j * d + k];
        sum += difference * difference;
      }
      row[j] = sum;
    }
  }
}

}  // namespace

void pair_optimally(std::string_view where, std::size_t n, std::size_t d,
                    std::span<const float> data, std::span<const float> source,
                    std::span<std::int32_t> source_row, CouplingWorkspace& w) {
  check_size(where, "data", data.size(), n * d);
  check_size(where, "source", source.size(), n * d);
  check_size(where, "source_row", source_row.size(), n);
  const double data_squares = centre(n, d, data, w.data);
  const double source_squares = centre(n, d, source, w.source);
  check_finite(where, "sum of squares of data", data_squares);
  check_finite(where, "sum of squares of source", source_squares);
  if (data_squares > 0 && source_squares > 0) {
    const float scale = static_cast<float>(std::sqrt(data_squares / source_squares));
    for (float& value : w.source) value *= scale;
  }
  fill_cost(n, d, w);
  solve_assignment(n, std::span<const float>(w.cost), source_row, w.assignment);
}

const std::vector<std::string>& coupling_names() {
  static const std::vector<std::string> names{"independent", "ot"};
  return names;
}

Coupling coupling_of(std::string_view name) {
  if (name == "independent") return Coupling::kIndependent;
  if (name == "ot") return Coupling::kOt;
  throw_unknown_name("coupling_of", "coupling", name, coupling_names());
}

void couple(Coupling coupling, std::size_t n, std::size_t d, std::span<const float> data,
            std::span<const float> source, std::span<std::int32_t> source_row,
            CouplingWorkspace& workspace) {
  check_size(kWhere, "data", data.size(), n * d);
  check_size(kWhere, "source", source.size(), n * d);
  check_size(kWhere, "source_row", source_row.size(), n);
  if (coupling == Coupling::kIndependent) {
    std::iota(source_row.begin(), source_row.end(), 0);
    return;
  }
  check_between(kWhere, "n (rows of an \"ot\" batch)", static_cast<std::int64_t>(n), 0,
                static_cast<std::int64_t>(kMaxOtBatch));
  pair_optimally(kWhere, n, d, data, source, source_row, workspace);
}

}  // namespace pathflow::path
