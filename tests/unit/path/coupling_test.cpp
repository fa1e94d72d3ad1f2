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

// Whatever the sizes of two sides, the answer is that of sides of size 1 or a sentence.
TEST(Coupling, TakesRowsOfAnySizeOrRefusesThem) {
  const std::size_t n = 16;
  const std::vector<int> labels(n, 0);
  CouplingWorkspace workspace;
  std::vector<std::int32_t> pi(n), usual(n);
  couple(Coupling::kOt, n, 2, normals(2 * n, 0), normals(2 * n, 1), usual, workspace);
  for (const double a : {1e-40, 1e-30, 1e-10, 1.0, 1e10, 1e30, 1e37}) {
    for (const double b : {1e-40, 1e-30, 1.0, 1e30, 1e37}) {
      const auto data = normals(2 * n, 0, a), source = normals(2 * n, 1, b);
      for (const Coupling coupling :
           {Coupling::kOt, Coupling::kConditionalOt, Coupling::kSinkhorn, Coupling::kBridge}) {
        std::fill(pi.begin(), pi.end(), -1);
        try {
          couple(coupling, n, 2, data, source, pi, workspace, {.labels = labels});
          for (const std::int32_t row : pi) EXPECT_TRUE(row >= 0 && row < 16) << a << " " << b;
        } catch (const InvalidArgument& error) {
          EXPECT_TRUE(coupling == Coupling::kSinkhorn || coupling == Coupling::kBridge)
              << error.what();
          EXPECT_GT(std::max(a, b), 1e18) << error.what();
        }
        if (coupling == Coupling::kOt && std::min(a, b) > 1e-35) {
          EXPECT_EQ(pi, usual) << a << " " << b;
        }
      }
    }
  }
  // What the fuzzer of the C interface found: a few of 1e30 among ones.
  std::vector<float> mixed(2 * n, 1.0f);
  mixed[3] = 1e30f, mixed[8] = -1e-40f, mixed[17] = 1e30f;
  couple(Coupling::kOt, n, 2, mixed, normals(2 * n, 1), pi, workspace);
  EXPECT_TRUE(std::is_permutation(pi.begin(), pi.end(), usual.begin()));
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
  EXPECT_THROW(coupling_of("sinkhron"), InvalidArgument);
}

std::vector<float> squared_distances(std::size_t n, std::size_t d, const std::vector<float>& x,
                                     const std::vector<float>& y) {
  std::vector<float> cost(n * n, 0.0f);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t k = 0; k < d; ++k) {
        const float away = x[i * d + k] - y[j * d + k];
        cost[i * n + j] += away * away;
      }
    }
  }
  return cost;
}

TEST(Sinkhorn, MeetsBothMarginals) {
  SinkhornWorkspace w;
  for (const std::size_t n : {1u, 7u, 64u, 130u}) {
    const auto cost = squared_distances(n, 2, normals(2 * n, 0, 3, 5), normals(2 * n, 1));
    for (const double r : {100.0, 5.0, 0.5}) {
      const SinkhornReport report =
          sinkhorn(n, cost, r, w, {.tolerance = 1e-4, .iterations = 5000});
      EXPECT_LE(report.error, 1e-4) << n << " " << r;
      for (std::size_t i = 0; i < n; ++i) {
        double row = 0, column = 0;
        for (std::size_t j = 0; j < n; ++j) {
          row += static_cast<double>(w.plan[i * n + j]);
          column += static_cast<double>(w.plan[j * n + i]);
        }
        EXPECT_NEAR(row, 1, 1e-5);
        EXPECT_NEAR(column, 1, 1e-4 * static_cast<double>(n) + 1e-4);
      }
    }
  }
}

