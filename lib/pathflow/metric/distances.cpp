// Exact and sliced Wasserstein-2, energy distance and maximum mean discrepancy.

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "pathflow/base/bits.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/base/exp_not_positive.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/metric/samples.hpp"
#include "pathflow/path/assignment.hpp"
#include "pathflow/path/coupling.hpp"

namespace pathflow::metric {
namespace {

double squared_distance(const Points& x, std::size_t i, const Points& y, std::size_t j) {
  const std::size_t d = x.shape(1);
  double sum = 0;
  for (std::size_t axis = 0; axis < d; ++axis) {
    const double away =
        static_cast<double>(x.data()[i * d + axis]) - static_cast<double>(y.data()[j * d + axis]);
    sum += away * away;
  }
  return sum;
}

// A direction uniform on the sphere: a normalised Gaussian vector.
std::vector<double> direction(const Random& random, std::uint64_t step, std::size_t d) {
  std::vector<double> u(d);
  random.fill_normal(std::span<double>(u), step);
  const double size = std::sqrt(std::inner_product(u.begin(), u.end(), u.begin(), 0.0));
  for (double& value : u) value /= size;
  return u;
}

// Unsigned integers in the order of floats: the sign bit flipped, negative values inverted.
std::uint32_t key_of(float value) {
  const std::uint32_t bits = bit_cast<std::uint32_t>(value);
  return bits ^ (bits >> 31 != 0 ? 0xFFFFFFFFu : 0x80000000u);
}

float value_of(std::uint32_t key) {
  return bit_cast<float>(key ^ (key >> 31 != 0 ? 0x80000000u : 0xFFFFFFFFu));
}

// Projections of a sample in ascending order. Radix sort, three digits of 11 bits: hundreds of
// short sorts are what sliced_wasserstein2 costs, and this is several times faster than std::sort.
class SortedProjection {
 public:
  const std::vector<float>& operator()(const Points& x, const std::vector<double>& u) {
    project(x, u);
    count_digits();
    for (std::size_t digit = 0; digit < kDigits; ++digit) scatter(digit);
    for (std::size_t i = 0; i < keys_.size(); ++i) values_[i] = value_of(keys_[i]);
    return values_;
  }

 private:
  static constexpr std::size_t kDigits = 3, kBits = 11, kBuckets = std::size_t{1} << kBits;

  static std::size_t bucket(std::uint32_t key, std::size_t digit) {
    return key >> (digit * kBits) & (kBuckets - 1);
  }
  void project(const Points& x, const std::vector<double>& u) {
    const std::size_t d = u.size();
    values_.resize(x.shape(0));
    keys_.resize(x.shape(0));
    spare_.resize(x.shape(0));
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      double sum = 0;
      for (std::size_t axis = 0; axis < d; ++axis) {
        sum += u[axis] * static_cast<double>(x.data()[i * d + axis]);
      }
      keys_[i] = key_of(static_cast<float>(sum));
    }
  }
  void count_digits() {
    for (auto& starts : starts_) starts.fill(0);
    for (const std::uint32_t key : keys_) {
      for (std::size_t digit = 0; digit < kDigits; ++digit) ++starts_[digit][bucket(key, digit)];
    }
    for (auto& starts : starts_) {
      std::exclusive_scan(starts.begin(), starts.end(), starts.begin(), std::uint32_t{0});
    }
  }
  void scatter(std::size_t digit) {
    for (const std::uint32_t key : keys_) spare_[starts_[digit][bucket(key, digit)]++] = key;
    keys_.swap(spare_);
  }

  std::vector<float> values_;
  std::vector<std::uint32_t> keys_, spare_;
  using Starts = std::array<std::uint32_t, kBuckets>;
  std::vector<Starts> starts_ = std::vector<Starts>(kDigits);  // too large for a WASM stack
};

double squared(double value) { return value * value; }

// int_0^1 |F^-1 - G^-1|^2 of two sorted samples. Quantiles are counted in units of 1 / (n m), so
// that the breakpoints i m and j n are exact integers.
double quantile_distance(const std::vector<float>& x, const std::vector<float>& y) {
  const std::size_t n = x.size(), m = y.size();
  double sum = 0;
  if (n == m) {
    for (std::size_t i = 0; i < n; ++i) {
      sum += squared(static_cast<double>(x[i]) - static_cast<double>(y[i]));
    }
    return sum / static_cast<double>(n);
  }
  std::uint64_t at = 0;
  for (std::size_t i = 0, j = 0; i < n && j < m;) {
    const std::uint64_t x_end = (i + 1) * std::uint64_t{m}, y_end = (j + 1) * std::uint64_t{n};
    const std::uint64_t end = std::min(x_end, y_end);
    sum += static_cast<double>(end - at) *
           squared(static_cast<double>(x[i]) - static_cast<double>(y[j]));
    i += x_end == end, j += y_end == end;
    at = end;
  }
  return sum / (static_cast<double>(n) * static_cast<double>(m));
}

// Rounding can leave a tiny negative square where the two samples agree.
double root(double square) { return std::sqrt(std::max(square, 0.0)); }

// At most `most` rows, evenly spaced.
void append_rows(const Points& x, std::size_t most, std::vector<float>& rows) {
  const std::size_t n = x.shape(0), d = x.shape(1), count = std::min(n, most);
  for (std::size_t i = 0; i < count; ++i) {
    const float* row = x.data() + i * n / count * d;
    rows.insert(rows.end(), row, row + d);
  }
}

}  // namespace

