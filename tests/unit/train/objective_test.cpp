#include "pathflow/train/objective.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"

namespace pathflow::train {
namespace {

using path::Prediction;

constexpr Scales kScales{1.4, 1.0};

Objective make(const std::string& schedule, const std::string& prediction,
               Weighting weighting = Weighting::kDefault, Scales scales = kScales) {
  return Objective(path::make_schedule(schedule), path::prediction_of(prediction), weighting,
                   scales);
}

template <class Visit>
void for_all(Visit&& visit) {
  for (const std::string& schedule : path::schedule_names()) {
    for (const std::string& prediction : path::prediction_names()) {
      SCOPED_TRACE(schedule + " " + prediction);
      visit(schedule, prediction);
    }
  }
}

/// Times of a schedule's interval, ends included.
std::vector<double> times(const path::Schedule& schedule, int count = 41) {
  std::vector<double> result;
  for (int i = 0; i < count; ++i) {
    const double share = static_cast<double>(i) / (count - 1);
    result.push_back(schedule.t_min() + (schedule.t_max() - schedule.t_min()) * share);
  }
  return result;
}

TEST(Objective, FlowMatchingAsInThePapersIsRaw) {
  const Objective objective = make("linear", "velocity");
  EXPECT_FALSE(objective.preconditioned());
  EXPECT_EQ(objective.model_prediction(), Prediction::kVelocity);
  for (const double t : {0.0, 0.3, 1.0}) {
    const Objective::Row row = objective.row(t);
    EXPECT_EQ(row.alpha, 1 - t);
    EXPECT_EQ(row.sigma, t);
    EXPECT_EQ(row.input, 1);
    EXPECT_EQ(row.a, -1);
    EXPECT_EQ(row.b, 1);
    EXPECT_EQ(row.weight, 1);
  }
}

TEST(Objective, WellScaledVIsRawAndSingularPredictionsAreNot) {
  EXPECT_FALSE(make("trig", "velocity").preconditioned());
  EXPECT_FALSE(make("trig", "v").preconditioned());
  EXPECT_FALSE(make("vp-cosine", "v").preconditioned());
  EXPECT_FALSE(make("vp-linear", "v").preconditioned());
  for (const std::string& schedule : path::schedule_names()) {
    for (const char* prediction : {"data", "noise", "score"}) {
      EXPECT_TRUE(make(schedule, prediction).preconditioned()) << schedule << prediction;
    }
    EXPECT_TRUE(make("ve", "velocity").preconditioned());
  }
  EXPECT_TRUE(make("linear", "velocity", Weighting::kDefault, {100, 1}).preconditioned());
}

TEST(Objective, NothingIsInfiniteAnywhereOnTheInterval) {
  for_all([](const std::string& schedule, const std::string& prediction) {
    for (const Weighting weighting : {Weighting::kDefault, Weighting::kVelocity}) {
      const Objective objective = make(schedule, prediction, weighting);
      for (const double t : times(objective.schedule(), 201)) {
        const Objective::Row row = objective.row(t);
        const Objective::Reading reading = objective.reading(t);
        for (const double value :
             {row.input, row.a, row.b, row.weight, reading.input, reading.skip, reading.output}) {
          ASSERT_TRUE(std::isfinite(value)) << t;
        }
        EXPECT_GE(row.weight, 0) << t;
        EXPECT_LE(row.weight, 100) << t;
      }
    }
  });
}

TEST(Objective, NetworkSeesUnitVarianceInputsAndTargets) {
  const auto square = [](double x) { return x * x; };
  for (const Scales scales : {kScales, Scales{100, 1}, Scales{0.01, 30}}) {
    for_all([&](const std::string& schedule, const std::string& prediction) {
      const Objective objective = make(schedule, prediction, Weighting::kDefault, scales);
      const Scales used = objective.scales();
      const double limit = objective.preconditioned() ? 1e-12 : 16;
      for (const double t : times(objective.schedule())) {
        const Objective::Row row = objective.row(t);
        const double input =
            square(row.input) * (square(row.alpha * used.data) + square(row.sigma * used.source));
        const double target = square(row.a * used.data) + square(row.b * used.source);
        EXPECT_LE(std::max(input, 1 / input), 1 + limit);
        EXPECT_LE(std::max(target, 1 / target), 1 + limit);
      }
    });
  }
}

TEST(Objective, UsualScalesCountAsOneAndOthersAsTheyAre) {
  const Scales usual = make("linear", "data", Weighting::kDefault, {3.9, 0.26}).scales();
  EXPECT_EQ(usual.data, 1);
  EXPECT_EQ(usual.source, 1);
  const Scales large = make("linear", "data", Weighting::kDefault, {4.1, 0.2}).scales();
  EXPECT_EQ(large.data, 4.1);
  EXPECT_EQ(large.source, 0.2);
  EXPECT_THROW(make("linear", "data", Weighting::kDefault, {0, 1}), InvalidArgument);
}

/// The network's exact answer F* for endpoints must read back as the model's prediction of them.
TEST(Objective, ReadingInvertsTheTargetForEveryEndpointPair) {
  const Random random(3, Purpose::kUser);
  for_all([&](const std::string& schedule, const std::string& prediction) {
    const Objective objective = make(schedule, prediction);
    std::uint64_t draw = 0;
    for (const double t : times(objective.schedule())) {
      const double x0 = random.normal(0, draw), x1 = random.normal(1, draw);
      ++draw;
      const Objective::Row row = objective.row(t);
      const Objective::Reading reading = objective.reading(t);
      EXPECT_EQ(reading.input, row.input);
      const double x = row.alpha * x0 + row.sigma * x1;
      const double q = reading.skip * x + reading.output * (row.a * x0 + row.b * x1);
      const path::LinearForm form =
          path::linear_form(objective.model_prediction(), objective.schedule().at(t));
      EXPECT_NEAR(q, (form.a * x0 + form.b * x1) / form.c, 1e-11 * (1 + std::abs(x))) << t;
    }
  });
}

/// MATH section 2: with matching weights, two predictions of one belief have one loss.
TEST(Objective, EqualNetworksHaveEqualVelocityWeightedLosses) {
  const Random random(4, Purpose::kUser);
  for (const std::string& schedule : path::schedule_names()) {
    const Objective reference = make(schedule, "velocity", Weighting::kVelocity);
    for (const std::string& prediction : path::prediction_names()) {
      const Objective objective = make(schedule, prediction, Weighting::kVelocity);
      std::uint64_t draw = 0;
      for (const double t : times(reference.schedule())) {
        // A belief: any two ends (D, N) with alpha D + sigma N = x_t. Each network says F for it.
        const double x0 = random.normal(0, draw), x1 = random.normal(1, draw);
        const double error = random.normal(2, draw++);
        const auto loss = [&](const Objective& o) {
          const Objective::Row row = o.row(t);
          const double size = std::hypot(row.alpha, row.sigma);
          const double d = x0 + row.sigma / size * error, n = x1 - row.alpha / size * error;
          const double residual = row.a * (d - x0) + row.b * (n - x1);
          return row.weight * residual * residual;
        };
        const double wanted = loss(reference);
        EXPECT_NEAR(loss(objective), wanted, 1e-9 * (wanted + 1e-6))
            << schedule << " " << prediction << " " << t;
      }
    }
  }
}

/// The default weight, read on |q - q*|^2, is 1 for noise, sigma^2 for score, and
/// 1 + SNR for data.
TEST(Objective, DefaultWeightsAreTheDocumentedOnes) {
  for (const std::string& schedule : path::schedule_names()) {
    for (const double t : times(*path::make_schedule(schedule))) {
      const path::Coefficients at = path::make_schedule(schedule)->at(t);
      const auto weight = [&](const char* prediction) {
        const Objective objective = make(schedule, prediction);
        const Objective::Row row = objective.row(t);
        const path::LinearForm form = path::linear_form(objective.prediction(), at);
        // residual of q for a unit residual of F: move along the null direction of x_t.
        const double f = row.a * at.sigma - row.b * at.alpha;
        const double q = (form.a * at.sigma - form.b * at.alpha) / form.c;
        return row.weight * f * f / (q * q);
      };
      if (at.sigma == 0 || at.alpha == 0) continue;
      EXPECT_NEAR(weight("noise"), 1, 1e-9) << schedule << t;
      const double snr = at.alpha * at.alpha / (at.sigma * at.sigma);
      EXPECT_NEAR(weight("data") / (1 + snr), 1, 1e-9) << schedule << t;
      EXPECT_NEAR(weight("score"), at.sigma * at.sigma, 1e-9 * at.sigma * at.sigma) << schedule;
    }
  }
}

// w |F - F*|^2 of a row is lambda |s - s*|^2 for the score that F and the target read as.
TEST(Objective, ScoreWeightsWeighTheScoreWhateverIsPredicted) {
  struct Case {
    Weighting weighting;
    double (*lambda)(const path::Coefficients&);
  };
  const Case cases[] = {
      {Weighting::kSigma2, [](const path::Coefficients& at) { return at.sigma * at.sigma; }},
      {Weighting::kOne, [](const path::Coefficients&) { return 1.0; }},
      {Weighting::kG2, [](const path::Coefficients& at) {
         return 2 * (at.sigma_sigma_dot - at.alpha_dot / at.alpha * at.sigma * at.sigma);
       }}};
  for (const Case& c : cases) {
    for (const std::string schedule : {"linear", "vp-linear", "ve"}) {
      for (const std::string prediction : {"data", "noise", "velocity", "score"}) {
        const Objective objective = make(schedule, prediction, c.weighting);
        for (const double t : {0.1, 0.5, 0.9}) {
          const path::Coefficients at = objective.schedule().at(t);
          const double score_of_f = objective.reading(t).output *
                                    path::convert(objective.model_prediction(),
                                                  path::Prediction::kScore, objective.schedule(), t)
                                        .q_coefficient;
          const double expected = c.lambda(at) * score_of_f * score_of_f;
          EXPECT_NEAR(objective.row(t).weight, expected, 1e-9 * expected) << schedule << prediction;
          EXPECT_NEAR(objective.score_weight(t) * at.sigma * at.sigma, c.lambda(at),
                      1e-9 * c.lambda(at));
        }
        const path::Interval interval = objective.interval();
        EXPECT_TRUE(std::isfinite(objective.row(interval.low).weight)) << schedule;
        EXPECT_TRUE(std::isfinite(objective.row(interval.high).weight)) << schedule;
      }
    }
  }
}

}  // namespace
}  // namespace pathflow::train