// Two clusters far apart to eight on a ring, r far below their distances: the columns' scales of
// whole clusters move slowly. Measured: 123, without over-relaxation 224.
TEST(Sinkhorn, FarClustersTakeFewIterations) {
  const std::size_t n = 128;
  std::vector<float> x = normals(2 * n, 0, 0.3), y = normals(2 * n, 1, 0.3);
  for (std::size_t i = 0; i < n; ++i) {
    const double turn = 0.78539816 * static_cast<double>(i % 8);
    x[2 * i] += i % 3 == 0 ? -3.0f : 2.0f;
    y[2 * i] += static_cast<float>(5 * std::cos(turn));
    y[2 * i + 1] += static_cast<float>(5 * std::sin(turn));
  }
  SinkhornWorkspace w;
  const SinkhornReport report = sinkhorn(n, squared_distances(n, 2, x, y), 0.3, w);
  EXPECT_LE(report.error, 1e-3);
  EXPECT_LE(report.iterations, 170);
}

// Entropic transport between N(0, a^2) and N(0, b^2) for |x - y|^2 and regularisation 2 s^2 is the
// Gaussian with covariance c = (sqrt(4 a^2 b^2 + s^4) - s^2) / 2. Laws as n quantiles: their error
// and the plan's are below 1 % at n = 400.
TEST(Sinkhorn, HasTheGaussiansClosedForm) {
  const std::size_t n = 400;
  const auto quantiles = [&](double deviation) {
    std::vector<float> values(n);
    for (std::size_t i = 0; i < n; ++i) {
      double low = -8, high = 8;
      const double share = (static_cast<double>(i) + 0.5) / static_cast<double>(n);
      for (int k = 0; k < 60; ++k) {
        const double middle = 0.5 * (low + high);
        (0.5 * std::erfc(-middle / std::sqrt(2.0)) < share ? low : high) = middle;
      }
      values[i] = static_cast<float>(deviation * low);
    }
    return values;
  };
  const auto x = quantiles(1.0), y = quantiles(0.7);
  const auto cost = squared_distances(n, 1, x, y);
  SinkhornWorkspace w;
  for (const double s2 : {0.1, 0.5, 1.0, 4.0}) {
    sinkhorn(n, cost, 2 * s2, w, {.tolerance = 1e-5, .iterations = 5000});
    double covariance = 0;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        covariance += static_cast<double>(w.plan[i * n + j] * x[i] * y[j]) / static_cast<double>(n);
      }
    }
    const double expected = 0.5 * (std::sqrt(4 * 0.49 + s2 * s2) - s2);
    EXPECT_NEAR(covariance, expected, 0.012 * expected + 0.002) << s2;
  }
}

// As the regularisation goes to 0 the plan becomes the assignment.
TEST(Sinkhorn, ComesToTheAssignment) {
  const std::size_t n = 60;
  const auto cost = squared_distances(n, 2, normals(2 * n, 0), normals(2 * n, 1));
  SinkhornWorkspace w;
  AssignmentWorkspace assignment;
  std::vector<std::int32_t> pi(n);
  solve_assignment(n, std::span<const float>(cost), pi, assignment);
  double best = 0, entropic = 0;
  sinkhorn(n, cost, 2e-3, w, {.tolerance = 1e-4, .iterations = 20000});
  for (std::size_t i = 0; i < n; ++i) {
    best += static_cast<double>(cost[i * n + static_cast<std::size_t>(pi[i])]);
    for (std::size_t j = 0; j < n; ++j) {
      entropic += static_cast<double>(w.plan[i * n + j] * cost[i * n + j]);
    }
  }
  EXPECT_NEAR(entropic, best, 0.01 * best);
}

TEST(Sinkhorn, RefusesBadInput) {
  SinkhornWorkspace w;
  std::vector<float> cost(4, 1.0f);
  EXPECT_THROW(sinkhorn(3, cost, 1, w), ShapeError);
  EXPECT_THROW(sinkhorn(2, cost, 0, w), InvalidArgument);
  EXPECT_THROW(sinkhorn(2, cost, 1, w, {.iterations = 0}), InvalidArgument);
  cost[1] = std::nanf("");
  EXPECT_THROW(sinkhorn(2, cost, 1, w), InvalidArgument);
}

