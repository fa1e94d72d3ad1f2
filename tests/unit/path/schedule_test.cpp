// Schedules: derivatives against finite differences, log-SNR and its inverse, the stated intervals.
#include "pathflow/path/schedule.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"

namespace pathflow::path {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class EverySchedule : public testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<const Schedule> schedule = make_schedule(GetParam());
  // Times in [t_min, t_max]: both ends and draws in between.
  std::vector<double> times(int count) const {
    const Random random(7, Purpose::kUser);
    std::vector<double> list{schedule->t_min(), schedule->t_max()};
    for (int i = 0; i < count; ++i) {
      const double share = random.uniform(0, static_cast<std::uint64_t>(i));
      list.push_back(schedule->t_min() + share * (schedule->t_max() - schedule->t_min()));
    }
    return list;
  }
};
INSTANTIATE_TEST_SUITE_P(Schedules, EverySchedule, testing::ValuesIn(schedule_names()));
INSTANTIATE_TEST_SUITE_P(WithParameters, EverySchedule,
                         testing::Values("linear-sigma-min:0.1", "polynomial:1", "polynomial:3.5",
                                         "table:0,1,0;1,0,1", "table:0,1,0.05;0.3,0.9,0.5;1,0.2,2",
                                         "table:0,1,0;0.4,0.8,0.4;0.5,0.7,0.6;1,0,1"));

TEST_P(EverySchedule, IsFoundByItsOwnName) { EXPECT_EQ(schedule->name(), GetParam()); }

// Fourth-order central differences. Truncation h^4 |f^(5)| / 30 with h at most a thousandth of the
// distance to the singular end, rounding 1e-16 / h: together below 1e-8 of the derivative's scale.
// h is far below the distance of a table's rows, where second derivatives jump.
TEST_P(EverySchedule, DerivativesAgreeWithFiniteDifferences) {
  for (const double t : times(200)) {
    if (t <= 0 || t >= 1) continue;
    if (t == schedule->t_max() && GetParam() == "ddpm-cosine") continue;  // one of its levels
    const double h = std::min(1e-6, 1e-3 * std::min(t, 1 - t));
    const auto slope = [&](double Coefficients::*field) {
      const auto f = [&](double u) { return schedule->at(u).*field; };
      return (8 * (f(t + h) - f(t - h)) - (f(t + 2 * h) - f(t - 2 * h))) / (12 * h);
    };
    const Coefficients at = schedule->at(t);
    const double rounding = 1e-15 / h;
    EXPECT_NEAR(at.alpha_dot, slope(&Coefficients::alpha),
                1e-8 * (1 + std::abs(at.alpha_dot)) + rounding)
        << "t = " << t;
    EXPECT_NEAR(at.sigma_dot, slope(&Coefficients::sigma),
                1e-8 * (1 + std::abs(at.sigma_dot)) + rounding * (1 + at.sigma))
        << "t = " << t;
  }
}

TEST_P(EverySchedule, LogSnrFallsStrictly) {
  double previous = kInfinity;
  for (int i = 1; i < 4000; ++i) {
    const double value = schedule->log_snr(i / 4000.0);
    EXPECT_LT(value, previous) << "t = " << i / 4000.0;
    previous = value;
  }
}

// |t error| <= 1e-12 relative to the slope: t is recovered up to the rounding of log-SNR itself.
TEST_P(EverySchedule, TimeOfLogSnrInvertsLogSnr) {
  for (const double t : times(400)) {
    if (t <= 0 || t >= 1) continue;
    const Coefficients at = schedule->at(t);
    const double slope = 2 * std::abs(at.alpha_dot / at.alpha - at.sigma_dot / at.sigma);
    const double value = schedule->log_snr(t);
    EXPECT_NEAR(schedule->time_of_log_snr(value), t, 1e-12 * std::max(1.0, 1 / slope))
        << "t = " << t;
  }
}

