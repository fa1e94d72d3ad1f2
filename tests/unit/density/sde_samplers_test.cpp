// Stochastic samplers: path by path against recursions worked out by hand for a Gaussian, weak
// order, preserved moments of the mixture.
#include <gtest/gtest.h>

#include <cmath>

#include "pathflow/path/dynamics.hpp"
#include "unit/density/mixtures.hpp"

namespace pathflow::sample {
namespace {

using namespace testing_support;
using density::PathMixture;
using path::Prediction;

// x0 ~ N(kMean, kDeviation^2) on the line, everything in closed form:
//   V = alpha^2 c^2 + sigma^2, v = alpha' m + (alpha alpha' c^2 + sigma sigma') (x - alpha m) / V,
//   score = -(x - alpha m) / V.
constexpr double kMean = 1.5, kDeviation = 0.6;
struct Line {
  double alpha, sigma, alpha_dot, sigma_dot, variance;
};
Line line_at(const path::Schedule& schedule, double t) {
  const path::Coefficients c = schedule.at(t);
  return {c.alpha, c.sigma, c.alpha_dot, c.sigma_dot,
          c.alpha * c.alpha * kDeviation * kDeviation + c.sigma * c.sigma};
}

// w(t) from its definition, without path/dynamics.hpp.
double diffusion_by_hand(const std::string& name, const Line& at) {
  const double f = at.alpha_dot / at.alpha;
  if (name == "g2") return 2 * at.sigma * at.sigma_dot - 2 * f * at.sigma * at.sigma;
  if (name == "sigma") return 2 * at.sigma;
  return name == "constant" ? 1.0 : 0.0;
}

// One Euler-Maruyama step as x_s = factor x_t + shift + deviation z.
struct AffineStep {
  double factor, shift, deviation;
};
AffineStep euler_maruyama_by_hand(const std::string& diffusion, const path::Schedule& schedule,
                                  double t, double s) {
  const Line at = line_at(schedule, t);
  const double w = diffusion_by_hand(diffusion, at), h = s - t;
  const double v =
      (at.alpha * at.alpha_dot * kDeviation * kDeviation + at.sigma * at.sigma_dot) / at.variance;
  const double slope = v + (s < t ? 0.5 : -0.5) * w / at.variance;  // of the drift in x
  const double shift = at.alpha_dot * kMean - slope * at.alpha * kMean;
  const bool last = s <= schedule.t_min();
  return {1 + h * slope, h * shift, last ? 0 : std::sqrt(std::abs(h) * w)};
}

// The posterior p(x_s | x_t, D) of MATH section 6 with D itself affine in x.
AffineStep ancestral_by_hand(double eta, const path::Schedule& schedule, double t, double s) {
  const Line a = line_at(schedule, t), b = line_at(schedule, s);
  const double gain = a.alpha * kDeviation * kDeviation / a.variance;  // D = m + gain (x - alpha m)
  const double tau2 =
      eta * eta * b.sigma * b.sigma / (a.sigma * a.sigma) *
      (a.sigma * a.sigma - a.alpha * a.alpha / (b.alpha * b.alpha) * b.sigma * b.sigma);
  const double rest = std::sqrt(b.sigma * b.sigma - tau2);
  const double data_shift = kMean * (1 - gain * a.alpha);
  return {b.alpha * gain + rest * (1 - a.alpha * gain) / a.sigma,
          data_shift * (b.alpha - rest * a.alpha / a.sigma), std::sqrt(tau2)};
}

template <class StepByHand>
void expect_same_paths(const SampleOptions& options, const path::Schedule& schedule,
                       Prediction prediction, StepByHand by_hand) {
  PathMixture<double> model(line_gaussian(kMean, kDeviation), path::make_schedule(schedule.name()),
                            prediction);
  const std::size_t n = 7;
  Matrix x = normals(n, 1, 9, schedule.at(*options.from).sigma);
  const auto result = sample(model, schedule, options, x);
  const Random random(options.seed, Purpose::kSampleNoise);
  for (int k = 0; k < options.steps; ++k) {
    const double whole = *options.to - *options.from;
    const double t = *options.from + whole * (static_cast<double>(k) / options.steps);
    const double s = k + 1 == options.steps
                         ? *options.to
                         : *options.from + whole * (static_cast<double>(k + 1) / options.steps);
    const AffineStep step = by_hand(t, s);
    for (std::size_t i = 0; i < n; ++i) {
      const double z = random.normal(static_cast<std::uint64_t>(k), i);
      x(i, 0) = step.factor * x(i, 0) + step.shift + step.deviation * z;
    }
  }
  EXPECT_LT(rms_difference(result.points, x), 1e-10)
      << options.sampler << " " << options.diffusion << " on " << schedule.name() << " from "
      << path::prediction_name(prediction);
}

TEST(EulerMaruyama, FollowsTheRecursionWorkedOutByHand) {
  for (const std::string& name : path::schedule_names()) {
    const auto schedule = path::make_schedule(name);
    for (const std::string diffusion : {"g2", "sigma", "constant", "zero"}) {
      for (const Prediction prediction :
           {Prediction::kVelocity, Prediction::kNoise, Prediction::kScore, Prediction::kData}) {
        for (const bool toward_source : {false, true}) {
          SampleOptions options{.sampler = "euler-maruyama", .steps = 40, .seed = 77};
          options.diffusion = diffusion;
          options.from = toward_source ? 0.05 : 0.95;
          options.to = toward_source ? 0.95 : 0.05;
          expect_same_paths(options, *schedule, prediction, [&](double t, double s) {
            return euler_maruyama_by_hand(diffusion, *schedule, t, s);
          });
        }
      }
    }
  }
}

TEST(EulerMaruyama, EndsByTheMean) {
  const auto schedule = path::make_schedule("linear");
  SampleOptions options{.sampler = "euler-maruyama", .steps = 10, .from = 0.9, .to = 0.0};
  expect_same_paths(options, *schedule, Prediction::kVelocity, [&](double t, double s) {
    return euler_maruyama_by_hand("g2", *schedule, t, s);
  });
}

TEST(Ddim, FollowsThePosteriorWorkedOutByHand) {
  for (const std::string& name : path::schedule_names()) {
    const auto schedule = path::make_schedule(name);
    for (const double eta : {0.0, 0.4, 1.0}) {
      SampleOptions options{.sampler = "ddim", .steps = 30, .from = 0.95, .to = 0.02, .seed = 5};
      options.eta = eta;
      expect_same_paths(options, *schedule, Prediction::kVelocity, [&](double t, double s) {
        return ancestral_by_hand(eta, *schedule, t, s);
      });
    }
  }
}

// The recursion above carries mean and variance exactly: (A m + b, A^2 V + c^2). Their distance
// from the marginal at the end falls as 1 / steps.
TEST(EulerMaruyama, HasWeakOrderOne) {
  for (const char* name : {"linear", "trig", "vp-linear", "sub-vp"}) {
    const auto schedule = path::make_schedule(name);
    for (const std::string diffusion : {"g2", "sigma", "constant"}) {
      for (const bool toward_source : {false, true}) {
        const double from = toward_source ? 0.1 : 0.9, to = toward_source ? 0.9 : 0.1;
        const std::vector<double> steps{256, 512, 1024, 2048};
        std::vector<double> mean_errors, variance_errors;
        for (const double count : steps) {
          const Line first = line_at(*schedule, from), end = line_at(*schedule, to);
          double mean = first.alpha * kMean, variance = first.variance;
          for (int k = 0; k < static_cast<int>(count); ++k) {
            const AffineStep step =
                euler_maruyama_by_hand(diffusion, *schedule, from + (to - from) * k / count,
                                       from + (to - from) * (k + 1) / count);
            mean = step.factor * mean + step.shift;
            variance = step.factor * step.factor * variance + step.deviation * step.deviation;
          }
          mean_errors.push_back(std::abs(mean - end.alpha * kMean));
          variance_errors.push_back(std::abs(variance - end.variance));
        }
        SCOPED_TRACE(std::string(name) + " " + diffusion + (toward_source ? " back" : ""));
        if (std::string(name) == "linear") {
          EXPECT_LT(mean_errors.back(), 1e-12) << "the mean moves in a straight line: exact";
        } else {
          EXPECT_NEAR(-log_slope(steps, mean_errors), 1, 0.15);
        }
        EXPECT_NEAR(-log_slope(steps, variance_errors), 1, 0.15);
      }
    }
  }
}

// One stochastic Heun step by hand: x' = A x + b + c z, then the mean of both drifts, the same z.
AffineStep stochastic_heun_by_hand(const std::string& diffusion, const path::Schedule& schedule,
                                   double t, double s) {
  const AffineStep first = euler_maruyama_by_hand(diffusion, schedule, t, s);
  const Line at = line_at(schedule, t), to = line_at(schedule, s);
  const double h = s - t;
  const double noise = std::sqrt(
      std::abs(h) * 0.5 * (diffusion_by_hand(diffusion, at) + diffusion_by_hand(diffusion, to)));
  // The drift at s, as slope x + rest, from an Euler step that begins there.
  const AffineStep second = euler_maruyama_by_hand(diffusion, schedule, s, s + h);
  const double slope = (second.factor - 1) / h, rest = second.shift / h;
  return {1 + 0.5 * (first.factor - 1) + 0.5 * h * slope * first.factor,
          0.5 * first.shift + 0.5 * h * (slope * first.shift + rest),
          noise * (1 + 0.5 * h * slope)};
}

TEST(StochasticHeun, FollowsTheRecursionWorkedOutByHand) {
  for (const std::string& name : path::schedule_names()) {
    const auto schedule = path::make_schedule(name);
    for (const std::string diffusion : {"g2", "sigma", "constant", "zero"}) {
      for (const bool toward_source : {false, true}) {
        SampleOptions options{.sampler = "stochastic-heun", .steps = 40, .seed = 77};
        options.diffusion = diffusion;
        options.from = toward_source ? 0.1 : 0.9;
        options.to = toward_source ? 0.9 : 0.1;
        expect_same_paths(options, *schedule, Prediction::kVelocity, [&](double t, double s) {
          return stochastic_heun_by_hand(diffusion, *schedule, t, s);
        });
      }
    }
  }
}

TEST(StochasticHeun, WithoutDiffusionIsHeun) {
  const auto schedule = path::make_schedule("trig");
  PathMixture<double> model(three_components(), schedule);
  const Matrix start = normals(10, 2, 5);
  SampleOptions options{.sampler = "stochastic-heun", .steps = 20, .from = 0.9, .to = 0.1};
  options.diffusion = "zero";
  const Matrix stochastic = sample(model, *schedule, options, start).points;
  options.sampler = "heun";
  EXPECT_LT(rms_difference(stochastic, sample(model, *schedule, options, start).points), 1e-13);
}

struct WeakErrors {
  std::vector<double> steps{128, 256, 512, 1024}, mean, variance;
};
/// Of the exact mean and variance that a recursion of affine steps carries, at the end.
template <class StepByHand>
WeakErrors weak_errors(const path::Schedule& schedule, double from, double to, StepByHand by_hand) {
  WeakErrors errors;
  for (const double count : errors.steps) {
    const Line first = line_at(schedule, from), end = line_at(schedule, to);
    double mean = first.alpha * kMean, variance = first.variance;
    for (int k = 0; k < static_cast<int>(count); ++k) {
      const AffineStep step =
          by_hand(from + (to - from) * k / count, from + (to - from) * (k + 1) / count);
      mean = step.factor * mean + step.shift;
      variance = step.factor * step.factor * variance + step.deviation * step.deviation;
    }
    errors.mean.push_back(std::abs(mean - end.alpha * kMean));
    errors.variance.push_back(std::abs(variance - end.variance));
  }
  return errors;
}

TEST(StochasticHeun, HasWeakOrderTwo) {
  for (const char* name : {"linear", "trig", "vp-linear", "sub-vp"}) {
    const auto schedule = path::make_schedule(name);
    for (const std::string diffusion : {"g2", "sigma", "constant"}) {
      for (const bool toward_source : {false, true}) {
        const double from = toward_source ? 0.2 : 0.8, to = toward_source ? 0.8 : 0.2;
        const WeakErrors errors = weak_errors(*schedule, from, to, [&](double t, double s) {
          return stochastic_heun_by_hand(diffusion, *schedule, t, s);
        });
        SCOPED_TRACE(std::string(name) + " " + diffusion + (toward_source ? " back" : ""));
        if (errors.mean.back() > 1e-12) {
          EXPECT_NEAR(-log_slope(errors.steps, errors.mean), 2, 0.15);
        }
        EXPECT_NEAR(-log_slope(errors.steps, errors.variance), 2, 0.15);
      }
    }
  }
}

TEST(Ddpm, SmallVarianceIsDdimWithEtaOne) {
  for (const std::string& name : path::schedule_names()) {
    const auto schedule = path::make_schedule(name);
    PathMixture<double> model(three_components(), schedule);
    const Matrix start = normals(20, 2, 1, schedule->at(schedule->t_max()).sigma);
    const SampleOptions ddpm{.sampler = "ddpm", .steps = 25, .seed = 3};
    const SampleOptions ddim{.sampler = "ddim", .steps = 25, .seed = 3, .eta = 1.0};
    EXPECT_EQ(sample(model, *schedule, ddpm, start).points,
              sample(model, *schedule, ddim, start).points)
        << name;
  }
}

struct Moments {
  double mean[2] = {}, covariance[2][2] = {};
};
Moments moments_of(const Matrix& x) {
  Moments m;
  const double n = static_cast<double>(x.shape(0));
  for (std::size_t i = 0; i < x.shape(0); ++i) {
    for (int a = 0; a < 2; ++a) m.mean[a] += x(i, a) / n;
  }
  for (std::size_t i = 0; i < x.shape(0); ++i) {
    for (int a = 0; a < 2; ++a) {
      for (int b = 0; b < 2; ++b) {
        m.covariance[a][b] += (x(i, a) - m.mean[a]) * (x(i, b) - m.mean[b]) / n;
      }
    }
  }
  return m;
}

// The path's law at t: draws of alpha x0 + sigma x1.
Matrix path_draws(const density::GaussianMixture& mixture, const path::Schedule& schedule, double t,
                  std::size_t n) {
  const path::Coefficients at = schedule.at(t);
  const Matrix x0 = mixture.sample(n, 21), x1 = normals(n, 2, 22);
  return at.alpha * x0 + at.sigma * x1;
}

// From a true draw at `from` to the moments at `to`: alpha^2 Cov + sigma^2 I, within 5 standard
// errors of n draws plus the method's own first-order bias.
void expect_marginal(SampleOptions options, const std::string& schedule_name, double from,
                     double to, double bias) {
  const auto mixture = three_components();
  const auto schedule = path::make_schedule(schedule_name);
  PathMixture<double> model(mixture, schedule);
  const std::size_t n = 4000;
  options.from = from;
  options.to = to;
  const auto result = sample(model, *schedule, options, path_draws(mixture, *schedule, from, n));
  const Moments m = moments_of(result.points);
  const path::Coefficients at = schedule->at(to);
  const auto mean = mixture.mean();
  const auto covariance = mixture.covariance();
  SCOPED_TRACE(options.sampler + " " + options.diffusion + " " + options.variance + " on " +
               schedule_name + " to " + std::to_string(to));
  for (std::size_t a = 0; a < 2; ++a) {
    const double variance = at.alpha * at.alpha * covariance(a, a) + at.sigma * at.sigma;
    EXPECT_NEAR(m.mean[a], at.alpha * mean(a), 5 * std::sqrt(variance / n) + bias);
    EXPECT_NEAR(m.covariance[a][a], variance, 5 * variance * std::sqrt(2.0 / n) + 2 * bias);
  }
  EXPECT_NEAR(m.covariance[0][1], at.alpha * at.alpha * covariance(0, 1),
              5 * 2.0 / std::sqrt(n) + bias);
}

TEST(Stochastic, SamplersPreserveTheMixturesMoments) {
  SampleOptions options{.steps = 80, .seed = 4};
  options.sampler = "euler-maruyama";
  for (const char* diffusion : {"g2", "sigma", "constant", "time"}) {
    options.diffusion = diffusion;
    expect_marginal(options, "linear", 0.97, 0.05, 0.02);
    expect_marginal(options, "linear", 0.05, 0.9, 0.02);
  }
  options.diffusion = "g2";
  options.diffusion_scale = 0.3;
  expect_marginal(options, "vp-linear", 1.0, 1e-3, 0.03);
  options.diffusion_scale = 1;
  expect_marginal(options, "trig", 0.97, 0.05, 0.02);
  options.sampler = "ddim";
  for (const double eta : {0.5, 1.0}) {
    options.eta = eta;
    expect_marginal(options, "vp-linear", 1.0, 1e-3, 0.03);
    expect_marginal(options, "linear", 0.99, 0.0, 0.03);
  }
  options.sampler = "ddpm";
  for (const char* variance : {"small", "large"}) {
    options.variance = variance;
    expect_marginal(options, "vp-linear", 1.0, 1e-3, 0.04);
    expect_marginal(options, "vp-cosine", 0.9946, 1e-3, 0.04);
  }
  options.sampler = "stochastic-heun";
  for (const char* diffusion : {"g2", "sigma", "constant", "time"}) {
    options.diffusion = diffusion;
    expect_marginal(options, "linear", 0.97, 0.05, 0.01);
    expect_marginal(options, "linear", 0.05, 0.9, 0.01);
  }
  options.sampler = "dpmpp-sde-2m";
  expect_marginal(options, "vp-linear", 1.0, 1e-3, 0.02);
  expect_marginal(options, "linear", 0.99, 0.0, 0.02);
  options.sampler = "edm";
  options.churn = 20;
  options.churn_to = 40;
  options.grid = "karras";
  expect_marginal(options, "linear", 0.99, 0.0, 0.02);
  expect_marginal(options, "ve", 1.0, 0.0, 0.02);
  options.grid = "uniform";
  options.sampler = "predictor-corrector";
  for (const char* predictor : {"reverse-diffusion", "ode"}) {
    options.predictor = predictor;
    expect_marginal(options, "vp-linear", 1.0, 1e-3, 0.04);
  }
}

// Annealed Langevin: many small moves at slowly falling levels of ve reach the data's law.
TEST(PredictorCorrector, WithoutAPredictorIsAnnealedLangevin) {
  SampleOptions options{.sampler = "predictor-corrector", .steps = 120, .seed = 4};
  options.predictor = "none";
  options.corrector_steps = 6;
  options.corrector_snr = 0.3;
  options.last_step = "tweedie";
  expect_marginal(options, "ve", 1.0, 0.0, 0.12);
}

// Before it has a past, the multistep SDE method is ddim with eta = 1: the same draws, nearly the
// same bits.
TEST(DpmppSde, ItsFirstStepIsDdimWithEtaOne) {
  for (const std::string& name : path::schedule_names()) {
    const auto schedule = path::make_schedule(name);
    PathMixture<double> model(three_components(), schedule);
    const Matrix start = normals(20, 2, 1, schedule->at(schedule->t_max()).sigma);
    SampleOptions options{.sampler = "dpmpp-sde-2m", .steps = 1, .to = 0.3, .seed = 3, .eta = 1.0};
    const Matrix sde = sample(model, *schedule, options, start).points;
    options.sampler = "ddim";
    EXPECT_LT(rms_difference(sde, sample(model, *schedule, options, start).points), 1e-12) << name;
  }
}

TEST(LastStep, TweedieIsTheDenoiserAndEulerAddsNoise) {
  const auto schedule = path::make_schedule("linear");
  PathMixture<double> model(three_components(), schedule, Prediction::kData);
  const Matrix start = normals(8, 2, 1);
  SampleOptions options{.sampler = "euler-maruyama", .steps = 1, .from = 0.4, .to = 0.0, .seed = 2};
  options.last_step = "tweedie";
  Matrix denoised = zeros(8, 2);
  model.predict({start.data(), start.size()}, 0.4, {denoised.data(), denoised.size()});
  EXPECT_LT(rms_difference(sample(model, *schedule, options, start).points, denoised), 1e-14);
  options.last_step = "mean";
  const Matrix mean = sample(model, *schedule, options, start).points;
  options.last_step = "euler";
  const Matrix noisy = sample(model, *schedule, options, start).points;
  const Random random(2, Purpose::kSampleNoise);
  const double w = 2 * 0.4 + 2 * 0.4 * 0.4 / 0.6;  // g^2 = 2 s s' - 2 f s^2
  for (std::size_t i = 0; i < noisy.size(); ++i) {
    EXPECT_NEAR(noisy.data()[i] - mean.data()[i], std::sqrt(0.4 * w) * random.normal(0, i), 1e-12);
  }
}

// N(0, I) on a variance-preserving path is stationary, and the large variance is exact for it: the
// sampler's map is x_s = r x_t + sqrt(1 - r^2) z, r = alpha_t / alpha_s.
TEST(Ddpm, LargeVarianceIsExactForStandardNormalData) {
  const auto schedule = path::make_schedule("vp-linear");
  PathMixture<double> model(line_gaussian(0, 1), schedule);
  SampleOptions options{.sampler = "ddpm", .steps = 5, .from = 0.8, .to = 0.2, .seed = 6};
  options.variance = "large";
  Matrix x = normals(6, 1, 3);
  const auto result = sample(model, *schedule, options, x);
  const Random random(6, Purpose::kSampleNoise);
  for (int k = 0; k < 5; ++k) {
    const double t = 0.8 - 0.6 * k / 5, s = 0.8 - 0.6 * (k + 1) / 5;
    const double r = schedule->at(t).alpha / schedule->at(s).alpha;
    for (std::size_t i = 0; i < 6; ++i) {
      x(i, 0) =
          r * x(i, 0) + std::sqrt(1 - r * r) * random.normal(static_cast<std::uint64_t>(k), i);
    }
  }
  EXPECT_LT(rms_difference(result.points, x), 1e-12);
}

TEST(Stochastic, ARowsNoiseDependsOnItsNumberAlone) {
  const auto schedule = path::make_schedule("linear");
  PathMixture<double> model(three_components(), schedule);
  const Matrix start = normals(11, 2, 1);
  Matrix tail = zeros(6, 2);
  for (std::size_t i = 0; i < 12; ++i) tail.data()[i] = start.data()[10 + i];
  for (const char* sampler : {"euler-maruyama", "ddpm", "ddim", "stochastic-heun", "dpmpp-sde-2m",
                              "predictor-corrector", "edm"}) {
    SampleOptions options{.sampler = sampler, .steps = 12, .seed = 8, .eta = 0.7};
    options.churn = 6;
    const auto whole = sample(model, *schedule, options, start);
    options.first_row = 5;
    const auto part = sample(model, *schedule, options, tail);
    for (std::size_t i = 0; i < 12; ++i) {
      EXPECT_EQ(part.points.data()[i], whole.points.data()[10 + i]) << sampler;
    }
    options.seed = 9;
    EXPECT_GT(rms_difference(sample(model, *schedule, options, tail).points, part.points), 0.05);
  }
}

TEST(Stochastic, SameSeedSameBits) {
  const auto schedule = path::make_schedule("vp-linear");
  PathMixture<float> model(three_components(), schedule);
  const auto start = tensor::Matrix<float>{{0.3f, -1.2f}, {0.9f, 0.4f}};
  for (const std::string& sampler : sampler_names()) {
    if (sampler == "jump") continue;  // these models know no flow map
    const SampleOptions options{.sampler = sampler, .steps = 15, .seed = 8, .eta = 0.5};
    EXPECT_EQ(sample(model, *schedule, options, start).points,
              sample(model, *schedule, options, start).points)
        << sampler;
  }
}

// Twice the mean distance between the samples less the mean distances within them (Szekely).
double energy_distance(const Matrix& x, const Matrix& y) {
  const auto mean = [](const Matrix& a, const Matrix& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.shape(0); ++i) {
      for (std::size_t j = 0; j < b.shape(0); ++j) {
        sum += std::hypot(a(i, 0) - b(j, 0), a(i, 1) - b(j, 1));
      }
    }
    return sum / static_cast<double>(a.shape(0) * b.shape(0));
  };
  return 2 * mean(x, y) - mean(x, x) - mean(y, y);
}

// The whole family has one law at the data end. Its distance from exact samples, a mean over six
// seeds, stays within the floor: that of two exact samples of the same n. The bound is five
// standard errors of such a mean above the floor's own mean of twenty pairs; the distance is skewed
// to the right, so the false-alarm rate is not a normal's, but below one in ten thousand for each
// w.
TEST(SdeFamily, EveryDiffusionHasTheSameMarginal) {
  const std::size_t n = 300;
  const auto mixture = three_components();
  const auto schedule = path::make_schedule("linear");
  PathMixture<double> model(mixture, schedule);
  double mean = 0, square = 0;
  for (std::uint64_t k = 0; k < 20; ++k) {
    const double value = energy_distance(mixture.sample(n, 100 + k), mixture.sample(n, 200 + k));
    mean += value / 20;
    square += value * value / 20;
  }
  const double deviation = std::sqrt(square - mean * mean);
  for (const char* diffusion : {"zero", "sigma", "g2", "constant", "increasing-decreasing"}) {
    double distance = 0;
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
      SampleOptions options{.sampler = "euler-maruyama", .steps = 100, .seed = seed};
      options.diffusion = diffusion;
      const auto result = sample(model, *schedule, options, normals(n, 2, 50 + seed));
      distance += energy_distance(result.points, mixture.sample(n, 300 + seed)) / 6;
    }
    EXPECT_LT(distance, mean + 5 * deviation / std::sqrt(6.0)) << diffusion;
  }
}

