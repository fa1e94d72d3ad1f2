// Dynamics: the forward SDE and the diffusions, against the formulas of each schedule.
#include "pathflow/path/dynamics.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/path/prediction.hpp"

namespace pathflow::path {
namespace {

// vp: f = -beta / 2 and g^2 = beta. sub-vp: g^2 = beta (1 - alpha^4). ve: d sigma^2 / dt.
TEST(Dynamics, ForwardSdeIsThePublishedOne) {
  for (const double t : {0.01, 0.2, 0.5, 0.9, 1.0}) {
    const double beta = 0.1 + 19.9 * t;
    const ForwardSde vp = forward_sde(*make_schedule("vp-linear"), t);
    EXPECT_NEAR(vp.f, -beta / 2, 1e-12 * beta);
    EXPECT_NEAR(vp.g2, beta, 1e-12 * beta);
    const auto sub = make_schedule("sub-vp");
    const double alpha = sub->at(t).alpha;
    EXPECT_NEAR(forward_sde(*sub, t).f, -beta / 2, 1e-12 * beta);
    EXPECT_NEAR(forward_sde(*sub, t).g2, beta * (1 - std::pow(alpha, 4)), 1e-12 * beta);
    const auto ve = make_schedule("ve");
    const double sigma = ve->at(t).sigma;
    EXPECT_EQ(forward_sde(*ve, t).f, 0);
    EXPECT_NEAR(forward_sde(*ve, t).g2, 2 * std::log(2000.0) * sigma * sigma,
                1e-12 * sigma * sigma);
  }
}

// v = f x - g^2 s / 2: the conversion from the score says the same as the SDE.
TEST(Dynamics, ForwardSdeAgreesWithTheConversionFromScore) {
  for (const std::string& name : schedule_names()) {
    const auto schedule = make_schedule(name);
    for (const double t : {0.01, 0.3, 0.7, 0.99}) {
      const ForwardSde sde = forward_sde(*schedule, t);
      const Conversion c = convert(Prediction::kScore, Prediction::kVelocity, *schedule, t);
      EXPECT_NEAR(c.x_coefficient, sde.f, 1e-12 * (1 + std::abs(sde.f))) << name;
      EXPECT_NEAR(c.q_coefficient, -0.5 * sde.g2, 1e-12 * (1 + sde.g2)) << name;
    }
  }
}

// p_t's variance follows the SDE: d(sigma^2) / dt = 2 f sigma^2 + g^2.
TEST(Dynamics, VarianceFollowsTheSde) {
  for (const std::string& name : schedule_names()) {
    const auto schedule = make_schedule(name);
    for (const double t : {0.05, 0.5, 0.95}) {
      const double h = 1e-6;
      const auto variance = [&](double u) { return std::pow(schedule->at(u).sigma, 2); };
      const double slope = (variance(t + h) - variance(t - h)) / (2 * h);
      const ForwardSde sde = forward_sde(*schedule, t);
      EXPECT_NEAR(slope, 2 * sde.f * variance(t) + sde.g2, 1e-6 * (1 + std::abs(slope))) << name;
    }
  }
}

TEST(Dynamics, DiffusionsByName) {
  const auto linear = make_schedule("linear");
  const double t = 0.4;
  EXPECT_EQ(diffusion_at("zero", 1, *linear, t).w, 0);
  EXPECT_NEAR(diffusion_at("g2", 1, *linear, t).w, forward_sde(*linear, t).g2, 1e-15);
  EXPECT_NEAR(diffusion_at("g2", 1, *linear, t).w, 2 * t / (1 - t), 1e-15);
  EXPECT_NEAR(diffusion_at("sigma", 1, *linear, t).w, 2 * t, 1e-15);
  EXPECT_NEAR(diffusion_at("time", 1, *linear, t).w, 2 * t, 1e-15);
  EXPECT_NEAR(diffusion_at("constant", 2.5, *linear, t).w, 2.5, 1e-15);
  const double pi = std::acos(-1.0);  // SiT's D at its own time 1 - t, twice
  EXPECT_NEAR(diffusion_at("decreasing", 1, *linear, t).w,
              2 * 0.25 * std::pow(std::cos(pi * (1 - t)) + 1, 2), 1e-15);
  EXPECT_NEAR(diffusion_at("increasing-decreasing", 1, *linear, t).w,
              2 * std::pow(std::sin(pi * (1 - t)), 2), 1e-15);
  for (const std::string& name : diffusion_names()) {
    const Diffusion d = diffusion_at(name, 3, *linear, t);
    EXPECT_NEAR(d.w_over_sigma * linear->at(t).sigma, d.w, 1e-15) << name;
  }
}

TEST(Dynamics, DiffusionsAtTheEnds) {
  const auto linear = make_schedule("linear");
  EXPECT_NEAR(diffusion_at("g2", 1, *linear, 0).w_over_sigma, 2, 1e-15);
  EXPECT_NEAR(diffusion_at("sigma", 1, *linear, 0).w_over_sigma, 2, 1e-15);
  EXPECT_EQ(diffusion_at("decreasing", 1, *linear, 0).w_over_sigma, 0);
  EXPECT_EQ(diffusion_at("increasing-decreasing", 1, *linear, 0).w_over_sigma, 0);
  EXPECT_THROW(diffusion_at("g2", 1, *linear, 1), NumericError);
  EXPECT_THROW(diffusion_at("constant", 1, *linear, 0), NumericError);
  EXPECT_THROW(forward_sde(*linear, 1), NumericError);
  EXPECT_FALSE(has_diffusion("g2", *linear, 1));
  EXPECT_TRUE(has_diffusion("g2", *make_schedule("vp-linear"), 1));
  EXPECT_THROW(diffusion_at("g", 1, *linear, 0.5), InvalidArgument);
  EXPECT_THROW(diffusion_at("g2", -1, *linear, 0.5), InvalidArgument);
}

}  // namespace
}  // namespace pathflow::path
