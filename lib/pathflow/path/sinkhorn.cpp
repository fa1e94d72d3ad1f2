#include "pathflow/path/sinkhorn.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "pathflow/base/error.hpp"
#include "pathflow/base/exp_not_positive.hpp"

namespace pathflow::path {
namespace {

constexpr float kLargestScale = 1e8f;  // of a column before the kernel is made anew

// Element j of a row belongs to lane j % 32, whatever the width W of a register: every width gives
// the same bits.
constexpr std::size_t kLanes = 32;

// Joined in pairs.
template <class T>
T total(T* lanes) {
  for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::size_t l = 0; l < half; ++l) lanes[l] += lanes[l + half];
  }
  return lanes[0];
}

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
// Always inlined, so that a function for AVX2 has no code of others.
#define PATHFLOW_INLINE __attribute__((always_inline))

template <std::size_t W>
struct Lanes {
  using V [[gnu::vector_size(W * sizeof(float))]] = float;
  using I [[gnu::vector_size(W * sizeof(float))]] = std::int32_t;
  V part[kLanes / W] = {};

  // f(part, index) for all parts of all whole blocks of n elements.
  template <class F>
  PATHFLOW_INLINE inline void each(std::size_t n, F f) {
    for (std::size_t j = 0; j + kLanes <= n; j += kLanes) {
      [&]<std::size_t... K>(std::index_sequence<K...>) PATHFLOW_INLINE {
        (f(part[K], j + K * W), ...);
      }
      (std::make_index_sequence<kLanes / W>());
    }
  }
};
template <class V>
PATHFLOW_INLINE inline void load(const float* from, V& v) {
  std::memcpy(&v, from, sizeof v);
}
template <class V>
PATHFLOW_INLINE inline void store(const V& v, float* to) {
  std::memcpy(to, &v, sizeof v);
}

// The four loops over a row, for its whole blocks. Lanes are 0 before, or most[].
template <std::size_t W>
struct Loops {
  using V = typename Lanes<W>::V;

  PATHFLOW_INLINE static void dot(const float* a, const float* b, std::size_t n, float* lanes) {
    Lanes<W> sum;
    sum.each(n, [&](V& part, std::size_t j) PATHFLOW_INLINE {
      V x, y;
      load(a + j, x);
      load(b + j, y);
      part += x * y;
    });
    std::memcpy(lanes, sum.part, sizeof sum.part);
  }
  PATHFLOW_INLINE static void add(float factor, const float* a, std::size_t n, float* sums) {
    Lanes<W>().each(n, [&](V& part, std::size_t j) PATHFLOW_INLINE {
      V x;
      load(a + j, x);
      load(sums + j, part);
      part += factor * x;
      store(part, sums + j);
    });
  }
  PATHFLOW_INLINE static void exponents(const float* cost, const float* shifted, float inverse,
                                        std::size_t n, float* row, float* most) {
    Lanes<W> top;
    std::memcpy(top.part, most, sizeof top.part);
    top.each(n, [&](V& part, std::size_t j) PATHFLOW_INLINE {
      V s, c;
      load(shifted + j, s);
      load(cost + j, c);
      s -= c * inverse;
      part = s > part ? s : part;
      store(s, row + j);
    });
    std::memcpy(most, top.part, sizeof top.part);
  }
  PATHFLOW_INLINE static void exponentials(float top, std::size_t n, float* row, float* lanes) {
    Lanes<W> sum;
    sum.each(n, [&](V& part, std::size_t j) PATHFLOW_INLINE {
      V x;
      load(row + j, x);
      x -= top;
      exp_not_positive_lanes<V, typename Lanes<W>::I>(x);
      part += x;
      store(x, row + j);
    });
    std::memcpy(lanes, sum.part, sizeof sum.part);
  }
};
#else
// The loops below do it all.
template <std::size_t>
struct Loops {
  template <class... T>
  static void dot(T...) {}
  template <class... T>
  static void add(T...) {}
  template <class... T>
  static void exponents(T...) {}
  template <class... T>
  static void exponentials(T...) {}
};
#define PATHFLOW_INLINE
#endif

