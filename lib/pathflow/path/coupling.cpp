#include "pathflow/path/coupling.hpp"

#include <cmath>
#include <numeric>

#include "pathflow/base/error.hpp"
#include "pathflow/base/names.hpp"
#include "pathflow/path/squared_distances.hpp"

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
  by_axes(n, d, w.source, w.assignment.y);
  w.cost.resize(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    squared_distances(w.data.data() + i * d, w.assignment.y.data(), d, n, n, w.cost.data() + i * n);
  }
}

double mean_of(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value);
  return sum / static_cast<double>(values.size());
}

// Checks the rows and centres both sides.
struct Squares {
  double data, source;  ///< sums
};
Squares centre_both(std::string_view where, std::size_t n, std::size_t d,
                    std::span<const float> data, std::span<const float> source,
                    CouplingWorkspace& w) {
  const Squares sums{centre(n, d, data, w.data), centre(n, d, source, w.source)};
  check_finite(where, "sum of squares of data", sums.data);
  check_finite(where, "sum of squares of source", sums.source);
  return sums;
}

// Gives the source the data's spread, which moves no optimal pairing; and both of them spread 1
// where squares or their ratio would leave the range of floats.
void scale_both(const Squares& squares, CouplingWorkspace& w) {
  constexpr double kMost = 1e15;
  const bool both = squares.data > 0 && squares.source > 0;
  const double scale = both ? std::sqrt(squares.data / squares.source) : 1;
  const double size = std::sqrt(squares.data > 0 ? squares.data : squares.source);
  const auto usual = [](double x) { return x < kMost && x > 1 / kMost; };
  if (size == 0) return;
  if (usual(scale) && usual(size)) {
    for (float& value : w.source) value *= static_cast<float>(scale);
    return;
  }
  for (float& value : w.data) value = static_cast<float>(static_cast<double>(value) / size);
  for (float& value : w.source) {
    value = static_cast<float>(static_cast<double>(value) * scale / size);
  }
}

void add_label_penalty(std::size_t n, const CouplingOptions& options, CouplingWorkspace& w) {
  check_not_negative(kWhere, "label_penalty", options.label_penalty);
  if (options.labels.empty()) {
    throw_error(ErrorCode::kInvalidArgument, kWhere,
                "conditional-ot needs a label for every row, got none");
  }
  check_size(kWhere, "labels", options.labels.size(), n);
  const float penalty = static_cast<float>(options.label_penalty * mean_of(w.cost));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      if (options.labels[i] != options.labels[j]) w.cost[i * n + j] += penalty;
    }
  }
}

// Centring moves no entropic plan either; scaling would.
void draw_entropic(Coupling coupling, std::size_t n, std::size_t d, const CouplingOptions& options,
                   std::span<std::int32_t> source_row, CouplingWorkspace& w) {
  fill_cost(n, d, w);
  check_positive(kWhere, "regularisation", options.regularisation);
  check_positive(kWhere, "bridge_variance", options.bridge_variance);
  const double mean = mean_of(w.cost);
  check_finite(kWhere, "mean squared distance of data and source", mean);
  const double r = coupling == Coupling::kBridge ? 2 * options.bridge_variance
                                                 : options.regularisation * (mean > 0 ? mean : 1);
  sinkhorn(n, w.cost, r, w.sinkhorn);
  draw_partners(n, w.sinkhorn.plan, Random(options.seed, Purpose::kCoupling), options.step,
                source_row);
}

}  // namespace

void pair_optimally(std::string_view where, std::size_t n, std::size_t d,
                    std::span<const float> data, std::span<const float> source,
                    std::span<std::int32_t> source_row, CouplingWorkspace& w) {
  check_size(where, "data", data.size(), n * d);
  check_size(where, "source", source.size(), n * d);
  check_size(where, "source_row", source_row.size(), n);
  scale_both(centre_both(where, n, d, data, source, w), w);
  assign_points(n, d, w.data, w.source, source_row, w.assignment);
}

const std::vector<std::string>& coupling_names() {
  static const std::vector<std::string> names =
      name_list({"independent", "ot", "sinkhorn", "conditional-ot", "pairs", "bridge"});
  return names;
}

Coupling coupling_of(std::string_view name) {
  const std::vector<std::string>& names = coupling_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (name == names[i]) return static_cast<Coupling>(i);
  }
  throw_unknown_name("coupling_of", "coupling", name, names);
}

bool couples_by_cost(Coupling coupling) {
  return coupling != Coupling::kIndependent && coupling != Coupling::kPairs;
}

void couple(Coupling coupling, std::size_t n, std::size_t d, std::span<const float> data,
            std::span<const float> source, std::span<std::int32_t> source_row, CouplingWorkspace& w,
            const CouplingOptions& options) {
  check_size(kWhere, "data", data.size(), n * d);
  check_size(kWhere, "source", source.size(), n * d);
  check_size(kWhere, "source_row", source_row.size(), n);
  if (!couples_by_cost(coupling)) {
    std::iota(source_row.begin(), source_row.end(), 0);
    return;
  }
  check_between(kWhere, "n (rows of a batch that is coupled by its costs)",
                static_cast<std::int64_t>(n), 0, static_cast<std::int64_t>(kMaxOtBatch));
  if (n == 0) return;
  if (coupling == Coupling::kOt) return pair_optimally(kWhere, n, d, data, source, source_row, w);
  const Squares squares = centre_both(kWhere, n, d, data, source, w);
  if (coupling != Coupling::kConditionalOt) {
    return draw_entropic(coupling, n, d, options, source_row, w);
  }
  scale_both(squares, w);
  fill_cost(n, d, w);
  add_label_penalty(n, options, w);
  solve_assignment(n, std::span<const float>(w.cost), source_row, w.assignment);
}

}  // namespace pathflow::path
