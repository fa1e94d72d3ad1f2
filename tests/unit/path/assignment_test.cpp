// The assignment solver against all permutations, and by its own dual certificate.
#include "pathflow/path/assignment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <numeric>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"

namespace pathflow::path {
namespace {

constexpr double kPi = std::numbers::pi;

// Kinds of cost that stress different parts of the solver.
enum class Kind {
  kUniform,
  kIntegers,
  kPlane,
  kShiftedPlane,
  kDuplicates,
  kNearDuplicates,
  kCount
};

template <class T>
std::vector<T> make_cost(Kind kind, std::size_t n, std::uint64_t seed) {
  const Random random(seed, Purpose::kUser);
  std::vector<T> cost(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      double value = 0;
      if (kind == Kind::kUniform) value = random.uniform(0, i * n + j);
      if (kind == Kind::kIntegers) value = static_cast<double>(random.index(0, i * n + j, 5));
      if (kind >= Kind::kPlane) {
        // Duplicates: only four distinct rows, exactly or up to 1e-6.
        const std::uint64_t source = kind >= Kind::kDuplicates ? i % 4 : i;
        const double shift = kind == Kind::kShiftedPlane ? 10 : 0;
        const double jitter =
            kind == Kind::kNearDuplicates ? 1e-6 * random.normal(3, i * n + j) : 0;
        const double dx = random.normal(1, 2 * source) + shift - random.normal(2, 2 * j);
        const double dy = random.normal(1, 2 * source + 1) - 2 * random.normal(2, 2 * j + 1);
        value = dx * dx + dy * dy + jitter;
      }
      cost[i * n + j] = static_cast<T>(value);
    }
  }
  return cost;
}

template <class T>
double total(std::size_t n, const std::vector<T>& cost, const std::vector<std::int32_t>& pi) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    sum += static_cast<double>(cost[i * n + static_cast<std::size_t>(pi[i])]);
  }
  return sum;
}

bool is_permutation_of_rows(std::vector<std::int32_t> pi) {
  std::sort(pi.begin(), pi.end());
  for (std::size_t i = 0; i < pi.size(); ++i) {
    if (pi[i] != static_cast<std::int32_t>(i)) return false;
  }
  return true;
}

template <class T>
void compare_with_all_permutations(Kind kind, std::size_t n, std::uint64_t seed) {
  const std::vector<T> cost = make_cost<T>(kind, n, seed);
  std::vector<std::int32_t> pi(n), trial(n);
  AssignmentWorkspace workspace;
  solve_assignment(n, std::span<const T>(cost), pi, workspace);
  ASSERT_TRUE(is_permutation_of_rows(pi));
  std::iota(trial.begin(), trial.end(), 0);
  double best = total(n, cost, trial);
  while (std::next_permutation(trial.begin(), trial.end())) {
    best = std::min(best, total(n, cost, trial));
  }
  EXPECT_NEAR(total(n, cost, pi), best, 1e-12 * n)
      << "kind " << static_cast<int>(kind) << " n " << n << " seed " << seed;
}

TEST(Assignment, EqualsTheBestOfAllPermutations) {
  for (int kind = 0; kind < static_cast<int>(Kind::kCount); ++kind) {
    for (std::size_t n = 1; n <= 6; ++n) {
      for (std::uint64_t seed = 0; seed < 30; ++seed) {
        compare_with_all_permutations<double>(static_cast<Kind>(kind), n, seed);
        compare_with_all_permutations<float>(static_cast<Kind>(kind), n, seed);
      }
    }
    compare_with_all_permutations<double>(static_cast<Kind>(kind), 8, 1);
  }
}

// Dual feasibility and complementary slackness prove optimality for any n.
template <class T>
void check_certificate(Kind kind, std::size_t n, std::uint64_t seed) {
  const std::vector<T> cost = make_cost<T>(kind, n, seed);
  std::vector<std::int32_t> pi(n);
  AssignmentWorkspace w;
  solve_assignment(n, std::span<const T>(cost), pi, w);
  ASSERT_TRUE(is_permutation_of_rows(pi));
  const double largest = static_cast<double>(*std::max_element(cost.begin(), cost.end()));
  const double tolerance = 1e-15 * static_cast<double>(n) * (largest + 1);
  double violation = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const double slack = static_cast<double>(cost[i * n + j]) - w.row_dual[i] - w.column_dual[j];
      violation = std::max(violation, -slack);
      if (pi[i] == static_cast<std::int32_t>(j)) {
        EXPECT_NEAR(slack, 0, tolerance);
      }
    }
  }
  EXPECT_LE(violation, tolerance) << "kind " << static_cast<int>(kind) << " n " << n;
  const double dual = std::accumulate(w.row_dual.begin(), w.row_dual.end(), 0.0) +
                      std::accumulate(w.column_dual.begin(), w.column_dual.end(), 0.0);
  EXPECT_NEAR(total(n, cost, pi), dual, tolerance * static_cast<double>(n));
}

