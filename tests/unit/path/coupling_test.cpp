// Couplings and training-time laws.
#include "pathflow/path/coupling.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/path/time_sampling.hpp"

namespace pathflow::path {
namespace {

std::vector<float> normals(std::size_t count, std::uint64_t step, double scale = 1,
                           double shift = 0) {
  const Random random(4, Purpose::kUser);
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<float>(shift + scale * random.normal(step, i));
  }
  return values;
}

double transport_cost(std::size_t n, std::size_t d, const std::vector<float>& data,
                      const std::vector<float>& source, const std::vector<std::int32_t>& pi) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < d; ++k) {
      const double difference =
          static_cast<double>(data[i * d + k]) -
          static_cast<double>(source[static_cast<std::size_t>(pi[i]) * d + k]);
      sum += difference * difference;
    }
  }
  return sum;
}

TEST(Coupling, IndependentIsTheIdentity) {
  const auto data = normals(20, 0), source = normals(20, 1);
  std::vector<std::int32_t> pi(10, -1);
  CouplingWorkspace workspace;
  couple(Coupling::kIndependent, 10, 2, data, source, pi, workspace);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(pi[static_cast<std::size_t>(i)], i);
}

// In one dimension optimal transport sorts both sides.
TEST(Coupling, OtSortsTheLine) {
  const std::size_t n = 200;
  const auto data = normals(n, 0, 3, 5), source = normals(n, 1);
  std::vector<std::int32_t> pi(n);
  CouplingWorkspace workspace;
  couple(Coupling::kOt, n, 1, data, source, pi, workspace);
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return data[a] < data[b]; });
  for (std::size_t i = 1; i < n; ++i) {
    EXPECT_LE(source[static_cast<std::size_t>(pi[order[i - 1]])],
              source[static_cast<std::size_t>(pi[order[i]])]);
  }
}

// Centring and scaling inside couple() must not change the plan's true cost: against the solver on
// plain squared distances in double.
TEST(Coupling, OtIsOptimalForThePlainCost) {
  for (const std::size_t d : {2u, 5u}) {
    const std::size_t n = 128;
    const auto data = normals(n * d, 0, 4, -7), source = normals(n * d, 1, 0.5, 2);
    std::vector<std::int32_t> pi(n), reference(n);
    CouplingWorkspace workspace;
    couple(Coupling::kOt, n, d, data, source, pi, workspace);
    std::vector<double> cost(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t k = 0; k < d; ++k) {
          cost[i * n + j] += std::pow(
              static_cast<double>(data[i * d + k]) - static_cast<double>(source[j * d + k]), 2);
        }
      }
    }
    AssignmentWorkspace assignment;
    solve_assignment(n, std::span<const double>(cost), reference, assignment);
    const double best = transport_cost(n, d, data, source, reference);
    EXPECT_NEAR(transport_cost(n, d, data, source, pi), best, 1e-6 * best);
  }
}

TEST(Coupling, OtTakesDegenerateBatches) {
  CouplingWorkspace workspace;
  const std::vector<float> same(20, 3.0f), source = normals(20, 1);
  std::vector<std::int32_t> pi(10);
  couple(Coupling::kOt, 10, 2, same, source, pi, workspace);
  std::sort(pi.begin(), pi.end());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(pi[static_cast<std::size_t>(i)], i);
  std::vector<std::int32_t> one(1);
  couple(Coupling::kOt, 1, 2, {same.data(), 2}, {source.data(), 2}, one, workspace);
  EXPECT_EQ(one[0], 0);
}

