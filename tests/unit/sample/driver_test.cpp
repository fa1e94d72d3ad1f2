// sample() as a driver: evaluations counted, times kept, options refused, errors named, no
// allocation from step to step.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <xtensor/xview.hpp>

#include "pathflow/base/error.hpp"
#include "pathflow/sample/sample.hpp"
#include "support/allocations.hpp"

namespace pathflow::sample {
namespace {

using Matrix = tensor::Matrix<double>;
using path::Prediction;

// v = -x / 2 + t on the line (nothing to do with a path: the driver does not care), with the calls
// and times counted.
struct Counted {
  int calls = 0;
  std::vector<double> times{};
  FunctionModel<double> model{1, Prediction::kVelocity, [this](auto x, double t, auto v) {
                                ++calls;
                                if (times.size() < times.capacity()) times.push_back(t);
                                for (std::size_t i = 0; i < x.size(); ++i) v[i] = -0.5 * x[i] + t;
                              }};
};

const std::shared_ptr<const path::Schedule> kLinear = path::make_schedule("linear");

TEST(Driver, CountsEveryEvaluation) {
  const std::pair<const char*, int> per_step[] = {
      {"euler", 1}, {"midpoint", 2}, {"heun", 2},          {"rk4", 4},
      {"ddim", 1},  {"ddpm", 1},     {"euler-maruyama", 1}};
  for (const auto& [sampler, calls] : per_step) {
    Counted counted;
    const SampleOptions options{.sampler = sampler, .steps = 13};
    const auto result = sample(counted.model, *kLinear, options, Matrix{{1.0}, {2.0}});
    EXPECT_EQ(counted.calls, 13 * calls) << sampler;
    EXPECT_EQ(result.evaluations, counted.calls) << sampler;
    EXPECT_EQ(result.accepted, 0);
  }
}

// Two to start, six a step, accepted or not.
TEST(Driver, CountsTheEvaluationsOfDopri5) {
  for (const double tolerance : {1e-3, 1e-6, 1e-10}) {
    Counted counted;
    const SampleOptions options{.sampler = "dopri5", .rtol = tolerance, .atol = tolerance};
    const auto result = sample(counted.model, *kLinear, options, Matrix{{1.0}, {20.0}});
    EXPECT_EQ(result.evaluations, counted.calls);
    EXPECT_EQ(result.evaluations, 2 + 6 * (result.accepted + result.rejected));
    EXPECT_GT(result.accepted, 0);
  }
}

// A kink in time makes dopri5 reject steps; the answer is still the integral.
TEST(Driver, Dopri5RejectsStepsWhereItMust) {
  FunctionModel<double> model(1, Prediction::kVelocity, [](auto, double t, auto v) {
    v[0] = t > 0.437 ? 0.0 : 100.0 * (0.437 - t);
  });
  const SampleOptions options{.sampler = "dopri5", .rtol = 1e-9, .atol = 1e-9};
  const auto result = sample(model, *kLinear, options, Matrix{{1.0}});
  EXPECT_GT(result.rejected, 0);
  EXPECT_NEAR(result.points(0, 0), 1 - 50 * 0.437 * 0.437, 1e-7);
}

// Every point keeps its own tolerance: a batch of many easy points does not hide a hard one.
TEST(Driver, Dopri5HoldsTheWorstPointToItsTolerance) {
  FunctionModel<double> model(2, Prediction::kVelocity, [](auto x, double t, auto v) {
    for (std::size_t i = 0; i < x.size(); i += 2) {
      const bool hard = i == 0;
      v[i] = hard ? 40 * std::cos(40 * t) : 0.0;
      v[i + 1] = 0;
    }
  });
  Matrix start(std::array<std::size_t, 2>{500, 2}, 0.0);
  const SampleOptions options{.sampler = "dopri5", .rtol = 0, .atol = 1e-7};
  const auto result = sample(model, *kLinear, options, start);
  EXPECT_NEAR(result.points(0, 0), -std::sin(40.0), 1e-6);
}

TEST(Driver, EvaluatesWithinTheSpanAndStartsAtItsEnd) {
  Counted counted;
  counted.times.reserve(64);
  SampleOptions options{.sampler = "heun", .steps = 4, .from = 0.8, .to = 0.2};
  sample(counted.model, *kLinear, options, Matrix{{1.0}});
  EXPECT_EQ(counted.times.front(), 0.8);
  EXPECT_EQ(counted.times.back(), 0.2);
  for (const double t : counted.times) {
    EXPECT_GE(t, 0.2);
    EXPECT_LE(t, 0.8);
  }
}

TEST(Driver, SpanFollowsScheduleAndPrediction) {
  const auto span = [](Prediction p, const char* schedule, SampleOptions options) {
    return sample_span(p, *path::make_schedule(schedule), options);
  };
  EXPECT_EQ(span(Prediction::kVelocity, "linear", {}).from, 1);
  EXPECT_EQ(span(Prediction::kVelocity, "linear", {}).to, 0);
  EXPECT_EQ(span(Prediction::kNoise, "linear", {}).from, 1 - path::kSingularMargin);
  // heun evaluates its last time and has to stay off it; euler takes its last step to it.
  EXPECT_EQ(span(Prediction::kData, "linear", {}).to, path::kSingularMargin);
  EXPECT_EQ(span(Prediction::kData, "linear", {.sampler = "euler"}).to, 0);
  EXPECT_EQ(span(Prediction::kVelocity, "vp-linear", {}).to, 1e-3);
  const SampleOptions g2{.sampler = "euler-maruyama"};
  EXPECT_EQ(span(Prediction::kVelocity, "linear", g2).from, 1 - path::kSingularMargin);
  const SampleOptions sigma{.sampler = "euler-maruyama", .diffusion = "sigma"};
  EXPECT_EQ(span(Prediction::kVelocity, "linear", sigma).from, 1);
  SampleOptions back;
  back.toward_source = true;
  EXPECT_EQ(span(Prediction::kVelocity, "linear", back).from, 0);
  EXPECT_EQ(span(Prediction::kVelocity, "linear", back).to, 1);
  back.from = 0.25;
  EXPECT_EQ(span(Prediction::kVelocity, "linear", back).from, 0.25);
}

// A kept time on the grid is the very point a run to that time would reach.
TEST(Trajectories, KeptGridTimesAreTheGridPoints) {
  for (const char* sampler : {"euler", "heun", "rk4", "ddim", "ddpm", "euler-maruyama"}) {
    Counted counted;
    SampleOptions options{.sampler = sampler, .steps = 8, .from = 0.75, .to = 0.25, .seed = 2};
    options.keep = {0.75, 0.5, 0.5, 0.25};
    const auto result = sample(counted.model, *kLinear, options, Matrix{{1.0}, {-2.0}});
    ASSERT_EQ(result.trajectories.shape(0), 4u);
    EXPECT_EQ(result.times, options.keep);
    SampleOptions half{.sampler = sampler, .steps = 4, .from = 0.75, .to = 0.5, .seed = 2};
    const auto expected = sample(counted.model, *kLinear, half, Matrix{{1.0}, {-2.0}});
    const auto kept = [&](int k) {
      return Matrix(xt::view(result.trajectories, k, xt::all(), xt::all()));
    };
    EXPECT_EQ(kept(0), (Matrix{{1.0}, {-2.0}})) << sampler;
    EXPECT_EQ(kept(1), expected.points) << sampler;
    EXPECT_EQ(kept(2), kept(1)) << sampler;
    EXPECT_EQ(kept(3), result.points) << sampler;
  }
}

TEST(Trajectories, KeepingThemChangesNothing) {
  for (const std::string& sampler : sampler_names()) {
    if (sampler == "jump") continue;  // these models know no flow map
    Counted counted;
    SampleOptions options{.sampler = sampler, .steps = 9, .from = 0.9, .to = 0.1};
    const auto plain = sample(counted.model, *kLinear, options, Matrix{{1.0}, {-2.0}});
    for (int k = 0; k <= 40; ++k) options.keep.push_back(0.9 - 0.8 * k / 40);
    options.keep.back() = 0.1;
    const auto kept = sample(counted.model, *kLinear, options, Matrix{{1.0}, {-2.0}});
    EXPECT_EQ(kept.points, plain.points) << sampler;
    EXPECT_EQ(kept.evaluations, plain.evaluations) << sampler;
    // Neighbouring kept points lie close: nothing was skipped or left unwritten.
    options.seed = 1;
    const bool noisy =
        sample(counted.model, *kLinear, options, Matrix{{1.0}, {-2.0}}).points != kept.points;
    for (std::size_t k = 1; k < 41; ++k) {
      const double gap = kept.trajectories(k, 0, 0) - kept.trajectories(k - 1, 0, 0);
      EXPECT_LT(std::abs(gap), noisy ? 1.5 : 0.1);
    }
  }
}

TEST(Trajectories, FloatKeepsBothEnds) {
  FunctionModel<float> model(1, Prediction::kVelocity, [](auto x, float, auto v) { v[0] = -x[0]; });
  for (const char* schedule : {"linear", "vp-linear", "vp-cosine"}) {
    const auto path = path::make_schedule(schedule);
    for (const std::string& sampler : sampler_names()) {
      if (sampler == "jump") continue;  // these models know no flow map
      SampleOptions options{.sampler = sampler, .steps = 7};
      const Span span = sample_span(Prediction::kVelocity, *path, options);
      options.keep = {span.from, span.to};
      const auto result = sample(model, *path, options, tensor::Matrix<float>{{0.5f}});
      EXPECT_EQ(result.trajectories(0, 0, 0), 0.5f) << schedule << " " << sampler;
      EXPECT_EQ(result.trajectories(1, 0, 0), result.points(0, 0)) << schedule << " " << sampler;
    }
  }
}

TEST(Driver, AllocatesNothingFromStepToStep) {
  PATHFLOW_COUNTS_ALLOCATIONS();
  for (const std::string& sampler : sampler_names()) {
    if (sampler == "jump") continue;  // these models know no flow map
    Counted counted;
    const auto allocations = [&](int steps, double tolerance) {
      SampleOptions options{.sampler = sampler, .steps = steps};
      options.rtol = options.atol = tolerance;
      options.keep = {0.5, 0.4, 0.3};
      const Matrix start{{1.0}, {2.0}};
      const long before = testing_support::allocations();
      sample(counted.model, *kLinear, options, start);
      return testing_support::allocations() - before;
    };
    EXPECT_GT(allocations(10, 1e-3), 0)
        << "the counter counts";  // name tables are built on first use
    EXPECT_EQ(allocations(10, 1e-3), allocations(200, 1e-10)) << sampler;
  }
}

TEST(Driver, ReportsProgressAndStops) {
  for (const char* sampler : {"heun", "dopri5"}) {
    Counted counted;
    std::vector<double> shares;
    SampleOptions options{.sampler = sampler, .steps = 10, .rtol = 1e-8, .atol = 1e-8};
    options.progress = [&](double share) {
      shares.push_back(share);
      return true;
    };
    sample(counted.model, *kLinear, options, Matrix{{1.0}});
    ASSERT_GT(shares.size(), 2u);
    for (std::size_t i = 1; i < shares.size(); ++i) EXPECT_GT(shares[i], shares[i - 1]);
    EXPECT_EQ(shares.back(), 1);
    options.progress = [](double share) { return share < 0.45; };
    EXPECT_THROW(sample(counted.model, *kLinear, options, Matrix{{1.0}}), Cancelled);
  }
}

std::string message_of(Model<double>& model, const SampleOptions& options, const Matrix& start,
                       ErrorCode code) {
  try {
    sample(model, *kLinear, options, start);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "accepted";
  return "";
}

TEST(Errors, OptionsAreRefusedBeforeAnyWork) {
  Counted counted;
  const auto refuse = [&](SampleOptions options, const char* part) {
    const std::string text =
        message_of(counted.model, options, Matrix{{1.0}}, ErrorCode::kInvalidArgument);
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  refuse({.sampler = "eulr"}, "\"euler\"");
  refuse({.steps = 0}, "steps");
  refuse({.steps = -3}, "steps");
  refuse({.steps = 2'000'000}, "steps");
  refuse({.from = 1.2}, "from");
  refuse({.from = nan}, "from");
  refuse({.to = -0.1}, "to");
  refuse({.to = infinity}, "to");
  refuse({.from = 0.5, .to = 0.5}, "differ");
  refuse({.sampler = "ddim", .eta = 1.5}, "eta");
  refuse({.sampler = "ddim", .eta = nan}, "eta");
  refuse({.sampler = "euler-maruyama", .diffusion = "g3"}, "g2");
  refuse({.sampler = "euler-maruyama", .diffusion_scale = -1}, "scale");
  refuse({.sampler = "dopri5", .rtol = -1}, "rtol");
  refuse({.sampler = "dopri5", .atol = nan}, "atol");
  refuse({.sampler = "dopri5", .rtol = 0, .atol = 0}, "rtol + atol");
  refuse({.keep = {0.5, 0.7}}, "ordered");
  refuse({.keep = {nan}}, "keep[0]");
  refuse({.from = 0.5, .keep = {0.7}}, "keep[0]");
  refuse({.grid = "cosine"}, "uniform");
  refuse({.times = {0.5}}, "at least two");
  refuse({.times = {1, 0.4, 0.5, 0}}, "rise or fall");
  refuse({.times = {1, 0.4, 0.4, 0}}, "rise or fall");
  refuse({.times = {1, nan, 0}}, "times");
  refuse({.times = {1, -0.5}}, "times");
  refuse({.from = 1, .times = {1, 0}}, "beside from or to");
  refuse({.sampler = "dopri5", .times = {1, 0}}, "dopri5");
  refuse({.sampler = "ddpm", .times = {0, 1}}, "source to data");
  refuse({.sampler = "ddpm", .variance = "medium"}, "variance");
  refuse({.sampler = "ddpm", .from = 0.2, .to = 0.8}, "source to data");
  refuse({.sampler = "ddim", .from = 0.2, .to = 0.8, .eta = 0.5}, "source to data");
  EXPECT_EQ(counted.calls, 0);
}

TEST(Errors, ScoreSamplersRefuseAGeneralSource) {
  Counted counted;
  for (SampleOptions options :
       {SampleOptions{.sampler = "ddpm"}, SampleOptions{.sampler = "euler-maruyama"},
        SampleOptions{.sampler = "ddim", .eta = 0.1}}) {
    options.gaussian_source = false;
    const std::string text =
        message_of(counted.model, options, Matrix{{1.0}}, ErrorCode::kInvalidArgument);
    EXPECT_NE(text.find("Gaussian source"), std::string::npos) << text;
    options.gaussian_source = true;
    options.independent = false;  // a coupling ties the ends
    EXPECT_EQ(message_of(counted.model, options, Matrix{{1.0}}, ErrorCode::kInvalidArgument), text);
  }
  FunctionModel<double> score(1, Prediction::kScore, [](auto x, double, auto q) { q[0] = -x[0]; });
  SampleOptions options{.sampler = "euler"};
  options.gaussian_source = false;
  message_of(score, options, Matrix{{1.0}}, ErrorCode::kInvalidArgument);
  // The same samplers without a diffusion need no score.
  options = {.sampler = "euler-maruyama", .diffusion = "zero"};
  options.gaussian_source = false;
  EXPECT_NO_THROW(sample(counted.model, *kLinear, options, Matrix{{1.0}}));
  options = {.sampler = "ddim"};
  options.gaussian_source = false;
  EXPECT_NO_THROW(sample(counted.model, *kLinear, options, Matrix{{1.0}}));
}

TEST(Errors, AMethodThatDrawsNoiseIsNoneWhereAnOdeIsWanted) {
  Counted counted;
  for (SampleOptions options :
       {SampleOptions{.sampler = "ddpm"}, SampleOptions{.sampler = "ddim", .eta = 0.1},
        SampleOptions{.sampler = "euler-maruyama"}, SampleOptions{.sampler = "stochastic-heun"},
        SampleOptions{.sampler = "dpmpp-sde-2m"}, SampleOptions{.sampler = "edm", .churn = 3},
        SampleOptions{.sampler = "predictor-corrector"}}) {
    options.deterministic = true;
    const std::string text =
        message_of(counted.model, options, Matrix{{1.0}}, ErrorCode::kInvalidArgument);
    EXPECT_NE(text.find(options.sampler + ", which draws noise"), std::string::npos) << text;
  }
  EXPECT_EQ(counted.calls, 0);
  for (SampleOptions options :
       {SampleOptions{.sampler = "euler"}, SampleOptions{.sampler = "dopri5"},
        SampleOptions{.sampler = "ddim"}, SampleOptions{.sampler = "edm"},
        SampleOptions{.sampler = "dpmpp-2m"}, SampleOptions{.sampler = "unipc"},
        SampleOptions{.sampler = "stochastic-heun", .diffusion = "zero"}}) {
    options.deterministic = true;
    EXPECT_NO_THROW(sample(counted.model, *kLinear, options, Matrix{{1.0}})) << options.sampler;
  }
}

TEST(Errors, StartMustFitAndBeFinite) {
  Counted counted;
  message_of(counted.model, {}, Matrix{{1.0, 2.0}}, ErrorCode::kShape);
  message_of(counted.model, {}, Matrix(std::array<std::size_t, 2>{0, 1}), ErrorCode::kShape);
  const Matrix bad{{1.0}, {2.0}, {std::nan("")}};
  const std::string text = message_of(counted.model, {}, bad, ErrorCode::kInvalidArgument);
  EXPECT_NE(text.find("row 2"), std::string::npos) << text;
  EXPECT_EQ(counted.calls, 0);
}

TEST(Errors, AModelThatBreaksIsNamedByTimeAndRow) {
  FunctionModel<double> model(2, Prediction::kVelocity, [](auto x, double t, auto v) {
    for (std::size_t i = 0; i < x.size(); ++i) v[i] = 0;
    if (t < 0.55) v[7] = std::numeric_limits<double>::infinity();
  });
  const Matrix start(std::array<std::size_t, 2>{10, 2}, 0.0);
  const SampleOptions options{.sampler = "euler", .steps = 10};
  const std::string text = message_of(model, options, start, ErrorCode::kNumeric);
  EXPECT_NE(text.find("t = 0.5 "), std::string::npos) << text;
  EXPECT_NE(text.find("row 3"), std::string::npos) << text;
  EXPECT_NE(text.find("step 6"), std::string::npos) << text;  // from t = 0.5, the sixth
}

// Growth by a factor of 1e100 a step: the velocity is none in the fourth.
TEST(Errors, ADivergingSolveSaysAtWhichTimeAndStep) {
  FunctionModel<double> model(1, Prediction::kVelocity, [](auto x, double, auto v) {
    for (std::size_t i = 0; i < x.size(); ++i) v[i] = -1e101 * x[i];
  });
  const SampleOptions options{.sampler = "euler", .steps = 10};
  const std::string text = message_of(model, options, Matrix{{0.0}, {1.0}}, ErrorCode::kNumeric);
  EXPECT_NE(text.find("t = 0.7"), std::string::npos) << text;
  EXPECT_NE(text.find("row 1"), std::string::npos) << text;
  EXPECT_NE(text.find("step 4"), std::string::npos) << text;
}

TEST(Driver, GoesByATimeGridOfTheCallers) {
  std::vector<double> asked;
  FunctionModel<double> model(1, Prediction::kVelocity, [&](auto x, double t, auto v) {
    asked.push_back(t);
    v[0] = x[0];
  });
  const auto result =
      sample(model, *kLinear, {.sampler = "euler", .times = {1, 0.7, 0.1, 0}}, Matrix{{1.0}});
  EXPECT_EQ(asked, (std::vector<double>{1, 0.7, 0.1}));
  EXPECT_NEAR(result.points(0, 0), 0.7 * 0.4 * 0.9, 1e-15);
  EXPECT_EQ(result.evaluations, 3);
  asked.clear();
  sample(model, *kLinear, {.sampler = "heun", .times = {0.2, 0.9}}, Matrix{{1.0}});
  EXPECT_EQ(asked, (std::vector<double>{0.2, 0.9}));
}

TEST(Errors, PointsThatOverflowAreRefused) {
  FunctionModel<double> model(1, Prediction::kVelocity,
                              [](auto, double, auto v) { v[0] = -1e308; });
  const SampleOptions options{.sampler = "euler", .steps = 1};
  message_of(model, options, Matrix{{1.7e308}}, ErrorCode::kNumeric);
}

TEST(Errors, Dopri5SaysWhereItsStepUnderflows) {
  FunctionModel<double> model(1, Prediction::kVelocity, [](auto, double t, auto v) {
    v[0] = 1 / ((t - 0.3) * (t - 0.3) + 1e-300);  // not integrable across 0.3
  });
  const SampleOptions options{.sampler = "dopri5"};
  const std::string text = message_of(model, options, Matrix{{1.0}}, ErrorCode::kNumeric);
  EXPECT_NE(text.find("t = 0.3"), std::string::npos) << text;
}

TEST(Errors, AnExplicitSingularTimeIsRefusedByName) {
  FunctionModel<double> model(1, Prediction::kNoise, [](auto, double, auto q) { q[0] = 0; });
  const SampleOptions options{.sampler = "euler", .from = 1.0};
  const std::string text = message_of(model, options, Matrix{{1.0}}, ErrorCode::kNumeric);
  EXPECT_NE(text.find("velocity from noise"), std::string::npos) << text;
  EXPECT_NE(text.find("t = 1"), std::string::npos) << text;
}

}  // namespace
}  // namespace pathflow::sample
