// jump and consistency on a Gaussian of mean m and deviation c, whose flow map is known:
// x_s = alpha_s m + sqrt(V_s / V_t) (x_t - alpha_t m), V = alpha^2 c^2 + sigma^2.
#include <gtest/gtest.h>

#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/sample/guidance.hpp"
#include "pathflow/sample/rescheduled.hpp"
#include "pathflow/sample/sample.hpp"
#include "support/allocations.hpp"

namespace pathflow::sample {
namespace {

using Matrix = tensor::Matrix<double>;

const std::shared_ptr<const path::Schedule> kLinear = path::make_schedule("linear");

double flow_map(double mean, double x, double t, double s, double c = 0.5) {
  const auto deviation = [&](double u) { return std::hypot((1 - u) * c, u); };
  return (1 - s) * mean + deviation(s) / deviation(t) * (x - (1 - t) * mean);
}

/// A model that jumps, or one that gives the end of the path.
class Exact final : public Model<double> {
 public:
  Exact(double mean, bool consistency) : mean_(mean), consistency_(consistency) {}
  std::size_t dimension() const override { return 1; }
  path::Prediction prediction() const override {
    return consistency_ ? path::Prediction::kData : path::Prediction::kVelocity;
  }
  void predict(std::span<const double> x, double t, std::span<double> q) override {
    for (std::size_t i = 0; i < x.size(); ++i) q[i] = flow_map(mean_, x[i], t, 0);
  }
  bool has_velocity() const override { return !consistency_; }
  bool jumps() const override { return !consistency_; }
  void jump(std::span<const double> x, double t, double s, std::span<double> out) override {
    for (std::size_t i = 0; i < x.size(); ++i) out[i] = flow_map(mean_, x[i], t, s);
  }

