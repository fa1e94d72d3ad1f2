#include "pathflow/cpu/kernels.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <tuple>
#include <vector>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/base/threads.hpp"
#include "pathflow/cpu/isa.hpp"
#include "pathflow/cpu/kernel_table.hpp"
#include "pathflow/cpu/reference.hpp"

namespace pathflow::cpu {
namespace {

template <class T>
std::vector<T> normals(std::size_t count, std::uint64_t seed) {
  std::vector<T> values(count);
  Random(seed, Purpose::kUser).fill_normal(std::span<T>(values), 0);
  return values;
}

std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// Runs every test of a fixture on every instruction set, and leaves the best one in use.
class EveryIsa : public ::testing::Test {
 protected:
  template <class Body>
  void on_each(Body body) {
    for (const std::string& name : isas()) {
      set_isa(name);
      SCOPED_TRACE(name);
      body();
    }
  }
  void TearDown() override {
    set_isa(isas().back());
    set_threads(1);
  }
};
using Gemm = EveryIsa;
using Elementwise = EveryIsa;
using Sums = EveryIsa;
using Optimizer = EveryIsa;

struct Problem {
  std::int64_t m, n, k;
  bool ta, tb;
};

std::vector<Problem> problems() {
  const std::vector<std::tuple<std::int64_t, std::int64_t, std::int64_t>> shapes = {
      {1, 1, 1},    {5, 7, 3},     {2, 3, 2},     {256, 128, 3}, {33, 2, 128},
      {128, 2, 40}, {3, 128, 256}, {64, 130, 17}, {37, 65, 129}, {65, 33, 300},
      {7, 16, 513}, {14, 24, 0},   {128, 128, 64}};
  std::vector<Problem> list;
  for (const auto& [m, n, k] : shapes) {
    for (int t = 0; t < 4; ++t) list.push_back({m, n, k, (t & 1) != 0, (t & 2) != 0});
  }
  return list;
}

// The slow independent answer: long sums in double over the definition.
template <class T>
std::vector<double> product(const Problem& p, const std::vector<T>& a, const std::vector<T>& b) {
  std::vector<double> c(size(p.m * p.n));
  for (std::int64_t i = 0; i < p.m; ++i) {
    for (std::int64_t j = 0; j < p.n; ++j) {
      double sum = 0;
      for (std::int64_t q = 0; q < p.k; ++q) {
        sum += static_cast<double>(a[size(p.ta ? q * p.m + i : i * p.k + q)]) *
               static_cast<double>(b[size(p.tb ? j * p.k + q : q * p.n + j)]);
      }
      c[size(i * p.n + j)] = sum;
    }
  }
  return c;
}

template <class T>
void check_product(const Problem& p) {
  const auto a = normals<T>(size(p.m * p.k), 1), b = normals<T>(size(p.k * p.n), 2);
  std::vector<T> c(size(p.m * p.n), std::numeric_limits<T>::quiet_NaN());
  gemm(p.m, p.n, p.k, a.data(), p.ta, b.data(), p.tb, c.data());
  const auto expected = product(p, a, b);
  // Rounding of a sum of k products of normals: eps k |a||b| covers any order of summation.
  const double bound = 4 * std::numeric_limits<T>::epsilon() * (1.0 + static_cast<double>(p.k));
  for (std::size_t i = 0; i < c.size(); ++i) {
    ASSERT_NEAR(static_cast<double>(c[i]), expected[i], bound)
        << p.m << "x" << p.n << "x" << p.k << " " << p.ta << p.tb << " element " << i;
  }
}

TEST_F(Gemm, MatchesTheDefinitionInEveryTransposeCase) {
  on_each([] {
    for (const Problem& p : problems()) check_product<float>(p);
  });
}

TEST(GemmDouble, MatchesTheDefinitionInEveryTransposeCase) {
  for (const Problem& p : problems()) check_product<double>(p);
}

constexpr Activation kActivations[] = {Activation::kIdentity, Activation::kSilu, Activation::kSelu,
                                       Activation::kGelu,     Activation::kTanh, Activation::kRelu};

double value(Activation activation, double x) {
  switch (activation) {
    case Activation::kIdentity:
      return x;
    case Activation::kSilu:
      return reference::apply(Unary::kSilu, x);
    case Activation::kSelu:
      return reference::apply(Unary::kSelu, x);
    case Activation::kGelu:
      return reference::apply(Unary::kGelu, x);
    case Activation::kTanh:
      return std::tanh(x);
    case Activation::kRelu:
      return reference::apply(Unary::kRelu, x);
  }
  return 0;
}

double slope(Activation activation, double x) {
  const double h = 1e-5;
  return (value(activation, x + h) - value(activation, x - h)) / (2 * h);
}

template <class T>
void check_epilogue(Activation activation, std::int64_t n) {
  const std::int64_t m = 45, k = 9;
  const auto a = normals<T>(size(m * k), 3), b = normals<T>(size(k * n), 4);
  const auto bias = normals<T>(size(n), 5), x = normals<T>(size(m * n), 6);
  std::vector<T> plain(size(m * n)), pre(size(m * n)), c(size(m * n)), back(size(m * n));
  gemm(m, n, k, a.data(), false, b.data(), false, plain.data());
  gemm<T>(m, n, k, a.data(), false, b.data(), false, c.data(),
          {.bias = bias.data(), .pre_activation = pre.data(), .activation = activation});
  gemm<T>(m, n, k, a.data(), false, b.data(), false, back.data(),
          {.grad_pre_activation = x.data(), .grad_activation = activation});
  for (std::size_t i = 0; i < c.size(); ++i) {
    const double xi = static_cast<double>(x[i]);
    ASSERT_EQ(pre[i], plain[i] + bias[i % size(n)]);
    ASSERT_NEAR(static_cast<double>(c[i]), value(activation, static_cast<double>(pre[i])),
                2e-6 * (1 + std::abs(static_cast<double>(pre[i]))));
    ASSERT_NEAR(static_cast<double>(back[i]), static_cast<double>(plain[i]) * slope(activation, xi),
                4e-6 * (1 + std::abs(static_cast<double>(plain[i]))));
  }
}

TEST_F(Gemm, EpilogueIsBiasPreActivationActivationAndGradient) {
  on_each([] {
    for (Activation activation : kActivations) {
      for (std::int64_t n : {2, 16, 37}) check_epilogue<float>(activation, n);
    }
  });
  for (Activation activation : kActivations) check_epilogue<double>(activation, 37);
}

TEST_F(Gemm, BitsDependNeitherOnThreadsNorOnRowsAround) {
  const std::int64_t m = 300, n = 200, k = 270;
  const auto a = normals<float>(size(m * k), 7), b = normals<float>(size(k * n), 8);
  on_each([&] {
    std::vector<float> one(size(m * n)), many(size(m * n)), single(size(n));
    set_threads(1);
    gemm(m, n, k, a.data(), false, b.data(), false, one.data());
    for (int count : {2, 3, 5}) {
      set_threads(count);
      gemm(m, n, k, a.data(), false, b.data(), false, many.data());
      EXPECT_TRUE(same_bits(one, many)) << count << " threads";
    }
    const std::int64_t row = 41;
    gemm(1, n, k, a.data() + row * k, false, b.data(), false, single.data());
    EXPECT_EQ(std::memcmp(single.data(), one.data() + row * n, size(n) * sizeof(float)), 0);
  });
}

// Threads share a product by rows, or by blocks of k where a is transposed, and pack for
// themselves.
TEST_F(Gemm, BitsDependOnThreadsInNoTransposeCaseAndForFewColumnsNeither) {
  for (const auto& [m, n, k] : std::vector<std::tuple<std::int64_t, std::int64_t, std::int64_t>>{
           {128, 128, 256}, {140, 130, 300}, {300, 2, 257}, {3, 128, 256}, {128, 2, 1000}}) {
    const auto a = normals<float>(size(m * k), 20), b = normals<float>(size(k * n), 21);
    const auto bias = normals<float>(size(n), 22);
    on_each([&, m = m, n = n, k = k] {
      for (int t = 0; t < 4; ++t) {
        std::vector<float> one(size(m * n)), many(size(m * n));
        for (int count : {1, 2, 3}) {
          set_threads(count);
          gemm<float>(m, n, k, a.data(), (t & 1) != 0, b.data(), (t & 2) != 0,
                      count == 1 ? one.data() : many.data(),
                      {.bias = bias.data(), .activation = Activation::kSilu});
          EXPECT_TRUE(count == 1 || same_bits(one, many)) << m << "x" << n << "x" << k << " " << t;
        }
      }
    });
  }
}

// numerics.md: instruction sets agree bit for bit when both fuse multiply-add or neither does.
TEST_F(Gemm, BitsAgreeBetweenInstructionSetsOfOneFusing) {
  const std::int64_t m = 70, n = 90, k = 270;
  const auto a = normals<float>(size(m * k), 9), b = normals<float>(size(k * n), 10);
  std::vector<float> first[2];
  on_each([&] {
    std::vector<float> c(size(m * n));
    gemm<float>(m, n, k, a.data(), false, b.data(), true, c.data(),
                {.activation = Activation::kSilu});
    std::vector<float>& known = first[kernels().fused ? 1 : 0];
    if (known.empty()) known = c;
    EXPECT_TRUE(same_bits(known, c));
  });
}

template <class T>
void check_binary(Binary op, std::int64_t outer, std::int64_t inner, Stride2 sa, Stride2 sb) {
  const auto a = normals<T>(size(outer * inner), 11), b = normals<T>(size(outer * inner), 12);
  std::vector<T> y(size(outer * inner));
  binary(op, outer, inner, a.data(), sa, b.data(), sb, y.data());
  for (std::int64_t i = 0; i < outer; ++i) {
    for (std::int64_t j = 0; j < inner; ++j) {
      const T u = a[size(i * sa.row + j * sa.element)], v = b[size(i * sb.row + j * sb.element)];
      const T expected = op == Binary::kAdd        ? u + v
                         : op == Binary::kSubtract ? u - v
                         : op == Binary::kMultiply ? u * v
                                                   : u / v;
      ASSERT_EQ(y[size(i * inner + j)], expected) << outer << "x" << inner << " " << i << "," << j;
    }
  }
}

TEST_F(Elementwise, BinaryBroadcasts) {
  on_each([] {
    for (Binary op : {Binary::kAdd, Binary::kSubtract, Binary::kMultiply, Binary::kDivide}) {
      for (const auto& [outer, inner] : std::vector<std::pair<std::int64_t, std::int64_t>>{
               {1, 1}, {1, 77}, {9, 2}, {5, 37}, {700, 64}}) {
        const std::vector<Stride2> strides = {{inner, 1}, {0, 1}, {1, 0}, {0, 0}};
        for (const Stride2& sa : strides) {
          for (const Stride2& sb : strides) check_binary<float>(op, outer, inner, sa, sb);
        }
      }
    }
  });
  check_binary<double>(Binary::kDivide, 5, 37, {37, 1}, {1, 0});
}

TEST_F(Elementwise, InPlaceAndAnyOffsetGiveTheSameBits) {
  const auto x = normals<float>(103, 13);
  on_each([&] {
    for (int op = 0; op <= static_cast<int>(Unary::kReluGrad); ++op) {
      std::vector<float> whole(103), place = x;
      unary(static_cast<Unary>(op), 103, x.data(), whole.data());
      unary(static_cast<Unary>(op), 103, place.data(), place.data());
      EXPECT_TRUE(same_bits(whole, place)) << op;
      for (std::int64_t i : {0, 5, 50, 102}) {
        float one = 0;
        unary(static_cast<Unary>(op), 1, x.data() + i, &one);
        EXPECT_EQ(std::memcmp(&one, &whole[size(i)], sizeof one), 0) << op << " at " << i;
      }
    }
  });
}

template <class T>
void check_sum(std::int64_t outer, std::int64_t count, std::int64_t inner) {
  const auto x = normals<T>(size(outer * count * inner), 14);
  std::vector<T> y(size(outer * inner), T(-1));
  reduce_sum(outer, count, inner, x.data(), y.data());
  for (std::int64_t i = 0; i < outer; ++i) {
    for (std::int64_t j = 0; j < inner; ++j) {
      double sum = 0, magnitude = 0;
      for (std::int64_t q = 0; q < count; ++q) {
        const double v = static_cast<double>(x[size((i * count + q) * inner + j)]);
        sum += v;
        magnitude += std::abs(v);
      }
      // 16 terms in order, then a tree: at most 16 + log2(count) additions touch a term.
      const double depth = 17 + std::log2(static_cast<double>(count) + 1);
      ASSERT_NEAR(static_cast<double>(y[size(i * inner + j)]), sum,
                  depth * std::numeric_limits<T>::epsilon() * magnitude)
          << outer << "," << count << "," << inner;
    }
  }
}

TEST_F(Sums, MatchDoubleWithinTheBoundOfPairwiseSummation) {
  on_each([] {
    for (std::int64_t inner : {1, 2, 3, 4, 8, 16, 37, 64, 130}) {
      for (std::int64_t count : {1, 2, 15, 16, 17, 256, 1000}) check_sum<float>(1, count, inner);
      check_sum<float>(5, 7, inner);
      check_sum<double>(3, 100, inner);
    }
  });
}

TEST_F(Sums, BitsAgreeOnEveryInstructionSetAndForEveryNumberOfThreads) {
  for (std::int64_t inner : {1, 2, 3, 128}) {
    const std::int64_t count = inner == 1 ? 600001 : 30001;
    const auto x = normals<float>(size(count * inner), 15);
    std::vector<float> first;
    double first_squares = 0;
    on_each([&] {
      for (int count_of_threads : {1, 2, 4}) {
        set_threads(count_of_threads);
        std::vector<float> y(size(inner));
        reduce_sum(1, count, inner, x.data(), y.data());
        const double squares = sum_of_squares(count, x.data());
        if (first.empty()) first = y, first_squares = squares;
        EXPECT_TRUE(same_bits(first, y));
        EXPECT_EQ(first_squares, squares);
      }
    });
  }
}

TEST_F(Sums, EmptySumIsZeroAndSquaresAreSummedInDouble) {
  on_each([] {
    float y[3] = {1, 2, 3};
    reduce_sum<float>(1, 0, 3, nullptr, y);
    EXPECT_EQ(y[0], 0.0f);
    EXPECT_EQ(y[2], 0.0f);
    std::vector<float> x(1000, 0.1f);
    x[0] = 1e15f;  // its square swamps every other in float and not in double
    const double big = static_cast<double>(1e15f) * static_cast<double>(1e15f);
    const double small = static_cast<double>(0.1f) * static_cast<double>(0.1f);
    EXPECT_NEAR(sum_of_squares<float>(1000, x.data()), big + 999 * small, 1e-13 * big);
    EXPECT_NEAR(sum_of_squares<float>(999, x.data() + 1), 999 * small, 1e-11);
  });
}

TEST_F(Elementwise, TransposeGatherScatter) {
  on_each([] {
    for (const auto& [rows, columns] : std::vector<std::pair<std::int64_t, std::int64_t>>{
             {1, 1}, {3, 128}, {130, 67}, {4, 4}, {65, 2}}) {
      const auto x = normals<float>(size(rows * columns), 16);
      std::vector<float> y(x.size());
      transpose(rows, columns, x.data(), y.data());
      for (std::int64_t i = 0; i < rows * columns; ++i) {
        ASSERT_EQ(y[size(i % columns * rows + i / columns)], x[size(i)]);
      }
    }
  });
  const std::vector<float> table = {1, 2, 3, 4, 5, 6}, indices = {2, 0, 2};
  std::vector<float> rows(6), sums(6, 9.0f);
  gather_rows<float>(3, 2, 3, table.data(), indices.data(), rows.data());
  EXPECT_EQ(rows, (std::vector<float>{5, 6, 1, 2, 5, 6}));
  scatter_add_rows<float>(3, 2, 3, rows.data(), indices.data(), sums.data());
  EXPECT_EQ(sums, (std::vector<float>{1, 2, 0, 0, 10, 12}));
}

struct Moments {
  std::vector<double> parameter, first, second, ema;
};

// Algorithm 2 of Loshchilov & Hutter 2019, as printed, in double, and the average of its results.
void adamw_by_hand(const AdamWStep& s, const std::vector<float>& gradient, Moments& x) {
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    const double g = static_cast<double>(gradient[i]) * s.gradient_scale;
    x.first[i] = s.beta1 * x.first[i] + (1 - s.beta1) * g;
    x.second[i] = s.beta2 * x.second[i] + (1 - s.beta2) * g * g;
    const double mean = x.first[i] / s.bias_correction1;
    const double spread = std::sqrt(x.second[i] / s.bias_correction2);
    x.parameter[i] -=
        s.learning_rate * (mean / (spread + s.epsilon) + s.weight_decay * x.parameter[i]);
    x.ema[i] = s.ema_decay * x.ema[i] + (1 - s.ema_decay) * x.parameter[i];
  }
}

TEST_F(Optimizer, AdamWFollowsTheDefinitionForManySteps) {
  on_each([] {
    const std::size_t n = 53;
    auto p = normals<float>(n, 17), m = std::vector<float>(n), v = m, ema = p;
    Moments x{{p.begin(), p.end()}, std::vector<double>(n), std::vector<double>(n), {}};
    x.ema = x.parameter;
    for (int step = 1; step <= 50; ++step) {
      const AdamWStep s{1e-2,
                        0.9,
                        0.999,
                        1e-8,
                        0.01,
                        0.5,
                        0.95,
                        1 - std::pow(0.9, step),
                        1 - std::pow(0.999, step)};
      const auto g = normals<float>(n, 100 + static_cast<std::uint64_t>(step));
      adamw<float>(static_cast<std::int64_t>(n), s, g.data(), p.data(), m.data(), v.data(),
                   ema.data());
      adamw_by_hand(s, g, x);
    }
    for (std::size_t i = 0; i < n; ++i) {
      EXPECT_NEAR(static_cast<double>(p[i]), x.parameter[i], 1e-5);
      EXPECT_NEAR(static_cast<double>(m[i]), x.first[i], 1e-6);
      EXPECT_NEAR(static_cast<double>(v[i]), x.second[i], 1e-7);
      EXPECT_NEAR(static_cast<double>(ema[i]), x.ema[i], 1e-5);
    }
  });
}

TEST_F(Optimizer, AdamWWithoutAnAverageAndInDouble) {
  const AdamWStep s{1e-2, 0.9, 0.999, 1e-8, 0.01, 1.0, 0.95, 0.1, 0.001};
  const auto g = normals<float>(21, 18);
  const auto start = normals<float>(21, 19);
  Moments x{{start.begin(), start.end()}, std::vector<double>(21), std::vector<double>(21), {}};
  x.ema = x.parameter;
  adamw_by_hand(s, g, x);
  std::vector<double> p(start.begin(), start.end()), m(21), v(21), gd(g.begin(), g.end());
  adamw<double>(21, s, gd.data(), p.data(), m.data(), v.data(), nullptr);
  std::vector<float> pf = start, mf(21), vf(21);
  adamw<float>(21, s, g.data(), pf.data(), mf.data(), vf.data(), nullptr);
  for (std::size_t i = 0; i < 21; ++i) {
    EXPECT_NEAR(p[i], x.parameter[i], 1e-15);
    EXPECT_NEAR(static_cast<double>(pf[i]), x.parameter[i], 1e-6);
  }
}

TEST(Isa, UnknownNameListsWhatIsThere) {
  const std::string before(isa());
  try {
    set_isa("mmx");
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find(isas().front()), std::string::npos);
  }
  EXPECT_EQ(std::string(isa()), before);
}

}  // namespace
}  // namespace pathflow::cpu