// dx = [f x - g^2 s] dt + g dW backwards, f = -beta / 2 and g^2 = beta: Song et al.'s reverse-time
// VP-SDE, against the family's member w = g^2, whose drift is written with velocity and score.
TEST(EulerMaruyama, WithG2OnVpIsTheReverseTimeVpSde) {
  const auto schedule = path::make_schedule("vp-linear");
  PathMixture<double> model(three_components(), schedule);
  const std::size_t n = 10;
  const SampleOptions options{.sampler = "euler-maruyama",
                              .steps = 20,
                              .from = 0.9,
                              .to = 0.1,
                              .seed = 8,
                              .diffusion = "g2"};
  Matrix x = normals(n, 2, 4);
  const Matrix got = sample(model, *schedule, options, x).points;
  const Random random(options.seed, Purpose::kSampleNoise);
  std::vector<double> score(2 * n);
  for (int k = 0; k < 20; ++k) {
    const double t = 0.9 - 0.04 * k, h = 0.04, beta = 0.1 + t * (20 - 0.1);
    model.evaluate(path::Prediction::kScore, {x.data(), x.size()}, t, score);
    for (std::size_t i = 0; i < 2 * n; ++i) {
      x.data()[i] += h * (0.5 * beta * x.data()[i] + beta * score[i]) +
                     std::sqrt(beta * h) * random.normal(static_cast<std::uint64_t>(k), i);
    }
  }
  EXPECT_LT(rms_difference(got, x), 1e-11);
}

}  // namespace
}  // namespace pathflow::sample