// How many elements of a row are in the whole blocks of registers of width W.
template <std::size_t W>
constexpr std::size_t whole(std::size_t n) {
  return W > 1 ? n - n % kLanes : 0;
}

// Adds to the columns' sums what a row gives once it is scaled to sum 1.
template <std::size_t W>
PATHFLOW_INLINE inline void add_row(const float* row, const float* scale, float* sums,
                                    std::size_t n) {
  float lanes[kLanes] = {};
  Loops<W>::dot(row, scale, n, lanes);
  for (std::size_t j = whole<W>(n); j < n; ++j) lanes[j % kLanes] += row[j] * scale[j];
  const float factor = 1 / std::max(total(lanes), 1e-30f);
  Loops<W>::add(factor, row, n, sums);
  for (std::size_t j = whole<W>(n); j < n; ++j) sums[j] += factor * row[j];
}

// exp(shifted_j - cost_j inverse), divided by its sum.
template <std::size_t W>
PATHFLOW_INLINE inline void make_row(const float* cost, const float* shifted, float inverse,
                                     float* row, std::size_t n) {
  float lanes[kLanes];
  std::fill_n(lanes, kLanes, shifted[0] - cost[0] * inverse);
  Loops<W>::exponents(cost, shifted, inverse, n, row, lanes);
  for (std::size_t j = whole<W>(n); j < n; ++j) {
    row[j] = shifted[j] - cost[j] * inverse;
    lanes[0] = row[j] > lanes[0] ? row[j] : lanes[0];
  }
  const float top = *std::max_element(lanes, lanes + kLanes);
  std::fill_n(lanes, kLanes, 0.0f);
  Loops<W>::exponentials(top, n, row, lanes);
  for (std::size_t j = whole<W>(n); j < n; ++j) {
    row[j] = exp_not_positive(row[j] - top);
    lanes[j % kLanes] += row[j];
  }
  const float factor = 1 / total(lanes);
  std::size_t j = 0;
  for (; j + kLanes <= n; j += kLanes) {
    for (std::size_t l = 0; l < kLanes; ++l) row[j + l] *= factor;
  }
  for (; j < n; ++j) row[j] *= factor;
}

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
[[gnu::target("avx2")]] void add_row_avx2(const float* row, const float* scale, float* sums,
                                          std::size_t n) {
  add_row<8>(row, scale, sums, n);
}
[[gnu::target("avx2")]] void make_row_avx2(const float* cost, const float* shifted, float inverse,
                                           float* row, std::size_t n) {
  make_row<8>(cost, shifted, inverse, row, n);
}
void add_row(const float* row, const float* scale, float* sums, std::size_t n) {
  static const bool has_avx2 = __builtin_cpu_supports("avx2");
  has_avx2 ? add_row_avx2(row, scale, sums, n) : add_row<4>(row, scale, sums, n);
}
void make_row(const float* cost, const float* shifted, float inverse, float* row, std::size_t n) {
  static const bool has_avx2 = __builtin_cpu_supports("avx2");
  has_avx2 ? make_row_avx2(cost, shifted, inverse, row, n)
           : make_row<4>(cost, shifted, inverse, row, n);
}
#else
void add_row(const float* row, const float* scale, float* sums, std::size_t n) {
  add_row<1>(row, scale, sums, n);
}
void make_row(const float* cost, const float* shifted, float inverse, float* row, std::size_t n) {
  make_row<1>(cost, shifted, inverse, row, n);
}
#endif