// Partners follow their row of the plan: 20,000 draws of one row against its probabilities, each
// within five standard errors (a false alarm in 1.7 million per bin).
TEST(Sinkhorn, PartnersAreDrawnFromTheirRows) {
  const std::size_t n = 4;
  const std::vector<float> plan{0.1f, 0.2f, 0.3f, 0.4f, 1,     0,     0,     0,
                                0,    0,    0,    1,    0.25f, 0.25f, 0.25f, 0.25f};
  const Random random(9, Purpose::kCoupling);
  std::vector<std::int32_t> j(n), again(n);
  std::vector<double> counts(n, 0.0);
  const int draws = 20000;
  for (std::uint64_t step = 0; step < draws; ++step) {
    draw_partners(n, plan, random, step, j);
    counts[static_cast<std::size_t>(j[0])] += 1.0 / draws;
    ASSERT_EQ(j[1], 0);
    ASSERT_EQ(j[2], 3);
  }
  draw_partners(n, plan, random, draws - 1, again);
  EXPECT_EQ(again, j);
  for (std::size_t k = 0; k < n; ++k) {
    const double p = static_cast<double>(plan[k]);
    EXPECT_NEAR(counts[k], p, 5 * std::sqrt(p * (1 - p) / draws));
  }
}

TEST(Coupling, ConditionalOtStaysWithinLabelsUnlessThePenaltyIsSmall) {
  const std::size_t n = 90;
  const auto data = normals(2 * n, 0), source = normals(2 * n, 1);
  std::vector<int> labels(n);
  for (std::size_t i = 0; i < n; ++i) labels[i] = static_cast<int>(i % 3);
  std::vector<std::int32_t> within(n), free(n), plain(n);
  CouplingWorkspace w;
  couple(Coupling::kConditionalOt, n, 2, data, source, within, w, {.labels = labels});
  for (std::size_t i = 0; i < n; ++i) {
    EXPECT_EQ(labels[static_cast<std::size_t>(within[i])], labels[i]);
  }
  couple(Coupling::kConditionalOt, n, 2, data, source, free, w,
         {.label_penalty = 0, .labels = labels});
  couple(Coupling::kOt, n, 2, data, source, plain, w);
  EXPECT_EQ(free, plain);
  EXPECT_THROW(couple(Coupling::kConditionalOt, n, 2, data, source, free, w), InvalidArgument);
}

// Between two standard normals the bridge's plan for s = 1 is normal, of covariance (sqrt(4 + s^4)
// - s^2) / 2 = 0.618 an axis; 2,048 products of coordinates leave 0.026 (one standard deviation),
// and 0.1 is left by chance in one seed of 8,000.
TEST(Coupling, TheBridgeOfTwoNormalsHasItsCovariance) {
  const std::size_t n = 1024, d = 2;
  std::vector<float> data(n * d), source(n * d);
  Random(1, Purpose::kUser).fill_normal(std::span<float>(data), 0);
  Random(2, Purpose::kUser).fill_normal(std::span<float>(source), 0);
  std::vector<std::int32_t> pi(n);
  CouplingWorkspace w;
  couple(Coupling::kBridge, n, d, data, source, pi, w, {.bridge_variance = 1, .seed = 3});
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < d; ++k) {
      sum += static_cast<double>(data[i * d + k]) *
             static_cast<double>(source[static_cast<std::size_t>(pi[i]) * d + k]);
    }
  }
  EXPECT_NEAR(sum / static_cast<double>(n * d), (std::sqrt(5.0) - 1) / 2, 0.1);
}