 private:
  double mean_;
  bool consistency_;
};

Matrix normals(std::size_t n) {
  Matrix x = Matrix::from_shape({n, 1});
  Random(1, Purpose::kUser).fill_normal(std::span<double>(x.data(), n), 0);
  return x;
}

TEST(Jump, IsExactInAnyNumberOfStepsAndCountsThem) {
  Exact model(2, false);
  const Matrix start = normals(50);
  for (const int steps : {1, 2, 4, 7}) {
    const auto result = sample(model, *kLinear, {.sampler = "jump", .steps = steps}, start);
    EXPECT_EQ(result.evaluations, steps);
    for (std::size_t i = 0; i < 50; ++i) {
      EXPECT_NEAR(result.points(i, 0), flow_map(2, start(i, 0), 1, 0), 1e-13) << steps;
    }
  }
}

TEST(Jump, GuidanceGoesBeyondTheBetterModelsJump) {
  Exact strong(2, false), weak(1, false);
  GuidedModel<double> guided(strong, weak, 3);
  ASSERT_TRUE(guided.jumps());
  const Matrix start{{0.3}};
  const double end = sample(guided, *kLinear, {.sampler = "jump", .steps = 1}, start).points(0, 0);
  EXPECT_NEAR(end, 3 * flow_map(2, 0.3, 1, 0) - 2 * flow_map(1, 0.3, 1, 0), 1e-14);
  FunctionModel<double> plain(1, path::Prediction::kVelocity, nullptr);
  GuidedModel<double> half(strong, plain, 3);
  EXPECT_FALSE(half.jumps());
  EXPECT_THROW(plain.jump(std::span<const double>{}, 1, 0, {}), InvalidArgument);
}

// The ends that consistency models give can be guided, and no velocity can be read off them.
TEST(Jump, AGuidedModelHasAVelocityWhereBothHaveOne) {
  Exact ends(2, true), other_ends(1, true), flow(2, false), other_flow(1, false);
  EXPECT_TRUE(GuidedModel<double>(flow, other_flow, 3).has_velocity());
  GuidedModel<double> guided(ends, other_ends, 3);
  EXPECT_FALSE(guided.has_velocity());
  EXPECT_THROW(guided.conversion(path::Prediction::kVelocity, *kLinear, 0.5), InvalidArgument);
}

TEST(Model, WithoutNoiseOfItsOwnRefusesToPredictIt) {
  FunctionModel<double> plain(1, path::Prediction::kVelocity, nullptr);
  EXPECT_EQ(plain.gamma(), nullptr);
  EXPECT_THROW(plain.predict_noise({}, 0.5, {}, {}), InvalidArgument);
}

// The law is reached whatever the steps: mean and deviation of 20,000 samples, within five standard
// deviations of theirs (a false alarm in 2 million, were the seed not fixed).
TEST(ConsistencySampler, KeepsTheLawAtEveryNumberOfSteps) {
  Exact model(2, true);
  constexpr std::size_t kCount = 20'000;
  const Matrix start = normals(kCount);
  for (const int steps : {1, 2, 4}) {
    const SampleOptions options{.sampler = "consistency", .steps = steps, .seed = 3};
    const auto result = sample(model, *kLinear, options, start);
    EXPECT_EQ(result.evaluations, steps);
    double sum = 0, squares = 0;
    for (const double x : result.points) sum += x, squares += (x - 2) * (x - 2);
    const double n = static_cast<double>(kCount);
    EXPECT_NEAR(sum / n, 2, 5 * 0.5 / std::sqrt(n)) << steps;
    EXPECT_NEAR(std::sqrt(squares / n), 0.5, 5 * 0.5 / std::sqrt(2 * n)) << steps;
    if (steps > 1) continue;
    for (std::size_t i = 0; i < 50; ++i) {
      EXPECT_NEAR(result.points(i, 0), flow_map(2, start(i, 0), 1, 0), 1e-14);
    }
  }
}

// Step by hand: D = x - t v on linear, then (1 - s) D + s z of Purpose::kSampleNoise.
TEST(ConsistencySampler, TakesTheDenoiserOfAnyModelAndFreshNoise) {
  FunctionModel<double> model(1, path::Prediction::kVelocity,
                              [](auto x, double t, auto v) { v[0] = x[0] * t - 1; });
  const SampleOptions options{.sampler = "consistency", .steps = 2, .seed = 5, .first_row = 7};
  const double end = sample(model, *kLinear, options, Matrix{{0.8}}).points(0, 0);
  const double z = Random(5, Purpose::kSampleNoise).normal(0, 7);
  const double half = 0.5 * (0.8 - (0.8 - 1)) + 0.5 * z;
  EXPECT_NEAR(end, half - 0.5 * (half * 0.5 - 1), 1e-14);
}

// ve ends at sigma = 0.01: no noise there, but with last_step "euler".
TEST(ConsistencySampler, AddsNoNoiseAtTheDataEndUnlessAsked) {
  FunctionModel<double> model(1, path::Prediction::kData, [](auto, double, auto q) { q[0] = 3; });
  const auto ve = path::make_schedule("ve");
  SampleOptions options{.sampler = "consistency", .steps = 1, .seed = 5};
  EXPECT_EQ(sample(model, *ve, options, Matrix{{7.0}}).points(0, 0), 3);
  options.last_step = "euler";
  const double z = Random(5, Purpose::kSampleNoise).normal(0, 0);
  EXPECT_NEAR(sample(model, *ve, options, Matrix{{7.0}}).points(0, 0), 3 + 0.01 * z, 1e-14);
}

TEST(FewStepSamplers, AllocateNothingFromStepToStep) {
  PATHFLOW_COUNTS_ALLOCATIONS();
  for (const bool consistency : {false, true}) {
    Exact model(2, consistency);
    const auto allocations = [&](int steps) {
      const Matrix start{{1.0}, {2.0}};
      const char* name = consistency ? "consistency" : "jump";
      const long before = testing_support::allocations();
      sample(model, *kLinear, {.sampler = name, .steps = steps}, start);
      return testing_support::allocations() - before;
    };
    EXPECT_GT(allocations(10), 0) << "the counter does not count";
    EXPECT_EQ(allocations(10), allocations(40)) << consistency;
  }
}

std::string refusal(Model<double>& model, const SampleOptions& options) {
  try {
    sample(model, *kLinear, options, normals(2));
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(FewStepSamplers, RefuseWithASentence) {
  FunctionModel<double> plain(1, path::Prediction::kVelocity,
                              [](auto x, double, auto v) { v[0] = x[0]; });
  EXPECT_NE(refusal(plain, {.sampler = "jump"}).find("objective mean-flow or shortcut"),
            std::string::npos);
  Exact end(2, true);
  EXPECT_NE(refusal(end, {.sampler = "jump"}).find("mean-flow"), std::string::npos);
  EXPECT_NE(refusal(end, {.sampler = "heun"}).find("no velocity follows"), std::string::npos);
  EXPECT_NE(refusal(end, {.sampler = "ddim"}).find("no noise follows"), std::string::npos);
  RescheduledModel<double> other(end, kLinear, path::make_schedule("trig"));
  EXPECT_NE(refusal(other, {.sampler = "heun"}).find("no noise follows"), std::string::npos);
  Exact jumping(2, false);
  EXPECT_EQ(refusal(jumping, {.sampler = "jump", .deterministic = true}), "accepted");
  EXPECT_EQ(refusal(end, {.sampler = "consistency", .steps = 1, .deterministic = true}),
            "accepted");
  EXPECT_NE(
      refusal(end, {.sampler = "consistency", .steps = 2, .deterministic = true}).find("noise"),
      std::string::npos);
  for (const char* sampler : {"jump", "consistency"}) {
    EXPECT_NE(
        refusal(jumping, {.sampler = sampler, .toward_source = true}).find("source to data only"),
        std::string::npos);
  }
  EXPECT_NE(refusal(end, {.sampler = "consistency", .steps = 2, .gaussian_source = false})
                .find("Gaussian source"),
            std::string::npos);
}

}  // namespace
}  // namespace pathflow::sample
