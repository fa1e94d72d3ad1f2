// Deterministic samplers against the closed-form mixture: values, orders, directions, schedules.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <xtensor/xview.hpp>

#include "unit/density/mixtures.hpp"

namespace pathflow::sample {
namespace {

using namespace testing_support;
using density::PathMixture;
using path::Prediction;

// A curve through a thousand levels, with a kink in its second derivative at each: a method of high
// order does not see them all, and its error stops falling near 1e-7.
bool has_kinks(const std::string& schedule) { return schedule.rfind("ddpm-", 0) == 0; }

constexpr Prediction kAll[] = {Prediction::kData, Prediction::kNoise, Prediction::kVelocity,
                               Prediction::kV,    Prediction::kScore, Prediction::kEdm};

std::vector<double> errors_at(const std::string& name, const std::string& schedule_name,
                              const std::vector<double>& steps, std::optional<double> from,
                              std::optional<double> to) {
  const auto schedule = path::make_schedule(schedule_name);
  PathMixture<double> model(three_components(), schedule);
  const double sigma = schedule->at(from.value_or(schedule->t_max())).sigma;
  const Matrix start = normals(24, 2, 1, sigma);
  const Matrix exact = reference_end(model, *schedule, start, from, to);
  std::vector<double> errors;
  for (const double count : steps) {
    SampleOptions options{.sampler = name, .steps = static_cast<int>(count)};
    options.from = from;
    options.to = to;
    errors.push_back(rms_difference(sample(model, *schedule, options, start).points, exact));
  }
  return errors;
}

struct OrderCase {
  const char* sampler;
  double order;
};
void PrintTo(const OrderCase& which, std::ostream* out) { *out << which.sampler; }
class Order : public testing::TestWithParam<OrderCase> {};
// The methods in log-SNR fall to ddim where a step ends at infinite log-SNR.
class OrderInTime : public Order {};

std::string case_name(const testing::TestParamInfo<OrderCase>& which) {
  std::string name = which.param.sampler;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}
constexpr OrderCase kInTime[] = {
    {"euler", 1}, {"midpoint", 2}, {"heun", 2}, {"rk4", 4}, {"ddim", 1}};
constexpr OrderCase kInLogSnr[] = {{"dpm-solver-2", 2}, {"dpm-solver-3", 3}, {"dpmpp-2s", 2},
                                   {"dpmpp-2m", 2},     {"dpmpp-3m", 3},     {"unipc", 3},
                                   {"edm", 2}};
INSTANTIATE_TEST_SUITE_P(Samplers, Order, testing::ValuesIn(kInTime), case_name);
INSTANTIATE_TEST_SUITE_P(InLogSnr, Order, testing::ValuesIn(kInLogSnr), case_name);
INSTANTIATE_TEST_SUITE_P(Samplers, OrderInTime, testing::ValuesIn(kInTime), case_name);

std::vector<double> steps_for(double order) {
  if (order == 4) return {24, 36, 48, 72, 96};
  return {64, 96, 128, 192, 256};
}

// Slopes within 0.15 of nominal on three unlike schedules.
TEST_P(Order, IsTheNominalOne) {
  const auto [name, order] = GetParam();
  for (const char* schedule : {"linear", "trig", "sub-vp"}) {
    const std::vector<double> steps = steps_for(order);
    const auto errors = errors_at(name, schedule, steps, 0.95, 0.05);
    EXPECT_NEAR(-log_slope(steps, errors), order, 0.15) << name << " on " << schedule;
  }
}

// The whole interval, both ends included, where nothing is singular.
TEST_P(OrderInTime, HoldsToTheVeryEndsOfLinear) {
  const auto [name, order] = GetParam();
  const std::vector<double> steps = steps_for(order);
  const auto errors = errors_at(name, "linear", steps, {}, {});
  EXPECT_NEAR(-log_slope(steps, errors), order, 0.15) << name;
}

// And toward the source. (Nearer to the data the first steps are long in log-SNR.)
TEST_P(Order, HoldsTowardTheSource) {
  const auto [name, order] = GetParam();
  const std::vector<double> steps = steps_for(order);
  const auto errors = errors_at(name, "trig", steps, 0.2, 0.9);
  EXPECT_NEAR(-log_slope(steps, errors), order, 0.15) << name;
}

// Local extrapolation makes the answer fifth order. A tolerance no step can miss turns each run
// into one step, so a chain of runs is the method at a fixed step; a wide Gaussian, whose flow map
// is exact, reaches the asymptotic range before rounding.
TEST(Dopri5, IsFifthOrderAtAFixedStep) {
  const auto gaussian = make_mixture({1.0}, {{1.0, -2.0}}, {{4.0, 0.02, 0.02, 6.0}});
  for (const char* name : {"linear", "sub-vp"}) {
    const auto schedule = path::make_schedule(name);
    PathMixture<double> model(gaussian, schedule);
    const Matrix start = normals(24, 2, 1);
    const Matrix exact = gaussian_flow_map(gaussian, *schedule, 0.95, 0.05, start);
    const std::vector<double> steps{24, 32, 48, 64};
    std::vector<double> errors;
    for (const double count : steps) {
      Matrix x = start;
      for (int k = 0; k < static_cast<int>(count); ++k) {
        SampleOptions options{.sampler = "dopri5", .rtol = 0, .atol = 100};
        options.from = 0.95 - 0.9 * k / count;
        options.to = 0.95 - 0.9 * (k + 1) / count;
        const auto result = sample(model, *schedule, options, x);
        ASSERT_EQ(result.accepted, 1);
        x = result.points;
      }
      errors.push_back(rms_difference(x, exact));
    }
    EXPECT_NEAR(-log_slope(steps, errors), 5, 0.15) << name;
  }
}

// Error per step proportional to the tolerance: the error at the end falls at least in proportion
// (a little faster, since the fourth-order estimate overstates the fifth-order answer's error).
TEST(Dopri5, ErrorFollowsTheTolerance) {
  for (const std::string& name : path::schedule_names()) {
    const auto schedule = path::make_schedule(name);
    PathMixture<double> model(three_components(), schedule);
    const Matrix start = normals(24, 2, 1, schedule->at(schedule->t_max()).sigma);
    const Matrix exact = reference_end(model, *schedule, start);
    std::vector<double> errors, tolerances;
    for (const double tolerance : {1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9}) {
      SampleOptions options{.sampler = "dopri5", .rtol = tolerance, .atol = tolerance};
      tolerances.push_back(tolerance);
      errors.push_back(rms_difference(sample(model, *schedule, options, start).points, exact));
      EXPECT_LT(errors.back(), 20 * tolerance + (has_kinks(name) ? 1e-5 : 0)) << name;
    }
    if (has_kinks(name)) continue;
    const double slope = log_slope(tolerances, errors);
    EXPECT_GT(slope, 0.85) << name;
    EXPECT_LT(slope, 1.35) << name;
  }
}

// One component: the flow map is known in closed form, no reference integration needed.
TEST(Dopri5, AgreesWithTheExactMapOfAGaussian) {
  const auto gaussian = make_mixture({1.0}, {{1.0, -2.0}}, {{0.5, 0.2, 0.2, 0.3}});
  for (const std::string& name : path::schedule_names()) {
    const auto schedule = path::make_schedule(name);
    PathMixture<double> model(gaussian, schedule);
    const Matrix start = normals(10, 2, 1, schedule->at(schedule->t_max()).sigma);
    const Matrix exact =
        gaussian_flow_map(gaussian, *schedule, schedule->t_max(), schedule->t_min(), start);
    SampleOptions options{.sampler = "dopri5", .rtol = 1e-9, .atol = 1e-9};
    EXPECT_LT(rms_difference(sample(model, *schedule, options, start).points, exact),
              has_kinks(name) ? 1e-6 : 1e-7)
        << name;
  }
}

TEST(Dopri5, DenseOutputIsAsGoodAsTheSteps) {
  const auto schedule = path::make_schedule("linear");
  PathMixture<double> model(three_components(), schedule);
  const Matrix start = normals(16, 2, 2);
  SampleOptions options{.sampler = "dopri5", .rtol = 1e-7, .atol = 1e-7};
  for (int k = 0; k <= 32; ++k) options.keep.push_back(1 - k / 32.0);
  const auto result = sample(model, *schedule, options, start);
  EXPECT_LT(result.accepted, 32) << "no time would be inside a step";
  for (std::size_t k = 1; k < options.keep.size(); ++k) {
    const Matrix exact = reference_end(model, *schedule, start, 1.0, options.keep[k]);
    const Matrix kept = xt::view(result.trajectories, k, xt::all(), xt::all());
    EXPECT_LT(rms_difference(kept, exact), 3e-6) << "t = " << options.keep[k];
  }
  EXPECT_EQ(Matrix(xt::view(result.trajectories, 0, xt::all(), xt::all())), start);
  EXPECT_EQ(Matrix(xt::view(result.trajectories, 32, xt::all(), xt::all())), result.points);
}

// Between grid times the parabola is third order, against the run that stops there.
TEST(Trajectories, ParabolaIsThirdOrder) {
  const auto schedule = path::make_schedule("linear");
  PathMixture<double> model(three_components(), schedule);
  const Matrix start = normals(16, 2, 2);
  std::vector<double> steps{16, 32, 64, 128}, errors;
  for (const double count : steps) {
    const double t = 1 - (std::floor(count / 2) + 0.5) / count;  // the middle of a middle step
    SampleOptions options{.sampler = "rk4", .steps = static_cast<int>(count), .keep = {t}};
    const auto result = sample(model, *schedule, options, start);
    const Matrix kept = xt::view(result.trajectories, 0, xt::all(), xt::all());
    errors.push_back(rms_difference(kept, reference_end(model, *schedule, start, 1.0, t)));
  }
  EXPECT_NEAR(-log_slope(steps, errors), 3, 0.2);
}

// Every schedule is the same diffusion seen in other coordinates, and every prediction the same
// quantity: from one point x / alpha at one log-SNR, thirty runs end in one point at another.
TEST(Equivalence, SchedulesAndPredictionsShareOneFlow) {
  const auto gaussian = three_components();
  const Matrix seed = normals(12, 2, 7);
  const double from_snr = -4, to_snr = 5;
  Matrix first;
  for (const std::string& name : path::schedule_names()) {
    const auto schedule = path::make_schedule(name);
    const double from = schedule->time_of_log_snr(from_snr), to = schedule->time_of_log_snr(to_snr);
    const Matrix start = seed * (schedule->at(from).alpha * std::exp(-0.5 * from_snr));
    for (const Prediction prediction : kAll) {
      PathMixture<double> model(gaussian, schedule, prediction);
      SampleOptions options{.sampler = "dopri5", .from = from, .to = to};
      options.rtol = options.atol = 1e-10;
      const auto result = sample(model, *schedule, options, start);
      const Matrix end = result.points / schedule->at(to).alpha;
      if (first.size() != end.size()) first = end;
      EXPECT_LT(rms_difference(end, first), has_kinks(name) ? 3e-7 : 2e-8)
          << name << " " << path::prediction_name(prediction);
    }
  }
}

// Default ends: every sampler runs on every schedule with every prediction, and lands near the
// data.
TEST(Equivalence, EveryCombinationRunsByDefault) {
  const auto mixture = three_components();
  for (const std::string& schedule_name : path::schedule_names()) {
    const auto schedule = path::make_schedule(schedule_name);
    const Matrix start = normals(8, 2, 3, schedule->at(schedule->t_max()).sigma);
    PathMixture<double> velocity(mixture, schedule);
    const Matrix exact = reference_end(velocity, *schedule, start);
    for (const Prediction prediction : kAll) {
      PathMixture<double> model(mixture, schedule, prediction);
      for (const std::string& sampler : sampler_names()) {
        if (sampler == "jump") continue;  // these models know no flow map
        SCOPED_TRACE(sampler + " " + schedule_name + " " +
                     std::string(path::prediction_name(prediction)));
        const SampleOptions options{.sampler = sampler, .steps = 200};
        const auto result = sample(model, *schedule, options, start);
        for (std::size_t i = 0; i < result.points.size(); ++i) {
          ASSERT_LT(std::abs(result.points.data()[i]), 8);
        }
        const SampleOptions other{.sampler = sampler, .steps = 200, .seed = 1};
        if (sample(model, *schedule, other, start).points == result.points) {  // deterministic
          EXPECT_LT(rms_difference(result.points, exact), 0.15);
        }
      }
    }
  }
}

TEST(Directions, ThereAndBackIsTheIdentity) {
  for (const std::string& name : path::schedule_names()) {
    const auto schedule = path::make_schedule(name);
    PathMixture<double> model(three_components(), schedule);
    const Matrix start = normals(12, 2, 4, schedule->at(schedule->t_max()).sigma);
    for (const char* sampler : {"dopri5", "rk4"}) {
      SampleOptions options{.sampler = sampler, .steps = 1000, .rtol = 1e-9, .atol = 1e-9};
      const auto there = sample(model, *schedule, options, start);
      options.toward_source = true;
      const auto back = sample(model, *schedule, options, there.points);
      const double scale = schedule->at(schedule->t_max()).sigma;
      EXPECT_LT(rms_difference(back.points, start), 2e-5 * scale) << name << " " << sampler;
    }
  }
}

// y = x / alpha, u = sigma / alpha turn the ODE into dy / du = N: DDIM is Euler there.
TEST(Ddim, IsEulerInRescaledVariables) {
  for (const char* name : {"linear", "vp-linear", "sub-vp", "ve"}) {
    const auto schedule = path::make_schedule(name);
    PathMixture<double> model(three_components(), schedule, Prediction::kNoise);
    const int steps = 20;
    const double from = 0.98, to = 0.02;
    const Matrix start = normals(10, 2, 5, schedule->at(from).sigma);
    SampleOptions options{.sampler = "ddim", .steps = steps, .from = from, .to = to};
    const auto result = sample(model, *schedule, options, start);
    Matrix y = start / schedule->at(from).alpha;
    std::vector<double> noise(y.size());
    for (int k = 0; k < steps; ++k) {
      const double t = from + (to - from) * k / steps, s = from + (to - from) * (k + 1) / steps;
      const path::Coefficients a = schedule->at(t), b = schedule->at(s);
      const Matrix x = y * a.alpha;
      model.predict({x.data(), x.size()}, t, noise);
      for (std::size_t i = 0; i < y.size(); ++i) {
        y.data()[i] += (b.sigma / b.alpha - a.sigma / a.alpha) * noise[i];
      }
    }
    const Matrix end = y * schedule->at(to).alpha;
    EXPECT_LT(rms_difference(result.points, end), 1e-11) << name;
  }
}

// Data at one point: D is constant, and any number of steps gives x_s = alpha_s m + sigma_s N.
TEST(Ddim, IsExactForAPointMass) {
  for (const std::string& name : path::schedule_names()) {
    const auto schedule = path::make_schedule(name);
    FunctionModel<double> model(1, Prediction::kData,
                                [](auto, double, std::span<double> q) { q[0] = 1.7; });
    const path::Coefficients at = schedule->at(schedule->t_max());
    const path::Coefficients end = schedule->at(schedule->t_min());
    const double x = 0.6, noise = (x - at.alpha * 1.7) / at.sigma;
    for (const int steps : {1, 2, 7, 50}) {
      const SampleOptions options{.sampler = "ddim", .steps = steps};
      const auto result = sample(model, *schedule, options, Matrix{{x}});
      EXPECT_NEAR(result.points(0, 0), end.alpha * 1.7 + end.sigma * noise, 1e-12) << name;
    }
  }
}

// alpha-deblending: x + (s - t) d on the linear path, the same bits.
TEST(Euler, IsAlphaDeblendingBitForBit) {
  const auto schedule = path::make_schedule("linear");
  PathMixture<float> model(three_components(), schedule);
  const auto start = tensor::Matrix<float>{{0.3f, -1.2f}, {0.9f, 0.4f}};
  const SampleOptions options{.sampler = "euler", .steps = 37};
  const auto result = sample(model, *schedule, options, start);
  std::vector<float> x(start.begin(), start.end()), d(4);
  for (int k = 0; k < 37; ++k) {
    const double t = static_cast<float>(1 + (0.0 - 1) * (k / 37.0));
    const double s = k == 36 ? 0 : static_cast<float>(1 + (0.0 - 1) * ((k + 1) / 37.0));
    model.predict(x, static_cast<float>(t), d);
    for (std::size_t i = 0; i < 4; ++i) x[i] = x[i] + static_cast<float>(s - t) * d[i];
  }
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(result.points.data()[i], x[i]);
}

TEST(Euler, OneStepFromLinearVelocityLandsOnTheDenoiser) {
  const auto schedule = path::make_schedule("linear");
  PathMixture<double> model(three_components(), schedule);
  const auto mean = three_components().mean();
  const SampleOptions options{.sampler = "euler", .steps = 1};
  const auto result = sample(model, *schedule, options, normals(5, 2, 1));
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(result.points(i, 0), mean(0), 1e-12);
    EXPECT_NEAR(result.points(i, 1), mean(1), 1e-12);
  }
}

// A general source (no closed-form score): the ODE carries one Gaussian to another exactly.
TEST(GeneralSource, OdeCarriesOneGaussianToAnother) {
  // x0 ~ N(2, 0.25), x1 ~ N(-3, 4), independent, linear path: v is affine in x.
  const auto schedule = path::make_schedule("linear");
  FunctionModel<double> model(1, Prediction::kVelocity, [](auto x, double t, auto v) {
    const double variance = (1 - t) * (1 - t) * 0.25 + t * t * 4;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double residual = x[i] - ((1 - t) * 2 + t * -3);
      v[i] = -5 + (-(1 - t) * 0.25 + t * 4) / variance * residual;
    }
  });
  SampleOptions options{.sampler = "rk4", .steps = 200};
  options.gaussian_source = false;
  const auto result = sample(model, *schedule, options, Matrix{{-3.0}, {-1.0}, {1.0}});
  EXPECT_NEAR(result.points(0, 0), 2.0, 1e-7);
  EXPECT_NEAR(result.points(1, 0), 2.5, 1e-7);
  EXPECT_NEAR(result.points(2, 0), 3.0, 1e-7);
}

}  // namespace
}  // namespace pathflow::sample