double sum_of(const float* values, std::size_t n) {
  double lanes[kLanes] = {};
  std::size_t j = 0;
  for (; j + kLanes <= n; j += kLanes) {
    for (std::size_t l = 0; l < kLanes; ++l) lanes[l] += static_cast<double>(values[j + l]);
  }
  for (; j < n; ++j) lanes[j % kLanes] += static_cast<double>(values[j]);
  return total(lanes);
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
    const double mean = sum_of(cost_.data(), n_ * n_) / (static_cast<double>(n_) * n_);
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
    double power = 1, before = 0;
    for (int i = 0; i < options.iterations; ++i) {
      ++report_.iterations;
      report_.error = sum_columns();
      if (report_.error <= options.tolerance) power = 1;
      if (i % kPeriod == 0) {
        power = i == 0 ? 1 : better_power(power, std::pow(report_.error / before, 1.0 / kPeriod));
        before = report_.error;
      }
      scale_columns(power);
      if (report_.error <= options.tolerance) break;
      if (has_grown()) {
        absorb();
        make_kernel();
      }
    }
    absorb();
  }

  // The power of the columns' corrections that makes the error fall fastest, by the rate at which
  // it fell under the last one: over-relaxation of a linear iteration whose own rate is `plain`.
  static double better_power(double power, double rate) {
    if (!(rate < 1)) return 1;
    if (rate <= power - 1) return power;
    const double root = (rate + power - 1) / power, plain = root * root / rate;
    return std::min(2 / (1 + std::sqrt(std::max(1 - plain, 0.0))), kMostPower);
  }

  void make_kernel() {
    for (std::size_t j = 0; j < n_; ++j) {
      w_.shifted[j] = static_cast<float>(w_.potential[j] / r_);
    }
    const float inverse = static_cast<float>(1 / r_);
    for (std::size_t i = 0; i < n_; ++i) {
      const float* c = cost_.data() + i * n_;
      float* row = w_.plan.data() + i * n_;
      make_row(c, w_.shifted.data(), inverse, row, n_);
    }
  }

  // With rows scaled to sum 1: how far off the columns are.
  double sum_columns() {
    std::fill(w_.sums.begin(), w_.sums.end(), 0.0f);
    for (std::size_t i = 0; i < n_; ++i) {
      const float* row = w_.plan.data() + i * n_;
      add_row(row, w_.scale.data(), w_.sums.data(), n_);
    }
    double error = 0;
    for (std::size_t j = 0; j < n_; ++j) {
      error += std::abs(static_cast<double>(w_.scale[j] * w_.sums[j]) - 1);
    }
    return error / static_cast<double>(n_);
  }
  void scale_columns(double power) {
    for (std::size_t j = 0; j < n_; ++j) {
      const float whole = 1 / std::max(w_.sums[j], 1e-12f);
      const double correction = static_cast<double>(whole) / static_cast<double>(w_.scale[j]);
      w_.scale[j] = power == 1
                        ? whole
                        : w_.scale[j] * static_cast<float>(std::exp(power * std::log(correction)));
    }
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

  static constexpr int kPeriod = 10;  // iterations under one power
  static constexpr double kMostPower = 1.95;

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
  check_finite(kWhere, "cost", sum_of(cost.data(), cost.size()));
  return n > 0 ? Solver(n, cost, workspace).solve(r, options) : SinkhornReport{};
}

void draw_partners(std::size_t n, std::span<const float> plan, const Random& random,
                   std::uint64_t step, std::span<std::int32_t> column_of_row) {
  check_size("draw_partners", "plan", plan.size(), n * n);
  check_size("draw_partners", "column_of_row", column_of_row.size(), n);
  for (std::size_t i = 0; i < n; ++i) {
    const float* row = plan.data() + i * n;
    double level = random.uniform(step, i) * sum_of(row, n);
    std::size_t j = 0;
    for (; j + kLanes < n; j += kLanes) {
      const double block = sum_of(row + j, kLanes);
      if (level < block) break;
      level -= block;
    }
    for (double sum = static_cast<double>(row[j]); sum < level && j + 1 < n;) {
      sum += static_cast<double>(row[++j]);
    }
    column_of_row[i] = static_cast<std::int32_t>(j);
  }
}

}  // namespace pathflow::path
