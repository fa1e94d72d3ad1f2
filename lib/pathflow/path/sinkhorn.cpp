#include "pathflow/path/sinkhorn.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pathflow/base/error.hpp"
#include "pathflow/base/exp_not_positive.hpp"

namespace pathflow::path {
namespace {

constexpr std::size_t kLanes = 8;
constexpr float kLargestScale = 1e8f;  // of a column before the kernel is made anew

float dot(const float* __restrict__ a, const float* __restrict__ b, std::size_t n) {
  float lanes[kLanes] = {};
  const std::size_t whole = n / kLanes * kLanes;
  for (std::size_t j = 0; j < whole; j += kLanes) {
    for (std::size_t l = 0; l < kLanes; ++l) lanes[l] += a[j + l] * b[j + l];
  }
  for (std::size_t j = whole; j < n; ++j) lanes[j - whole] += a[j] * b[j];
  return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
         ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

void add_multiple(float factor, const float* __restrict__ a, float* __restrict__ sum,
                  std::size_t n) {
  for (std::size_t j = 0; j < n; ++j) sum[j] += factor * a[j];
}

// One solve. The plan is n P; the kernel's rows sum to 1, and `scale` is what multiplies its
// columns since it was made.
class Solver {
 public:
  Solver(std::size_t n, std::span<const float> cost, SinkhornWorkspace& w)
      : n_(n), cost_(cost), w_(w) {
    w.plan.resize(n * n);
    w.shifted.resize(n);
    w.sums.resize(n);
    w.scale.assign(n, 1.0f);
    w.potential.assign(n, 0.0);
  }

  SinkhornReport solve(double r, const SinkhornOptions& options) {
    double mean = 0;
    for (const float c : cost_) mean += static_cast<double>(c);
    mean /= static_cast<double>(n_) * static_cast<double>(n_);
    for (double coarse = mean; coarse > 4 * r; coarse *= 0.25) {
      iterate_at(coarse, {.tolerance = 0.05, .iterations = 20});
    }
    iterate_at(r, options);
    finish();
    return report_;
  }

 private:
  void iterate_at(double r, const SinkhornOptions& options) {
    r_ = r;
    make_kernel();
    for (int i = 0; i < options.iterations; ++i) {
      ++report_.iterations;
      report_.error = iterate();
      if (report_.error <= options.tolerance) break;
      if (has_grown()) {
        absorb();
        make_kernel();
      }
    }
    absorb();
  }

  // Row i of the kernel: exp((g_j - c_ij) / r), divided by its sum.
  void make_kernel() {
    for (std::size_t j = 0; j < n_; ++j) {
      w_.shifted[j] = static_cast<float>(w_.potential[j] / r_);
    }
    const float inverse = static_cast<float>(1 / r_);
    for (std::size_t i = 0; i < n_; ++i) {
      const float* c = cost_.data() + i * n_;
      float* row = w_.plan.data() + i * n_;
      float most = w_.shifted[0] - c[0] * inverse;
      for (std::size_t j = 0; j < n_; ++j) {
        row[j] = w_.shifted[j] - c[j] * inverse;
        most = row[j] > most ? row[j] : most;
      }
      for (std::size_t j = 0; j < n_; ++j) row[j] = exp_not_positive(row[j] - most);
      normalise(row);
    }
  }
  void normalise(float* row) const {
    const double sum = std::accumulate(row, row + n_, 0.0);
    const float factor = static_cast<float>(1 / sum);
    for (std::size_t j = 0; j < n_; ++j) row[j] *= factor;
  }

  // Scales the rows to sum 1, then the columns; returns how far off the columns were.
  double iterate() {
    std::fill(w_.sums.begin(), w_.sums.end(), 0.0f);
    for (std::size_t i = 0; i < n_; ++i) {
      const float* row = w_.plan.data() + i * n_;
      const float sum = std::max(dot(row, w_.scale.data(), n_), 1e-30f);
      add_multiple(1 / sum, row, w_.sums.data(), n_);
    }
    double error = 0;
    for (std::size_t j = 0; j < n_; ++j) {
      error += std::abs(static_cast<double>(w_.scale[j] * w_.sums[j]) - 1);
      w_.scale[j] = 1 / std::max(w_.sums[j], 1e-12f);
    }
    return error / static_cast<double>(n_);
  }
  bool has_grown() const {
    const auto [least, most] = std::minmax_element(w_.scale.begin(), w_.scale.end());
    return *most > kLargestScale || *least * kLargestScale < 1;
  }
  void absorb() {
    for (std::size_t j = 0; j < n_; ++j) {
      w_.potential[j] += r_ * std::log(static_cast<double>(w_.scale[j]));
      w_.scale[j] = 1;
    }
  }
  // The kernel of the last potentials has rows that sum to 1: it is the plan.
  void finish() { make_kernel(); }

  std::size_t n_;
  std::span<const float> cost_;
  SinkhornWorkspace& w_;
  SinkhornReport report_;
  double r_ = 1;
};

}  // namespace

SinkhornReport sinkhorn(std::size_t n, std::span<const float> cost, double r,
                        SinkhornWorkspace& workspace, const SinkhornOptions& options) {
  constexpr std::string_view kWhere = "sinkhorn";
  check_size(kWhere, "cost", cost.size(), n * n);
  check_positive(kWhere, "r", r);
  check_at_least(kWhere, "iterations", options.iterations, 1);
  for (const float c : cost) {
    if (!std::isfinite(c)) check_finite(kWhere, "cost", static_cast<double>(c));
  }
  return n > 0 ? Solver(n, cost, workspace).solve(r, options) : SinkhornReport{};
}

void draw_partners(std::size_t n, std::span<const float> plan, const Random& random,
                   std::uint64_t step, std::span<std::int32_t> column_of_row) {
  check_size("draw_partners", "plan", plan.size(), n * n);
  check_size("draw_partners", "column_of_row", column_of_row.size(), n);
  for (std::size_t i = 0; i < n; ++i) {
    const float* row = plan.data() + i * n;
    const double level = random.uniform(step, i) * std::accumulate(row, row + n, 0.0);
    std::size_t j = 0;
    for (double sum = static_cast<double>(row[0]); sum < level && j + 1 < n;) {
      sum += static_cast<double>(row[++j]);
    }
    column_of_row[i] = static_cast<std::int32_t>(j);
  }
}

}  // namespace pathflow::path