TEST(Assignment, DualsCertifyTheAnswer) {
  for (int kind = 0; kind < static_cast<int>(Kind::kCount); ++kind) {
    for (const std::size_t n : {2u, 17u, 64u, 128u, 200u}) {
      check_certificate<double>(static_cast<Kind>(kind), n, n);
      check_certificate<float>(static_cast<Kind>(kind), n, n + 1);
    }
  }
  check_certificate<float>(Kind::kPlane, 512, 5);
}

// Laws that lie badly for lists of near columns: duplicates, all equal, on a line, on a grid full
// of ties, in clusters far apart, sorted.
enum class Law { kNormal, kDuplicates, kEqual, kLine, kGrid, kClusters, kSorted, kCount };

std::vector<float> draw_points(Law law, std::size_t n, std::size_t d, std::uint64_t seed) {
  const Random random(seed, Purpose::kUser);
  std::vector<float> points(n * d);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < d; ++k) {
      const std::size_t row = law == Law::kDuplicates ? i % 7 : i, axis = law == Law::kLine ? 0 : k;
      double value = random.normal(1, row * d + axis);
      if (law == Law::kEqual) value = 1;
      if (law == Law::kGrid) value = std::round(value);
      if (law == Law::kClusters && k == 0) value += 100.0 * static_cast<double>(i % 3);
      points[i * d + k] = static_cast<float>(value);
    }
  }
  if (law == Law::kSorted) std::sort(points.begin(), points.end());
  return points;
}

// Duals are in the order in which assign_points() solves; x and y of the workspace too.
void check_duals(std::size_t d, const std::vector<float>& x, const std::vector<float>& y,
                 const std::vector<std::int32_t>& pi, const AssignmentWorkspace& w, int which) {
  const std::size_t n = pi.size();
  ASSERT_TRUE(is_permutation_of_rows(pi));
  double most = 0, violation = 0, sum = 0, dual = 0;
  for (std::size_t i = 0; i < n; ++i) {
    double matched = 0;
    for (std::size_t j = 0; j < n; ++j) {
      float cost = 0, asked = 0;
      for (std::size_t k = 0; k < d; ++k) {
        const float a = w.x[i * d + k] - w.y[k * n + j];
        cost += a * a;
        const float b = x[i * d + k] - y[static_cast<std::size_t>(pi[i]) * d + k];
        asked += b * b;
      }
      matched = static_cast<double>(asked);
      most = std::max(most, static_cast<double>(cost));
      violation = std::max(violation, w.row_dual[i] + w.column_dual[j] - static_cast<double>(cost));
    }
    sum += matched;
    dual += w.row_dual[i] + w.column_dual[i];
  }
  const double tolerance = 1e-15 * static_cast<double>(n) * (most + 1);
  EXPECT_LE(violation, tolerance) << which;
  EXPECT_NEAR(sum, dual, tolerance * static_cast<double>(n)) << which;
}

void check_points(Law from, Law to, std::size_t n, std::size_t d) {
  const std::vector<float> x = draw_points(from, n, d, 1), y = draw_points(to, n, d, 2);
  std::vector<std::int32_t> pi(n);
  AssignmentWorkspace w;
  assign_points(n, d, x, y, pi, w);
  check_duals(d, x, y, pi, w, static_cast<int>(from) * 10 + static_cast<int>(to));
}

TEST(Assignment, PointsAreCertifiedByTheirDuals) {
  for (int from = 0; from < static_cast<int>(Law::kCount); ++from) {
    for (int to = 0; to < static_cast<int>(Law::kCount); ++to) {
      for (const std::size_t n : {1u, 33u, 150u}) {
        check_points(static_cast<Law>(from), static_cast<Law>(to), n, 2);
      }
    }
    check_points(static_cast<Law>(from), Law::kNormal, 140, 10);
  }
}

