// Time grids: ends, order, and equal spacing in the coordinate each is named after.
#include "pathflow/sample/time_grid.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "pathflow/base/error.hpp"

namespace pathflow::sample {
namespace {

TEST(TimeGrid, RunsFromEndToEndInOrder) {
  for (const std::string& schedule_name : path::schedule_names()) {
    const auto schedule = path::make_schedule(schedule_name);
    const double low = schedule->t_min(), high = schedule->t_max();
    for (const std::string& name : grid_names()) {
      if (name == "leading" || name == "trailing" || name == "linspace") continue;
      for (const int steps : {1, 2, 3, 10, 1000}) {
        for (const bool down : {true, false}) {
          const double from = down ? high : low, to = down ? low : high;
          const std::vector<double> grid = time_grid(name, *schedule, from, to, steps);
          ASSERT_EQ(grid.size(), static_cast<std::size_t>(steps) + 1);
          EXPECT_EQ(grid.front(), from);
          EXPECT_EQ(grid.back(), to);
          for (std::size_t i = 1; i < grid.size(); ++i) {
            ASSERT_GT((grid[i] - grid[i - 1]) * (to - from), 0)
                << name << " on " << schedule_name << " at " << i << " of " << steps;
          }
        }
      }
    }
  }
}

template <class Coordinate>
void expect_equal_spacing(const char* name, const char* schedule_name, Coordinate coordinate) {
  const auto schedule = path::make_schedule(schedule_name);
  const std::vector<double> grid = time_grid(name, *schedule, 0.9, 0.1, 40);
  const double whole = coordinate(*schedule, 0.1) - coordinate(*schedule, 0.9);
  for (std::size_t i = 1; i < grid.size(); ++i) {
    const double gap = coordinate(*schedule, grid[i]) - coordinate(*schedule, grid[i - 1]);
    EXPECT_NEAR(gap, whole / 40, 1e-10) << name << " on " << schedule_name;
  }
}

TEST(TimeGrid, IsEquallySpacedInItsCoordinate) {
  for (const char* schedule : {"linear", "trig", "vp-linear", "vp-cosine", "sub-vp", "ve", "edm",
                               "ddpm-linear", "ddpm-cosine"}) {
    expect_equal_spacing("uniform", schedule, [](const auto&, double t) { return t; });
    expect_equal_spacing("quadratic", schedule, [](const auto&, double t) { return std::sqrt(t); });
    expect_equal_spacing("log-snr", schedule, [](const auto& s, double t) { return s.log_snr(t); });
    expect_equal_spacing("karras", schedule, [](const auto& s, double t) {
      return std::pow(s.at(t).sigma / s.at(t).alpha, 1.0 / 7);
    });
  }
}

// Karras's published formula, on ve where sigma / alpha is sigma itself.
TEST(TimeGrid, KarrasIsThePublishedGrid) {
  const auto ve = path::make_schedule("ve");
  const int n = 18;
  const std::vector<double> grid = time_grid("karras", *ve, 1, 0, n - 1);
  for (int i = 0; i < n; ++i) {
    const double high = std::pow(20.0, 1.0 / 7), low = std::pow(0.01, 1.0 / 7);
    const double sigma = std::pow(high + i / (n - 1.0) * (low - high), 7);
    EXPECT_NEAR(ve->at(grid[static_cast<std::size_t>(i)]).sigma, sigma, 1e-12 * sigma) << i;
  }
}

TEST(TimeGrid, JumpsAcrossAnInfiniteEndOnce) {
  const auto linear = path::make_schedule("linear");
  const std::vector<double> grid = time_grid("log-snr", *linear, 1, 0, 12);
  EXPECT_NEAR(grid[1], 1 - 1e-3, 1e-12);
  EXPECT_NEAR(grid[11], 1e-3, 1e-12);
}

// The 0-based time steps that pipelines of discrete diffusions use, worked out by their rules.
TEST(TimeGrid, DiscreteSpacingsAreThePublishedOnes) {
  const auto ddpm = path::make_schedule("ddpm-linear");
  const auto levels = [&](const char* name, int steps) {
    std::vector<int> list;
    for (const double t : time_grid(name, *ddpm, 1, 0, steps)) {
      EXPECT_NEAR(t * 1000, std::round(t * 1000), 1e-9);
      list.push_back(static_cast<int>(std::lround(t * 1000)) - 1);
    }
    EXPECT_EQ(list.back(), -1);  // the data itself
    list.pop_back();
    return list;
  };
  using List = std::vector<int>;
  EXPECT_EQ(levels("leading", 5), (List{800, 600, 400, 200, 0}));
  EXPECT_EQ(levels("leading", 3), (List{666, 333, 0}));
  EXPECT_EQ(levels("trailing", 5), (List{999, 799, 599, 399, 199}));
  EXPECT_EQ(levels("trailing", 3), (List{999, 666, 332}));
  EXPECT_EQ(levels("linspace", 4), (List{999, 666, 333, 0}));
  EXPECT_EQ(levels("linspace", 1), (List{999}));
  EXPECT_EQ(levels("leading", 1000).size(), 1000u);
}

TEST(TimeGrid, DiscreteSpacingsGoUpAsTheyGoDown) {
  const auto ddpm = path::make_schedule("ddpm-linear");
  for (const char* name : {"leading", "trailing", "linspace"}) {
    std::vector<double> up = time_grid(name, *ddpm, 0, 1, 20);
    std::reverse(up.begin(), up.end());
    EXPECT_EQ(up, time_grid(name, *ddpm, 1, 0, 20));
    EXPECT_THROW(time_grid(name, *ddpm, 1, 0, 1001), InvalidArgument);
    EXPECT_THROW(time_grid(name, *ddpm, 0.2, 0.1, 101), InvalidArgument);
  }
}

TEST(TimeGrid, RefusesBadInput) {
  const auto linear = path::make_schedule("linear");
  EXPECT_THROW(time_grid("uniform", *linear, 1, 0, 0), InvalidArgument);
  EXPECT_THROW(time_grid("unifrom", *linear, 1, 0, 10), InvalidArgument);
  EXPECT_THROW(time_grid("uniform", *linear, 0.5, 0.5, 10), InvalidArgument);
  EXPECT_THROW(time_grid("uniform", *linear, 1.5, 0, 10), InvalidArgument);
}

}  // namespace
}  // namespace pathflow::sample