TEST(Coupling, RefusesBadInput) {
  CouplingWorkspace workspace;
  const std::size_t n = kMaxOtBatch + 1;
  const std::vector<float> many(2 * n, 0.0f);
  std::vector<std::int32_t> pi(n), few(3);
  EXPECT_THROW(couple(Coupling::kOt, n, 2, many, many, pi, workspace), InvalidArgument);
  EXPECT_THROW(couple(Coupling::kOt, n, 3, many, many, pi, workspace), ShapeError);
  EXPECT_THROW(couple(Coupling::kOt, 2, 2, {many.data(), 4}, {many.data(), 4}, few, workspace),
               ShapeError);
  std::vector<float> bad(4, 0.0f);
  bad[1] = std::nanf("");
  std::vector<std::int32_t> two(2);
  EXPECT_THROW(couple(Coupling::kOt, 2, 2, bad, {many.data(), 4}, two, workspace), InvalidArgument);
  EXPECT_EQ(coupling_of("ot"), Coupling::kOt);
  EXPECT_EQ(coupling_of("independent"), Coupling::kIndependent);
  EXPECT_THROW(coupling_of("sinkhorn"), InvalidArgument);
}

struct Moments {
  double mean = 0, variance = 0;
};
Moments moments(const std::vector<double>& values) {
  const double n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return {mean, squares / n};
}

// Bounds at 5 standard errors of n = 40,000 draws.
TEST(TimeLaw, UniformHasItsMomentsAndInterval) {
  const TimeLaw law("uniform", {0.2, 0.6});
  std::vector<double> t(40000);
  law.draw(Random(1, Purpose::kTime), 0, std::span<double>(t));
  const Moments m = moments(t);
  EXPECT_NEAR(m.mean, 0.4, 5 * 0.4 / std::sqrt(12.0 * 40000));
  EXPECT_NEAR(m.variance, 0.16 / 12, 5 * 0.16 / std::sqrt(180.0 * 40000));
  EXPECT_GE(*std::min_element(t.begin(), t.end()), 0.2);
  EXPECT_LE(*std::max_element(t.begin(), t.end()), 0.6);
}

TEST(TimeLaw, StratifiedPutsOneDrawInEachStratum) {
  const TimeLaw law("stratified", {0, 1});
  std::vector<double> t(64);
  for (std::uint64_t step = 0; step < 20; ++step) {
    law.draw(Random(1, Purpose::kTime), step, std::span<double>(t));
    for (std::size_t i = 0; i < t.size(); ++i) {
      EXPECT_GE(t[i], static_cast<double>(i) / 64);
      EXPECT_LE(t[i], static_cast<double>(i + 1) / 64);
    }
  }
}

TEST(TimeLaw, LogitNormalHasItsMedianAndQuartiles) {
  const TimeLaw law("logit-normal", {0, 1}, -0.4, 1.2);
  std::vector<double> t(40000);
  law.draw(Random(1, Purpose::kTime), 0, std::span<double>(t));
  std::vector<double> logits;
  for (const double v : t) logits.push_back(std::log(v / (1 - v)));
  const Moments m = moments(logits);
  EXPECT_NEAR(m.mean, -0.4, 5 * 1.2 / 200);
  EXPECT_NEAR(std::sqrt(m.variance), 1.2, 5 * 1.2 / std::sqrt(2.0 * 40000));
}

TEST(TimeLaw, FloatDrawsStayInsideTheRoundedInterval) {
  for (const std::string& name : time_law_names()) {
    const TimeLaw law(name, {1e-3, 1 - 1e-3});
    std::vector<float> t(1000);
    for (std::uint64_t step = 0; step < 20; ++step) {
      law.draw(Random(step, Purpose::kTime), step, std::span<float>(t));
      for (const float v : t) {
        ASSERT_GE(v, 1e-3f) << name;
        ASSERT_LE(v, static_cast<float>(1 - 1e-3)) << name;
      }
    }
  }
}

TEST(TimeLaw, RefusesBadInput) {
  EXPECT_THROW(TimeLaw("beta", {0, 1}), InvalidArgument);
  EXPECT_THROW(TimeLaw("uniform", {0.7, 0.2}), InvalidArgument);
  EXPECT_THROW(TimeLaw("logit-normal", {0, 1}, 0, 0), InvalidArgument);
  EXPECT_THROW(TimeLaw("logit-normal", {0, 1}, std::nan(""), 1), InvalidArgument);
}

}  // namespace
}  // namespace pathflow::path