TEST_P(EverySchedule, LogSnrInvertsTimeOverTheWholeRange) {
  const double high = std::min(schedule->log_snr(schedule->t_min()), 60.0);
  const double low = std::max(schedule->log_snr(schedule->t_max()), -60.0);
  for (int i = 0; i <= 100; ++i) {
    const double value = low + (high - low) * i / 100;
    const double t = schedule->time_of_log_snr(value);
    ASSERT_GE(t, 0);
    ASSERT_LE(t, 1);
    // Near t = 1 a time cannot be told closer than 1e-15, which moves log-SNR by the slope times
    // it.
    const Coefficients at = schedule->at(t);
    const double slope = 2 * std::abs(at.alpha_dot / at.alpha - at.sigma_dot / at.sigma);
    EXPECT_NEAR(schedule->log_snr(t), value, 1e-11 + 1e-15 * slope) << "t = " << t;
  }
}

TEST_P(EverySchedule, TimeOfLogSnrClampsToTheEnds) {
  EXPECT_EQ(schedule->time_of_log_snr(kInfinity), 0);
  EXPECT_NEAR(schedule->time_of_log_snr(1e4), 0, 1e-12);
  EXPECT_NEAR(schedule->time_of_log_snr(-kInfinity), 1, 1e-15);
  EXPECT_NEAR(schedule->time_of_log_snr(-1e4), 1, 1e-12);
}

TEST_P(EverySchedule, IsFiniteOnItsInterval) {
  for (const double t : times(100)) {
    const Coefficients at = schedule->at(t);
    for (const double value : {at.alpha, at.sigma, at.alpha_dot, at.sigma_dot}) {
      EXPECT_TRUE(std::isfinite(value)) << "t = " << t;
    }
    EXPECT_GE(at.alpha, 0);
    EXPECT_GE(at.sigma, 0);
  }
}

TEST_P(EverySchedule, RefusesTimesOutsideTheUnitInterval) {
  for (const double t : {-1e-9, 1.0 + 1e-9, kInfinity, std::nan("")}) {
    EXPECT_THROW(schedule->at(t), InvalidArgument) << t;
  }
}

TEST(Schedule, EndsAreExact) {
  for (const char* name : {"linear", "trig"}) {
    const auto schedule = make_schedule(name);
    EXPECT_EQ(schedule->at(0).alpha, 1) << name;
    EXPECT_EQ(schedule->at(0).sigma, 0) << name;
    EXPECT_EQ(schedule->at(1).alpha, 0) << name;
    EXPECT_EQ(schedule->at(1).sigma, 1) << name;
    EXPECT_EQ(schedule->log_snr(0), kInfinity) << name;
    EXPECT_EQ(schedule->log_snr(1), -kInfinity) << name;
  }
}

TEST(Schedule, VariancePreservingMeansUnitSquares) {
  for (const char* name :
       {"trig", "vp-linear", "vp-cosine", "ddpm-linear", "ddpm-scaled-linear", "ddpm-cosine"}) {
    const auto schedule = make_schedule(name);
    for (int i = 0; i <= 100; ++i) {
      const Coefficients at = schedule->at(i / 100.0);
      EXPECT_NEAR(at.alpha * at.alpha + at.sigma * at.sigma, 1, 1e-15) << name << " " << i;
    }
  }
}

TEST(Schedule, SubVpHasTheSquareOfVpsSigma) {
  const auto sub = make_schedule("sub-vp"), vp = make_schedule("vp-linear");
  for (int i = 0; i <= 50; ++i) {
    const double t = i / 50.0, sigma = vp->at(t).sigma;
    EXPECT_EQ(sub->at(t).alpha, vp->at(t).alpha);
    EXPECT_NEAR(sub->at(t).sigma, sigma * sigma, 1e-15);
  }
}

