// Predictions: the one conversion between all pairs, its limits at singular times, the weights.
#include "pathflow/path/prediction.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"

namespace pathflow::path {
namespace {

constexpr Prediction kAll[] = {Prediction::kData, Prediction::kNoise, Prediction::kVelocity,
                               Prediction::kV,    Prediction::kScore, Prediction::kEdm};

// The prediction of a known pair of endpoints.
double value_of(Prediction which, const Coefficients& at, double x0, double x1) {
  const LinearForm form = linear_form(which, at);
  return (form.a * x0 + form.b * x1) / form.c;
}

std::string label(Prediction from, Prediction to, const std::string& schedule, double t) {
  return std::string(prediction_name(from)) + " -> " + std::string(prediction_name(to)) + " on " +
         schedule + " at t = " + to_text(t);
}

class OnEverySchedule : public testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<const Schedule> schedule = make_schedule(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Schedules, OnEverySchedule, testing::ValuesIn(schedule_names()));

// Every pair, from the endpoints themselves. The tolerance is the conversion's own amplification of
// rounding: |x coefficient x| + |q coefficient q|.
TEST_P(OnEverySchedule, EveryPairConvertsKnownEndpoints) {
  const Random random(3, Purpose::kUser);
  for (std::uint64_t i = 0; i < 200; ++i) {
    const double t = 0.005 + 0.98 * random.uniform(0, i);
    const double x0 = 3 * random.normal(1, i), x1 = random.normal(2, i);
    const Coefficients at = schedule->at(t);
    const double x = at.alpha * x0 + at.sigma * x1;
    for (const Prediction from : kAll) {
      for (const Prediction to : kAll) {
        const Conversion c = convert(from, to, *schedule, t);
        const double q = value_of(from, at, x0, x1), expected = value_of(to, at, x0, x1);
        const double scale = std::abs(c.x_coefficient * x) + std::abs(c.q_coefficient * q) + 1;
        EXPECT_NEAR(c.x_coefficient * x + c.q_coefficient * q, expected, 1e-13 * scale)
            << label(from, to, GetParam(), t);
      }
    }
  }
}

TEST_P(OnEverySchedule, TargetWeightsAreTheFormsThemselves) {
  for (int i = 1; i < 50; ++i) {
    const Coefficients at = schedule->at(i / 50.0);
    for (const Prediction which : kAll) {
      const TargetWeights weights = target_weights(which, at);
      const double scale = std::abs(weights.a) + std::abs(weights.b);
      EXPECT_NEAR(2 * weights.a - 3 * weights.b, value_of(which, at, 2, -3), 1e-14 * scale);
    }
  }
}

TEST_P(OnEverySchedule, TargetWeightsAreInfiniteOrFiniteAtTheEndsAndNeverNan) {
  for (const double t : {0.0, 1.0}) {
    const Coefficients at = schedule->at(t);
    for (const Prediction which : kAll) {
      const TargetWeights weights = target_weights(which, at);
      EXPECT_FALSE(std::isnan(weights.a)) << prediction_name(which) << t;
      EXPECT_FALSE(std::isnan(weights.b)) << prediction_name(which) << t;
    }
    const bool bounded = at.sigma > 0;
    EXPECT_EQ(std::isfinite(target_weights(Prediction::kScore, at).b), bounded);
    EXPECT_EQ(target_weights(Prediction::kVelocity, at).b, at.sigma_dot);
  }
}

// There and back is the identity: coefficients of x cancel, those of q multiply to one.
TEST_P(OnEverySchedule, EveryPairRoundTrips) {
  for (int i = 1; i < 50; ++i) {
    const double t = i / 50.0;
    for (const Prediction from : kAll) {
      for (const Prediction to : kAll) {
        const Conversion there = convert(from, to, *schedule, t);
        const Conversion back = convert(to, from, *schedule, t);
        const double scale = std::abs(back.q_coefficient * there.x_coefficient) + 1;
        EXPECT_NEAR(back.q_coefficient * there.q_coefficient, 1, 1e-13);
        EXPECT_NEAR(back.x_coefficient + back.q_coefficient * there.x_coefficient, 0, 1e-12 * scale)
            << label(from, to, GetParam(), t);
      }
    }
  }
}

// E w |q_from error|^2 = E |q_to error|^2 for any errors: an error in the prediction moves the
// converted one by q_coefficient times it, whatever x is.
TEST_P(OnEverySchedule, EquivalentWeightsMakeLossesEqual) {
  const Random random(11, Purpose::kUser);
  for (std::uint64_t i = 0; i < 100; ++i) {
    const double t = 0.01 + 0.97 * random.uniform(0, i);
    const double x = random.normal(1, i), q = random.normal(2, i), error = random.normal(3, i);
    for (const Prediction from : kAll) {
      for (const Prediction to : kAll) {
        const Conversion c = convert(from, to, *schedule, t);
        const double right = c.x_coefficient * x + c.q_coefficient * q;
        const double wrong = c.x_coefficient * x + c.q_coefficient * (q + error);
        const double loss = (wrong - right) * (wrong - right);
        const double weighted = equivalent_weight(from, to, *schedule, t) * error * error;
        const double scale = std::abs(right) + std::abs(wrong);
        EXPECT_NEAR(std::sqrt(weighted), std::sqrt(loss), 1e-13 * (scale + 1))
            << label(from, to, GetParam(), t);
      }
    }
  }
}

// Weights chain: from a to b to c is from a to c.
TEST_P(OnEverySchedule, EquivalentWeightsMultiply) {
  for (const double t : {0.02, 0.3, 0.8, 0.99}) {
    for (const Prediction a : kAll) {
      for (const Prediction b : kAll) {
        for (const Prediction c : kAll) {
          const double direct = equivalent_weight(a, c, *schedule, t);
          EXPECT_NEAR(equivalent_weight(a, b, *schedule, t) * equivalent_weight(b, c, *schedule, t),
                      direct, 1e-12 * direct);
        }
      }
    }
  }
}

// At every end and for every pair: either a NumericError that names both, or the limit, which the
// conversion at times approaching the end comes to as the square root or faster.
TEST_P(OnEverySchedule, EndsHaveTheirLimitOrRefuse) {
  for (const double end : {0.0, 1.0}) {
    for (const Prediction from : kAll) {
      for (const Prediction to : kAll) {
        SCOPED_TRACE(label(from, to, GetParam(), end));
        // A path that stands still at its end: its velocity is 0 there whatever the ends are.
        if (from == Prediction::kVelocity && schedule->at(end).sigma_dot == 0) continue;
        Conversion limit;
        try {
          limit = convert(from, to, *schedule, end);
        } catch (const NumericError& error) {
          const std::string text = error.what();
          EXPECT_NE(text.find(prediction_name(from)), std::string::npos) << text;
          EXPECT_NE(text.find(prediction_name(to)), std::string::npos) << text;
          const Conversion near = convert(from, to, *schedule, std::abs(end - 1e-10));
          EXPECT_GT(std::abs(near.x_coefficient) + std::abs(near.q_coefficient), 5e3)
              << "refused, although the conversion stays bounded";
          continue;
        }
        for (const double distance : {1e-6, 1e-8, 1e-10}) {
          const Conversion near = convert(from, to, *schedule, std::abs(end - distance));
          // Slowest of all: as sqrt(t) where sigma grows so (vp at t = 0).
          const double scale = 1 + std::abs(limit.x_coefficient) + std::abs(limit.q_coefficient);
          EXPECT_NEAR(near.x_coefficient, limit.x_coefficient, 15 * std::sqrt(distance) * scale);
          EXPECT_NEAR(near.q_coefficient, limit.q_coefficient, 15 * std::sqrt(distance) * scale);
        }
      }
    }
  }
}

TEST(Prediction, LimitsOnLinearAreTheKnownOnes) {
  const auto linear = make_schedule("linear");
  const auto has = [&](Prediction from, Prediction to, double t) {
    try {
      convert(from, to, *linear, t);
      return true;
    } catch (const NumericError&) {
      return false;
    }
  };
  using P = Prediction;
  EXPECT_FALSE(has(P::kData, P::kVelocity, 0));
  EXPECT_TRUE(has(P::kData, P::kVelocity, 1));
  EXPECT_TRUE(has(P::kNoise, P::kVelocity, 0));
  EXPECT_FALSE(has(P::kNoise, P::kVelocity, 1));
  EXPECT_FALSE(has(P::kNoise, P::kScore, 0));
  EXPECT_TRUE(has(P::kNoise, P::kScore, 1));
  EXPECT_TRUE(has(P::kScore, P::kNoise, 0));
  EXPECT_TRUE(has(P::kScore, P::kNoise, 1));
  EXPECT_TRUE(has(P::kVelocity, P::kData, 0));
  EXPECT_TRUE(has(P::kVelocity, P::kData, 1));
  EXPECT_TRUE(has(P::kVelocity, P::kNoise, 0));
  EXPECT_FALSE(has(P::kVelocity, P::kScore, 0));
  // linear at t = 1: D = x - v.
  EXPECT_EQ(convert(P::kVelocity, P::kData, *linear, 1).x_coefficient, 1);
  EXPECT_EQ(convert(P::kVelocity, P::kData, *linear, 1).q_coefficient, -1);
}

TEST(Prediction, OnTrigVelocityIsHalfPiTimesV) {
  const auto trig = make_schedule("trig");
  for (int i = 0; i <= 20; ++i) {
    const Conversion c = convert(Prediction::kV, Prediction::kVelocity, *trig, i / 20.0);
    EXPECT_NEAR(c.x_coefficient, 0, 1e-15);
    EXPECT_NEAR(c.q_coefficient, std::acos(-1.0) / 2, 1e-15);
  }
}

TEST(Prediction, TimeIntervalLeavesOutWhatIsSingular) {
  const auto linear = make_schedule("linear");
  const auto interval = [&](Prediction p) { return time_interval(p, *linear); };
  EXPECT_EQ(interval(Prediction::kVelocity).low, 0);
  EXPECT_EQ(interval(Prediction::kVelocity).high, 1);
  EXPECT_EQ(interval(Prediction::kV).low, 0);
  EXPECT_EQ(interval(Prediction::kV).high, 1);
  EXPECT_EQ(interval(Prediction::kData).low, kSingularMargin);
  EXPECT_EQ(interval(Prediction::kData).high, 1);
  EXPECT_EQ(interval(Prediction::kNoise).low, 0);
  EXPECT_EQ(interval(Prediction::kNoise).high, 1 - kSingularMargin);
  EXPECT_EQ(interval(Prediction::kScore).low, kSingularMargin);
  for (const Prediction p : kAll) {
    EXPECT_EQ(time_interval(p, *make_schedule("ve")).low, 0);
    EXPECT_EQ(time_interval(p, *make_schedule("ve")).high, 1);
    EXPECT_EQ(time_interval(p, *make_schedule("vp-linear")).low, 1e-3);
  }
}

TEST(Prediction, NamesRoundTrip) {
  for (const Prediction p : kAll) EXPECT_EQ(prediction_of(prediction_name(p)), p);
  EXPECT_EQ(prediction_names().size(), 6u);
  EXPECT_THROW(prediction_of("epsilon"), InvalidArgument);
}

}  // namespace
}  // namespace pathflow::path
