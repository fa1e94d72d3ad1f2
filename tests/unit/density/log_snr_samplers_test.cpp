// Samplers in log-SNR: equalities with ddim and with each other, exactness, startup, infinite ends.
#include <gtest/gtest.h>

#include <cmath>

#include "pathflow/base/error.hpp"
#include "unit/density/mixtures.hpp"

namespace pathflow::sample {
namespace {

using namespace testing_support;
using density::PathMixture;
using path::Prediction;

constexpr const char* kMethods[] = {"dpm-solver-2", "dpm-solver-3", "dpmpp-2s", "dpmpp-2m",
                                    "dpmpp-3m",     "unipc",        "edm"};

// A one-step run has no past, and the multistep methods then are ddim: DPM-Solver++ of order 1.
TEST(LogSnrSamplers, OneMultistepStepIsDdimToTheBit) {
  for (const std::string& name : path::schedule_names()) {
    const auto schedule = path::make_schedule(name);
    PathMixture<double> model(three_components(), schedule);
    const Matrix start = normals(12, 2, 5, schedule->at(0.9).sigma);
    SampleOptions options{.sampler = "ddim", .steps = 1, .from = 0.9, .to = 0.2};
    const Matrix ddim = sample(model, *schedule, options, start).points;
    options.sampler = "dpmpp-2m";
    EXPECT_EQ(sample(model, *schedule, options, start).points, ddim) << name;
  }
}

// Data at one point: D is constant, and every method that extrapolates D is exact in any number of
// steps; so are those that extrapolate N, which is constant along the way, too.
TEST(LogSnrSamplers, AreExactForAPointMass) {
  for (const std::string& name : path::schedule_names()) {
    const auto schedule = path::make_schedule(name);
    FunctionModel<double> model(1, Prediction::kData,
                                [](auto, double, std::span<double> q) { q[0] = 1.7; });
    const path::Coefficients at = schedule->at(schedule->t_max());
    const path::Coefficients end = schedule->at(schedule->t_min());
    const double x = 0.6, noise = (x - at.alpha * 1.7) / at.sigma;
    for (const char* method : kMethods) {
      for (const int steps : {1, 2, 3, 7, 40}) {
        const SampleOptions options{.sampler = method, .steps = steps};
        const auto result = sample(model, *schedule, options, Matrix{{x}});
        EXPECT_NEAR(result.points(0, 0), end.alpha * 1.7 + end.sigma * noise, 1e-10)
            << method << " on " << name << " in " << steps;
      }
    }
  }
}

// At alpha = 1 (ve) 2M is k-diffusion's: x' = (s'/s) x - expm1(-h) ((1 + 1/2r) D - D_before / 2r).
TEST(LogSnrSamplers, TwoMOnVeIsKDiffusions) {
  const auto schedule = path::make_schedule("ve");
  PathMixture<double> model(three_components(), schedule, Prediction::kData);
  const int steps = 16;
  const double from = 0.95, to = 0.1;
  const Matrix start = normals(10, 2, 5, schedule->at(from).sigma);
  const SampleOptions options{.sampler = "dpmpp-2m", .steps = steps, .from = from, .to = to};
  const auto result = sample(model, *schedule, options, start);
  Matrix x = start, now = zeros(10, 2), before = zeros(10, 2);
  double last = 0;
  for (int k = 0; k < steps; ++k) {
    const double t = from + (to - from) * k / steps, s = from + (to - from) * (k + 1) / steps;
    const double a = schedule->at(t).sigma, b = schedule->at(s).sigma, h = std::log(a / b);
    model.predict({x.data(), x.size()}, t, {now.data(), now.size()});
    Matrix held = now;
    if (k > 0) held = now + (now - before) * (h / (2 * last));
    x = x * (b / a) - held * std::expm1(-h);
    before = now;
    last = h;
  }
  EXPECT_LT(rms_difference(result.points, x), 1e-11);
}

// Heun in sigma by hand: edm without churn on ve.
TEST(Edm, WithoutChurnIsHeunInSigma) {
  const auto schedule = path::make_schedule("ve");
  PathMixture<double> model(three_components(), schedule, Prediction::kNoise);
  const int steps = 12;
  const double from = 0.95, to = 0.1;
  const Matrix start = normals(10, 2, 5, schedule->at(from).sigma);
  const SampleOptions options{.sampler = "edm", .steps = steps, .from = from, .to = to};
  const auto result = sample(model, *schedule, options, start);
  Matrix x = start, first = zeros(10, 2), second = zeros(10, 2);
  for (int k = 0; k < steps; ++k) {
    const double t = from + (to - from) * k / steps, s = from + (to - from) * (k + 1) / steps;
    const double h = schedule->at(s).sigma - schedule->at(t).sigma;
    model.predict({x.data(), x.size()}, t, {first.data(), first.size()});
    const Matrix moved = x + h * first;
    model.predict({moved.data(), moved.size()}, s, {second.data(), second.size()});
    x = x + 0.5 * h * (first + second);
  }
  EXPECT_LT(rms_difference(result.points, x), 1e-11);
  EXPECT_EQ(result.evaluations, 2 * steps);
}

TEST(LogSnrSamplers, CountTheEvaluationsTheyState) {
  const auto schedule = path::make_schedule("vp-linear");
  PathMixture<double> model(three_components(), schedule);
  const Matrix start = normals(4, 2, 1);
  const std::pair<const char*, int> kCounts[] = {
      {"dpm-solver-2", 20}, {"dpm-solver-3", 30}, {"dpmpp-2s", 20},     {"dpmpp-2m", 10},
      {"dpmpp-3m", 11},     {"unipc", 10},        {"dpmpp-sde-2m", 10}, {"edm", 20}};
  for (const auto& [method, count] : kCounts) {
    const SampleOptions options{.sampler = method, .steps = 10, .from = 0.9, .to = 0.1};
    EXPECT_EQ(sample(model, *schedule, options, start).evaluations, count) << method;
  }
}

// More order, less error at the same number of evaluations on a smooth law.
TEST(LogSnrSamplers, BeatDdimByFarAtTwentyEvaluations) {
  const auto schedule = path::make_schedule("vp-linear");
  PathMixture<double> model(three_components(), schedule);
  const Matrix start = normals(64, 2, 1);
  const Matrix exact = reference_end(model, *schedule, start);
  const auto error = [&](const char* method, int steps) {
    SampleOptions options{.sampler = method, .steps = steps};
    options.grid = "log-snr";
    return rms_difference(sample(model, *schedule, options, start).points, exact);
  };
  const double ddim = error("ddim", 20);
  EXPECT_LT(error("dpmpp-2m", 20), 0.3 * ddim);
  EXPECT_LT(error("dpmpp-3m", 19), 0.3 * ddim);
  EXPECT_LT(error("unipc", 20), 0.3 * ddim);
}

// UniPC of order p: p + 1 but for its last, uncorrected step.
TEST(UniPc, ConvergesOneOrderAboveItsOwn) {
  const auto schedule = path::make_schedule("trig");
  PathMixture<double> model(three_components(), schedule);
  const Matrix start = normals(24, 2, 1, schedule->at(0.95).sigma);
  const Matrix exact = reference_end(model, *schedule, start, 0.95, 0.05);
  for (const int order : {1, 2}) {
    const std::vector<double> steps{64, 96, 128, 192, 256};
    std::vector<double> errors;
    for (const double count : steps) {
      SampleOptions options{.sampler = "unipc", .steps = static_cast<int>(count)};
      options.from = 0.95;
      options.to = 0.05;
      options.order = order;
      errors.push_back(rms_difference(sample(model, *schedule, options, start).points, exact));
    }
    EXPECT_NEAR(-log_slope(steps, errors), order + 1, 0.15) << order;
  }
}

TEST(LogSnrSamplers, RefuseBadOptions) {
  const auto schedule = path::make_schedule("linear");
  PathMixture<double> model(three_components(), schedule);
  const Matrix start = normals(2, 2, 1);
  const auto refuses = [&](SampleOptions options, const char* text) {
    try {
      sample(model, *schedule, options, start);
      ADD_FAILURE() << "accepted where it should say " << text;
    } catch (const InvalidArgument& error) {
      EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << error.what();
    }
  };
  SampleOptions options;
  options.sampler = "unipc";
  options.order = 4;
  refuses(options, "order must lie in [1, 3], got 4");
  options = {.sampler = "edm"};
  options.churn = -1;
  refuses(options, "churn must be finite and not negative, got -1");
  options.churn = 1;
  options.churn_from = 2;
  options.churn_to = 1;
  refuses(options, "churn_to must be at least churn_from, got 1 and 2");
  options = {.sampler = "edm"};
  options.churn = 1;
  options.gaussian_source = false;
  refuses(options, "edm with churn needs the score");
  options = {.sampler = "edm"};
  options.churn = 1;
  options.toward_source = true;
  refuses(options, "edm goes from source to data only");
  options = {.sampler = "predictor-corrector"};
  options.predictor = "eluer";
  refuses(options, "unknown predictor \"eluer\"");
  options.predictor = "ode";
  options.corrector_snr = 0;
  refuses(options, "corrector_snr must be finite and positive, got 0");
  options = {};
  options.last_step = "twedie";
  refuses(options, "did you mean \"tweedie\"?");
  options = {.sampler = "dopri5"};
  options.last_step = "tweedie";
  refuses(options, "needs a sampler with a grid of steps");
}

}  // namespace
}  // namespace pathflow::sample