// Values of the formulas, worked out by hand: exp(-(0.1 + 19.9 / 2) / 2) and so on.
TEST(Schedule, KnownValues) {
  EXPECT_NEAR(make_schedule("vp-linear")->at(1).alpha, 0.0065715, 1e-7);
  EXPECT_NEAR(make_schedule("vp-linear")->at(1e-3).sigma, 0.01048, 1e-5);
  EXPECT_NEAR(make_schedule("ve")->at(0).sigma, 0.01, 1e-17);
  EXPECT_NEAR(make_schedule("ve")->at(1).sigma, 20, 1e-13);
  EXPECT_NEAR(make_schedule("vp-cosine")->at(0.9946).alpha, 0.0084153, 1e-6);
}

// The continuous cosine path against the discrete one it stands for: 1,000 betas capped at 0.999.
TEST(Schedule, VpCosineIsTheLimitOfTheDiscreteSchedule) {
  const auto schedule = make_schedule("vp-cosine");
  const auto alpha_bar = [](double t) {
    const double c = std::cos((t + 0.008) / 1.008 * std::acos(-1.0) / 2);
    return c * c;
  };
  double log_alpha_bar = 0;
  for (int k = 1; k <= 1000; ++k) {
    const double beta = std::min(0.999, 1 - alpha_bar(k / 1000.0) / alpha_bar((k - 1) / 1000.0));
    log_alpha_bar += std::log1p(-beta);
    const double continuous = 2 * std::log(schedule->at(k / 1000.0).alpha);
    // Below the cap the two agree to rounding; the last step takes the whole cap in the discrete
    // schedule and the cosine's own fall, then the cap, in the continuous one.
    if (k < 1000) {
      EXPECT_NEAR(continuous, log_alpha_bar, 1e-10 * k) << k;
    }
  }
  EXPECT_LT(std::abs(2 * std::log(schedule->at(1).alpha) - log_alpha_bar), 3);
}

// The levels of the discrete schedules are the products of 1 - beta that they are defined by.
TEST(Schedule, DdpmLevelsAreTheirProducts) {
  const auto alpha_bar = [](double t) {
    return std::pow(std::cos((t + 0.008) / 1.008 * std::acos(-1.0) / 2), 2);
  };
  const auto linear = make_schedule("ddpm-linear"), scaled = make_schedule("ddpm-scaled-linear");
  const auto cosine = make_schedule("ddpm-cosine");
  double products[] = {1, 1, 1};
  for (int k = 1; k <= 1000; ++k) {
    const double share = (k - 1) / 999.0, t = k / 1000.0;
    products[0] *= 1 - (1e-4 + share * (0.02 - 1e-4));
    const double root = std::sqrt(0.00085) + share * (std::sqrt(0.012) - std::sqrt(0.00085));
    products[1] *= 1 - root * root;
    products[2] *= 1 - std::min(0.999, 1 - alpha_bar(t) / alpha_bar((k - 1) / 1000.0));
    EXPECT_NEAR(std::pow(linear->at(t).alpha, 2) / products[0], 1, 1e-11) << k;
    EXPECT_NEAR(std::pow(scaled->at(t).alpha, 2) / products[1], 1, 1e-11) << k;
    EXPECT_NEAR(std::pow(cosine->at(t).alpha, 2) / products[2], 1, 1e-9) << k;
  }
  // Published ends: 4.04e-5, and the 0.068 that latent diffusion leaves of the signal.
  EXPECT_NEAR(products[0], 4.0358e-5, 1e-9);
  EXPECT_NEAR(scaled->at(1).alpha, 0.06826, 5e-6);
}

// The slope that sigma starts with is the limit of sigma / t, though sigma^2 is what is known.
TEST(Schedule, DdpmStartsOutStraight) {
  for (const char* name : {"ddpm-linear", "ddpm-scaled-linear", "ddpm-cosine"}) {
    const auto schedule = make_schedule(name);
    EXPECT_NEAR(schedule->at(1e-9).sigma / 1e-9 / schedule->at(0).sigma_dot, 1, 1e-5) << name;
    EXPECT_NEAR(schedule->at(1e-9).sigma_dot / schedule->at(0).sigma_dot, 1, 1e-5) << name;
  }
}