// Above 2,048 rows costs are made anew for every row looked at.
TEST(Assignment, ManyPointsAreCertifiedWithoutAMatrix) {
  check_points(Law::kNormal, Law::kClusters, 2100, 2);
}

// Eight clusters far apart, their shares multinomial.
std::vector<float> draw_ring(std::size_t n, std::uint64_t seed) {
  const Random random(seed, Purpose::kUser);
  std::vector<float> points(2 * n);
  for (std::size_t i = 0; i < n; ++i) {
    const double turn = kPi / 4 * static_cast<double>(random.index(0, i, 8));
    points[2 * i] = static_cast<float>(5 * std::cos(turn) + 0.3 * random.normal(1, 2 * i));
    points[2 * i + 1] = static_cast<float>(5 * std::sin(turn) + 0.3 * random.normal(1, 2 * i + 1));
  }
  return points;
}

// Two samples of one law: clusters have some rows too many, which must go a long way. The work is
// bounded in rows looked at, n steps each: 85 n measured, 128 n where the duals of a whole cluster
// were lowered by small increments until a budget was used up.
TEST(Assignment, TwoSamplesOfOneLawTakeFewScans) {
  constexpr std::size_t kRows = 4000;
  const std::vector<float> x = draw_ring(kRows, 1), y = draw_ring(kRows, 2);
  std::vector<std::int32_t> pi(kRows);
  AssignmentWorkspace w;
  assign_points(kRows, 2, x, y, pi, w);
  check_duals(2, x, y, pi, w, 0);
  EXPECT_LE(w.scans, 105 * static_cast<std::int64_t>(kRows));
}

TEST(Assignment, TheIdentityIsItsOwnAnswer) {
  const std::size_t n = 50;
  std::vector<double> cost(n * n, 1.0);
  for (std::size_t i = 0; i < n; ++i) cost[i * n + i] = 0;
  std::vector<std::int32_t> pi(n);
  AssignmentWorkspace workspace;
  solve_assignment(n, std::span<const double>(cost), pi, workspace);
  for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(pi[i], static_cast<std::int32_t>(i));
}

TEST(Assignment, AWorkspaceServesEverySize) {
  AssignmentWorkspace workspace;
  for (const std::size_t n : {40u, 3u, 0u, 25u, 1u}) {
    const std::vector<double> cost = make_cost<double>(Kind::kPlane, n, 9);
    std::vector<std::int32_t> reused(n), fresh(n);
    AssignmentWorkspace own;
    solve_assignment(n, std::span<const double>(cost), reused, workspace);
    solve_assignment(n, std::span<const double>(cost), fresh, own);
    EXPECT_EQ(reused, fresh);
  }
}

TEST(Assignment, RefusesBadInput) {
  AssignmentWorkspace workspace;
  std::vector<double> cost(4, 0.0);
  std::vector<std::int32_t> pi(2), three(3);
  const std::span<const double> all(cost);
  EXPECT_THROW(solve_assignment(3, all, three, workspace), ShapeError);
  EXPECT_THROW(solve_assignment(2, all, three, workspace), ShapeError);
  cost[2] = std::nan("");
  try {
    solve_assignment(2, all, pi, workspace);
    FAIL() << "accepted a NaN";
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("cost(1, 0)"), std::string::npos) << error.what();
  }
  cost[2] = 1e201;
  EXPECT_THROW(solve_assignment(2, all, pi, workspace), InvalidArgument);
  const std::vector<float> x = {0, 1e20f}, y = {1, 0};
  EXPECT_THROW(assign_points(2, 1, x, y, pi, workspace), InvalidArgument);
}

// Not a claim about this machine: a guard against an accidental n^4, with a bound a hundred times
// what is measured. The measured times are recorded as properties of the test.
TEST(Assignment, IsFastEnoughForATrainingStep) {
  AssignmentWorkspace workspace;
  const std::size_t n = 256;
  const std::vector<float> cost = make_cost<float>(Kind::kPlane, n, 1);
  std::vector<std::int32_t> pi(n);
  const auto start = std::chrono::steady_clock::now();
  solve_assignment(n, std::span<const float>(cost), pi, workspace);
  const double ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  RecordProperty("milliseconds_256", std::to_string(ms));
  EXPECT_LT(ms, 250);
}

}  // namespace
}  // namespace pathflow::path