std::vector<std::int32_t> assign(std::size_t n, const std::vector<float>& cost) {
  check_size("assign", "cost", cost.size(), n * n);
  std::vector<std::int32_t> column(n);
  path::AssignmentWorkspace workspace;
  path::solve_assignment(n, std::span<const float>(cost), column, workspace);
  return column;
}

double wasserstein2(const Points& x, const Points& y) {
  check_samples("wasserstein2", x, y);
  const std::size_t n = x.shape(0);
  if (y.shape(0) != n) {
    throw_error(ErrorCode::kShape, "wasserstein2",
                {"x and y must have the same number of rows, got ", n, " and ", y.shape(0)});
  }
  std::vector<std::int32_t> column(n);
  path::CouplingWorkspace workspace;
  path::pair_optimally("wasserstein2", n, x.shape(1), {x.data(), x.size()}, {y.data(), y.size()},
                       column, workspace);
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    sum += squared_distance(x, i, y, static_cast<std::size_t>(column[i]));
  }
  return std::sqrt(sum / static_cast<double>(n));
}

double sliced_wasserstein2(const Points& x, const Points& y, int projections, std::uint64_t seed) {
  check_samples("sliced_wasserstein2", x, y);
  check_at_least("sliced_wasserstein2", "projections", projections, 1);
  const Random random(seed, Purpose::kMetric);
  std::vector<double> squares(static_cast<std::size_t>(projections));
  parallel_for(projections, 4, [&](std::int64_t begin, std::int64_t end) {
    SortedProjection along_x, along_y;
    for (std::int64_t k = begin; k < end; ++k) {
      const std::vector<double> u = direction(random, static_cast<std::uint64_t>(k), x.shape(1));
      squares[static_cast<std::size_t>(k)] = quantile_distance(along_x(x, u), along_y(y, u));
    }
  });
  return std::sqrt(std::accumulate(squares.begin(), squares.end(), 0.0) / projections);
}

double energy_distance(const Points& x, const Points& y) {
  check_samples("energy_distance", x, y);
  const Columns a(x), b(y);
  const auto length = [](float square) { return std::sqrt(square); };
  return root(2 * mean_over_pairs(a, b, length) - mean_over_pairs(a, a, length) -
              mean_over_pairs(b, b, length));
}

double median_bandwidth(const Points& x, const Points& y) {
  check_samples("median_bandwidth", x, y);
  constexpr std::size_t kMostRows = 256;
  const std::size_t d = x.shape(1);
  std::vector<float> rows;
  append_rows(x, kMostRows, rows);
  append_rows(y, kMostRows, rows);
  std::vector<double> squares;
  for (std::size_t i = 0; i < rows.size(); i += d) {
    for (std::size_t j = 0; j < i; j += d) {
      double sum = 0;
      for (std::size_t axis = 0; axis < d; ++axis) {
        sum += squared(static_cast<double>(rows[i + axis]) - static_cast<double>(rows[j + axis]));
      }
      if (sum > 0) squares.push_back(sum);
    }
  }
  if (squares.empty()) return 1;
  double *first = squares.data(), *middle = first + squares.size() / 2;
  std::nth_element(first, middle, first + squares.size());
  return std::sqrt(*middle);
}

double mmd(const Points& x, const Points& y, double bandwidth) {
  check_samples("mmd", x, y);
  check_not_negative("mmd", "bandwidth", bandwidth);
  const double h = bandwidth > 0 ? bandwidth : median_bandwidth(x, y);
  const float scale = static_cast<float>(-0.5 / (h * h));
  const auto kernel = [scale](float square) { return exp_not_positive(scale * square); };
  const Columns a(x), b(y);
  return root(mean_over_pairs(a, a, kernel) + mean_over_pairs(b, b, kernel) -
              2 * mean_over_pairs(a, b, kernel));
}

}  // namespace pathflow::metric