TEST(Schedule, EdmIsKarrasGrid) {
  const auto edm = make_schedule("edm");
  for (int i = 0; i < 18; ++i) {
    const double high = std::pow(80, 1.0 / 7), low = std::pow(0.002, 1.0 / 7);
    const double sigma = std::pow(high + i / 17.0 * (low - high), 7);
    EXPECT_NEAR(edm->at(1 - i / 17.0).sigma / sigma, 1, 1e-12) << i;
    EXPECT_EQ(edm->at(1 - i / 17.0).alpha, 1);
  }
}

TEST(Schedule, ParametersAreRead) {
  EXPECT_NEAR(make_schedule("linear-sigma-min:0.1")->at(0.5).sigma, 0.55, 1e-15);
  EXPECT_NEAR(make_schedule("polynomial:3")->at(0.5).sigma, 0.125, 1e-15);
  EXPECT_EQ(make_schedule("polynomial:2")->name(), "polynomial");
  for (int i = 0; i <= 10; ++i) {  // n = 1 is the linear path
    EXPECT_EQ(make_schedule("polynomial:1")->at(i / 10.0).sigma, i / 10.0);
  }
}

// A table of a known schedule's values comes near it everywhere, and to it at its rows.
TEST(Schedule, ATableFollowsItsRows) {
  const auto sub = make_schedule("sub-vp");
  std::string text = "table:";
  for (int i = 0; i <= 200; ++i) {
    const Coefficients at = sub->at(i / 200.0);
    text += to_text(i / 200.0) + "," + to_text(at.alpha) + "," + to_text(at.sigma) + ";";
  }
  const auto table = make_schedule(text);
  for (int i = 0; i <= 2000; ++i) {
    const Coefficients at = table->at(i / 2000.0), expected = sub->at(i / 2000.0);
    const double bound = i % 10 == 0 ? 1e-14 : 1e-4;
    EXPECT_NEAR(at.alpha, expected.alpha, bound) << i;
    EXPECT_NEAR(at.sigma, expected.sigma, bound) << i;
    EXPECT_NEAR(at.sigma_dot, expected.sigma_dot, 0.05) << i;
  }
}

TEST(Schedule, BadParametersAreRefusedInASentence) {
  const std::pair<const char*, const char*> kCases[] = {
      {"linear-sigma-min:0", "linear-sigma-min must"},
      {"linear-sigma-min:x", "must be followed by a number, got \"x\""},
      {"polynomial:0.5", "polynomial must lie in [1, 16], got 0.5"},
      {"trig:2", "trig takes no parameter, got \"trig:2\""},
      {"table", "rows of the table must lie in [2, 4096], got 0"},
      {"table:0,1,0", "rows of the table must"},
      {"table:0,1,0;1,0", "row 1 of the table must be t,alpha,sigma, got \"1,0\""},
      {"table:0,1,0;x,0,1", "must be t,alpha,sigma"},
      {"table:0,1,0;1,1e999,1", "must have alpha and sigma finite"},
      {"table:0,1,0;0.5,-0.5,1;1,0,1", "finite and not negative, got -0.5"},
      {"table:0,1,0;0.5,0.5,0.5;0.5,0.4,0.6;1,0,1", "must come later"},
      {"table:0,0.9,0;1,0,1", "must have alpha = 1, got 0.9"},
      {"table:0.1,1,0;1,0,1", "must be at t = 0, got 0.1"},
      {"table:0,1,0;0.9,0,1", "must be at t = 1, got 0.9"},
      {"table:0,1,0;0.4,0.5,0.5;0.6,0.8,0.6;1,0,1", "row 2 of the table must have a lower log-SNR"},
  };
  for (const auto& [name, text] : kCases) {
    try {
      make_schedule(name);
      ADD_FAILURE() << "accepted " << name;
    } catch (const InvalidArgument& error) {
      EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << error.what();
    }
  }
}

TEST(Schedule, UnknownNamesAreRefusedWithTheNearest) {
  try {
    make_schedule("liner");
    FAIL() << "accepted";
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("linear"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace pathflow::path