// The bridge's plan sees absolute distances, sinkhorn's does not: a common scale changes the one
// alone; both are functions of (seed, step).
TEST(Coupling, EntropicPartnersAreReproducible) {
  const std::size_t n = 64;
  const auto data = normals(2 * n, 0), source = normals(2 * n, 1);
  std::vector<float> large_data = data, large_source = source;
  for (float& value : large_data) value *= 8;
  for (float& value : large_source) value *= 8;
  for (const Coupling coupling : {Coupling::kSinkhorn, Coupling::kBridge}) {
    std::vector<std::int32_t> first(n), second(n), later(n), large(n);
    CouplingWorkspace w, own;
    couple(coupling, n, 2, data, source, first, w, {.seed = 3, .step = 5});
    couple(coupling, n, 2, data, source, later, w, {.seed = 3, .step = 6});
    couple(coupling, n, 2, data, source, second, own, {.seed = 3, .step = 5});
    couple(coupling, n, 2, large_data, large_source, large, w, {.seed = 3, .step = 5});
    EXPECT_EQ(first, second);
    EXPECT_NE(first, later);
    EXPECT_EQ(first == large, coupling == Coupling::kSinkhorn);
  }
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
    const auto linear = make_schedule("linear");
    const TimeLaw law(name, {1e-3, 1 - 1e-3}, *linear);
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

TEST(TimeLaw, EdmDrawsTheLogarithmOfTheNoiseToSignal) {
  for (const char* name : {"edm", "ve", "linear"}) {
    const auto schedule = make_schedule(name);
    const TimeLaw law("edm:-0.5,1.1", {schedule->t_min(), schedule->t_max()}, *schedule);
    std::vector<double> t(40000), logs;
    law.draw(Random(2, Purpose::kTime), 0, std::span<double>(t));
    for (const double v : t) logs.push_back(-0.5 * schedule->log_snr(v));
    const Moments m = moments(logs);
    EXPECT_NEAR(m.mean, -0.5, 5 * 1.1 / 200) << name;
    EXPECT_NEAR(std::sqrt(m.variance), 1.1, 5 * 1.1 / std::sqrt(2.0 * 40000) + 1e-3) << name;
  }
}

// k times, as often as each other in every batch whose rows k divides.
TEST(TimeLaw, SourceEndDrawsWhereEulerStepsLook) {
  const auto linear = make_schedule("linear");
  for (const auto& [text, k] : {std::pair{"source-end", 1},
                                {"source-end:1", 1},
                                {"source-end:4", 4},
                                {"source-end:1000", 1000}}) {
    EXPECT_EQ(source_end_steps(text), k);
    const TimeLaw law(text, {0.1, 0.9}, *linear);
    std::vector<double> t(static_cast<std::size_t>(3 * k));
    law.draw(Random(1, Purpose::kTime), 7, std::span<double>(t));
    std::sort(t.begin(), t.end());
    for (std::size_t i = 0; i < t.size(); ++i) {
      const double share = static_cast<double>(i / 3 + 1) / k;
      EXPECT_NEAR(t[i], 0.1 + 0.8 * share, 1e-12) << text;
    }
  }
  EXPECT_EQ(source_end_steps("uniform"), 0);
  EXPECT_THROW(source_end_steps("source-end:0"), InvalidArgument);
}

TEST(TimeLaw, RefusesBadInput) {
  const auto linear = make_schedule("linear");
  EXPECT_THROW(TimeLaw("edm", {0, 1}), InvalidArgument);
  EXPECT_THROW(TimeLaw("source-end", {0, 1}), InvalidArgument);
  for (const char* text :
       {"edm:1", "edm:1,0", "edm:x,1", "uniform:0,1", "edm:", "beta:0,1", "source-end:0",
        "source-end:1.5", "source-end:1,2", "source-end:1001", "source-end:", "uniform:1"}) {
    EXPECT_THROW(TimeLaw(text, {0, 1}, *linear), InvalidArgument) << text;
  }
  EXPECT_THROW(TimeLaw("beta", {0, 1}), InvalidArgument);
  EXPECT_THROW(TimeLaw("uniform", {0.7, 0.2}), InvalidArgument);
  EXPECT_THROW(TimeLaw("logit-normal", {0, 1}, 0, 0), InvalidArgument);
  EXPECT_THROW(TimeLaw("logit-normal", {0, 1}, std::nan(""), 1), InvalidArgument);
}

}  // namespace
}  // namespace pathflow::path
